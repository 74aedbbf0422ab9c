"""Institutions are read together and seldom, and each still gets its own answer."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from gongji.channels.nhsa import senders
from gongji.channels.nhsa.senders import FRESH_SECONDS, Senders
from gongji.core.person import Institution

WRONG_KEYS = {"sm4": "short"}


class Registry:
    """Stands for the table of institutions; notes what was asked together."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, Any]] = {}
        self.asked: list[list[str]] = []
        self.now = 0.0

    async def read(self, _platform: object, codes: Sequence[str]) -> dict[str, tuple[Institution, dict[str, Any]]]:
        self.asked.append(sorted(codes))
        await asyncio.sleep(0)
        return {code: (_institution(code), self.keys[code]) for code in codes if code in self.keys}


def _institution(code: str) -> Institution:
    return Institution(
        code=code, region="610100", name=code, kind="hospital", level=None, grade=None, community=False, designated=True
    )


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    table = Registry()
    table.keys = {code: {} for code in ("A", "B", "C")}
    monkeypatch.setattr(senders, "registered_institutions", table.read)
    monkeypatch.setattr(senders.time, "monotonic", lambda: table.now)
    return table


def _run(steps: Callable[[Senders], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(steps(Senders(None)))  # type: ignore[arg-type]


def test_messages_of_one_institution_at_once_read_it_once(registry: Registry) -> None:
    async def steps(known: Senders) -> None:
        found = await asyncio.gather(*(known.find("A") for _ in range(20)))
        assert {one.institution.code for one in found if one} == {"A"}
        assert registry.asked == [["A"]]

    _run(steps)


def test_who_was_asked_for_lately_is_read_again_together_and_the_others_are_forgotten(registry: Registry) -> None:
    async def steps(known: Senders) -> None:
        for code in ("A", "B", "C"):
            await known.find(code)
        await known.find("A")
        await known.find("B")
        registry.now += FRESH_SECONDS
        assert await known.find("B") is not None
        assert registry.asked[3:] == [["A", "B"]]
        await known.find("A")
        await known.find("C")
        assert registry.asked[4:] == [["C"]], "A is fresh, C had been forgotten"

    _run(steps)


def test_an_unknown_institution_is_asked_for_each_time(registry: Registry) -> None:
    async def steps(known: Senders) -> None:
        assert await known.find("Z") is None
        registry.keys["Z"] = {}
        assert await known.find("Z") is not None

    _run(steps)


def test_a_withdrawn_institution_is_unknown_when_its_time_is_over(registry: Registry) -> None:
    async def steps(known: Senders) -> None:
        await known.find("A")
        del registry.keys["A"]
        assert await known.find("A") is not None
        registry.now += FRESH_SECONDS
        assert await known.find("A") is None

    _run(steps)


def test_keys_of_a_wrong_form_harm_only_the_institution_that_has_them(registry: Registry) -> None:
    async def steps(known: Senders) -> None:
        for code in ("A", "B"):
            await known.find(code)
            await known.find(code)
        registry.keys["B"] = WRONG_KEYS
        registry.now += FRESH_SECONDS
        assert await known.find("A") is not None
        assert registry.asked[-1] == ["A", "B"]
        with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with them
            await known.find("B")
        assert await known.find("A") is not None

    _run(steps)


def test_who_hangs_up_does_not_take_the_answer_from_the_others(registry: Registry) -> None:
    async def steps(known: Senders) -> None:
        first = asyncio.create_task(known.find("A"))
        second = asyncio.create_task(known.find("A"))
        await asyncio.sleep(0)
        first.cancel()
        assert await second is not None
        assert registry.asked == [["A"]]

    _run(steps)
