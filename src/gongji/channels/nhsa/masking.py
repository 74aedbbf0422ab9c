"""Hide what concerns a person in messages that somebody looks at (报文脱敏)."""

import re
from typing import Any, Final

import msgspec

from gongji.channels.nhsa.fields import PRIVATE_NAMES, is_private
from gongji.channels.nhsa.tables import Transaction

HIDDEN: Final = "…"

_OPERATOR: Final = "opter_name"
_LIKE_A_PERSON: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{6}(?:18|19|20)[0-9]{9}[0-9Xx]|1[3-9][0-9]{9})(?![0-9A-Za-z])"
)
"""An identity or mobile number, wherever it stands: fields of a vendor's own have names that nobody knows."""

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


def hide(text: str) -> str:
    """A private value: its first character."""
    return text[:1] + HIDDEN if text else text


def hide_numbers(text: str) -> str:
    """A text without the identity and mobile numbers that stand in it."""
    return _LIKE_A_PERSON.sub(lambda found: found[0][:2] + HIDDEN, text)


def masked(message: Any, table: Transaction | None) -> Any:
    """A message with every private value hidden: by the tables, by what private fields are called, by their look."""
    nodes = table.nodes if table else ()
    private = {field.name for node in nodes for field in node.fields if is_private(field)} | {_OPERATOR}
    return _masked(message, private)


def masked_text(message: Any, table: Transaction | None) -> str:
    """The same as JSON, set in lines."""
    return msgspec.json.format(_encoder.encode(masked(message, table)), indent=2).decode()


def _masked(value: Any, private: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _value(name, child, private) for name, child in value.items()}
    if isinstance(value, list):
        return [_masked(child, private) for child in value]
    return hide_numbers(value) if isinstance(value, str) else value


def _value(name: str, value: Any, private: set[str]) -> Any:
    if not isinstance(value, dict | list) and (name in private or PRIVATE_NAMES.search(name)):
        return hide(value if isinstance(value, str) else "" if value is None else str(value)) or value
    if name == "input" and isinstance(value, str):
        # An input as a text holds the fields all the same.
        try:
            return _masked(msgspec.json.decode(value), private)
        except msgspec.MsgspecError:
            return HIDDEN
    return _masked(value, private)
