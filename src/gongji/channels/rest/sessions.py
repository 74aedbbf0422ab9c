"""Sign in over REST, and look after sign-ins and password (登录、设备、密码)."""

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, own_before_password, own_only, public
from gongji.channels.rest.problems import RefusedError
from gongji.core.refusal import Refusal
from gongji.service.origin import Origin
from gongji.service.passwords import change_password, reset_password
from gongji.service.phone_codes import SENT, send_code, sign_in_with_code
from gongji.service.platform import Platform
from gongji.service.sessions import devices_of, sign_in, sign_out_device, sign_out_everywhere

TAGS = ["登录"]


@post("/sessions", status_code=HTTP_201_CREATED, tags=TAGS, **public(writes=True))
async def open_session(
    platform: NamedDependency[Platform], origin: NamedDependency[Origin], data: JSONBody[values.SignIn]
) -> values.Token:
    """Sign in with the number of certificate, card or medical account."""
    return _token(await sign_in(platform, values.clean(data.login, "login"), data.password, origin))


@post("/sessions/code", status_code=HTTP_201_CREATED, tags=TAGS, **public(writes=True))
async def open_session_with_code(
    platform: NamedDependency[Platform], origin: NamedDependency[Origin], data: JSONBody[values.SignInWithCode]
) -> values.Token:
    """Sign in with a code from the phone instead of the password."""
    login, code = values.clean(data.login, "login"), values.clean(data.code, "code")
    return _token(await sign_in_with_code(platform, login, code, origin))


def _token(token: str | Refusal) -> values.Token:
    if isinstance(token, Refusal):
        raise RefusedError(token)
    return values.Token(token=token)


@post("/codes", status_code=HTTP_202_ACCEPTED, tags=TAGS, **public(writes=True))
async def ask_for_code(
    platform: NamedDependency[Platform], origin: NamedDependency[Origin], data: JSONBody[values.AskForCode]
) -> values.Said:
    """Have a code sent to the registered phone; the answer does not tell whether there is one."""
    _expect(await send_code(platform, values.clean(data.login, "login"), data.purpose, origin))
    return values.Said(text=SENT)


@post("/passwords", status_code=HTTP_204_NO_CONTENT, tags=TAGS, **public(writes=True))
async def choose_password_with_code(
    platform: NamedDependency[Platform], origin: NamedDependency[Origin], data: JSONBody[values.ResetPassword]
) -> None:
    """Forgotten password: choose a new one with a code; all sessions end."""
    login, code = values.clean(data.login, "login"), values.clean(data.code, "code")
    _expect(await reset_password(platform, login, code, data.new_password, origin))


@post("/me/password", status_code=HTTP_204_NO_CONTENT, tags=TAGS, **own_before_password())
async def choose_password(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[values.ChangePassword]
) -> None:
    """Change the password; all other sessions end."""
    session = caller.session or ""
    _expect(await change_password(platform, caller.person_no, data.old_password, data.new_password, session))


@get("/me/sessions", tags=TAGS, **own_only())
async def my_sessions(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[values.DeviceOut]:
    """Devices that are signed in."""
    return [values.device_out(device, caller.session) for device in await devices_of(platform, caller.person_no)]


@delete("/me/sessions/{session_id:str}", status_code=HTTP_204_NO_CONTENT, tags=TAGS, **own_before_password())
async def end_session(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], session_id: FromPath[str]
) -> None:
    """Sign one device out."""
    _expect(await sign_out_device(platform, caller.person_no, values.clean(session_id, "session_id")))


@delete("/me/sessions", status_code=HTTP_200_OK, tags=TAGS, **own_before_password())
async def end_all_sessions(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> values.Ended:
    """Sign out everywhere, this session included."""
    return values.Ended(ended=await sign_out_everywhere(platform, caller.person_no))


def _expect(refusal: Refusal | None) -> None:
    if refusal:
        raise RefusedError(refusal)
