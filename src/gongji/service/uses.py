"""What both sides of a binding may see: each use, and what is set, used and left (共济使用记录).

The authoriser sees what his money paid, where, when and for what kind of care, and what his limits leave. The user sees
what relatives paid for him. Neither learns the other's balance.
"""

from collections.abc import Iterator
from datetime import date, datetime

import msgspec

from gongji.core.codes import Care, SharingMode
from gongji.core.family import BindingState, Used
from gongji.core.money import Fen
from gongji.core.notices import left_after
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.bindings import BindingView, bindings_of
from gongji.service.people import institution_names, persons
from gongji.service.platform import Platform
from gongji.service.records import Serial
from gongji.service.set_aside import held_for
from gongji.service.settle import POSTED_AS

UseKey = tuple[datetime, Serial, Serial]
"""By which uses are sorted, newest first: time, journal, place among the payers."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which uses are wanted: of one's own money (``given``) or of relatives'; by kind of care, binding and day."""

    given: bool
    care: Care | None = None
    binding: str = ""
    since: date | None = None
    until: date | None = None


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One payment with shared money, or its return (negative), in fen.

    ``left`` is what the authoriser's limits still allowed afterwards, each with its name; only he may see it.
    """

    key: UseKey
    at: datetime
    settlement: str
    binding: str
    authoriser: str
    user: str
    institution: str
    care: Care
    amount: Fen
    left: tuple[tuple[str, Fen], ...] = ()


class UseView(msgspec.Struct, frozen=True, kw_only=True):
    """A use with names instead of numbers."""

    use: Use
    authoriser: str
    user: str
    institution: str


async def uses_of(
    platform: Platform, person_no: str, asked: Asked, limit: int, before: UseKey | None = None
) -> list[UseView]:
    """Uses a person may see, newest first, from after ``before`` on."""
    at, journal, _ = before or (None, 0, 0)
    found: list[Use] = []
    while len(found) < limit:
        settlements = await _settlements(platform, person_no, asked, limit, (at, journal))
        fresh = [use for s in settlements for use in _uses(s, person_no, asked) if before is None or use.key < before]
        found += [use for use in fresh if not found or use.key < found[-1].key]
        if len(settlements) <= limit:
            break
        at, journal = settlements[-1].settled_at, settlements[-1].journal_id
    return await _named(platform, found[:limit])


async def _settlements(
    platform: Platform, person_no: str, asked: Asked, limit: int, before: tuple[datetime | None, int]
) -> list[Settlement]:
    """One more than the limit, so that the next round, which begins with the last of this one, gets further."""
    given = {"purposes": list(POSTED_AS.values())} if asked.given else {}
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "settlements_shared_by" if asked.given else "settlements_shared_with",
            person_no=person_no,
            since=asked.since,
            until=asked.until,
            care=asked.care,
            before=before[0],
            before_journal=before[1],
            limit=limit + 1,
            **given,
        )
        return [rows.settlement_decoder.decode(row[0]) for row in await cursor.fetchall()]


def _uses(settlement: Settlement, person_no: str, asked: Asked) -> Iterator[Use]:
    """What a settlement drew of a person's money, or of relatives' for him; last payer first, as the list runs."""
    payers = {payer.binding: payer.authoriser for payer in settlement.payers}
    sharers = {sharer.id: sharer for sharer in settlement.case.sharers}
    booked = settlement.drawn
    for place, drawn in reversed(list(enumerate(settlement.split.shared))):
        mine = payers[drawn.id] == person_no if asked.given else settlement.person_no == person_no
        amount = booked.get(drawn.id, 0)
        if not amount or not mine or asked.binding not in ("", drawn.id):
            continue
        left = left_after(sharers.get(drawn.id), amount) if asked.given and not settlement.takes_back else []
        yield Use(
            key=(settlement.settled_at, settlement.journal_id, place),
            at=settlement.settled_at,
            settlement=settlement.id,
            binding=drawn.id,
            authoriser=payers[drawn.id],
            user=settlement.person_no,
            institution=settlement.institution,
            care=settlement.care,
            amount=amount,
            left=tuple(left),
        )


async def _named(platform: Platform, uses: list[Use]) -> list[UseView]:
    people = await persons(platform, list({number for use in uses for number in (use.authoriser, use.user)}))
    places = await institution_names(platform, list({use.institution for use in uses}))
    return [
        UseView(
            use=use,
            authoriser=people[use.authoriser].name,
            user=people[use.user].name,
            institution=places.get(use.institution, use.institution),
        )
        for use in uses
    ]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a binding stands (共济关系现状).

    Attributes:
        mine: whether the reader is its authoriser.
        used: what was drawn through it and not given back.
        held: with a quota, what is frozen for it now; with a family account, what stands there. None for the other
            side of a family account, which is not his to know, and for a live call.
    """

    view: BindingView
    mine: bool
    used: Used
    held: Fen | None


async def standings_of(platform: Platform, person_no: str) -> list[Standing]:
    """Every binding of a person, on either side, with what was used and what is set aside for it; newest first."""
    views = await bindings_of(platform, person_no)
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "uses_of_bindings", ids=[v.binding.id for v in views], today=platform.clock().date()
        )
        used = {i: Used(day=day, year=year, total=total) for i, day, year, total in await cursor.fetchall()}
        standings = []
        for view in views:
            binding, mine = view.binding, view.binding.authoriser == person_no
            shown = binding.mode is SharingMode.QUOTA_HOLD or (mine and binding.mode is SharingMode.FAMILY_ACCOUNT)
            live = binding.state is not BindingState.ENDED
            held = await held_for(conn, binding) if shown and live else None
            standings.append(Standing(view=view, mine=mine, used=used.get(binding.id, Used()), held=held))
    return standings


async def standing_of(platform: Platform, person_no: str, binding_id: str) -> Standing | Refusal:
    """Where one binding of a person stands; other people's are unknown to him."""
    for standing in await standings_of(platform, person_no):
        if standing.view.binding.id == binding_id:
            return standing
    return refuse(Code.BINDING_UNKNOWN, field="id")
