"""The people, accounts and visits of the measurement, and the commands that settle them."""

import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files

import psycopg

from gongji.core.case import AccountUse
from gongji.core.codes import Care
from gongji.core.policy import PolicyBook
from gongji.ledger.sql import parse_statements
from gongji.service.commands import Claimed, Sender, Settle
from gongji.service.enrol import Credit, credit
from gongji.service.platform import Platform

ACCOUNTS = 400_000
INSTITUTIONS = 500
REGION = "610100"
CHUNK = 50_000
RELATIVES = 64
"""People who may all draw on one account."""
HEAD = f"61010001{0:018d}"
HEAD_FEN = 10**12
"""Enough for every bill of the one family."""

_statements = parse_statements(files("gongji.bench").joinpath("load.sql").read_text("utf-8"))


def load_people(dsn: str, accounts: int = ACCOUNTS) -> None:
    """People with an account each, every fourth with a relative's; institutions of every level; the one family."""
    add_people(dsn, range(1, accounts + 1))
    with psycopg.connect(dsn, autocommit=True) as conn:
        for name in ("institutions", "family", "family_accounts", "family_bindings"):
            conn.execute(_statements[name], {"institutions": INSTITUTIONS})


def add_people(dsn: str, numbers: range) -> None:
    """People with an account each, every fourth with a relative's."""
    span = {"first": numbers.start, "last": numbers.stop - 1}
    with psycopg.connect(dsn, autocommit=True) as conn:
        for name in ("people", "accounts", "bindings"):
            conn.execute(_statements[name], span)


async def fund_accounts(dsn: str, book: PolicyBook, accounts: int = ACCOUNTS) -> None:
    """Credit every account through the ledger, so that the books are whole."""
    await fund(dsn, book, range(1, accounts + 1), [Credit(person_no=HEAD, amount=HEAD_FEN, reference="load-head")])


async def fund(dsn: str, book: PolicyBook, numbers: range, besides: Sequence[Credit] = ()) -> None:
    """Credit people's accounts 0 to 2,000 yuan each."""
    platform = Platform(dsn, book)
    await platform.open()
    try:
        for first in range(numbers.start, numbers.stop, CHUNK):
            some = range(first, min(first + CHUNK, numbers.stop))
            await credit(
                platform,
                [Credit(person_no=person(n), amount=1 + n * 6151 % 200_000, reference=f"load{n}") for n in some],
            )
        if besides:
            await credit(platform, besides)
    finally:
        await platform.close()


def load_visits(dsn: str, visits: range, accounts: int = ACCOUNTS, *, hot: bool = False) -> None:
    """Registered visits with their fees, ready to be settled; ``hot`` for those of the one family."""
    sizes = {"accounts": accounts, "institutions": INSTITUTIONS, "first": visits.start, "last": visits.stop - 1}
    with psycopg.connect(dsn, autocommit=True) as conn:
        for name in ("family_visits" if hot else "visits", "fee_lines"):
            conn.execute(_statements[name], sizes)
        conn.execute("vacuum analyze visit, fee_line")


def relative(visit: int) -> str:
    """Whose visit it is, of the one family."""
    return f"61010001{1 + visit % RELATIVES:018d}"


def person(number: int) -> str:
    """Number of the n-th person."""
    return f"61010000{number:018d}"


def person_of(visit: int, accounts: int = ACCOUNTS) -> str:
    """Whose visit it is."""
    return person(1 + visit % accounts)


def certificate_of(visit: int, accounts: int = ACCOUNTS) -> str:
    """What the patient shows."""
    return f"9902{1 + visit % accounts:014d}"


def institution_of(visit: int) -> str:
    """Where the visit is."""
    return f"H{REGION}{1 + visit % INSTITUTIONS:05d}"


def amount_of(visit: int) -> int:
    """The bill in fen."""
    return 2000 + visit * 7919 % 58000


def commands(visits: range, accounts: int = ACCOUNTS, *, hot: bool = False) -> Iterator[Settle]:
    """Commands that settle the visits of a range, one each; ``hot`` for those of the one family."""
    for visit in visits:
        message = f"{institution_of(visit)}B{visit:012d}"
        yield Settle(
            sender=Sender(
                institution=institution_of(visit),
                message_id=message,
                transaction="2207",
                input_hash=hashlib.sha256(message.encode()).digest(),
            ),
            person_no=relative(visit) if hot else person_of(visit, accounts),
            claimed=Claimed(),
            care=Care.OUTPATIENT,
            batch="1",
            total=amount_of(visit),
            account_use=AccountUse.OWN_THEN_SHARED,
            visit_id=f"V{visit}",
        )
