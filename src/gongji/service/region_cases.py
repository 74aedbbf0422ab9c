"""Cases beside a region (地区案例): worked out by hand from the rule's text, run against the calculator."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from gongji.core.policy import PolicyBook
from gongji.policyfiles import Fault, PolicyFilesError
from gongji.policyfiles.fault import Sheet
from gongji.service.quote import quote

PAYERS = ("fund", "own", "shared", "cash")
"""Every case that is not refused states these."""

_NOT_FIGURES = frozenset({"shared_by", "notes", "error", "field"})
_KEYS = {"name": "名称，非空文字", "ask": "问的一张账单，例如 ask.date", "expect": "手工结果，例如 expect.fund"}


class RegionCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case of a file ``regions/<code>/cases/<subject>.toml``: what is asked, and what is expected."""

    region: str
    file: str
    line: int
    name: str
    ask: dict[str, Any]
    expect: dict[str, Any]


def region_cases(root: Path, region: str = "*") -> tuple[RegionCase, ...]:
    """Cases of one region, or of all, by file.

    Raises:
        PolicyFilesError: with every fault of every file of cases.
    """
    cases: list[RegionCase] = []
    faults: list[Fault] = []
    for path in sorted(root.glob(f"{region}/cases/*.toml")):
        sheet, values = _parsed(path)
        cases += _cases(path.parent.parent.name, sheet, values)
        faults += sheet.faults
    if faults:
        raise PolicyFilesError(tuple(sorted(faults)))
    return tuple(cases)


def case_faults(root: Path) -> tuple[Fault, ...]:
    """Every fault of the files of cases; whether the figures agree is not asked here."""
    try:
        region_cases(root)
    except PolicyFilesError as error:
        return error.faults
    return ()


def _parsed(path: Path) -> tuple[Sheet, dict[str, Any]]:
    file = f"regions/{path.parent.parent.name}/cases/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        sheet = Sheet(file, "")
        sheet.fault("", "文件不是 UTF-8 编码")
        return sheet, {}
    sheet = Sheet(file, text)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        sheet.syntax_fault(error)
        return sheet, {}
    for key in values:
        if key != "case":
            sheet.fault(key, f"案例文件没有 {key}；每个案例写作 [[case]] 块")
    return sheet, values


def _cases(region: str, sheet: Sheet, values: dict[str, Any]) -> Iterator[RegionCase]:
    found = values.get("case", [])
    if not isinstance(found, list) or not all(isinstance(case, dict) for case in found):
        sheet.fault("case", "案例须写作 [[case]] 块")
        return
    for number, case in enumerate(found):
        key = f"case[{number}]"
        for unknown in case.keys() - _KEYS.keys():
            sheet.fault(f"{key}.{unknown}", f"不认识的键 {unknown}；这里可用：{'、'.join(_KEYS)}")
        sound = True
        for part, meaning in _KEYS.items():
            if not isinstance(case.get(part), str if part == "name" else dict) or not case[part]:
                sheet.fault(f"{key}.{part}", f"缺少 {part}（{meaning}）")
                sound = False
        if sound:
            told = {part: case[part] for part in _KEYS}
            yield RegionCase(region=region, file=sheet.file, line=sheet.line_of(f"{key}.name"), **told)


def differences(book: PolicyBook, case: RegionCase) -> list[str]:
    """What the calculator answers otherwise than the case expects, one line each; none is as expected."""
    expect = case.expect
    answer = quote(book, {"id": case.name, "region": case.region, **case.ask})
    if "error" in expect or "error" in answer:
        return _refused_otherwise(expect, answer)
    told = [f"案例没有写 expect.{payer}" for payer in PAYERS if payer not in expect]
    for key, wanted in expect.items():
        if key in _NOT_FIGURES:
            continue
        if key not in answer:
            told.append(f"expect.{key}：结果里没有 {key}；可用：{'、'.join(_figures(answer))}")
        elif answer[key] != wanted:
            told.append(f"{key} 应为 {wanted}，得到 {answer[key]}")
    shown = [_drawn(drawn) for drawn in answer["shared_by"]]
    if shown != expect.get("shared_by", shown):
        told.append(f"shared_by 应为 {expect['shared_by']}，得到 {shown}")
    notes = answer["notes"]
    told += [f"提示中没有“{part}”：{notes}" for part in expect.get("notes", ()) if not any(part in n for n in notes)]
    return told


def _refused_otherwise(expect: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    error = answer.get("error", {})
    got, wanted = (error.get("code"), error.get("field")), (expect.get("error"), expect.get("field"))
    if got == wanted:
        return []
    refused = f"{got[0]}（{got[1]}）：{error.get('message', '')}" if error else ""
    if "error" not in expect:
        return [f"应当能计算，得到 {refused}"]
    return [f"应当拒绝 {wanted[0]}（{wanted[1]}），得到 {refused or '能计算的结果'}"]


def _figures(answer: dict[str, Any]) -> list[str]:
    return [key for key, value in answer.items() if isinstance(value, str) and key not in ("id", "region")]


def _drawn(drawn: dict[str, str]) -> str:
    reason = (drawn["reason"],) if "reason" in drawn else ()
    return " ".join((drawn["id"], drawn["amount"], *reason))
