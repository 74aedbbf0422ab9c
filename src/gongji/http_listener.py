"""HTTP servers that live in the program's own event loop (HTTP 监听)."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import uvloop
from uvicorn import Config, Server

BACKLOG: Final = 2048
KEEP_ALIVE_SECONDS: Final = 75
"""Clients keep a connection for a minute between two patients; closing under them would look like a lost answer."""

GRACE_SECONDS: Final = 30
"""A request that is not complete by then is given up when the server stops."""

T = TypeVar("T")


class Listener(Server):
    """One server; the program, not the server, decides about signals and when to stop."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        """Prepare to serve an ASGI application.

        Args:
            app: the application.
            host: address to listen on.
            port: port to listen on; other processes of the program may share it.
        """
        super().__init__(
            Config(
                app,
                host=host,
                port=port,
                http="httptools",
                ws="none",
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
            )
        )

    async def listen(self) -> None:
        """Serve until :meth:`stop`; requests in flight are finished."""
        await self.serve(sockets=[_shared_socket(self.config.host, self.config.port)])

    def stop(self) -> None:
        """Take no more requests, answer those that came, then end."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program."""
        yield


def run_in_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run the program's main coroutine in the fast event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def _shared_socket(host: str, port: int) -> socket.socket:
    """A socket whose port the processes of the program share; the kernel spreads the connections."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    shared = socket.socket(family, socket.SOCK_STREAM)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    shared.bind((host, port))
    return shared
