"""Decide one settlement: checks in order of precedence, then the one calculation, then the postings (结算)."""

from datetime import date

import msgspec

from gongji.core.account import AccountKind, AccountRef, PersonalAccount
from gongji.core.case import AccountUse, Bill, Case, PurposePart, Purse, Sharer, Split, YearToDate
from gongji.core.codes import (
    AccountState,
    BindingTerm,
    Care,
    Place,
    PlaceKind,
    Purpose,
    Scheme,
    Segment,
    SharingMode,
)
from gongji.core.eligibility import Visit as Spending
from gongji.core.eligibility import offered, usable_for
from gongji.core.family import Binding, Used
from gongji.core.lines import LineSplit, total_of
from gongji.core.money import Fen, format_yuan
from gongji.core.person import Institution, Person, facts_of
from gongji.core.policy import Draw
from gongji.core.posting import Payment, Posting, pay_institution, take
from gongji.core.record import Amounts, Settlement, SharedBy, settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.settlement import calculate
from gongji.core.terms import Terms, terms_for
from gongji.ledger.rows import Visit
from gongji.service.commands import Claimed, Credential, Done, Settle
from gongji.service.filed import check_filed, filing_of
from gongji.service.snapshot import Snapshot, YearKey
from gongji.service.stay_bill import check_care, check_stay, note_settled, of_this_stay

VISIT_ID_FORMAT = "{region}{day:%Y%m%d}{number:016d}"


class _Bill(msgspec.Struct, frozen=True, kw_only=True):
    """The bill to settle: which visit and batch, when, and its parts."""

    visit_id: str
    on: date
    care: Care
    prescription: bool
    parts: LineSplit


def decide_settlement(snapshot: Snapshot, command: Settle) -> Done | Refusal:
    """Settle in memory: returns the settlement as it would stand in the books, or the refusal.

    Pre-settlement and settlement both come here; only a settlement's result is written.
    """
    on = _day_of_care(snapshot, command)
    patient, refusal = check_person(snapshot.people.get(command.person_no), command.claimed, on)
    if patient is None:
        return refusal or refuse(Code.PERSON_UNKNOWN)
    if patient.moved:
        # Care before a move is the old place's, whenever it is settled.
        patient = msgspec.structs.replace(patient, region=patient.region_on(on))
    institution = snapshot.institutions.get(command.sender.institution)
    refusal = refusal or check_institution(institution, command.sender.institution)
    if refusal or institution is None:
        return refusal or refuse(Code.INSTITUTION_UNKNOWN, institution=command.sender.institution)
    bill = _bill_of(snapshot, command, patient)
    if isinstance(bill, Refusal):
        return bill
    unfiled = check_filed(snapshot, command, institution, bill.on)
    terms = unfiled or terms_for(snapshot.book, patient.region, bill.on, patient.scheme, bill.care)
    if isinstance(terms, Refusal):
        return terms
    own = snapshot.accounts_of(patient.person_no)
    frozen = next((a for a in own if a.state in (AccountState.FROZEN, AccountState.CLOSED)), None)
    if frozen and command.account_use is not AccountUse.NONE:
        return refuse(Code.ACCOUNT_NOT_OPEN, field="acct_used_flag", state=frozen.state.label)
    case = _case_of(snapshot, command, patient, institution, bill, terms, own)
    split = calculate(terms, case)
    if isinstance(split, Refusal):
        return split
    return Done(settlement=_record(snapshot, command, patient, institution, bill, terms, case, split), patient=patient)


def _day_of_care(snapshot: Snapshot, command: Settle) -> date:
    """The day whose insurance counts; of a visit that is not known, today."""
    if command.purchase:
        return command.purchase.on
    visit = snapshot.visits.get(command.visit_id)
    return visit.began_on if visit else snapshot.now.date()


def check_person(person: Person | None, claimed: Claimed, on: date) -> tuple[Person | None, Refusal | None]:
    """The patient, and the first reason why he cannot be treated on insurance that day, or not by what was shown."""
    if person is None:
        return None, refuse(Code.PERSON_UNKNOWN, field="psn_no")
    refusal = check_identity(person, claimed)
    if refusal is None and not person.insured_on(on):
        refusal = refuse(Code.NOT_INSURED, state=person.insurance.label)
    return person, refusal


