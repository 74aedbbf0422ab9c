"""Freeze and thaw a person's accounts (账户封停、解封): it holds from the next settlement on."""

from psycopg import AsyncConnection

from gongji.core.codes import AccountState
from gongji.core.notices import Kind, Side, told_of
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.notices import tell
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import may, note_act, reason_fault
from gongji.service.transact import all_or_nothing

FREEZERS = (Role.REVIEWER, Role.AUDITOR)


async def freeze_account(
    platform: Platform, staff: Staff, person_no: str, reason: str, incident: int | None = None
) -> Refusal | None:
    """Stop every payment from a person's accounts: his own, and what relatives would draw.

    What pooled funds pay goes on. The frozen money stays his.
    """
    return await _turn(platform, staff, person_no, reason, incident, frozen=True)


async def thaw_account(
    platform: Platform, staff: Staff, person_no: str, reason: str, incident: int | None = None
) -> Refusal | None:
    """Let the accounts pay again."""
    return await _turn(platform, staff, person_no, reason, incident, frozen=False)


async def _turn(
    platform: Platform, staff: Staff, person_no: str, reason: str, incident: int | None, *, frozen: bool
) -> Refusal | None:
    states = (AccountState.OPEN, AccountState.FROZEN) if frozen else (AccountState.FROZEN, AccountState.OPEN)

    async def work(conn: AsyncConnection) -> bool | Refusal:
        people = await people_by_number(conn, [person_no])
        person = people.get(person_no)
        if person is None:
            return refuse(Code.PERSON_UNKNOWN, field="person_no")
        refusal = may(staff, FREEZERS, person.region) or reason_fault(reason)
        if refusal:
            return refusal
        accounts = await store.lock_accounts(conn, [person_no])
        cursor = await store.run(
            conn, "freeze_accounts", owner=person_no, before=states[0].value, after=states[1].value
        )
        if not await cursor.fetchall():
            state = accounts[0].state if accounts else AccountState.NONE
            return refuse(Code.ACCOUNT_STATE, state=state.label, act="封停" if frozen else "解封")
        now = platform.clock()
        what = "account.frozen" if frozen else "account.unfrozen"
        about = {"person_no": person_no, "about": str(incident or ""), "reason": reason}
        await note_act(conn, staff, what, now, region=person.region, **about)
        kind = Kind.ACCOUNT_FROZEN if frozen else Kind.ACCOUNT_UNFROZEN
        await tell(conn, told_of(kind, now, {Side.SELF: person_no}, reason=reason.strip()), now)
        return True

    outcome = await all_or_nothing(platform, work)
    return outcome if isinstance(outcome, Refusal) else None
