"""What happens at the counter: register, price, preview, settle, take back (挂号、预结算、结算、撤销).

The same services serve the national interface; only the words in which they are asked differ.
"""

from typing import Final

import msgspec

from gongji.core.codes import Care
from gongji.core.person import Institution
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.vouchers import unseal
from gongji.service.batch import Outcome
from gongji.service.catalogue import priced_items
from gongji.service.commands import Claimed, Credential, FeeLine, Purchase, Reverse, Sender, Settle
from gongji.service.people import Holding, holding_of, institution_of, person_shown
from gongji.service.platform import Platform
from gongji.service.presettle import presettle
from gongji.service.records import SettlementView
from gongji.service.visits import Billed, Registration, add_fees, cancel, drop_fees, register, split_lines
from gongji.service.vouchers import owner_of
from gongji.web.cashier.bill import Draft, raw_lines

BATCH: Final = "1"
"""A bill of the cashier is one batch of its visit."""

# Every message about a bill has a number of its own, made from the bill's.
_REGISTER, _FEES, _DROP, _CANCEL, _REVERSE, _SCAN = "-R", "-F", "-D", "-C", "-V", "-S"


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What would be settled, with the draft that settles it."""

    draft: Draft
    institution: Institution
    patient: Holding
    settlement: Settlement


class _Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A draft with the people and lines it names."""

    draft: Draft
    institution: Institution
    patient: Holding
    claimed: Claimed
    lines: tuple[FeeLine, ...]

    @property
    def person_no(self) -> str:
        return self.patient.person.person_no


async def preview(platform: Platform, draft: Draft) -> Preview | Refusal:
    """Register the visit with its lines where there is one, and show what would be settled."""
    bill = await _read(platform, draft)
    if isinstance(bill, Refusal):
        return bill
    if bill.institution.kind != "pharmacy":
        visited = await _visit(platform, bill)
        if isinstance(visited, Refusal):
            return visited
        bill = visited
    previewed = await presettle(platform, _command(platform, bill))
    if isinstance(previewed, Refusal):
        await withdraw(platform, bill.draft)
        return previewed
    return Preview(draft=bill.draft, institution=bill.institution, patient=bill.patient, settlement=previewed)


async def settle(platform: Platform, draft: Draft) -> Outcome:
    """Settle; a repeat of the same draft gets the first settlement again.

    Raises:
        OutcomeUnknownError: the database failed; the same draft may be sent again.
    """
    bill = await _read(platform, draft)
    if isinstance(bill, Refusal):
        return bill
    return await platform.batcher.submit(_command(platform, bill))


async def withdraw(platform: Platform, draft: Draft) -> None:
    """Take back the visit of a bill that will not be settled; what was settled in the meantime stays."""
    bill = await _read(platform, draft)
    if isinstance(bill, Refusal) or not draft.visit:
        return
    sender = _sender(draft, _DROP, "cashier.drop_fees")
    dropped = await drop_fees(platform, sender, bill.person_no, draft.visit, BATCH)
    if not isinstance(dropped, Refusal):
        await cancel(platform, _sender(draft, _CANCEL, "cashier.cancel"), bill.person_no, draft.visit)


async def take_back(platform: Platform, view: SettlementView) -> Outcome:
    """Reverse a settlement of the cashier's.

    Raises:
        OutcomeUnknownError: the database failed; it may be sent again.
    """
    settlement = view.settlement
    sender = Sender(
        institution=settlement.institution,
        message_id=settlement.message_id + _REVERSE,
        transaction="cashier.reverse",
        input_hash=settlement.id.encode(),
    )
    return await platform.batcher.submit(
        Reverse(sender=sender, person_no=settlement.person_no, settlement_id=settlement.id)
    )


async def _read(platform: Platform, draft: Draft) -> _Bill | Refusal:
    institution = await institution_of(platform, draft.institution)
    if institution is None:
        return refuse(Code.INSTITUTION_UNKNOWN, field="fixmedins_code", institution=draft.institution)
    own = await _holder(platform, draft, draft.patient)
    if own is None:
        return refuse(Code.PERSON_UNKNOWN, field="psn_no")
    if isinstance(own, Refusal):
        return own
    patient, credential = own
    if draft.shown:
        shown = await _holder(platform, draft, draft.shown)
        if shown is None:
            return refuse(Code.CREDENTIAL_UNKNOWN, field="mdtrt_cert_no")
        if isinstance(shown, Refusal):
            return shown
        credential = shown[1]
    billed = Billed(person_no=patient.person.person_no, institution=draft.institution, on=platform.clock().date())
    lines = await split_lines(platform, billed, raw_lines(draft, await priced_items(platform)))
    if isinstance(lines, Refusal):
        return lines
    return _Bill(
        draft=draft,
        institution=institution,
        patient=patient,
        claimed=Claimed(credential=credential),
        lines=tuple(split.line for split in lines),
    )


async def _holder(platform: Platform, draft: Draft, number: str) -> tuple[Holding, Credential] | Refusal | None:
    """Whose number it is, and as what; a code (医保码) is used up by this bill, and stays good for it."""
    if unseal(number):
        owner = await owner_of(platform, _sender(draft, _SCAN, "cashier.scan"), number, use=True)
        if isinstance(owner, Refusal):
            return msgspec.structs.replace(owner, field="mdtrt_cert_no")
        found = await holding_of(platform, owner)
        return found if isinstance(found, Refusal) else (found, Credential(kind="voucher", number=number, owner=owner))
    for kind in ("certificate", "card"):
        credential = Credential(kind=kind, number=number)
        shown = await person_shown(platform, credential)
        if not isinstance(shown, Refusal):
            return shown, credential
    return None


async def _visit(platform: Platform, bill: _Bill) -> _Bill | Refusal:
    """Register the visit and add its lines."""
    draft = bill.draft
    registered = await register(
        platform,
        _sender(draft, _REGISTER, "cashier.register"),
        Registration(
            person_no=bill.person_no,
            claimed=bill.claimed,
            number=draft.message_id,
            on=platform.clock().date(),
        ),
    )
    if isinstance(registered, Refusal):
        return registered
    visit: str = registered["visit"]
    draft = msgspec.structs.replace(draft, visit=visit)
    fees = {(visit, BATCH): list(bill.lines)}
    added = await add_fees(platform, _sender(draft, _FEES, "cashier.fees"), bill.person_no, fees)
    return added if isinstance(added, Refusal) else msgspec.structs.replace(bill, draft=draft)


def _command(platform: Platform, bill: _Bill) -> Settle:
    draft = bill.draft
    pharmacy = bill.institution.kind == "pharmacy"
    purchase = Purchase(on=platform.clock().date(), prescription=draft.prescription, lines=bill.lines)
    return Settle(
        sender=_sender(draft, "", "cashier.settle"),
        person_no=bill.person_no,
        claimed=bill.claimed,
        care=Care.PHARMACY if pharmacy else Care.OUTPATIENT,
        batch=BATCH,
        total=sum(line.split.amount for line in bill.lines),
        account_use=draft.account_use,
        visit_id="" if pharmacy else draft.visit,
        purchase=purchase if pharmacy else None,
    )


def _sender(draft: Draft, suffix: str, transaction: str) -> Sender:
    return Sender(
        institution=draft.institution,
        message_id=draft.message_id + suffix,
        transaction=transaction,
        input_hash=draft.digest,
    )
