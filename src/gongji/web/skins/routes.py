"""All pages of the channels (模拟渠道路由)."""

from litestar import Router

from gongji.web.skins import pages, third_party


def skin_routes() -> Router:
    """The channels, under ``/c``."""
    return Router(
        path="/c",
        include_in_schema=False,
        route_handlers=[
            pages.channels,
            pages.leave,
            pages.channel,
            pages.step,
            third_party.allow,
            third_party.back,
        ],
    )
