"""A form that is sent twice does its business once: it carries the number of its message (防重复提交)."""

import hashlib
import secrets

import msgspec

from gongji.core.skins import PORTAL
from gongji.service.commands import Sender
from gongji.web.form import Form
from gongji.web.visitor import Visitor


def message_id(form: Form) -> str:
    """The number that the form carries, or a new one for a form that is shown for the first time."""
    return form.text("message_id") or secrets.token_urlsafe(18)


def sender_of(visitor: Visitor, form: Form, transaction: str, content: object) -> Sender:
    """Who sends, and under which number; the same number with other content is refused by the service.

    Through which channel he came makes no other sender of him: the same form sent again is the same business.
    """
    return Sender(
        institution=f"{PORTAL}/{visitor.person_no}",
        message_id=message_id(form),
        transaction=transaction,
        input_hash=hashlib.sha256(msgspec.json.encode(content)).digest(),
    )
