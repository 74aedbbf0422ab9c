"""All REST routes, under /api: each resource is a file (REST 路由)."""

from typing import Any, Final

from litestar import Request, Response, Router
from litestar.di import Provide

from gongji.channels.rest import (
    binding_steps,
    bindings,
    consents,
    desk,
    filings,
    institutions,
    notices,
    orders,
    oversight,
    people,
    premiums,
    purposes,
    sandbox,
    sessions,
    settlements,
    sharing,
    supervision,
    vouchers,
    wallet,
)
from gongji.channels.rest.ask import ask
from gongji.channels.rest.callers import NotSignedInError, caller_of, origin, staff_of_request
from gongji.channels.rest.messages import message
from gongji.channels.rest.problems import NOT_JSON, NOT_SIGNED_IN, Problem, RefusedError, answer, of_fault
from gongji.channels.rest.returns import return_part


def answer_fault(_request: Request[Any, Any, Any], fault: Exception) -> Response[Problem]:
    """Any exception as problem details."""
    wait = fault.refusal.facts.get("seconds") if isinstance(fault, RefusedError) else None
    return answer(NOT_SIGNED_IN if isinstance(fault, NotSignedInError) else of_fault(fault), wait)


async def only_json(request: Request[Any, Any, Any]) -> Response[Problem] | None:
    """A body of another kind is not looked into."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return None if kind in ("", "application/json") else answer(NOT_JSON)


HANDLERS: Final = (
    ask,
    message,
    return_part,
    sessions.open_session,
    sessions.open_session_with_code,
    sessions.ask_for_code,
    sessions.choose_password_with_code,
    sessions.choose_password,
    sessions.my_sessions,
    sessions.end_session,
    sessions.end_all_sessions,
    people.me,
    people.my_account,
    people.my_movements,
    settlements.my_settlements,
    settlements.settlement,
    *filings.ROUTES,
    bindings.my_bindings,
    bindings.add_binding,
    bindings.confirm_binding,
    bindings.end_binding,
    *orders.ROUTES,
    *vouchers.ROUTES,
    *binding_steps.ROUTES,
    *sharing.ROUTES,
    wallet.my_wallet,
    wallet.my_transfers,
    wallet.send,
    wallet.accept,
    wallet.refuse,
    purposes.purposes,
    premiums.my_premiums,
    premiums.quote,
    premiums.pay,
    premiums.premium,
    premiums.refund,
    notices.my_notices,
    notices.read_notices,
    notices.my_preferences,
    notices.put_preferences,
    notices.sandbox_outbox,
    sandbox.list_recordings,
    sandbox.one_recording,
    sandbox.replay_recording,
    sandbox.list_faults,
    sandbox.set_fault,
    sandbox.end_fault,
    sandbox.reset_city,
    consents.my_channels,
    consents.my_accesses,
    consents.end_channel,
    institutions.institution_differences,
    institutions.institution_holdings,
    institutions.institution_statement,
    desk.staff_sign_in,
    desk.staff_sign_out,
    desk.clearing_month,
    desk.close_clearing_month,
    desk.pay_clearing_statement,
    desk.clearing_statement,
    desk.clearing_applications,
    desk.decide_clearing_application,
    desk.pay_clearing_application,
    *supervision.ROUTES,
    *oversight.ROUTES,
)
"""Every route, resource by resource."""


def rest_routes() -> Router:
    """REST, under /api."""
    return Router(
        path="/api",
        before_request=only_json,
        dependencies={
            "caller": Provide(caller_of),
            "origin": Provide(origin, sync_to_thread=False),
            "staff": Provide(staff_of_request),
        },
        route_handlers=list(HANDLERS),
    )