def check_identity(person: Person, claimed: Claimed) -> Refusal | None:
    """The first thing shown or stated about a person that his record contradicts."""
    shown = claimed.credential
    if shown and not _is_his(person, shown):
        return refuse(Code.CREDENTIAL_MISMATCH, field="mdtrt_cert_no")
    if claimed.certificate_no and claimed.certificate_no.upper() != person.certificate_no.upper():
        return refuse(Code.CREDENTIAL_MISMATCH, field="certno")
    if claimed.name and claimed.name != person.name:
        return refuse(Code.PERSON_DETAILS_MISMATCH, field="psn_name")
    if claimed.scheme and claimed.scheme is not person.scheme:
        return refuse(Code.SCHEME_MISMATCH, field="insutype", scheme=person.scheme.label)
    return None


def _is_his(person: Person, shown: Credential) -> bool:
    if shown.kind == "voucher":
        return shown.owner == person.person_no
    if shown.kind == "certificate":
        return shown.number in (person.certificate_no, person.certificate_no.lower())
    return shown.number == person.card_no


def check_care_date(on: date, today: date) -> Refusal | None:
    """Care is settled by the rules of its day, and nobody knows the rules of a day to come."""
    return refuse(Code.CARE_IN_FUTURE, field="begntime", on=str(on)) if on > today else None


def check_institution(institution: Institution | None, code: str) -> Refusal | None:
    """Whether insurance may be used at the institution."""
    if institution is None:
        return refuse(Code.INSTITUTION_UNKNOWN, field="fixmedins_code", institution=code)
    if not institution.designated:
        return refuse(Code.INSTITUTION_NOT_DESIGNATED, field="fixmedins_code", institution=institution.name)
    return None


def _bill_of(snapshot: Snapshot, command: Settle, patient: Person) -> _Bill | Refusal:
    if command.purchase:
        return _purchase_bill(snapshot, command, patient)
    visit = _visit_of(snapshot, command, patient)
    if isinstance(visit, Refusal):
        return visit
    parts = _stay_parts(snapshot, command, visit) if visit.stay else _batch_parts(snapshot, command, visit)
    if isinstance(parts, Refusal):
        return parts
    bill = _Bill(visit_id=visit.id, on=visit.began_on, care=command.care, prescription=True, parts=parts)
    return _check_stated(command, bill.parts) or bill


def _visit_of(snapshot: Snapshot, command: Settle, patient: Person) -> Visit | Refusal:
    visit = snapshot.visits.get(command.visit_id)
    if visit is None:
        return refuse(Code.VISIT_UNKNOWN, field="mdtrt_id", visit=command.visit_id)
    if visit.institution != command.sender.institution:
        return refuse(Code.VISIT_ELSEWHERE, field="mdtrt_id", visit=visit.id)
    if visit.person_no != patient.person_no:
        return refuse(Code.VISIT_OF_ANOTHER, field="psn_no", visit=visit.id)
    if visit.state != "open":
        return refuse(Code.VISIT_CANCELLED, field="mdtrt_id", visit=visit.id)
    return check_care(visit, stay=command.care is Care.INPATIENT) or visit


def _batch_parts(snapshot: Snapshot, command: Settle, visit: Visit) -> LineSplit | Refusal:
    before = snapshot.settled.get((visit.id, command.batch))
    if before:
        return refuse(Code.ALREADY_SETTLED, field="chrg_bchno", batch=command.batch, settlement=before)
    batch = snapshot.batches.get((visit.id, command.batch))
    if batch is None:
        return refuse(Code.FEES_MISSING, field="chrg_bchno", visit=visit.id, batch=command.batch)
    return batch[1]


def _stay_parts(snapshot: Snapshot, command: Settle, visit: Visit) -> LineSplit | Refusal:
    stay = check_stay(snapshot, command, visit)
    return stay if isinstance(stay, Refusal) else stay.open


