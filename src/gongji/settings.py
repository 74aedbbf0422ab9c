"""Settings from the environment; production refuses what only a sandbox may have."""

import os
from pathlib import Path

import msgspec
import platformdirs

SANDBOX_SECRET = "sandbox-only-secret-do-not-use-in-production"  # noqa: S105 - production refuses it
SHORTEST_SECRET = 32


class SettingsError(ValueError):
    """A setting is missing or not allowed; the text names the variable and says what to do."""


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    """How one channel leaves the installation (通知渠道).

    Attributes:
        adapter: ``off``, ``sandbox`` (kept where everybody can look at it) or ``http`` (posted to a gateway).
        url, key: the gateway and the key that signs what it gets.
    """

    adapter: str = "sandbox"
    url: str = ""
    key: str = ""


ADAPTERS = ("off", "sandbox", "http")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one server runs.

    Attributes:
        production: ``GONGJI_ENV=production``: unsigned gateway calls, demo data and default secrets are refused.
        database_url: ``DATABASE_URL``, or None for the embedded server.
        data: folder of the embedded server.
        secret: ``GONGJI_SECRET``, key of the CSRF tokens.
        strict: ``GONGJI_STRICT=1``: every national message is compared with the specification.
        recorder: ``GONGJI_RECORDER=0`` keeps no message pairs in the sandbox; production never does.
        public_url: ``GONGJI_PUBLIC_URL``, the portal's address as people see it; empty: as the request has it.
        proxies: ``GONGJI_PROXIES``, how many of our own proxies stand in front and add to X-Forwarded-For.
        sms, mini_program: ``GONGJI_SMS`` and ``GONGJI_MINI_PROGRAM`` with ``…_URL`` and ``…_KEY``: where notices go.
    """

    production: bool = False
    database_url: str | None = None
    data: Path
    secret: str = SANDBOX_SECRET
    strict: bool = False
    recorder: bool = True
    public_url: str = ""
    proxies: int = 0
    sms: Outlet = Outlet()
    mini_program: Outlet = Outlet()


def default_data() -> Path:
    """The user's data folder."""
    return Path(platformdirs.user_data_dir("gongji"))


def read_settings(data: Path | None = None) -> Settings:
    """Read the environment.

    Raises:
        SettingsError: a value is unknown, or production lacks a secret of its own or a database.
    """
    env = os.environ.get("GONGJI_ENV", "sandbox")
    if env not in ("sandbox", "production"):
        raise SettingsError(f"GONGJI_ENV={env} 无法识别，只能是 sandbox 或 production")
    settings = Settings(
        production=env == "production",
        database_url=os.environ.get("DATABASE_URL") or None,
        data=data or default_data(),
        secret=os.environ.get("GONGJI_SECRET", SANDBOX_SECRET),
        strict=os.environ.get("GONGJI_STRICT", "") not in ("", "0"),
        recorder=os.environ.get("GONGJI_RECORDER", "1") not in ("", "0"),
        public_url=_public_url(os.environ.get("GONGJI_PUBLIC_URL", "")),
        proxies=_proxies(os.environ.get("GONGJI_PROXIES", "0")),
        sms=_outlet("GONGJI_SMS", production=env == "production"),
        mini_program=_outlet("GONGJI_MINI_PROGRAM", production=env == "production"),
    )
    if settings.production and (settings.secret == SANDBOX_SECRET or len(settings.secret) < SHORTEST_SECRET):
        raise SettingsError(f"生产环境必须设置 GONGJI_SECRET，至少 {SHORTEST_SECRET} 个字符，且不能使用沙箱默认值")
    if settings.production and settings.database_url is None:
        raise SettingsError("生产环境必须设置 DATABASE_URL，不使用内置数据库")
    return settings


def _public_url(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise SettingsError(f"GONGJI_PUBLIC_URL={text} 不是网址，例如 https://gongji.example.org")
    return text.rstrip("/")


def _proxies(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 1):
        raise SettingsError(f"GONGJI_PROXIES={text} 应是 0 到 9：程序前面自己的反向代理有几层")
    return int(text)


def _outlet(name: str, *, production: bool) -> Outlet:
    adapter = os.environ.get(name, "off" if production else "sandbox")
    if adapter not in ADAPTERS:
        raise SettingsError(f"{name}={adapter} 无法识别，只能是 {'、'.join(ADAPTERS)}")
    if adapter == "sandbox" and production:
        raise SettingsError(f"生产环境不能使用 {name}=sandbox：消息会公开显示；请改为 http 或 off")
    if adapter != "http":
        return Outlet(adapter=adapter)
    url, key = os.environ.get(f"{name}_URL", ""), os.environ.get(f"{name}_KEY", "")
    allowed = ("https://",) if production else ("https://", "http://")
    if not url.startswith(allowed):
        raise SettingsError(f"{name}=http 需要 {name}_URL，以 {' 或 '.join(allowed)} 开头")
    if len(key) < SHORTEST_SECRET:
        raise SettingsError(f"{name}=http 需要 {name}_KEY，至少 {SHORTEST_SECRET} 个字符")
    return Outlet(adapter="http", url=url, key=key)
