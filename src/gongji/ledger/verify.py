"""Recompute every balance, seal and yearly figure from the first journal and name the first row that differs (核账)."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from typing import Any

import msgspec
import psycopg
from psycopg import Connection, Cursor, IsolationLevel

from gongji.core.account import AccountKind, AccountRef
from gongji.core.money import Fen
from gongji.core.moving import Moved
from gongji.core.posting import Posting
from gongji.core.premium import PremiumPayment
from gongji.core.record import Settlement, settlement_id
from gongji.core.wallet import TransferState
from gongji.ledger import rows
from gongji.ledger.sealing import GENESIS, JournalRow, PostingRow, seal_hash
from gongji.ledger.sql import queries

FETCH = 2000

TRANSFERS = ("transfer", "transfer_accepted", "transfer_returned")
"""Journals of wallet transfers."""

Progress = Callable[[int], None]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing that is wrong.

    Attributes:
        kind: ``seal``, ``chain``, ``document``, ``split``, ``balance``, ``orphan``, ``link``, ``year_total``,
            ``binding_use``, ``premium``, ``transfer``, ``transit``, ``move`` or ``clearing``.
        row: which row, in words.
        stated: what stands in the database.
        computed: what it should be.
    """

    kind: str
    row: str
    stated: str
    computed: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, and the first difference or None."""

    journals: int
    postings: int
    seals: int
    difference: Difference | None

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return self.difference is None


class _Journal(msgspec.Struct, frozen=True):
    lane: int
    seal_no: int
    row: JournalRow
    document: bytes | None
    columns: tuple[int, ...]


class _Count(msgspec.Struct):
    journals: int = 0
    postings: int = 0
    seals: int = 0
    drawn: Counter[tuple[str, date]] = msgspec.field(default_factory=Counter)
    """What the documents drew through each binding, by the day whose limits it counts to."""
    premiums: dict[str, tuple[Any, ...]] = msgspec.field(default_factory=dict)
    """What the documents say of premiums, by public id."""
    transfers: dict[str, tuple[TransferState, Fen]] = {}
    """Where the documents left each wallet transfer, and its amount."""
    moves: set[tuple[str, date, str, str]] = set()
    """Moves of money between pooling areas by person and day, from where and where to."""


def verify(dsn: str, progress: Progress = lambda _: None) -> Report:
    """Check the whole ledger on one snapshot; money keeps moving beside it.

    Args:
        dsn: connection string.
        progress: told the number of journals checked so far.
    """
    count = _Count()
    with psycopg.connect(dsn) as conn:
        conn.execute(queries["hold_books_together"])
        conn.commit()
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        difference = (
            _check_chains(conn, count, progress)
            or _first(conn, "verify_orphans", "orphan", "没有对应的凭证、账户或封印")
            or _check_balances(conn)
            or _first(conn, "verify_links", "link", "撤销记录与账目不一致")
            or _first(conn, "verify_returns", "link", "退费没有从原结算算起")
            or _check_uses(conn, count.drawn)
            or _check_premiums(conn, count.premiums)
            or _first(conn, "verify_premiums", "premium", "待遇期间与有效缴费不一致")
            or _check_transfers(conn, count.transfers)
            or _check_moves(conn, count.moves)
            or _first(conn, "verify_year_totals", "year_total", "年度累计与结算记录不一致")
            or _check_clearing(conn)
        )
    return Report(journals=count.journals, postings=count.postings, seals=count.seals, difference=difference)


def _check_chains(conn: Connection, count: _Count, progress: Progress) -> Difference | None:
    """Walk every lane's seals over its journals."""
    seals: dict[int, list[tuple[Any, ...]]] = {}
    for seal in conn.execute(queries["verify_seals"]).fetchall():
        seals.setdefault(seal[0], []).append(seal)
    journals = _journals(conn, count)
    position: dict[int, int] = {}
    head: dict[int, bytes] = {}
    for (lane, no), group in groupby(journals, key=lambda j: (j.lane, j.seal_no)):
        batch = list(group)
        count.seals += 1
        at = position.get(lane, 0)
        chain = seals.get(lane, [])
        difference = _check_seal(
            chain[at] if at < len(chain) else None, (lane, no), batch, head.get(lane, GENESIS), count
        )
        if difference:
            return difference
        position[lane] = at + 1
        head[lane] = bytes(chain[at][4])
        progress(count.journals)
    short = next((lane for lane, chain in seals.items() if position.get(lane, 0) != len(chain)), None)
    if short is not None:
        no = seals[short][position.get(short, 0)][1]
        return Difference(kind="chain", row=f"封印 {short}/{no}", stated="存在", computed="没有任何凭证")
    return None


