"""One message on its way through the gateway, as a transaction's module sees it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from gongji.channels.nhsa.envelope import Envelope
from gongji.channels.nhsa.fields import Values
from gongji.channels.nhsa.tables import Transaction
from gongji.channels.nhsa.wrapping import SentFile
from gongji.core.refusal import Refusal
from gongji.service.commands import Sender
from gongji.service.files import StoredFile
from gongji.service.platform import Platform

Output: TypeAlias = dict[str, Any] | list[dict[str, Any]] | StoredFile | None
"""Output node -> rendered node; rows where the table has no node around them; a file that leaves as it is; None
where the transaction has no output."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was read and whose sender is known.

    Attributes:
        envelope: the message as it came.
        values: its input, typed by the tables.
        platform: what the services work with.
        sender: institution, message id, plain transaction code and hash of the content.
        received_at: when it came.
        file: what was sent beside the message (9101).
    """

    envelope: Envelope
    values: Values
    platform: Platform
    sender: Sender
    received_at: datetime
    file: SentFile | None = None

    @property
    def table(self) -> Transaction:
        """The transaction's table, whose output nodes are rendered."""
        return self.values.transaction


Handler: TypeAlias = Callable[[Call], Awaitable[Output | Refusal]]