def _purchase_bill(snapshot: Snapshot, command: Settle, patient: Person) -> _Bill | Refusal:
    purchase = command.purchase
    if purchase is None or not purchase.lines:
        return refuse(Code.FEES_MISSING, field="drugdetail", visit="", batch=command.batch)
    numbers = [line.line_no for line in purchase.lines]
    twice = next((n for n in numbers if numbers.count(n) > 1), None)
    if twice is not None:
        return refuse(Code.FEE_DUPLICATE, field="feedetl_sn", line=twice)
    late = check_care_date(purchase.on, snapshot.now.date())
    fault = late or next((line.fault for line in purchase.lines if line.fault), None)
    if fault:
        return fault
    parts = total_of(line.split for line in purchase.lines)
    number = snapshot.visit_ids.pop() if snapshot.visit_ids else 0
    visit_id = VISIT_ID_FORMAT.format(region=patient.region, day=snapshot.now, number=number)
    bill = _Bill(
        visit_id=visit_id,
        on=purchase.on,
        care=command.care,
        prescription=purchase.prescription,
        parts=parts,
    )
    return _check_stated(command, parts) or bill


def _check_stated(command: Settle, parts: LineSplit) -> Refusal | None:
    """What the sender says the bill is must be what its lines are."""
    if command.total != parts.amount:
        return refuse(
            Code.TOTAL_MISMATCH,
            field="medfee_sumamt",
            stated=format_yuan(command.total),
            counted=format_yuan(parts.amount),
        )
    if command.stated is None:
        return None
    checks = (
        ("全自费金额", command.stated.full_self_pay, parts.full_self_pay),
        ("超限价金额", command.stated.over_limit, parts.over_limit),
        ("先行自付金额", command.stated.first_self_pay, parts.first_self_pay),
        ("符合政策范围金额", command.stated.in_scope, parts.in_scope),
    )
    for name, stated, counted in checks:
        if stated is not None and stated != counted:
            return refuse(Code.PARTS_MISMATCH, part=name, stated=format_yuan(stated), counted=format_yuan(counted))
    return None


def _case_of(
    snapshot: Snapshot,
    command: Settle,
    patient: Person,
    institution: Institution,
    bill: _Bill,
    terms: Terms,
    own: tuple[PersonalAccount, ...],
) -> Case:
    place = snapshot.book.place_of(patient.region, institution.region)
    return Case(
        facts=facts_of(
            patient, institution, bill.care, bill.on, place, filing_of(snapshot, command, patient, institution, bill.on)
        ),
        bill=Bill(
            total=bill.parts.amount,
            full_self_pay=bill.parts.full_self_pay,
            over_limit=bill.parts.over_limit,
            first_self_pay=bill.parts.first_self_pay,
            by_purpose=_purposes(bill.parts, institution),
        ),
        year_to_date=of_this_stay(snapshot, bill.visit_id, _year_to_date(snapshot, patient, terms)),
        own=_own_purses(snapshot, patient, own, place),
        sharers=_sharers(snapshot, patient, institution, bill.on, terms),
        account_use=command.account_use,
        prescription=bill.prescription,
        catalogue="" if place is Place.HOME else snapshot.book.name(institution.region),
    )


def _purposes(parts: LineSplit, institution: Institution) -> tuple[PurposePart, ...]:
    """What is not ordinary care; accounts pay check-ups only at the places that are kept for them (规定体检机构)."""
    if institution.checkup:
        return parts.by_purpose
    barred = "这里不是规定的体检机构"
    return tuple(
        msgspec.structs.replace(part, barred=barred) if part.purpose is Purpose.CHECKUP else part
        for part in parts.by_purpose
    )


def _own_purses(
    snapshot: Snapshot, patient: Person, own: tuple[PersonalAccount, ...], place: Place
) -> tuple[Purse, ...]:
    """The own account, then the own wallet, whose money is spent only where its holder is insured."""
    purses = [Purse(segment=a.segment, available=a.available) for a in own] if patient.scheme is Scheme.EMPLOYEE else []
    wallet = snapshot.wallet_of(patient.person_no)
    if wallet is not None and place is Place.HOME and wallet.region == patient.region:
        purses.append(Purse(segment=Segment.WHOLE, available=wallet.available, wallet=True))
    return tuple(purses)


