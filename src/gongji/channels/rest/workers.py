"""Members of staff over REST: sign in, and who may call what (经办人员访问)."""

from typing import Any, Final

from litestar import Request, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from gongji.channels.rest import values
from gongji.channels.rest.callers import NotSignedInError, answers_to, bearer, public
from gongji.channels.rest.problems import expect
from gongji.channels.rest.staff_values import StaffSignIn
from gongji.service.platform import Platform
from gongji.service.staff import Staff, sign_in_staff, sign_out_staff, staff_of_session

TAGS = ["经办"]


def for_staff() -> dict[str, Any]:
    """Arguments of a route for members of staff; which role may do it is decided with the business."""
    return {"security": [{"staff": []}], "responses": answers_to(writes=True), "opt": {"scope": None, "staff": True}}


async def worker_of(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Staff:
    """The member of staff of the bearer token.

    Raises:
        NotSignedInError: there is none.
    """
    token = bearer(request)
    staff = await staff_of_session(platform, token) if token else None
    if staff is None:
        raise NotSignedInError
    return staff


@post("/staff/sessions", status_code=HTTP_201_CREATED, tags=TAGS, **public(writes=True))
async def open_staff_session(platform: NamedDependency[Platform], data: JSONBody[StaffSignIn]) -> values.Token:
    """Sign in with login, password and the code that changes."""
    login, code = values.clean(data.login, "login"), values.clean(data.code, "code")
    return values.Token(token=expect(await sign_in_staff(platform, login, data.password, code)))


@delete("/staff/sessions/current", status_code=HTTP_204_NO_CONTENT, tags=TAGS, **for_staff())
async def end_staff_session(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> None:
    """Sign out."""
    await worker_of(request, platform)
    await sign_out_staff(platform, bearer(request) or "")


ROUTES: Final = (
    open_staff_session,
    end_staff_session,
)
