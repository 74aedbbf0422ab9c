"""Put the nodes of an input where the tables have them: names in other capitals, an omitted wrapper, repeated keys."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from gongji.channels.nhsa.departures import UNWRAPPED
from gongji.channels.nhsa.envelope import Envelope, EnvelopeFault, decode
from gongji.channels.nhsa.plans import Plan, plan_of
from gongji.channels.nhsa.tables import Transaction

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


def arranged(infno: str, plan: Plan, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The input with each node under the name the table has; the same object when nothing is to be done."""
    missing = [name for name in plan if name not in content]
    if not missing:
        return content
    strange = {name.lower(): name for name in content.keys() - plan.keys()}
    found = {name: strange[name.lower()] for name in missing if name.lower() in strange}
    if found:
        taken = set(found.values())
        kept = {name: value for name, value in content.items() if name not in taken}
        content = kept | {name: content[sent] for name, sent in found.items()}
    if infno in UNWRAPPED and content and "data" in missing and "data" not in content:
        return {"data": dict(content)}
    return content


def with_repeats(envelope: Envelope, body: bytes, transaction: Transaction) -> Envelope:
    """The message with every row of a list that came as the same key several times (a client of Zhejiang does).

    JSON readers keep only the last of equal keys; the rows before it would be lost without a word.
    """
    nodes = plan_of(transaction)
    single = {name for name, plan in nodes.items() if plan.node.many and type(envelope.input.get(name)) is dict}
    if not single or not any(body.count(f'"{name}"'.encode()) > 1 for name in single):
        return envelope
    message = json.loads(body, parse_float=Decimal, object_pairs_hook=lambda pairs: _gathered(pairs, single))
    again = decode(_encoder.encode(message))
    return envelope if isinstance(again, EnvelopeFault) else again


def _gathered(pairs: list[tuple[str, Any]], lists: set[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists and name in result:
            before = result[name]
            result[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            result[name] = value
    return result
