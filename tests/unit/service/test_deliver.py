"""How long a failed letter waits, and where notices may go."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.service.deliver import ATTEMPTS, FIRST_WAIT, LONGEST_WAIT, wait_after
from gongji.settings import Outlet, SettingsError, read_settings

KEY = "k" * 32


def test_waits_double_up_to_an_hour() -> None:
    waits = [wait_after(attempt, 0) for attempt in range(1, 40)]
    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert waits[-1] == LONGEST_WAIT
    assert waits == sorted(waits)
    assert sum(waits[: ATTEMPTS - 1], timedelta()) > timedelta(minutes=30)


@given(st.integers(1, 40), st.floats(0, 1))
def test_chance_takes_up_to_half(attempt: int, chance: float) -> None:
    longest = wait_after(attempt, 0)
    assert longest / 2 <= wait_after(attempt, chance) <= longest
    assert wait_after(attempt, chance) >= FIRST_WAIT / 2


@pytest.mark.parametrize(
    ("env", "sms"),
    [
        ({}, Outlet(adapter="sandbox")),
        ({"GONGJI_SMS": "off"}, Outlet(adapter="off")),
        (
            {"GONGJI_SMS": "http", "GONGJI_SMS_URL": "http://127.0.0.1:9/sms", "GONGJI_SMS_KEY": KEY},
            Outlet(adapter="http", url="http://127.0.0.1:9/sms", key=KEY),
        ),
    ],
)
def test_the_sandbox_keeps_messages_unless_told_otherwise(
    env: dict[str, str], sms: Outlet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert read_settings(tmp_path).sms == sms


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"GONGJI_SMS": "pigeon"}, "GONGJI_SMS=pigeon"),
        ({"GONGJI_SMS": "http", "GONGJI_SMS_KEY": KEY}, "GONGJI_SMS_URL"),
        (
            {"GONGJI_SMS": "http", "GONGJI_SMS_URL": "https://sms.example/x", "GONGJI_SMS_KEY": "short"},
            "GONGJI_SMS_KEY",
        ),
        ({"GONGJI_ENV": "production", "GONGJI_SMS": "sandbox"}, "GONGJI_SMS=sandbox"),
        (
            {
                "GONGJI_ENV": "production",
                "GONGJI_MINI_PROGRAM": "http",
                "GONGJI_MINI_PROGRAM_URL": "http://plain.example",
                "GONGJI_MINI_PROGRAM_KEY": KEY,
            },
            "https://",
        ),
    ],
)
def test_a_wrong_outlet_is_named(
    env: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=named):
        read_settings(tmp_path)


def test_production_sends_nothing_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GONGJI_ENV", "production")
    monkeypatch.setenv("GONGJI_SECRET", KEY)
    monkeypatch.setenv("DATABASE_URL", "postgresql://x")
    assert read_settings(tmp_path).mini_program == Outlet(adapter="off")
