"""Conditions of an answer (条件): what must hold, whether it does, and who says so."""

import msgspec

from gongji.core.citation import Citation
from gongji.core.codes import Term


class Held(Term):
    """Whether a condition holds."""

    MET = "met", "符合"
    FAILED = "failed", "不符合"
    REQUIRED = "required", "须符合"
    """没有告诉我们，办理时会核对"""
    UNKNOWN = "unknown", "未收录"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition. ``cite`` is the block that states it; None when nothing is known of it."""

    held: Held
    rule: str
    text: str
    cite: Citation | None = None


def met(rule: str, text: str, cite: Citation | None) -> Condition:
    """A condition that holds."""
    return Condition(held=Held.MET, rule=rule, text=text, cite=cite)


def failed(rule: str, text: str, cite: Citation | None) -> Condition:
    """A condition that does not hold."""
    return Condition(held=Held.FAILED, rule=rule, text=text, cite=cite)


def required(rule: str, text: str, cite: Citation | None) -> Condition:
    """A condition that the question says nothing about."""
    return Condition(held=Held.REQUIRED, rule=rule, text=text, cite=cite)


def unknown(rule: str, text: str, cite: Citation | None) -> Condition:
    """A condition that the book says nothing certain about."""
    return Condition(held=Held.UNKNOWN, rule=rule, text=text, cite=cite)
