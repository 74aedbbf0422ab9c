"""What an authoriser allows, as it is asked for in a form: amounts, purposes, kinds of institution (限额)."""

from typing import Final

from gongji.core.codes import PlaceKind, Purpose
from gongji.core.family import Limits
from gongji.core.money import format_yuan
from gongji.core.terms import uses_of
from gongji.service.platform import Platform
from gongji.web.form import Form
from gongji.web.visitor import Visitor

AMOUNTS: Final = (
    ("per_transaction", "每次最多"),
    ("per_day", "每天最多"),
    ("per_year", "每年最多"),
    ("total", "总共最多"),
)
"""Limits of an amount, and what they are called."""

FIELDS: Final = (
    *(field for field, _ in AMOUNTS),
    *(f"purpose-{one.value}" for one in Purpose),
    *(f"place-{one.value}" for one in PlaceKind),
)
"""Every field of a form with limits."""


def read_limits(form: Form) -> Limits:
    """The limits of a form; what is left empty is not limited. Faults are noted in the form."""
    amounts = {field: form.yuan(field) for field, _ in AMOUNTS}
    purposes = tuple(one for one in Purpose if form.ticked(f"purpose-{one.value}"))
    places = tuple(one for one in PlaceKind if form.ticked(f"place-{one.value}"))
    return Limits(**amounts, purposes=purposes or None, places=places or None)


def values_of(limits: Limits) -> dict[str, str]:
    """Limits as the fields of a form."""
    kept = {field: getattr(limits, field) for field, _ in AMOUNTS}
    values = {field: format_yuan(amount) for field, amount in kept.items() if amount is not None}
    values |= {f"purpose-{one.value}": "yes" for one in limits.purposes or ()}
    return values | {f"place-{one.value}": "yes" for one in limits.places or ()}


def choices(platform: Platform, visitor: Visitor, form: Form) -> list[Purpose]:
    """Purposes that may be chosen: those of the visitor's place, and what was chosen before."""
    allowed = uses_of(platform.book, visitor.region, platform.clock().date()).allowed
    return [one for one in Purpose if one in allowed or form.ticked(f"purpose-{one.value}")]


def in_words(limits: Limits, *, mine: bool) -> list[tuple[str, str]]:
    """Limits in words; the user is told what concerns his next bill."""
    shown = AMOUNTS if mine else AMOUNTS[:1]
    told = [(name, getattr(limits, field)) for field, name in shown]
    lines = [(name, f"{format_yuan(amount)} 元") for name, amount in told if amount is not None]
    for name, terms in (("只能付", limits.purposes), ("只能在", limits.places)):
        if terms is not None:
            lines.append((name, "、".join(term.label for term in terms)))
    return lines
