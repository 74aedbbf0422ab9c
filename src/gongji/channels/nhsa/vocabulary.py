"""Which dictionary (字典) a field's codes come from, and what a code says."""

import re
from functools import cache
from typing import Final

from gongji.channels.nhsa.tables import Field, dictionary, dictionary_names

_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")

_ELSEWHERE: Final = {
    "caty": "dept",
    "adm_caty": "dept",
    "dscg_caty": "dept",
    "refl_caty": "dept",
    "refldept_dept": "dept",
    "prac_psn_type": "medins_psn_type",
    "dept_code": "dept",
    "anst_way": "anst_mtd_code",
    "main_oprn_flag": "main_oprn",
    "bld_cat": "bld_cat_code",
    "adm_way_code": "adm_way",
    "cert_type": "psn_cert_type",
}
"""Fields whose dictionary has another name."""


@cache
def dictionary_of(field: Field) -> str | None:
    """The dictionary of a coded field: of the same name, however it is spelled; None when the source has none."""
    return _named_like(field) if field.coded else None


def meaning(field: Field, code: str) -> str | None:
    """What a code says, also where the table forgets to call the field coded; None when no dictionary has it."""
    name = _named_like(field)
    return None if name is None else dictionary(name).get(code)


@cache
def _named_like(field: Field) -> str | None:
    plain = _CAPITAL.sub(r"_\1", field.name).lower()
    names = (field.name, plain, _ELSEWHERE.get(field.name, ""), _ELSEWHERE.get(plain, ""))
    return next((name for name in names if name in dictionary_names()), None)
