"""Those who work at the demo city's agency (演示城市的经办人员)."""

import base64
import hashlib
from collections.abc import Iterator

from gongji.demo.people import PASSWORD
from gongji.service.staff import Role, Staff

_NAMES = {
    Role.CLERK: "佘经办",
    Role.REVIEWER: "蔺复核",
    Role.AUDITOR: "佟稽核",
    Role.ADMIN: "鄢管理",
}


def staff() -> Iterator[Staff]:
    """One of each role."""
    for role, name in _NAMES.items():
        yield Staff(login=f"demo-{role.value}", name=name, role=role, region=None)


def password() -> str:
    """Everybody's password."""
    return PASSWORD


def totp_secret(login: str) -> str:
    """The secret of a demo account: the same each time, published with it."""
    return base64.b32encode(hashlib.sha256(f"gongji demo {login}".encode()).digest()[:20]).decode()
