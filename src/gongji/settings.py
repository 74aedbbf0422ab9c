"""Settings from the environment; production refuses what only a sandbox may have."""

import os
from pathlib import Path

import msgspec
import platformdirs

SANDBOX_SECRET = "sandbox-only-secret-do-not-use-in-production"  # noqa: S105 - production refuses it
SHORTEST_SECRET = 32


class SettingsError(ValueError):
    """A setting is missing or not allowed; the text names the variable and says what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How one server runs.

    Attributes:
        production: ``GONGJI_ENV=production``: unsigned gateway calls, demo data and default secrets are refused.
        database_url: ``DATABASE_URL``, or None for the embedded server.
        data: folder of the embedded server.
        secret: ``GONGJI_SECRET``, key of the CSRF tokens.
        public_url: ``GONGJI_PUBLIC_URL``, the portal's address as people see it; empty: as the request has it.
        proxies: ``GONGJI_PROXIES``, how many of our own proxies stand in front and add to X-Forwarded-For.
    """

    production: bool = False
    database_url: str | None = None
    data: Path
    secret: str = SANDBOX_SECRET
    public_url: str = ""
    proxies: int = 0


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
        public_url=_public_url(os.environ.get("GONGJI_PUBLIC_URL", "")),
        proxies=_proxies(os.environ.get("GONGJI_PROXIES", "0")),
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
