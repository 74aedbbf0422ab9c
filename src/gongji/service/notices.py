"""Tell people what happens to their money, as part of the business that does it (消息通知)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.notices import Channel, Kind, Notice, Side, of_settlements
from gongji.core.record import Settlement
from gongji.ledger import store
from gongji.ledger.pipeline import Books
from gongji.service.outbox import Letter, post

LETTER: Final = "notice"
"""Kind of the letters that carry notices out of the inbox."""

CODE_LIFE: Final = timedelta(minutes=5)


async def tell(conn: Books, notices: Sequence[Notice], at: datetime) -> None:
    """Tell people, as part of the caller's transaction: one statement for all, none when there is nothing to tell.

    ``core.notices.told_of`` makes the notices of an event for both sides.
    """
    if not notices:
        return
    await store.run(
        conn,
        "add_notices",
        at=at,
        people=[notice.to for notice in notices],
        kinds=[notice.kind.value for notice in notices],
        sides=[notice.side.value for notice in notices],
        abouts=[notice.about for notice in notices],
        facts=[Jsonb(notice.facts) for notice in notices],
        others=[notice.other for notice in notices],
        places=[notice.place for notice in notices],
    )


async def tell_of_settlements(
    conn: Books, settlements: Iterable[Settlement], used_up: Collection[str], at: datetime
) -> None:
    """Tell both sides of shared money that a batch drew or gave back, and of bindings that ended with their use."""
    await tell(conn, of_settlements(settlements, used_up), at)


async def send_code(conn: AsyncConnection, person_no: str, code: str, at: datetime) -> UUID:
    """Send a sign-in code by text message, also at night; it is worthless after ``CODE_LIFE`` and then forgotten."""
    facts = {"code": code, "minutes": str(CODE_LIFE // timedelta(minutes=1))}
    letter = Letter(
        kind=LETTER,
        channel=Channel.SMS.value,
        recipient=person_no,
        payload={"kind": Kind.SIGN_IN_CODE.value, "side": Side.SELF.value, "facts": facts},
        expires_at=at + CODE_LIFE,
    )
    (sent,) = await post(conn, [letter], at)
    return sent
