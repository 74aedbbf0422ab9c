"""The e-voucher code over REST, one's own and relatives' (医保码、亲情账户): shows a code, gives no money."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Meta

from gongji.channels.rest.callers import Caller, open_to, own_only
from gongji.channels.rest.problems import RefusedError
from gongji.channels.rest.values import clean
from gongji.core.codes import Relation
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope
from gongji.service import code_accounts
from gongji.service.code_accounts import CodeAccountRequest, CodeAccountView
from gongji.service.platform import Platform
from gongji.service.vouchers import show

TAGS = ["医保码"]


class ShowIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose code; null is one's own."""

    account: Annotated[str | None, Meta(description="亲情账户编号；null 是本人的医保码")]


class CodeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A code to be drawn as a QR code; after ``expires_at`` ask for a new one."""

    code: Annotated[str, Meta(examples=["20000Z1V5S2HM4Q3JQH8GX4N7B5R"])]
    name: str
    expires_at: datetime


class RelativeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A relative to add; ``guardian`` is the parent's declaration for a minor."""

    certificate_no: str
    name: str
    relation: Annotated[Relation, Meta(description="家人是您的什么人")]
    guardian: bool = False


class RelativeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A code account; ``mine`` is who the caller is in it: ``holder`` shows, ``person`` is whose code it is."""

    id: str
    mine: Literal["holder", "person"]
    other_name: str
    relation: Relation
    basis: str
    state: str
    asked_at: datetime


@post("/me/codes", status_code=HTTP_201_CREATED, tags=TAGS, **open_to(Scope.VOUCHER))
async def show_code(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[ShowIn]
) -> CodeOut:
    """Show a code: one's own, or a relative's."""
    account = clean(data.account, "account") if data.account is not None else None
    shown = await show(platform, caller.person_no, caller.channel, account)
    if isinstance(shown, Refusal):
        raise RefusedError(shown)
    return CodeOut(code=shown.code, name=shown.person.name, expires_at=shown.expires_at)


@get("/me/codes/relatives", tags=TAGS, **open_to(Scope.VOUCHER))
async def my_code_accounts(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[RelativeOut]:
    """Whose codes one may show, and who may show one's own."""
    return [_out(view, caller) for view in await code_accounts.code_accounts_of(platform, caller.person_no)]


@post("/me/codes/relatives", status_code=HTTP_201_CREATED, tags=TAGS, **own_only())
async def add_code_account(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[RelativeIn]
) -> RelativeOut:
    """Add a relative; an adult must consent himself."""
    request = CodeAccountRequest(
        holder=caller.person_no,
        certificate_no=clean(data.certificate_no, "certificate_no"),
        name=clean(data.name, "name"),
        relation=data.relation,
        guardian=data.guardian,
        channel=caller.channel,
    )
    made = await code_accounts.add(platform, request)
    if isinstance(made, Refusal):
        raise RefusedError(made)
    return _out(await _mine(platform, caller, made.id), caller)


@post("/me/codes/relatives/{account_id:str}/allow", status_code=HTTP_200_OK, tags=TAGS, **own_only())
async def allow_code_account(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], account_id: FromPath[str]
) -> RelativeOut:
    """Consent to one's own code being shown by a relative."""
    await _mine(platform, caller, account_id)
    allowed = await code_accounts.allow(platform, account_id, caller.person_no, caller.channel)
    if isinstance(allowed, Refusal):
        raise RefusedError(allowed)
    return _out(await _mine(platform, caller, account_id), caller)


@post("/me/codes/relatives/{account_id:str}/end", status_code=HTTP_200_OK, tags=TAGS, **own_only())
async def end_code_account(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], account_id: FromPath[str]
) -> RelativeOut:
    """End it, or decline it, from either side."""
    await _mine(platform, caller, account_id)
    ended = await code_accounts.end(platform, account_id, caller.person_no, caller.channel)
    if isinstance(ended, Refusal):
        raise RefusedError(ended)
    return _out(await _mine(platform, caller, account_id), caller)


async def _mine(platform: Platform, caller: Caller, account_id: str) -> CodeAccountView:
    """A code account of the caller's; other people's are unknown to him."""
    for view in await code_accounts.code_accounts_of(platform, caller.person_no):
        if view.account.id == account_id:
            return view
    raise RefusedError(refuse(Code.CODE_ACCOUNT_UNKNOWN, field="id"))


def _out(view: CodeAccountView, caller: Caller) -> RelativeOut:
    account = view.account
    mine = account.holder == caller.person_no
    return RelativeOut(
        id=account.id,
        mine="holder" if mine else "person",
        other_name=(view.person if mine else view.holder).name,
        relation=account.relation,
        basis=account.basis,
        state=account.state,
        asked_at=account.asked_at,
    )


ROUTES = (show_code, my_code_accounts, add_code_account, allow_code_account, end_code_account)
"""All of them."""
