"""Relatives' accounts in a settlement (共济支付): who may be drawn, in what order, how much, and why not."""

from gongji.core.case import AccountUse, Case, Drawn, NotDrawn, Sharer, Step
from gongji.core.citation import Citation
from gongji.core.codes import Care, Purpose, SharingMode
from gongji.core.money import Fen
from gongji.core.terms import Sharing, Terms

PURPOSE_OF_CARE = {
    Care.OUTPATIENT: Purpose.OUTPATIENT,
    Care.INPATIENT: Purpose.INPATIENT,
    Care.PHARMACY: Purpose.PHARMACY,
    Care.SPECIAL_DISEASE: Purpose.SPECIAL_DISEASE,
}


MODE_ORDER = {SharingMode.FAMILY_ACCOUNT: 0, SharingMode.QUOTA_HOLD: 1, SharingMode.LIVE_CALL: 2}
"""Where the region's order leaves two accounts equal, money that was set aside goes first."""

Due = dict[Purpose, Fen]
"""What is still to be paid, by purpose, in fen."""


def draw_shared(terms: Terms, case: Case, due: Due, steps: list[Step]) -> tuple[Drawn, ...]:
    """Take from relatives' accounts in the region's order until nothing is due; ``due`` is brought down."""
    if not case.sharers:
        return ()
    closed = _closed(terms, case, due)
    return draw_in_order(terms, case.sharers, due, steps, closed=closed)


def draw_in_order(
    terms: Terms, sharers: tuple[Sharer, ...], due: Due, steps: list[Step], *, closed: NotDrawn | None = None
) -> tuple[Drawn, ...]:
    """Take what is due from the accounts in their order; ``closed`` says why none of them may be drawn."""
    result: list[Drawn] = []
    tried, paid = 0, 0
    for sharer in _in_order(terms, sharers):
        reason = closed or _ineligible(terms, sharer)
        payable = _payable_by(terms, sharer, due)
        offer = _offer(terms, sharer)
        if reason is None and terms.sharing is not None:
            tried += 1
            reason = _not_drawn(terms.sharing, sharer, offer, payable, place=tried, used=paid > 0)
            if reason is NotDrawn.NOT_NEEDED and any(due.values()):
                reason = NotDrawn.PURPOSE_NOT_AUTHORISED
        amount = 0 if reason else min(offer, payable)
        _pay(terms, sharer, due, amount)
        paid += amount
        result.append(Drawn(id=sharer.id, amount=amount, reason=reason))
        steps.append(_step(terms, sharer, amount, reason))
    return tuple(result)


def _open(terms: Terms, sharer: Sharer, purpose: Purpose) -> bool:
    """Whether a relative's account may pay for a purpose: the region allows it, and the authoriser does."""
    allowed = terms.sharing is not None and purpose in terms.sharing.allowed
    return allowed and (sharer.purposes is None or purpose in sharer.purposes)


def _payable_by(terms: Terms, sharer: Sharer, due: Due) -> Fen:
    """The part of what is due that a relative's account may pay for."""
    return sum([amount for purpose, amount in due.items() if _open(terms, sharer, purpose)])


def _pay(terms: Terms, sharer: Sharer, due: Due, amount: Fen) -> None:
    for purpose in due:
        if not amount:
            return
        if _open(terms, sharer, purpose):
            taken = min(amount, due[purpose])
            due[purpose] -= taken
            amount -= taken


def _step(terms: Terms, sharer: Sharer, amount: Fen, reason: NotDrawn | None) -> Step:
    cite = _cite(terms, reason)
    if reason:
        facts: tuple[str | int, ...] = (sharer.relation.label, reason.label)
        if sharer.detail and reason is sharer.barred:
            facts += (sharer.detail,)
        return Step(rule="sharing.not_drawn", amount=0, facts=facts, cite=cite)
    cap = -1 if sharer.cap_per_transaction is None else sharer.cap_per_transaction
    facts = (sharer.relation.label, sharer.mode.label, cap)
    if sharer.left:
        facts += (min([limit.amount for limit in sharer.left]) - amount,)
    return Step(rule="sharing.drawn", amount=amount, facts=facts, cite=cite)


