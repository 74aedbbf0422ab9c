"""Put the deliverer of a server together from its settings (投递进程组装)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from gongji.core.notices import Channel
from gongji.service.adapters import Adapter, HttpAdapter, NoticeHandler, OffAdapter, SandboxAdapter
from gongji.service.deliver import Deliverer, Handler
from gongji.service.notices import LETTER
from gongji.service.platform import Platform
from gongji.settings import Outlet, Settings


@asynccontextmanager
async def delivering(
    platform: Platform, settings: Settings, further: Mapping[str, Handler] | None = None
) -> AsyncIterator[None]:
    """Deliver the outbox in the background as long as the block runs; what is being delivered is finished.

    ``further`` handles letters of channels that the services do not know.
    """
    outlets = {Channel.SMS: settings.sms, Channel.MINI_PROGRAM: settings.mini_program}
    adapters = {channel: _adapter(platform, outlet) for channel, outlet in outlets.items()}
    deliverer = Deliverer(platform, {LETTER: NoticeHandler(platform, adapters), **(further or {})})
    running = asyncio.create_task(deliverer.run())
    try:
        yield
    finally:
        deliverer.stop()
        await asyncio.gather(running, return_exceptions=True)
        for adapter in adapters.values():
            if isinstance(adapter, HttpAdapter):
                await adapter.close()


def _adapter(platform: Platform, outlet: Outlet) -> Adapter:
    if outlet.adapter == "http":
        return HttpAdapter(outlet.url, outlet.key)
    return SandboxAdapter(platform) if outlet.adapter == "sandbox" else OffAdapter()
