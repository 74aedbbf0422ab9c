"""All REST routes, under /api: each resource is a file (REST 路由)."""

from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide

from gongji.channels.rest import bindings, people, sessions, settlements
from gongji.channels.rest.ask import ask
from gongji.channels.rest.callers import NotSignedInError, caller_of
from gongji.channels.rest.messages import message
from gongji.channels.rest.problems import NOT_SIGNED_IN, Problem, answer, of_fault


def answer_fault(_request: Request[Any, Any, Any], fault: Exception) -> Response[Problem]:
    """Any exception as problem details."""
    return answer(NOT_SIGNED_IN if isinstance(fault, NotSignedInError) else of_fault(fault))


def rest_routes() -> Router:
    """REST, under /api."""
    return Router(
        path="/api",
        tags=["gongji"],
        dependencies={"caller": Provide(caller_of)},
        route_handlers=[
            ask,
            message,
            sessions.open_session,
            people.me,
            people.my_account,
            settlements.my_settlements,
            settlements.settlement,
            bindings.my_bindings,
            bindings.add_binding,
            bindings.confirm_binding,
            bindings.end_binding,
        ],
    )
