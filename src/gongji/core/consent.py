"""Whose word a binding needs besides the authoriser's (第二方确认、监护人)."""

from datetime import date

from gongji.core.codes import Relation, Term
from gongji.core.eligibility import across, proof_for
from gongji.core.person import Person
from gongji.core.policy import Guardianship, PolicyBook


class Consent(Term):
    """Whose consent is waited for."""

    NOBODY = "nobody", "不需要"
    USER = "user", "使用人本人"
    GUARDIAN = "guardian", "使用人的监护人"


def second_consent(book: PolicyBook, authoriser: Person, user: Person, relation: Relation, on: date) -> Consent:
    """Whose consent a binding needs by the rules of a day.

    A parent who shares with his own child speaks for both sides.
    """
    if not _asked(book, authoriser, user, on):
        return Consent.NOBODY
    rule = guardianship(book, user, on)
    if rule is None:
        return Consent.USER
    is_guardian = relation is Relation.CHILD and Relation.PARENT in rule.relations
    return Consent.NOBODY if is_guardian else Consent.GUARDIAN


def guardianship(book: PolicyBook, user: Person, on: date) -> Guardianship | None:
    """The rule of those who speak for a person who is too young; None when he speaks for himself."""
    rule = book.rule(Guardianship, user.region, "sharing.guardian", on)
    return rule if rule and user.age_on(on) < rule.minor_under else None


def _asked(book: PolicyBook, authoriser: Person, user: Person, on: date) -> bool:
    """The place may ask the user in any case; between provinces the notice may want both sides' consent."""
    proof = proof_for(book, authoriser.region, on)
    if proof is not None and proof.confirm_by_user:
        return True
    if authoriser.region[:2] == user.region[:2]:
        return False
    rule = across(book, authoriser.region, user.region, on)
    return rule is not None and rule.both_agree
