"""What channels ask the settlement engine to do, and what it answers."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from gongji.core.case import AccountUse
from gongji.core.codes import Care, Scheme
from gongji.core.lines import LineSplit
from gongji.core.money import Fen
from gongji.core.person import Person
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent a message and under which number: the key under which its outcome is kept.

    Attributes:
        institution: code of the institution, or the name of another channel.
        message_id: the sender's own number for the message.
        transaction: which business it is, in the channel's words.
        input_hash: hash of the content; the same number with other content is refused.
        unknown: fields the sender added, kept with the message.
    """

    institution: str
    message_id: str
    transaction: str
    input_hash: bytes
    unknown: dict[str, Any] = {}


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown at the counter (就诊凭证).

    Attributes:
        kind: ``certificate``, ``card`` or ``voucher`` (医保码).
        number: what was read from it.
        owner: person number of whose voucher it is, once it has been read; empty otherwise.
    """

    kind: str
    number: str
    owner: str = ""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender says about the patient; each stated item must agree with the record."""

    credential: Credential | None = None
    certificate_no: str = ""
    name: str = ""
    scheme: Scheme | None = None


class FeeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a bill with its split (费用明细).

    ``fault`` says why the catalogue refuses it; it is answered where the bill is decided, so that a message that was
    done before is answered as then whatever the catalogue has become. ``returns`` names the line that a return, whose
    amounts are negative, takes something from.
    """

    line_no: str
    item: str
    quantity: Decimal
    price: Decimal
    split: LineSplit
    fault: Refusal | None = None
    returns: str | None = None
    details: dict[str, Any] = {}


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """A pharmacy purchase: visit, lines and settlement in one message (药店购药)."""

    on: date
    prescription: bool
    lines: tuple[FeeLine, ...]


class StatedParts(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the bill as the sender repeats them from the pre-settlement, in fen; None where he states none."""

    full_self_pay: Fen | None = None
    over_limit: Fen | None = None
    first_self_pay: Fen | None = None
    in_scope: Fen | None = None


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """Settle a visit's batch of fees, a pharmacy purchase, or what is not settled of a stay in hospital (结算).

    ``mid_stay`` settles a stay up to now, and the stay goes on (中途结算).
    """

    sender: Sender
    person_no: str
    claimed: Claimed
    care: Care
    batch: str
    total: Fen
    account_use: AccountUse
    visit_id: str = ""
    purchase: Purchase | None = None
    mid_stay: bool = False
    stated: StatedParts | None = None
    invoice: str = ""
    declared: dict[str, str] = {}
    """What the sender wants to see again in answers about the settlement, in the channel's own words."""


class Reverse(msgspec.Struct, frozen=True, kw_only=True):
    """Take a settlement back (结算撤销), named by its id, or by the message that made it (冲正)."""

    sender: Sender
    person_no: str
    settlement_id: str = ""
    visit_id: str = ""
    original: tuple[str, str] | None = None
    """Message id and transaction of the settlement to take back."""
    cares: frozenset[Care] = frozenset(Care)
    """Kinds of care whose settlements this way of asking may take back."""


Command = Settle | Reverse


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The settlement stands in the books; ``repeated`` when an earlier message had made it."""

    settlement: Settlement
    patient: Person
    repeated: bool = False