def _year_to_date(snapshot: Snapshot, patient: Person, terms: Terms) -> YearToDate:
    """The year's figures for this kind of care, with those of other care where a deductible or a cap is shared."""
    mine = _BENEFIT[terms.care]

    def figures(benefit: str) -> YearToDate:
        return snapshot.totals.get((patient.person_no, patient.region, terms.year, benefit), _NOTHING_YET)

    own = figures(mine)
    if terms.benefit is None:
        return own
    others_merged, others_shared = terms.benefit.deductible.merged_with, terms.benefit.cap.shared_with
    if not others_merged and not others_shared:
        return own
    merged = [figures(_BENEFIT[care]) for care in others_merged if care != mine]
    shared = [figures(_BENEFIT[care]) for care in others_shared if care != mine]
    return msgspec.structs.replace(
        own,
        deductible=own.deductible + sum(year.deductible for year in merged),
        pool=own.pool + sum(year.pool for year in shared),
    )


_BENEFIT = {care: (Care.OUTPATIENT if care is Care.PHARMACY else care).value for care in Care}
"""Which yearly figures a kind of care moves: prescriptions filled at a pharmacy count to the outpatient figures."""

_NOTHING_YET = YearToDate()


def _sharers(
    snapshot: Snapshot, patient: Person, institution: Institution, on: date, terms: Terms
) -> tuple[Sharer, ...]:
    visit = Spending(
        user_region=patient.region,
        place_region=institution.region,
        place=PlaceKind(institution.kind),
        on=on,
    )
    sharers = []
    bindings = snapshot.bindings.get(patient.person_no, [])
    by_date = terms.sharing is not None and terms.sharing.draw.order == "binding_date"
    if by_date:
        bindings = sorted(bindings, key=lambda b: b.created_at)
    for place, binding in enumerate(bindings, start=1):
        authoriser = snapshot.people.get(binding.authoriser)
        money = snapshot.money_of(binding.authoriser)
        # A binding made while the accounts were being locked has its accounts unlocked: the next bill sees it.
        if authoriser is None or not money or not binding.covers(on) or binding.over_on(snapshot.now.date()):
            continue
        used = snapshot.used.get(binding.id, _UNUSED)
        sharer = offered(snapshot.book, binding, authoriser, money, visit, used)
        sharers.append(msgspec.structs.replace(sharer, order=place) if by_date else sharer)
    return tuple(sharers)


_UNUSED = Used()


def _record(
    snapshot: Snapshot,
    command: Settle,
    patient: Person,
    institution: Institution,
    bill: _Bill,
    terms: Terms,
    case: Case,
    split: Split,
) -> Settlement:
    journal = snapshot.journal_ids.pop() if snapshot.locked else 0
    bindings = {b.id: b for b in snapshot.bindings.get(patient.person_no, [])}
    own = snapshot.accounts_of(patient.person_no)
    payments = _payments(snapshot, patient, split, bill.on, own)
    stay = snapshot.stays.get(bill.visit_id)
    return Settlement(
        id=settlement_id(patient.region, snapshot.now.date(), journal) if snapshot.locked else "",
        journal_id=journal,
        region=patient.region,
        sender=command.sender.institution,
        message_id=command.sender.message_id,
        institution=institution.code,
        visit_id=bill.visit_id,
        batch=str(journal) if stay else command.batch,
        person_no=patient.person_no,
        care=bill.care,
        care_on=bill.on,
        settled_at=snapshot.now,
        account_use=command.account_use,
        case=case,
        split=split,
        payers=tuple(SharedBy(binding=d.id, authoriser=bindings[d.id].authoriser) for d in split.shared),
        postings=pay_institution(payments, institution.code, institution.region),
        year=terms.year,
        benefit=_BENEFIT[bill.care] if split.counted else None,
        balance_after=sum(a.balance for a in own) - split.own_total,
        policy_digest=terms.digest,
        invoice=command.invoice,
        declared=command.declared,
        mid_stay=command.mid_stay,
        continues=bool(stay and stay.settled),
    )


