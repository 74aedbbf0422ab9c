"""A settlement's reasons as policy items (政策项, dictionary polItemCode): parts of the bill, each with its rule."""

from collections.abc import Iterator

import msgspec

from gongji.core.case import Step
from gongji.core.codes import Scheme
from gongji.core.money import BasisPoints, Fen, share_of
from gongji.core.record import Settlement


class PolicyItem(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a bill in fen: what the person and the funds bear, and the funds' share where a rule gives one."""

    code: str
    person: Fen = 0
    fund: Fen = 0
    share: BasisPoints | None = None


def policy_items(settlement: Settlement) -> list[PolicyItem]:
    """The items that are not nothing; they sum to the bill's total."""
    split = settlement.split
    steps = {step.rule: step for step in split.steps}
    items = [
        PolicyItem(code="101", person=split.bill.full_self_pay),
        PolicyItem(code="102", person=split.bill.first_self_pay),
        PolicyItem(code="103", person=split.bill.over_limit),
        PolicyItem(code="TA01", person=_amount(steps, "own.current_year_first")),
        PolicyItem(code="S000", person=_amount(steps, "away.first_self_pay")),
        PolicyItem(code="S001", person=split.deductible),
        *_bands(steps),
        *_above(settlement, steps),
    ]
    rest = split.total - sum(item.person + item.fund for item in items)
    # Spending to which no rule of the fund was applied, as in a pharmacy without prescription.
    items.append(PolicyItem(code="C000", person=rest, share=0))
    return [item for item in items if item.person or item.fund]


def _amount(steps: dict[str, Step], rule: str) -> Fen:
    return steps[rule].amount if rule in steps else 0


def _bands(steps: dict[str, Step]) -> Iterator[PolicyItem]:
    """The bands of the fund's ratio; their payments sum to the pool's, rounding in the last."""
    spans, pool = _spans(steps)
    spans = _without(spans, _beyond(steps["cap.fund_payment"]) if "cap.fund_payment" in steps else 0)
    single = len(spans) == 1
    for place, (length, share) in enumerate(spans, start=1):
        fund = pool if place == len(spans) else min(pool, share_of(length, share))
        pool -= fund
        code = "C000" if single else f"C{min(place, 4):03d}"
        yield PolicyItem(code=code, person=length - fund, fund=fund, share=share)


def _spans(steps: dict[str, Step]) -> tuple[list[tuple[Fen, BasisPoints]], Fen]:
    """Lengths and shares of the bands, and what the pool pays."""
    if "ratio.fund_share" in steps:
        step = steps["ratio.fund_share"]
        length, share = (int(figure) for figure in step.facts)
        return [(length, share)], step.amount
    if "ratio.bands" in steps:
        step = steps["ratio.bands"]
        figures = [int(figure) for figure in step.facts[1:]]
        return list(zip(figures[::2], figures[1::2], strict=True)), step.amount
    return [], 0


def _without(spans: list[tuple[Fen, BasisPoints]], beyond: Fen) -> list[tuple[Fen, BasisPoints]]:
    """The bands up to where the cap on payments was reached."""
    kept = list(spans)
    while kept and beyond:
        length, share = kept.pop()
        taken = min(length, beyond)
        beyond -= taken
        if taken < length:
            kept.append((length - taken, share))
    return kept


def _beyond(step: Step) -> Fen:
    return int(step.facts[2])


def _above(settlement: Settlement, steps: dict[str, Step]) -> Iterator[PolicyItem]:
    """Spending above the cap: the supplementary fund's share of it, or none."""
    for rule in ("cap.fund_payment", "cap.eligible_spending"):
        if rule in steps:
            step = steps[rule]
            share = int(step.facts[3])
            resident = settlement.case.facts.scheme is Scheme.RESIDENT
            code = "EC01" if not share else "PL01" if resident else "L001"
            yield PolicyItem(code=code, person=_beyond(step) - step.amount, fund=step.amount, share=share)
