"""Sign in over REST (登录)."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_201_CREATED

from gongji.channels.rest import values
from gongji.channels.rest.problems import RefusedError
from gongji.core.refusal import Refusal
from gongji.service.platform import Platform
from gongji.service.sessions import sign_in


@post("/sessions", status_code=HTTP_201_CREATED)
async def open_session(platform: NamedDependency[Platform], data: JSONBody[values.SignIn]) -> values.Token:
    """Sign in."""
    token = await sign_in(platform, values.clean(data.login, "login"), data.password)
    if isinstance(token, Refusal):
        raise RefusedError(token)
    return values.Token(token=token)
