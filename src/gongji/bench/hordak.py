"""django-hordak beside us: transfers a second that check the balance first, from its own package.

It is no dependency: the measurement needs ``pip install 'gongji[bench]'`` and is left out without it. Run as a program
it is one client: ``python -m gongji.bench.hordak HOST DATABASE SECONDS``.
"""

import importlib.util
import random
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import psycopg

CLIENTS: Final = 8
ACCOUNTS: Final = 200


def measure(admin: str, seconds: int, tell: Callable[[str], None]) -> float | None:
    """Transfers a second of eight clients; None when the package is not installed."""
    if importlib.util.find_spec("hordak") is None:
        tell("没有安装 django-hordak（pip install 'gongji[bench]'），不比较")
        return None
    tell("django-hordak")
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute("create database hordak")
    host = parse_qs(urlsplit(admin).query)["host"][0]
    command = [sys.executable, "-m", "gongji.bench.hordak", host, "hordak"]
    subprocess.run([*command, "0"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    running = [
        subprocess.Popen([*command, str(seconds)], stdout=subprocess.PIPE)  # noqa: S603
        for _ in range(CLIENTS)
    ]
    return sum(float(process.communicate()[0]) for process in running)


def _open(host: str, database: str) -> None:
    import django  # noqa: PLC0415 - only where the package is
    from django.conf import settings  # noqa: PLC0415

    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database,
                "HOST": host,
                "USER": "postgres",
            }
        },
        DEFAULT_CURRENCY="CNY",
        CURRENCIES=["CNY"],
        HORDAK_CURRENCIES=["CNY"],
        USE_TZ=True,
        SECRET_KEY="only measured",  # noqa: S106 - nothing is served
    )
    django.setup()


def _prepare() -> None:
    from django.core.management import call_command  # noqa: PLC0415
    from hordak.models import Account  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    for number in range(ACCOUNTS):
        Account.objects.create(name=f"a{number}", code=f"{number:04d}", type="AS", currencies=["CNY"])


def _transfer(seconds: float) -> float:
    """Lock the payer, see whether he has enough, transfer: what an account that must not go below zero needs."""
    from django.db import transaction  # noqa: PLC0415
    from hordak.models import Account  # noqa: PLC0415
    from moneyed import Money  # noqa: PLC0415

    accounts: list[Any] = list(Account.objects.all())
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        payer, payee = random.sample(accounts, 2)
        with transaction.atomic():
            locked = Account.objects.select_for_update().get(pk=payer.pk)
            locked.get_balance()
            locked.transfer_to(payee, Money(1, "CNY"))
        done += 1
    return done / (time.perf_counter() - started)


if __name__ == "__main__":
    _open(sys.argv[1], sys.argv[2])
    if sys.argv[3] == "0":
        _prepare()
    else:
        sys.stdout.write(str(_transfer(float(sys.argv[3]))))
