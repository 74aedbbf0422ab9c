"""What commands at a counter share: whose business it is, amounts, relations (柜面办理)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from gongji.cli.opening import fail, on_platform, person_numbered
from gongji.core.codes import Relation
from gongji.core.money import Fen, MoneyError, parse_yuan
from gongji.core.refusal import Refusal
from gongji.service.platform import Platform

T = TypeVar("T")

CHANNEL: Final = "counter"
RELATIONS: Final = {relation.label: relation for relation in Relation} | {r.value: r for r in Relation}

By = Annotated[str, typer.Option("--by", help="办理人的证件号码或社保卡号")]


def on_behalf(data: Path | None, number: str, work: Callable[[Platform, str], Awaitable[T]]) -> T | Refusal:
    """Run one piece of business of the person whose certificate or card was shown."""

    async def run(platform: Platform) -> T | Refusal:
        holding = await person_numbered(platform, number)
        return holding if isinstance(holding, Refusal) else await work(platform, holding.person.person_no)

    return on_platform(data, run)


def fen(option: str, text: str, *, zero: bool = False) -> Fen:
    """An amount in fen from an option, or the exit that says what is wrong with it."""
    try:
        amount = parse_yuan(text)
    except MoneyError as fault:
        fail(f"{option} {fault}")
    if amount < 0 or (amount == 0 and not zero):
        fail(f"{option} {text} 要大于零")
    return amount
