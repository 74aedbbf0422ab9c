"""The demo city as the pages use it: who may be played, and who has bound whom (演示城市)."""

import msgspec

from gongji.service.platform import Platform
from gongji.service.setting import read_setting


class DemoLogin(msgspec.Struct, frozen=True):
    """How to sign in as a fictitious person."""

    certno: str = ""
    password: str = ""


class DemoPerson(msgspec.Struct, frozen=True):
    """A fictitious person as the demo city describes him."""

    name: str
    psn_no: str
    certno: str = ""
    region: str = ""
    balance: str = ""
    role: str = ""
    login: DemoLogin | None = None


class DemoBinding(msgspec.Struct, frozen=True):
    """A binding of the demo city."""

    authoriser: str
    user: str
    relation: str = ""


class DemoCity(msgspec.Struct, frozen=True):
    """The part of the demo city's description that the pages use."""

    people: list[DemoPerson] = []
    bindings: list[DemoBinding] = []


async def demo_city(platform: Platform) -> DemoCity:
    """The demo city as it was stored; empty when there is none or it cannot be read."""
    text = await read_setting(platform, "demo")
    try:
        return msgspec.json.decode(text or "{}", type=DemoCity)
    except msgspec.MsgspecError:
        return DemoCity()
