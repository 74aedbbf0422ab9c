"""A message in words, as every page and command shows it (报文说明); a channel that knows the fields makes it."""

import msgspec


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One field as it came; ``node`` is empty in the envelope, ``meaning`` is what a code says."""

    node: str
    row: int | None
    field: str
    label: str
    value: str
    meaning: str = ""
    known: bool = True


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One message in words.

    Attributes:
        kind: ``request`` or ``answer``.
        transaction: its code; empty when it could not be told. ``guessed`` when it was told by the fields.
        offered: whether this platform carries the transaction out.
        how: the wrappings that were taken off.
        refused: why this platform would not take it, one sentence each.
        wrong: what is not as the specification has it, one sentence each; the platform tolerates it.
    """

    kind: str
    transaction: str = msgspec.field(name="infno")
    title: str
    guessed: bool
    offered: bool
    how: tuple[str, ...]
    fields: tuple[Seen, ...]
    refused: tuple[str, ...]
    wrong: tuple[str, ...]


class PairInWords(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer in words. What concerns a person is hidden, in the texts too.

    Attributes:
        messages: both, as far as they can be read; what is no message is missing.
        unread: why one of them could not be read, one sentence each.
        request_text, answer_text: both as they came, set in lines; empty where there is nothing to be shown.
    """

    messages: tuple[Explained, ...]
    unread: tuple[str, ...]
    request_text: str
    answer_text: str
