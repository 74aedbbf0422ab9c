"""The settlement calculator without a database (试算): the same ``terms_for`` and ``calculate`` as a settlement."""

import codecs
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gongji.core.case import Case, Purse, Split, Step
from gongji.core.codes import Care, Confidence, Place, Segment
from gongji.core.explain import explain
from gongji.core.money import format_yuan
from gongji.core.policy import Citation, PolicyBook, Region
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.settlement import calculate
from gongji.core.terms import Terms, terms_for
from gongji.policyfiles import RULE_NAMES
from gongji.service.json_object import InputFaultError
from gongji.service.quote_input import Accounts, Asked, read_case

_WEAK = frozenset({Confidence.LOW, Confidence.ARTICLE_ONLY})


def quote_text(book: PolicyBook, text: bytes) -> tuple[bytes, bool]:
    """Answer one case (an object) or many (an array) given as JSON, in the same shape and order.

    Returns:
        The answer as JSON, and whether every case was answered without an error.
    """
    try:
        cases = msgspec.json.decode(text.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _encode(_error(None, refuse(Code.INPUT_INVALID, what=f"不是合规的 JSON：{error}"))), False
    if isinstance(cases, list):
        answers = [quote(book, case) for case in cases]
        return _encode(answers), not any("error" in answer for answer in answers)
    answer = quote(book, cases)
    return _encode(answer), "error" not in answer


def _encode(answer: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(answer), indent=2) + b"\n"


def quote(book: PolicyBook, case: object) -> dict[str, Any]:
    """Answer one case with the result, or with ``error`` in its place, as the contract of ``gongji quote`` says."""
    name = case.get("id") if isinstance(case, Mapping) else None
    try:
        asked = read_case(case)
    except InputFaultError as fault:
        return _error(name, fault.refusal)
    worked = work_out(book, asked)
    if isinstance(worked, Refusal):
        return _error(name, worked)
    return {"id": name, **_result(worked.split), "notes": list(worked.notes)}


def _error(name: object, refusal: Refusal) -> dict[str, Any]:
    return {"id": name, "error": {"code": refusal.code.value, "message": refusal.text, "field": refusal.field}}


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """A case worked out: the split, and what the reader must know before relying on it."""

    split: Split
    notes: tuple[str, ...]


def work_out(book: PolicyBook, asked: Asked) -> Worked | Refusal:
    """Split the bill of a case by the rules of its region and day."""
    region = book.find(asked.region)
    if region is None:
        return refuse(Code.RULE_UNKNOWN, field="region", region=f"“{asked.region[:40]}”", what="医保政策")
    terms = terms_for(book, region.code, asked.on, asked.facts.scheme, asked.facts.care)
    if isinstance(terms, Refusal):
        return terms
    own = _purses(terms, asked.accounts)
    if isinstance(own, Refusal):
        return own
    care_region = _care_region(book, region, asked.place)
    place = book.place_of(region.code, care_region)
    away = None if place is Place.HOME else book.name(care_region)
    case = Case(
        facts=msgspec.structs.replace(asked.facts, place=place),
        bill=asked.bill,
        year_to_date=asked.year_to_date,
        own=own,
        sharers=asked.sharers,
        catalogue=away or "",
    )
    split = calculate(terms, case)
    if isinstance(split, Refusal):
        return split
    return Worked(split=split, notes=tuple(_notes(book, terms, asked, split, away)))


def _care_region(book: PolicyBook, region: Region, place: str | None) -> str:
    """Code of the region where care is given; a name that nobody knows stands for itself."""
    if place is None:
        return region.code
    found = book.find(place)
    return found.code if found else place


def _purses(terms: Terms, accounts: Accounts) -> tuple[Purse, ...] | Refusal:
    """Own money in the purses that the region keeps."""
    current, historical = accounts.current_year or 0, accounts.historical or 0
    if not terms.segments.kept:
        whole = current + historical if accounts.balance is None else accounts.balance
        return (Purse(segment=Segment.WHOLE, available=whole),)
    if accounts.balance is not None:
        what = f"accounts.balance 不适用：{terms.region_name}个人账户分当年、历年，请给出 current_year 和 historical"
        return refuse(Code.INPUT_INVALID, field="accounts.balance", what=what)
    return (
        Purse(segment=Segment.CURRENT_YEAR, available=current),
        Purse(segment=Segment.HISTORICAL, available=historical),
    )


def _result(split: Split) -> dict[str, Any]:
    return {
        "total": format_yuan(split.total),
        "eligible": format_yuan(split.eligible),
        "deductible": format_yuan(split.deductible),
        "fund": format_yuan(split.fund),
        "funds": {"pool": format_yuan(split.pool), "supplementary": format_yuan(split.supplementary)},
        "own": format_yuan(split.own_total),
        "own_current_year": format_yuan(split.own_of(Segment.CURRENT_YEAR)),
        "own_historical": format_yuan(split.own_of(Segment.HISTORICAL)),
        "shared": format_yuan(split.shared_total),
        "shared_by": [
            {"id": drawn.id, "amount": format_yuan(drawn.amount)}
            | ({"reason": drawn.reason.value} if drawn.reason else {})
            for drawn in split.shared
        ],
        "cash": format_yuan(split.cash),
        "trace": [_reason(step) for step in split.steps],
    }


def _reason(step: Step) -> dict[str, Any]:
    cite = step.cite
    return {
        "rule": step.rule,
        "text": explain(step),
        "amount": format_yuan(step.amount),
        "file": cite.file if cite else None,
        "source": cite.source if cite else None,
        "confidence": cite.confidence.value if cite else None,
    }


def _notes(book: PolicyBook, terms: Terms, asked: Asked, split: Split, away: str | None) -> Iterator[str]:
    """What the reader must know before relying on the figures; ``away`` names the place of care away from home."""
    for cite in _relied_on(terms, asked, split):
        place = f"{book.name(cite.region)}{RULE_NAMES[cite.rule]}（{cite.start} 起）"
        if cite.overdue(asked.on):
            yield f"{place}已过复核日期 {cite.review_by}，请以当地答复为准"
        if cite.confidence in _WEAK:
            yield f"{place}可信度：{cite.confidence.label}，来源：{cite.source}；请以当地答复为准"
    if terms.care is Care.PHARMACY and not asked.bill.person_share_only:
        if terms.benefit is None:
            yield f"{terms.region_name}药店统筹待遇未收录，按统筹不支付计算，请以当地答复为准"
        else:
            yield "按凭外配处方购药计算；没有处方时统筹不支付，由个人账户或现金支付"
    if away and not any(step.rule.startswith("away.") for step in split.steps):
        filing = asked.facts.filing.label
        yield f"异地就医（{away}，{filing}）的待遇规定未收录，按参保地规则计算，请以当地答复为准"


def _relied_on(terms: Terms, asked: Asked, split: Split) -> tuple[Citation, ...]:
    """Blocks the result rests on, each once: those cited, and the cap even where it was not reached."""
    cites = [step.cite for step in split.steps if step.cite]
    if terms.benefit and not asked.bill.person_share_only:
        cites.append(terms.benefit.cap.cite)
    return tuple(dict.fromkeys(cites))