def _check_seal(
    seal: tuple[Any, ...] | None,
    key: tuple[int, int],
    batch: list[_Journal],
    previous: bytes,
    count: _Count,
) -> Difference | None:
    name = f"封印 {key[0]}/{key[1]}"
    if seal is None or (seal[0], seal[1]) != key:
        return Difference(kind="chain", row=name, stated="缺失", computed="应存在")
    for journal in batch:
        difference = _check_document(journal, count)
        if difference:
            return difference
    if bytes(seal[3]) != previous:
        return Difference(kind="chain", row=name, stated=bytes(seal[3]).hex(), computed=previous.hex())
    computed = seal_hash(previous, [journal.row for journal in batch])
    if bytes(seal[4]) != computed or seal[2] != len(batch):
        numbers = f"凭证 {batch[0].row.id}–{batch[-1].row.id}"
        return Difference(kind="seal", row=f"{name}（{numbers}）", stated=bytes(seal[4]).hex(), computed=computed.hex())
    return None


def _check_document(journal: _Journal, count: _Count) -> Difference | None:
    """The document of a settlement or premium, its columns and its postings must tell the same story."""
    row, document = journal.row, journal.document
    if document is None:
        return Difference(kind="document", row=f"凭证 {row.id}", stated="缺失", computed="应存在")
    digest = hashlib.sha256(document).digest()
    if digest != row.document_hash:
        return Difference(kind="document", row=f"凭证 {row.id}", stated=row.document_hash.hex(), computed=digest.hex())
    if row.kind in ("premium", "premium_refund"):
        return _check_premium(row, rows.premium_decoder.decode(document), count)
    if row.kind in TRANSFERS:
        transfer = rows.transfer_decoder.decode(document)
        count.transfers[transfer.id] = (transfer.state, transfer.amount)
        return None
    if row.kind == "moved":
        return _check_move(row, rows.move_decoder.decode(document), count)
    if row.kind not in ("settlement", "reversal", "partial_return"):
        return None
    settlement = rows.settlement_decoder.decode(document)
    for binding, amount in settlement.drawn.items():
        count.drawn[binding, settlement.counts_on] += amount
    told = _told(settlement)
    if told != journal.columns:
        return Difference(kind="split", row=f"结算 {settlement.id}", stated=str(journal.columns), computed=str(told))
    return _check_postings(row, settlement.booked, f"结算 {settlement.id}")


def _check_postings(row: JournalRow, postings: tuple[Posting, ...], what: str) -> Difference | None:
    posted = tuple((p.line, p.amount, p.purpose) for p in row.postings)
    meant = tuple((n, p.amount, p.purpose) for n, p in enumerate(postings, start=1))
    if posted != meant:
        return Difference(kind="split", row=f"{what} 的分录", stated=str(posted), computed=str(meant))
    return None


def _check_premium(row: JournalRow, payment: PremiumPayment, count: _Count) -> Difference | None:
    """A premium is paid whole by its parts, in one stretch; its rows are compared when all have been read."""
    made = settlement_id(row.region, payment.paid_at.date(), row.id)
    for binding, amount in payment.drawn.items():
        count.drawn[binding, payment.counts_on] += amount
    wanted, due = payment.wanted, payment.standard.amount
    count.premiums[made] = (
        wanted.person_no,
        wanted.kind.value,
        wanted.product,
        wanted.year,
        due,
        payment.covers_from,
        payment.covers_to,
        payment.paid_by,
        payment.refunds,
        [f"{part.payer}/{part.binding}/{part.amount}" for part in payment.parts],
    )
    paid = sum(part.amount for part in payment.parts)
    ends = [(p.from_ if payment.refunds else p.to, p.amount) for p in payment.postings]
    moved = sum(amount for end, amount in ends if isinstance(end, AccountRef) and end.kind in _PREMIUM_ENDS)
    if (paid, moved) != (due, due):
        return Difference(kind="premium", row=f"缴费 {made}", stated=f"{paid}/{moved}", computed=str(due))
    return _check_postings(row, payment.postings, f"缴费 {made}")


def _check_move(row: JournalRow, moved: Moved, count: _Count) -> Difference | None:
    """What left a person's accounts is what went along and what the old place keeps for him."""
    count.moves.add((moved.person_no, moved.on, moved.left, moved.to))
    gone = sum(p.amount for p in moved.postings if isinstance(p.from_, int))
    held = sum(p.amount for p in moved.postings if isinstance(p.to, AccountRef) and p.to.kind is AccountKind.SUSPENSE)
    if (gone, held) != (moved.amount + moved.held, moved.held):
        stated = f"{moved.amount}/{moved.held}"
        return Difference(kind="move", row=f"转移 {row.message_id}", stated=stated, computed=f"{gone - held}/{held}")
    return _check_postings(row, moved.postings, f"转移 {row.message_id}")


def _check_moves(conn: Connection, told: set[tuple[str, date, str, str]]) -> Difference | None:
    """Money moved with people who were reported to move, and people's accounts stand where they are insured."""
    reported = set(conn.execute(queries["verify_moves"]))
    odd = min(told - reported, default=None)
    if odd:
        return Difference(kind="move", row=f"转移 {odd[0]} {odd[1]}", stated=str(odd[2:]), computed="没有登记")
    row = conn.execute(queries["verify_places"]).fetchone()
    return Difference(kind="move", row=row[0], stated=str(row[1]), computed=str(row[2])) if row else None


