"""Where a request comes from, for counting tries and for naming devices (请求来源)."""

from typing import Final

import msgspec

_DEVICES: Final = (
    ("MicroMessenger", "微信"),
    ("AlipayClient", "支付宝"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙手机"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)


class Origin(msgspec.Struct, frozen=True):
    """Address and kind of device; the address is counted as a hash and kept nowhere."""

    address: str = ""
    device: str = "其他程序"


UNKNOWN: Final = Origin()
"""Of a caller inside the program."""


def origin_of(peer: str, forwarded: str, agent: str, proxies: int) -> Origin:
    """Read the origin.

    Args:
        peer: address of whoever connected.
        forwarded: the X-Forwarded-For header. Anybody may send one, so only what our own proxies added counts.
        agent: the User-Agent header.
        proxies: how many of our own proxies stand in front, each adding an address at the end.
    """
    hops = [hop.strip() for hop in forwarded.split(",")] if forwarded else []
    address = hops[-proxies] if 0 < proxies <= len(hops) else peer
    device = next((name for mark, name in _DEVICES if mark in agent), "其他程序")
    return Origin(address, device)
