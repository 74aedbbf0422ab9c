"""The wallet and the family account: send to a relative, take or leave what was sent, move aside (医保钱包、划拨)."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.codes import Relation
from gongji.core.refusal import Code, Refusal
from gongji.core.wallet import Source, TransferState
from gongji.service.family_account import family_account, move_aside, move_back
from gongji.service.platform import Platform
from gongji.service.wallet import TransferRequest, accept, decline, send
from gongji.service.wallet_view import transfers_of, wallet_of
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form, read_form
from gongji.web.portal.once import message_id, sender_of
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

SHOWN: Final = 30
_DONE: Final = {
    "sent": "已转出。家人要在次日早上 6 点前接收；没有接收的会自动退回您的账户。",
    "accepted": "已接收，进入您的医保钱包。",
    "declined": "已拒收，钱已退回对方。",
    "moved": "已办好。",
}


@get("/wallet")
async def wallet_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """What is in the wallet, what waits, what was sent and received, and the form to send."""
    done = _DONE.get(request.query_params.get("done", ""), "")
    return await _wallet(platform, visitor, Form(values={}), done=done)


async def _wallet(platform: Platform, visitor: Visitor, form: Form, problem: str = "", done: str = "") -> Template:
    wallet = await wallet_of(platform, visitor.person_no)
    if isinstance(wallet, Refusal):
        raise NoSuchPageError
    transfers = await transfers_of(platform, visitor.person_no, SHOWN)
    form.values["message_id"] = message_id(form)
    return page(
        "wallet.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        form=form,
        problem=problem,
        done=done,
        wallet=wallet,
        region=platform.book.name(visitor.region),
        relations=list(Relation),
        sources=list(Source) if wallet.passed_on else [Source.ACCOUNT],
        waiting=[
            t
            for t in transfers
            if t.transfer.state is TransferState.PENDING and t.transfer.receiver == visitor.person_no
        ],
        transfers=transfers,
    )


@post("/wallet/send", status_code=HTTP_200_OK)
async def send_money(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Send money to a relative's wallet. Pressing twice sends once."""
    form = await read_form(request)
    number = form.need("certificate_no", "请填写家人的证件号码")
    name = form.need("name", "请填写家人的姓名")
    relation = form.choice("relation", Relation, "请选择家人是您的什么人")
    source = form.choice("source", Source, "请选择从哪里转")
    amount = form.yuan("amount")
    if amount is None:
        form.fault("amount", "请填写金额，例如 200")
    if not form.ticked("final"):
        form.fault("final", "请勾选：接收以后不能退回")
    if form.faults or relation is None or source is None or amount is None:
        return await _wallet(platform, visitor, form)
    wanted = TransferRequest(
        sender=visitor.person_no,
        certificate_no=number,
        name=name,
        relation=relation,
        amount=amount,
        source=source,
        channel=visitor.channel,
    )
    sent = await send(platform, sender_of(visitor, form, "wallet.send", wanted), wanted)
    if isinstance(sent, Refusal):
        return await _wallet(platform, visitor, form, sent.text)
    return Redirect("/wallet?done=sent", status_code=HTTP_303_SEE_OTHER)


@post("/wallet/{transfer_id:str}/accept", status_code=HTTP_200_OK)
async def accept_money(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], transfer_id: FromPath[str]
) -> Response[Any]:
    """Take what was sent."""
    return await _decided(
        platform, visitor, await accept(platform, transfer_id, visitor.person_no, visitor.channel), "accepted"
    )


@post("/wallet/{transfer_id:str}/decline", status_code=HTTP_200_OK)
async def decline_money(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], transfer_id: FromPath[str]
) -> Response[Any]:
    """Leave what was sent; it goes back at once."""
    return await _decided(
        platform, visitor, await decline(platform, transfer_id, visitor.person_no, visitor.channel), "declined"
    )


async def _decided(platform: Platform, visitor: Visitor, outcome: object, done: str) -> Response[Any]:
    if isinstance(outcome, Refusal):
        if outcome.code in (Code.NOT_YOURS, Code.TRANSFER_UNKNOWN):
            raise NoSuchPageError
        return await _wallet(platform, visitor, Form(values={}), outcome.text)
    return Redirect(f"/wallet?done={done}", status_code=HTTP_303_SEE_OTHER)


@get("/family/account")
async def family_account_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """What was moved aside for the family, and the forms to move more aside or back."""
    done = _DONE.get(request.query_params.get("done", ""), "")
    return await _family_account(platform, visitor, Form(values={}), done=done)


async def _family_account(
    platform: Platform, visitor: Visitor, form: Form, problem: str = "", done: str = ""
) -> Template:
    found = await family_account(platform, visitor.person_no)
    form.values["message_id"] = message_id(form)
    return page(
        "family_account.html",
        status=422 if problem or form.faults else 200,
        visitor=visitor,
        form=form,
        problem=problem or (found.text if isinstance(found, Refusal) else ""),
        found=None if isinstance(found, Refusal) else found,
        done=done,
    )


@post("/family/account", status_code=HTTP_200_OK)
async def move(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Move money aside, or back where the place is known to allow it."""
    form = await read_form(request)
    amount = form.yuan("amount")
    if amount is None:
        form.fault("amount", "请填写金额，例如 200")
        return await _family_account(platform, visitor, form)
    back = form.text("way") == "back"
    sender = sender_of(visitor, form, "family.return" if back else "family.deposit", amount)
    outcome = await (move_back if back else move_aside)(platform, sender, visitor.person_no, amount)
    if isinstance(outcome, Refusal):
        return await _family_account(platform, visitor, form, outcome.text)
    return Redirect("/family/account?done=moved", status_code=HTTP_303_SEE_OTHER)