_PREMIUM_ENDS = (AccountKind.PREMIUM_INCOME, AccountKind.INSURER_PAYABLE)


def _check_premiums(conn: Connection, told: dict[str, tuple[Any, ...]]) -> Difference | None:
    """The tables of premiums hold what the documents tell, and nothing else."""
    kept = {settlement_id(*row[:3]): tuple(row[3:]) for row in conn.execute(queries["verify_premium_rows"])}
    for premium in sorted(kept.keys() | told.keys()):
        if kept.get(premium) != told.get(premium):
            return Difference(
                kind="premium",
                row=f"缴费 {premium}",
                stated=str(kept.get(premium, "缺失")),
                computed=str(told.get(premium, "不应存在")),
            )
    return None


def _told(settlement: Settlement) -> tuple[int, ...]:
    change = settlement.change
    return (change.total, change.pool, change.supplementary, change.own, change.shared, change.cash)


def _journals(conn: Connection, count: _Count) -> Iterator[_Journal]:
    """Journals with their postings, streamed side by side in the order of the chain."""
    with conn.cursor("verify_journals") as journals, conn.cursor("verify_postings") as postings:
        journals.itersize = postings.itersize = FETCH
        journals.execute(queries["verify_journals"])
        postings.execute(queries["verify_postings"])
        lines = _Lines(postings)
        for row in journals:
            taken = lines.of(row[4])
            count.journals += 1
            count.postings += len(taken)
            yield _Journal(
                lane=row[0],
                seal_no=row[1],
                row=JournalRow(
                    booked_at=row[2],
                    region=row[3],
                    id=row[4],
                    kind=row[5],
                    sender=row[6],
                    message_id=row[7],
                    reverses=row[8],
                    document_hash=bytes(row[9]),
                    postings=taken,
                ),
                document=bytes(row[10]) if row[10] is not None else None,
                columns=tuple(row[11:17]),
            )


class _Lines:
    """Hands out the postings of one journal after the other."""

    def __init__(self, cursor: Cursor[tuple[Any, ...]]) -> None:
        self._rows = iter(cursor)
        self._next = next(self._rows, None)

    def of(self, journal_id: int) -> tuple[PostingRow, ...]:
        taken = []
        while self._next is not None and self._next[0] == journal_id:
            taken.append(PostingRow(*self._next[1:]))
            self._next = next(self._rows, None)
        return tuple(taken)


def _check_balances(conn: Connection) -> Difference | None:
    row = conn.execute(queries["verify_balances"]).fetchone()
    if row is None:
        return None
    return Difference(kind="balance", row=f"账户 {row[0]}", stated=str(row[1]), computed=str(row[2]))


def _check_uses(conn: Connection, drawn: Counter[tuple[str, date]]) -> Difference | None:
    """What stands as drawn through bindings is what the documents drew."""
    kept = {(binding, day): amount for binding, day, amount in conn.execute(queries["verify_binding_uses"])}
    for key in sorted(kept.keys() | drawn.keys()):
        if kept.get(key, 0) != drawn[key]:
            row = f"绑定 {key[0]} {key[1]} 的已用额度"
            return Difference(kind="binding_use", row=row, stated=str(kept.get(key, 0)), computed=str(drawn[key]))
    return None


def _check_clearing(conn: Connection) -> Difference | None:
    """Both sides' books agree, closed months are still what they were, and what was paid was booked."""
    for statement in ("verify_clearing_pairs", "verify_clearing_months", "verify_clearing_payments"):
        row = conn.execute(queries[statement]).fetchone()
        if row:
            return Difference(kind="clearing", row=row[0], stated=str(row[1]), computed=str(row[2]))
    return None


def _check_transfers(conn: Connection, told: dict[str, tuple[TransferState, Fen]]) -> Difference | None:
    """Each wallet transfer stands where its journals left it, and what waits is what is on its way."""
    kept = {number: (state, amount) for number, state, amount in conn.execute(queries["verify_transfers"])}
    for key in sorted(kept.keys() | told.keys()):
        if kept.get(key) != told.get(key):
            row = f"医保钱包转账 {key}"
            return Difference(kind="transfer", row=row, stated=str(kept.get(key)), computed=str(told.get(key)))
    odd = conn.execute(queries["verify_transit"]).fetchone()
    if odd is None:
        return None
    return Difference(kind="transit", row=f"{odd[0]} 的医保钱包在途资金", stated=str(odd[1]), computed=str(odd[2]))


def _first(conn: Connection, statement: str, kind: str, text: str) -> Difference | None:
    row = conn.execute(queries[statement]).fetchone()
    return Difference(kind=kind, row=" ".join(map(str, row)), stated="存在", computed=text) if row else None
