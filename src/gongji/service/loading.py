"""Read what a batch of commands needs to know, in few round trips."""

from collections.abc import Sequence
from datetime import datetime

from gongji.core.account import SEGMENT_ORDER, PersonalAccount
from gongji.core.case import YearToDate
from gongji.core.family import Used
from gongji.core.lines import LineSplit, total_of
from gongji.core.policy import PolicyBook
from gongji.core.record import parse_settlement_id
from gongji.ledger import rows, store
from gongji.ledger.pipeline import Pipeline, Result
from gongji.service.commands import Command, Reverse, Settle
from gongji.service.filed import load_filings
from gongji.service.return_part import load_returnable
from gongji.service.snapshot import KnownMessage, Snapshot
from gongji.service.stay_bill import load_stays


async def load(conn: Pipeline, book: PolicyBook, commands: Sequence[Command], now: datetime, *, lock: bool) -> Snapshot:
    """Read what the commands need; with ``lock`` their accounts are locked first, in id order.

    Everything is asked before the first answer is awaited, so that it is one round trip unless there are reversals. The
    server runs the statements in this order: each sees what was committed before the locks were given.
    """
    patients = list({c.person_no for c in commands})
    settles = [c for c in commands if isinstance(c, Settle)]
    reverses = [c for c in commands if isinstance(c, Reverse)]
    originals = await _originals(conn, reverses)
    locked = await _lock_accounts(conn, patients, originals, lock=lock)
    visits = list({c.visit_id for c in settles if c.visit_id})
    keys = list({(c.visit_id, c.batch) for c in settles if c.visit_id})
    senders, message_ids = _message_keys(commands)
    people = await store.run(conn, "people_and_their_authorisers", patients=patients)
    institutions = await store.run(conn, "institutions", codes=list({c.sender.institution for c in commands}))
    bindings = await store.run(conn, "bindings_of_users", patients=patients)
    uses = await store.run(conn, "binding_uses", users=patients, today=now.date())
    found = await store.run(conn, "visits", ids=visits)
    keyed = {"visits": [k[0] for k in keys], "batches": [k[1] for k in keys]}
    batches = await store.run(conn, "batch_totals", **keyed)
    settled = await store.run(conn, "settled_batches", **keyed)
    totals = await store.run(conn, "year_totals", person_nos=patients)
    messages = await store.run(conn, "messages", senders=senders, message_ids=message_ids)
    journal_ids = await _numbers(conn, "next_journal_ids", len(commands) if lock else 0)
    visit_ids = await _numbers(conn, "next_visit_ids", sum(1 for c in settles if c.purchase) if lock else 0)
    accounts = [rows.account(row) for row in await locked.fetchall()]
    if lock and any(account.left_behind for account in accounts):
        # Somebody may have moved while this waited. His new accounts are not among these, but those guard them.
        again = await _lock_accounts(conn, patients, originals, lock=False)
        accounts = [rows.account(row) for row in await again.fetchall()]
    found_people = {row[0]: rows.person(row) for row in await people.fetchall()}
    snapshot = Snapshot(
        book=book,
        now=now,
        locked=lock,
        people=found_people,
        institutions={row[0]: rows.institution(row) for row in await institutions.fetchall()},
        accounts={account.id: account for account in accounts},
        owned=_by_owner(accounts),
        bindings={},
        used_up=[],
        used={i: Used(day=day, year=year, total=total) for i, day, year, total in await uses.fetchall()},
        visits={row[0]: rows.visit(row) for row in await found.fetchall()},
        batches=_batches(await batches.fetchall()),
        totals={
            (p, region, year, benefit): YearToDate(deductible=d, eligible=e, pool=pool, events=n)
            for p, year, benefit, d, e, pool, n, region in await totals.fetchall()
        },
        settled={(v, b): s for v, b, s in await settled.fetchall()},
        messages={
            (s, m): KnownMessage(transaction=t, input_hash=bytes(h), outcome=o, settlement_id=i, answer=bytes(a))
            for s, m, t, h, o, i, a in await messages.fetchall()
        },
        settlements={},
        reversed={},
        journal_ids=_ascending(await journal_ids.fetchall()) if journal_ids else [],
        visit_ids=_ascending(await visit_ids.fetchall()) if visit_ids else [],
    )
    for row in await bindings.fetchall():
        binding = rows.binding(row)
        snapshot.bindings.setdefault(binding.user, []).append(binding)
    await _load_settlements(conn, snapshot, reverses)
    await load_stays(conn, snapshot, commands)
    await load_returnable(conn, snapshot, commands)
    await load_filings(conn, snapshot, commands)
    return snapshot


