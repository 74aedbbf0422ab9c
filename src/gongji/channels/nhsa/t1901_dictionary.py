"""1901 字典表查询: the codes of a dictionary (tables 55, 56)."""

from datetime import date
from typing import Final

from gongji.channels.nhsa import codes, tables
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Code, Refusal, refuse

EDITION: Final = date(2024, 10, 1)
"""When the edition that the dictionaries are taken from appeared (V1.1.27); it names no day."""

VERSION: Final = 1
"""The dictionaries have not been changed since."""

SOURCE: Final = "接口规范V1.1.27"


async def handle(call: Call) -> Output | Refusal:
    """Tell the codes that were in force on the day asked about; before the edition there were none of it."""
    row = call.values.node("data")
    name: str = row["type"]
    if name not in tables.dictionary_names():
        what = f"type（字典类型）{name} 不在字典表中，请填写字段名，例如 insutype、med_type"
        return refuse(Code.INPUT_INVALID, field="type", what=what)
    parent = row["parent_value"]
    if row["Vali_Flag"] == codes.NO or row["date"] < EDITION or parent not in (None, "0"):
        return {"list": []}
    return {
        "list": [
            render(
                call.table,
                "list",
                {
                    "type": name,
                    "label": label,
                    "value": value,
                    "sort": place,
                    "valiFlag": codes.YES,
                    "createUser": SOURCE,
                    "createDate": EDITION,
                    "version": VERSION,
                },
            )
            for place, (value, label) in enumerate(tables.dictionary(name).items(), start=1)
        ]
    }