def _payments(
    snapshot: Snapshot, patient: Person, split: Split, on: date, own: tuple[PersonalAccount, ...]
) -> tuple[Payment, ...]:
    """Who gives what, in the order of payment."""
    region = patient.region
    payments = []
    if split.pool:
        pool = AccountRef(AccountKind.POOL, patient.scheme.value, region)
        payments.append(Payment(payer=pool, region=region, amount=split.pool, purpose="pool"))
    if split.supplementary:
        above = AccountRef(AccountKind.SUPPLEMENTARY, patient.scheme.value, region)
        payments.append(Payment(payer=above, region=region, amount=split.supplementary, purpose="supplementary"))
    if split.own_total:
        payments += [Payment(payer=a.id, region=a.region, amount=split.own_of(a.segment), purpose="own") for a in own]
    wallet = snapshot.wallet_of(patient.person_no) if split.wallet else None
    if wallet:
        payments.append(Payment(payer=wallet.id, region=wallet.region, amount=split.wallet, purpose="wallet"))
    bindings = {b.id: b for b in snapshot.bindings.get(patient.person_no, [])}
    for drawn in (d for d in split.shared if d.amount):
        payments += _shared_payments(snapshot, bindings[drawn.id], drawn.amount, on)
    return tuple(payments)


def _shared_payments(snapshot: Snapshot, binding: Binding, amount: Fen, on: date) -> list[Payment]:
    """Take a relative's payment from the accounts that the binding draws, historical money first."""
    person = snapshot.people[binding.authoriser]
    draw = snapshot.book.rule(Draw, person.region, "sharing.draw", on)
    money = snapshot.money_of(binding.authoriser)
    usable = usable_for(money, binding, historical_only=bool(draw and draw.historical_only))
    return take(usable, amount, POSTED_AS[binding.mode])


POSTED_AS = {
    SharingMode.LIVE_CALL: "shared",
    SharingMode.FAMILY_ACCOUNT: "shared_family",
    SharingMode.QUOTA_HOLD: "shared_quota",
}
"""What a posting says of the way money was shared."""


def apply_settlement(snapshot: Snapshot, settlement: Settlement) -> None:
    """Make a decided settlement visible to the commands after it in the batch."""
    apply_booked(snapshot, settlement)
    for ended in used_up(snapshot, settlement):
        snapshot.end_binding(ended)
    snapshot.settled[settlement.visit_id, settlement.batch] = settlement.id
    note_settled(snapshot, settlement)


def apply_booked(snapshot: Snapshot, settlement: Settlement) -> None:
    """What a settlement, its reversal or a return changes alike: balances, yearly figures, limits, what stands."""
    _move(snapshot, settlement.booked)
    if settlement.benefit:
        snapshot.add_to_year(year_key(settlement, settlement.benefit), year_change(settlement, settlement.change))
    for binding, amount in settlement.drawn.items():
        snapshot.add_use(binding, settlement.counts_on, amount)
    if settlement.takes_back:
        snapshot.reversed[settlement.takes_back] = settlement.id
    snapshot.settlements[settlement.id] = settlement


def used_up(snapshot: Snapshot, settlement: Settlement) -> list[Binding]:
    """Bindings for a single use that a settlement used."""
    drawn = settlement.drawn
    bindings = snapshot.bindings.get(settlement.person_no, []) if drawn else []
    return [b for b in bindings if b.term is BindingTerm.SINGLE_USE and b.id in drawn]


def _move(snapshot: Snapshot, postings: tuple[Posting, ...]) -> None:
    """Move the balances of the personal accounts that postings name."""
    for posting in postings:
        if isinstance(posting.from_, int):
            snapshot.move(posting.from_, -posting.amount)
        if isinstance(posting.to, int):
            snapshot.move(posting.to, posting.amount)


def year_key(settlement: Settlement, benefit: str) -> YearKey:
    """Which yearly figures a settlement moves."""
    return settlement.person_no, settlement.region, settlement.year, benefit


def year_change(settlement: Settlement, change: Amounts) -> YearToDate:
    """What a settlement, its reversal or a return changes in the yearly figures; ``change`` is what it changes."""
    same_event = settlement.continues or settlement.instead_of is not None
    return YearToDate(
        deductible=change.deductible,
        eligible=change.eligible,
        pool=change.pool,
        events=0 if same_event else settlement.sign,
    )
