"""What an institution told, kept as plain JSON, told again in an answer."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.tables import Field, FieldType, Transaction


def told(
    transaction: Transaction, node: str, kept: Mapping[str, Any], words: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A row of an output node from what was kept, as far as the node has the fields; ``words`` go before it.

    Raises:
        KeyError: the transaction has no such node, or a word no field.
    """
    return render(transaction, node, typed(transaction, node, kept) | dict(words or {}))


def typed(transaction: Transaction, node: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What was kept as the writers of a node expect it; what the node has no field for is left out.

    Raises:
        KeyError: the transaction has no such node.
    """
    fields = {field.name: field for field in transaction.output(node).fields}
    return {name: _typed(fields[name], value) for name, value in kept.items() if name in fields}


def _typed(field: Field, value: Any) -> Any:
    """A value as a writer expects it; amounts were kept in fen, other numbers and times as text."""
    if value is None or isinstance(value, dict | list):
        return value if field.type is FieldType.OPEN else None
    match field.type:
        case FieldType.TEXT | FieldType.DIGITS:
            return str(value)
        case FieldType.MONEY:
            return int(value)
        case FieldType.NUMBER:
            return Decimal(str(value))
        case FieldType.DATE:
            return date.fromisoformat(str(value)[:10])
        case FieldType.DATETIME:
            return datetime.fromisoformat(str(value))
        case FieldType.OPEN:
            return value
