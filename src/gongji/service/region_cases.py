"""Cases beside a region (地区案例): worked out by hand from the rule's text, run against the calculator."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from gongji.core.policy import PolicyBook
from gongji.service.quote import quote

PAYERS = ("fund", "own", "shared", "cash")
"""Every case that is not refused states these."""

_NOT_FIGURES = frozenset({"shared_by", "notes", "error", "field"})


class RegionCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case of a file ``regions/<code>/cases/<subject>.toml``: what is asked, and what is expected."""

    region: str
    file: str
    name: str
    ask: dict[str, Any]
    expect: dict[str, Any]


def region_cases(root: Path, region: str = "*") -> Iterator[RegionCase]:
    """Cases of one region, or of all, by file."""
    for path in sorted(root.glob(f"{region}/cases/*.toml")):
        code = path.parent.parent.name
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            yield RegionCase(
                region=code,
                file=f"regions/{code}/cases/{path.name}",
                name=case["name"],
                ask=case["ask"],
                expect=case["expect"],
            )


def differences(book: PolicyBook, case: RegionCase) -> list[str]:
    """What the calculator answers otherwise than the case expects, one line each; none is as expected."""
    expect = case.expect
    answer = quote(book, {"id": case.name, "region": case.region, **case.ask})
    if "error" in expect or "error" in answer:
        error = answer.get("error", {})
        got = (error.get("code"), error.get("field"))
        wanted = (expect.get("error"), expect.get("field"))
        return [] if got == wanted else [f"应答 {wanted}，得到 {got} {error.get('message', '')}".rstrip()]
    missing = [payer for payer in PAYERS if payer not in expect]
    told = [f"案例没有写 {payer}" for payer in missing]
    for key, wanted in expect.items():
        if key not in _NOT_FIGURES and answer.get(key) != wanted:
            told.append(f"{key} 应为 {wanted}，得到 {answer.get(key)}")
    shown = [_drawn(drawn) for drawn in answer["shared_by"]]
    if shown != expect.get("shared_by", shown):
        told.append(f"shared_by 应为 {expect['shared_by']}，得到 {shown}")
    notes = answer["notes"]
    told += [f"提示中没有“{part}”：{notes}" for part in expect.get("notes", ()) if not any(part in n for n in notes)]
    return told


def _drawn(drawn: dict[str, str]) -> str:
    reason = (drawn["reason"],) if "reason" in drawn else ()
    return " ".join((drawn["id"], drawn["amount"], *reason))
