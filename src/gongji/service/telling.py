"""The reasons of a split as different readers may know them (分摊说明的可见范围).

The patient learns whose account paid, never what it holds or what has become of its owner's insurance; an
institution learns what relatives pay together, not who they are nor what limits they set.
"""

from collections.abc import Mapping
from typing import Final

from gongji.core.case import NotDrawn, Split, Step
from gongji.core.explain import explain
from gongji.core.money import format_yuan

DRAWN: Final = "sharing.drawn"
NOT_DRAWN: Final = "sharing.not_drawn"

_OF_THE_RELATIVE: Final = frozenset(
    reason.label
    for reason in (
        NotDrawn.AUTHORISER_NOT_INSURED,
        NotDrawn.ACCOUNT_NOT_OPEN,
        NotDrawn.NOTHING_AVAILABLE,
        NotDrawn.ONE_ACCOUNT_MUST_COVER,
        NotDrawn.BELOW_THRESHOLD,
    )
)
"""Reasons that tell about a relative's money or insurance."""

_OF_THE_BILL: Final = frozenset(
    reason.label
    for reason in (
        NotDrawn.NOT_ASKED,
        NotDrawn.SHARING_NOT_OPEN,
        NotDrawn.PURPOSE_NOT_ALLOWED,
        NotDrawn.OWN_ACCOUNT_NOT_ZERO,
        NotDrawn.NOT_NEEDED,
    )
)
"""Reasons that hold for the bill, whoever the relatives are."""


def told_to_patient(split: Split, names: Mapping[str, str]) -> list[str]:
    """A text for each step.

    Args:
        split: the split, whose shared parts stand in the order of their steps.
        names: name of the authoriser by binding.
    """
    authorisers = iter(names.get(drawn.id, "家人") for drawn in split.shared)
    return [
        _named(step, next(authorisers, "家人")) if step.rule in (DRAWN, NOT_DRAWN) else explain(step)
        for step in split.steps
    ]


def _named(step: Step, name: str) -> str:
    if step.rule == NOT_DRAWN:
        why = str(step.facts[1])
        if why in _OF_THE_RELATIVE:
            return f"家庭共济：{name}的账户未动用，暂时不能动用或不够付清"
        # What is said beyond the reason is about places, which the patient knows.
        where = f"（{step.facts[2]}）" if len(step.facts) > 2 else ""  # noqa: PLR2004
        return f"家庭共济：{name}的账户未动用，{why}{where}"
    cap = int(step.facts[2])
    limit = "" if cap < 0 else f"（每次最多 {format_yuan(cap)} 元）"
    return f"家庭共济：{name}的账户支付 {format_yuan(step.amount)} 元{limit}"


def told_to_institution(split: Split) -> list[str]:
    """A text for each step, empty where nothing is left to say."""
    texts = []
    for step in split.steps:
        if step.rule == DRAWN:
            texts.append(f"家庭共济账户支付 {format_yuan(step.amount)} 元")
        elif step.rule == NOT_DRAWN:
            why = str(step.facts[1])
            texts.append(f"家庭共济未动用：{why}" if why in _OF_THE_BILL else "")
        else:
            texts.append(explain(step))
    return texts
