"""Put the people's side together: portal, cashier, REST, health and figures in one application (组装)."""

from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from litestar import Litestar, MediaType, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, OAuthFlow, OAuthFlows, SecurityScheme, Tag
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gongji.channels.nhsa.exchange import Exchange
from gongji.channels.nhsa.recorded import pair_in_words
from gongji.channels.nhsa.registry import title_of
from gongji.channels.nhsa.sandbox import Sandbox
from gongji.channels.rest import routes as rest
from gongji.channels.rest.oauth import FOR_PROGRAMS, oauth_routes
from gongji.core.scopes import Scope
from gongji.demo import city
from gongji.service.platform import Platform
from gongji.service.workbench import Workbench
from gongji.settings import Settings
from gongji.web import edge, faults
from gongji.web.cashier.pages import cashier_routes
from gongji.web.portal.routes import portal_routes
from gongji.web.recorder.setting import recorder_routes
from gongji.web.rendering import FOLDER, template_engine
from gongji.web.visitor import find_visitor, need_visitor, visitor_origin


@get("/healthz", include_in_schema=False, media_type=MediaType.TEXT)
async def healthz(platform: NamedDependency[Platform]) -> Response[str]:
    """Whether this process can work."""
    if await platform.answers():
        return Response("ok")
    return Response("database does not answer", status_code=HTTPStatus.SERVICE_UNAVAILABLE)


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """Figures for Prometheus."""
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


def portal(platform: Platform, settings: Settings) -> Litestar:
    """The application of the people's listener.

    Args:
        platform: an open platform; whoever opened it closes it.
        settings: how the server runs. In production there is no cashier and no demo content.
    """
    routes: list[ControllerRouterHandler] = [
        healthz,
        metrics,
        create_static_files_router(path="/static", directories=[FOLDER / "static"], include_in_schema=False),
        portal_routes(),
        rest.rest_routes(),
        oauth_routes(),
    ]
    if not settings.production:
        routes += [cashier_routes(), recorder_routes()]
    return Litestar(
        route_handlers=routes,
        dependencies={
            "platform": Provide(lambda: platform, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "workbench": Provide(_workbench(platform, settings), sync_to_thread=False),
            "guest": Provide(find_visitor),
            "visitor": Provide(need_visitor),
            "visitor_origin": Provide(visitor_origin, sync_to_thread=False),
        },
        template_config=TemplateConfig(instance=template_engine(sandbox=not settings.production)),
        csrf_config=edge.csrf(settings),
        before_send=[edge.add_headers],
        request_max_body_size=edge.BODY_LIMIT,
        exception_handlers={Exception: _answer_fault},
        openapi_config=_openapi(),
        logging_config=None,
        debug=False,
    )


def _workbench(platform: Platform, settings: Settings) -> Callable[[], Workbench | None]:
    """The vendor's tools, of which only a sandbox has any."""
    if settings.production:
        return lambda: None
    tools = Workbench(
        title=title_of,
        explain=pair_in_words,
        replay=Sandbox(platform, settings, Exchange(platform, settings)).replay,
        reset=lambda: city.reset_or_refuse(platform),
    )
    return lambda: tools


def _answer_fault(request: Request[Any, Any, Any], fault: Exception) -> Response[Any]:
    """Programs get problem details, people get a page."""
    if not request.url.path.startswith(("/api/", *FOR_PROGRAMS)):
        return faults.answer_fault(request, fault)
    problem = rest.answer_fault(request, fault)
    if problem.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        faults.log_fault(request, fault)
    return problem


def _openapi() -> OpenAPIConfig:
    """The description of REST, as JSON only: pages that draw it load scripts from elsewhere."""
    return OpenAPIConfig(
        title="共济 REST",
        version=version("gongji"),
        description="参保人查询账户与结算、办理家庭共济绑定。金额是以元为单位的字符串。",
        path="/api/openapi.json",
        render_plugins=[JsonRenderPlugin(path="/")],
        components=Components(security_schemes={"session": _SESSION, "oauth2": _OAUTH2}),
        security=[{"session": []}],
        tags=[Tag(name, text) for name, text in _TAGS.items()],
    )


_SESSION: Final = SecurityScheme(type="http", scheme="bearer", description="本人登录（POST /api/sessions）得到的令牌")
_OAUTH2: Final = SecurityScheme(
    type="oauth2",
    description="第三方渠道经本人授权得到的令牌；必须使用 PKCE（S256）",
    flows=OAuthFlows(
        authorization_code=OAuthFlow(
            authorization_url="/oauth/authorize",
            token_url="/oauth/token",  # noqa: S106 - an address
            refresh_url="/oauth/token",
            scopes={scope.value: scope.label for scope in Scope if scope.personal},
        ),
        client_credentials=OAuthFlow(
            token_url="/oauth/token",  # noqa: S106 - an address
            scopes={scope.value: scope.label for scope in Scope if not scope.personal},
        ),
    ),
)
_TAGS: Final = {
    "登录": "登录、短信验证码、设备、密码",
    "账户与结算": "余额、收支、结算记录",
    "家庭共济": "绑定、确认、解除",
    "共济资金": "限额、额度、顺位、家庭共济账户、使用记录",
    "医保钱包": "转给亲属、接收、拒收",
    "通知": "收件箱、短信和小程序消息的选择",
    "第三方渠道": "查看和停止授权，查看渠道的访问记录",
    "问答": "能不能共济，不需要登录",
    "机构": "医药机构查询报文的办理结果",
    "沙箱": "给 HIS 厂商：通信记录、重发、故障注入、重置；只在沙箱里",
}
