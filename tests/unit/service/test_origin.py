"""Which address counts, and what a device is called."""

import pytest

from gongji.service.origin import origin_of


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("", 0, "10.0.0.1"),
        ("1.2.3.4", 0, "10.0.0.1"),  # anybody may send the header
        ("1.2.3.4", 1, "1.2.3.4"),
        ("9.9.9.9, 1.2.3.4", 1, "1.2.3.4"),  # the first was invented by the caller
        ("9.9.9.9, 1.2.3.4, 10.0.0.7", 2, "1.2.3.4"),
        ("1.2.3.4", 2, "10.0.0.1"),
    ],
)
def test_only_our_proxies_are_believed(forwarded: str, proxies: int, address: str) -> None:
    assert origin_of("10.0.0.1", forwarded, "", proxies).address == address


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) MicroMessenger/8.0", "微信"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)", "iPhone"),
        ("Mozilla/5.0 (Linux; Android 14)", "安卓手机"),
        ("Mozilla/5.0 (Windows NT 10.0)", "Windows 电脑"),
        ("curl/8", "其他程序"),
        ("", "其他程序"),
    ],
)
def test_devices_have_names_people_know(agent: str, device: str) -> None:
    assert origin_of("", "", agent, 0).device == device