def _batches(found: Sequence[rows.Row]) -> dict[tuple[str, str], tuple[int, LineSplit]]:
    """Count and total of every batch, from its rows by purpose."""
    parts: dict[tuple[str, str], list[tuple[int, LineSplit]]] = {}
    for row in found:
        parts.setdefault((row[0], row[1]), []).append((row[3], rows.line_split(row)))
    return {key: (sum(n for n, _ in each), total_of(split for _, split in each)) for key, each in parts.items()}


def _by_owner(accounts: Sequence[PersonalAccount]) -> dict[str, list[int]]:
    owned: dict[str, list[int]] = {}
    for account in sorted(accounts, key=lambda a: SEGMENT_ORDER[a.segment]):
        if account.left_behind:
            continue
        owned.setdefault(account.owner, []).append(account.id)
    return owned


async def _numbers(conn: Pipeline, statement: str, count: int) -> Result | None:
    return await store.run(conn, statement, count=count) if count else None


def _ascending(rows_: Sequence[Sequence[int]]) -> list[int]:
    """Numbers so that ``pop`` hands out the smallest first: seals go over journals in the order of their numbers."""
    return sorted((row[0] for row in rows_), reverse=True)


def _message_keys(commands: Sequence[Command]) -> tuple[list[str], list[str]]:
    """Keys of the messages themselves and of the messages they take back."""
    keys = {(c.sender.institution, c.sender.message_id) for c in commands}
    keys |= {(c.sender.institution, c.original[0]) for c in commands if isinstance(c, Reverse) and c.original}
    ordered = sorted(keys)
    return [k[0] for k in ordered], [k[1] for k in ordered]


async def _originals(conn: Pipeline, reverses: Sequence[Reverse]) -> list[str]:
    """Ids of the settlements that reversals name, as far as they are known before locking."""
    ids = [r.settlement_id for r in reverses if r.settlement_id]
    named = [(r.sender.institution, r.original[0]) for r in reverses if r.original]
    if named:
        cursor = await store.run(conn, "messages", senders=[n[0] for n in named], message_ids=[n[1] for n in named])
        ids += [row[5] for row in await cursor.fetchall() if row[5]]
    return ids


async def _lock_accounts(conn: Pipeline, patients: list[str], originals: list[str], *, lock: bool) -> Result:
    """Ask for every account of people that the commands can touch, locked in id order or only read."""
    keys = [key for key in map(parse_settlement_id, originals) if key]
    also: list[int] = []
    if keys:
        cursor = await store.run(
            conn,
            "accounts_of_postings",
            regions=[k[0] for k in keys],
            days=[k[1] for k in keys],
            journals=[k[2] for k in keys],
        )
        also = [row[0] for row in await cursor.fetchall()]
    statement = "lock_accounts_around" if lock else "read_accounts_around"
    return await store.run(conn, statement, patients=patients, also=also)


async def _load_settlements(conn: Pipeline, snapshot: Snapshot, reverses: Sequence[Reverse]) -> None:
    """Read the settlements that messages made before or that reversals name, and which were taken back."""
    ids = {m.settlement_id for m in snapshot.messages.values() if m.settlement_id}
    ids |= {r.settlement_id for r in reverses if r.settlement_id}
    keys = [key for key in map(parse_settlement_id, ids) if key]
    if not keys:
        return
    found = await store.run(
        conn,
        "settlements",
        regions=[k[0] for k in keys],
        days=[k[1] for k in keys],
        journals=[k[2] for k in keys],
    )
    taken_back = await store.run(conn, "reversals", ids=list(ids))
    for (document,) in await found.fetchall():
        settlement = rows.settlement_decoder.decode(document)
        snapshot.settlements[settlement.id] = settlement
    snapshot.reversed.update(dict(await taken_back.fetchall()))
