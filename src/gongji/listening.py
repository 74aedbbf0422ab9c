"""Where a server listens, and whether it can."""

import socket

import msgspec


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """Where one server listens, and how many processes serve."""

    host: str
    port: int
    gateway_port: int
    workers: int = 1

    @property
    def portal_url(self) -> str:
        """Address of the people's portal."""
        return f"http://{self.host}:{self.port}"

    @property
    def gateway_url(self) -> str:
        """Address of the national interface."""
        return f"http://{self.host}:{self.gateway_port}"


class PortTakenError(RuntimeError):
    """Another program listens on the port."""


def expect_free(host: str, port: int) -> None:
    """Listeners share ports between their own processes, so another program's must be looked for first.

    Raises:
        PortTakenError: somebody listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"端口 {host}:{port} 不能使用（{error.strerror}），请用 --port 或 --gateway-port 换一个"
            ) from None


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