def _cite(terms: Terms, reason: NotDrawn | None) -> Citation | None:
    """The block that decided whether a relative's account was drawn."""
    if terms.sharing is None:
        return None
    if reason is NotDrawn.RELATION_NOT_ALLOWED:
        return terms.sharing.kin.cite
    if reason is NotDrawn.PURPOSE_NOT_ALLOWED:
        return terms.sharing.purposes.cite
    if reason is NotDrawn.OVER_AUTHORISER_LIMIT:
        return terms.sharing.limits.cite
    return terms.sharing.draw.cite


def _in_order(terms: Terms, sharers: tuple[Sharer, ...]) -> list[Sharer]:
    if terms.sharing and terms.sharing.draw.order == "largest_balance":
        return sorted(sharers, key=lambda s: (-s.available, s.order, MODE_ORDER[s.mode]))
    return sorted(sharers, key=lambda s: (s.order, MODE_ORDER[s.mode]))


def _offer(terms: Terms, sharer: Sharer) -> Fen:
    """Most that an account may pay of this bill: its money, the authoriser's own limits, the region's cap."""
    offer = sharer.available
    if sharer.cap_per_transaction is not None and sharer.cap_per_transaction < offer:
        offer = sharer.cap_per_transaction
    for left in sharer.left:
        offer = min(offer, left.amount)
    limit = terms.sharing.limits.max_per_transaction if terms.sharing else None
    return offer if limit is None else min(offer, limit)


def _closed(terms: Terms, case: Case, due: Due) -> NotDrawn | None:
    """Why this bill may draw on no relative's account at all."""
    sharing = terms.sharing
    if sharing is None:
        return NotDrawn.SHARING_NOT_OPEN
    automatic = case.account_use is AccountUse.OWN and sharing.draw.automatic
    if case.account_use is not AccountUse.OWN_THEN_SHARED and not automatic:
        return NotDrawn.NOT_ASKED
    purposes = [purpose for purpose, amount in due.items() if amount] or [PURPOSE_OF_CARE[terms.care]]
    if not any(purpose in sharing.allowed for purpose in purposes):
        return NotDrawn.PURPOSE_NOT_ALLOWED
    if sharing.draw.own_must_be_zero and any(purse.available for purse in case.own if not purse.wallet):
        return NotDrawn.OWN_ACCOUNT_NOT_ZERO
    return None


def _ineligible(terms: Terms, sharer: Sharer) -> NotDrawn | None:
    """Why this relative's account may not be drawn at all; such an account takes up no place in the order."""
    if terms.sharing and sharer.relation not in terms.sharing.kin.relations:
        return NotDrawn.RELATION_NOT_ALLOWED
    return sharer.barred


def _not_drawn(sharing: Sharing, sharer: Sharer, offer: Fen, due: Fen, *, place: int, used: bool) -> NotDrawn | None:
    """Why an eligible account pays nothing of what is still due."""
    limit = sharing.limits.authorisers_per_user
    if limit is not None and place > limit:
        return NotDrawn.OVER_AUTHORISER_LIMIT
    if due == 0:
        return NotDrawn.NOT_NEEDED
    if used and sharing.draw.one_account_per_settlement:
        return NotDrawn.ONE_ACCOUNT_PER_SETTLEMENT
    if offer == 0:
        reached = [left.reason for left in sharer.left if not left.amount]
        if not sharer.available:
            return NotDrawn.NOTHING_AVAILABLE
        return reached[0] if reached else NotDrawn.CAP_IS_ZERO
    if sharing.draw.one_account_must_cover and offer < due:
        return NotDrawn.ONE_ACCOUNT_MUST_COVER
    return None
