"""The month at the terminal: look, close, print, pay; and an institution's one-sided records."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gongji.cli import app
from gongji.core.codes import Relation
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service.platform import Platform
from world import World

THIS = datetime.now(CHINA).date().replace(day=1)
LAST = (THIS - timedelta(days=1)).replace(day=1)


@pytest.fixture
async def shop(dsn: str, book: PolicyBook) -> AsyncIterator[str]:
    """A pharmacy in 西安 where last month a son of 咸阳 paid for his father."""
    at = datetime.combine(LAST + timedelta(days=9), datetime.min.time(), CHINA)
    platform = Platform(dsn, book, clock=lambda: at)
    await platform.open()
    world = await World(platform).open()
    await world.person("父", 3_000)
    world.region = "610400"
    await world.person("子", 100_000)
    world.region = "610100"
    assert not isinstance(await world.bind("子", "父", Relation.PARENT), Refusal)
    await world.buy("父", 10_000)
    yield world.pharmacy
    await platform.close()


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_month_at_the_terminal(shop: str, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)

    async def run(*words: str) -> Result:
        invoke: Any = CliRunner().invoke
        return await asyncio.to_thread(invoke, app, words, env={"COLUMNS": "200"})

    month = f"{LAST:%Y-%m}"
    assert "未关账" in (await run("clearing", "month", month)).stdout
    paper = tmp_path / "a.xlsx"
    early = await run("clearing", "pay", month, "咸阳", "西安", "--reference", "B1", "--by", "w")
    assert early.exit_code == 1
    closed = json.loads((await run("clearing", "close", month, "--by", "wang01", "--json")).stdout)
    assert [(p["statement"]["owed"], p["paid"]) for p in closed["pairs"]] == [(7_000, None)]
    for parties in (("咸阳", "西安"), (shop,)):
        for form in ("xlsx", "pdf"):
            made = await run("clearing", "statement", month, *parties, "--out", str(paper.with_suffix(f".{form}")))
            assert made.exit_code == 0, made.output
    assert _names(tmp_path) == ["a.pdf", "a.xlsx"]
    first = await run("clearing", "pay", month, "咸阳", "西安", "--reference", "B1", "--by", "wang01")
    assert "已支付：" in first.stdout
    again = await run("clearing", "pay", month, "咸阳", "西安", "--reference", "B2", "--by", "li02")
    assert "此前已登记" in again.stdout
    for words in (("month", "2026-13"), ("statement", month, shop, "--out", "a.doc"), ("approve", "1", "--by", "w")):
        assert (await run("clearing", *words)).exit_code == 1
    assert (await run("reconcile", "live", "H0")).exit_code == 1
    rows = tmp_path / "rows.txt"
    rows.write_text("x\ty\tz\t1.00\t0\t1.00\t0\n", "utf-8")
    days = ("--from", str(LAST), "--to", str(THIS))
    found = await run("reconcile", "file", shop, str(rows), *days, "--json")
    assert [one["kind"] for one in json.loads(found.stdout)] == ["missing_here", "missing_there"]
    assert found.exit_code == 1
    assert verify(dsn).ok
