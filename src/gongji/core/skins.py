"""Channels as data (渠道外观): what a channel is called, where it is open, its menus and where each entry leads."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from gongji.core.codes import Confidence, Term
from gongji.core.policy import ancestry
from gongji.core.scopes import Scope, in_order

Trail = tuple[str, ...]
"""Labels from the first page of a channel down to an entry, letter by letter as people see them."""

PORTAL: Final = "portal"
"""What is written down for business that came by no channel but the portal itself."""


class SkinKind(Term):
    """What a channel is (渠道类别)."""

    APP = "app", "手机应用"
    MINI_PROGRAM = "mini_program", "小程序"
    WEBSITE = "website", "网站"
    OFFICIAL_ACCOUNT = "official_account", "微信公众号"
    LIFE_PLATFORM = "life_platform", "生活平台"
    SERVICE_PLATFORM = "service_platform", "政务服务平台"


class SkinAccess(Term):
    """How a channel comes to a person's data (取得数据的方式)."""

    OWN = "own", "登录本人账户"
    """The channel is run for the medical insurance: people sign in with their own account."""
    THIRD_PARTY = "third_party", "绑定社保卡并授权"
    """Somebody else's platform: it gets what the person allows it, over OAuth2."""


class SkinIcon(Term):
    """The drawing in the header of a channel."""

    HOME = "home", "房子"
    FAMILY = "family", "家人"
    PLACE = "place", "地点"
    SHOP = "shop", "服务"
    PHONE = "phone", "手机"
    WALLET = "wallet", "钱包"
    CHANNEL = "channel", "接入"
    RECORDS = "records", "记录"
    PAY = "pay", "付款"


class PortalService(Term):
    """A page of the portal to which an entry of a channel may lead (门户服务)."""

    BALANCE = "balance", "余额和明细"
    RECORDS = "records", "收支记录"
    PREMIUM_RECORDS = "premium_records", "代缴保险费明细"
    PREMIUMS_PAID = "premiums_paid", "代缴信息"
    PAY = "pay", "缴费"
    BIND = "bind", "家庭共济绑定"
    FAMILY = "family", "家庭共济管理"
    VOUCHER = "voucher", "医保码"
    RELATIVES = "relatives", "亲情账号"
    REAL_NAME = "real_name", "实名认证"
    SECURITY = "security", "登录与密码"
    MESSAGES = "messages", "消息"
    PLACE = "place", "当地规定"
    ASK = "ask", "能不能用"
    QUOTE = "quote", "算一算"
    HELP = "help", "帮助"
    PHONES = "phones", "电话簿"
    REGULATIONS = "regulations", "医保法规"
    NOT_HERE = "not_here", "这里不办"
    """The channel has it in reality; this software does not do it and says so."""

    @property
    def personal(self) -> bool:
        """Whether it is about one person, who must be known."""
        return self not in _PUBLIC

    @property
    def scope(self) -> Scope | None:
        """What a third-party channel must be allowed for it; None: it cannot do this for a person."""
        return _SCOPES.get(self)


_PUBLIC: Final = frozenset(
    {
        PortalService.PLACE,
        PortalService.ASK,
        PortalService.QUOTE,
        PortalService.HELP,
        PortalService.PHONES,
        PortalService.REGULATIONS,
        PortalService.NOT_HERE,
    }
)
_SCOPES: Final = {
    PortalService.BALANCE: Scope.ACCOUNT_READ,
    PortalService.RECORDS: Scope.ACCOUNT_READ,
    PortalService.PREMIUM_RECORDS: Scope.ACCOUNT_READ,
    PortalService.PREMIUMS_PAID: Scope.PREMIUMS_READ,
    PortalService.VOUCHER: Scope.VOUCHER,
    PortalService.RELATIVES: Scope.VOUCHER,
}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Who says so, and how sure it is (出处)."""

    text: str
    confidence: Confidence


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Where a channel is open and from when to when, both days included (开通地区)."""

    regions: tuple[str, ...]
    start: date | None = None
    end: date | None = None

    def holds(self, region: str, on: date) -> bool:
        """Whether it is open for people insured there on a day."""
        within = (self.start is None or self.start <= on) and (self.end is None or on <= self.end)
        return within and not set(self.regions).isdisjoint(ancestry(region))


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of another channel to which an entry leads (跳转)."""

    skin: str
    path: Trail


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a channel (入口).

    Attributes:
        path: labels from the first page to it.
        service: where it leads, or None where it leads to another channel's entry.
        to: that other channel's entry.
        words: what else people search for and find it by.
        regions: where the entry is there, when that is not everywhere the channel is open.
        searched_only: it stands in no menu; only the search finds it.
        source: its own source, when it is not the channel's.
    """

    path: Trail
    service: PortalService | None = None
    to: Elsewhere | None = None
    words: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    searched_only: bool = False
    source: Source | None = None

    def there(self, region: str) -> bool:
        """Whether people insured in a region have it."""
        return not self.regions or not set(self.regions).isdisjoint(ancestry(region))

    def found_by(self, words: str) -> bool:
        """Whether a search finds it: by a part of its labels or of the words it is known by."""
        return any(words in text for text in (*self.path, *self.words))


class Skin(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as people meet it (渠道).

    Attributes:
        key: name of its file and part of its address.
        operator: who runs it; ``{place}`` in it stands for the place chosen.
        motto: one line under its name.
        first_run: what one does before using it the first time, step by step.
        place_at: menus that open once a place has been chosen (地方专区、城市服务); ``()`` is the first page.
        note: what else is to be known, or empty.
    """

    key: str
    name: str
    kind: SkinKind
    operator: str
    access: SkinAccess
    icon: SkinIcon
    motto: str
    openings: tuple[Opening, ...]
    entries: tuple[Entry, ...]
    source: Source
    verified_on: date
    review_by: date
    first_run: tuple[str, ...] = ()
    place_at: tuple[Trail, ...] = ()
    note: str = ""

    @property
    def channel(self) -> str:
        """What is written down for business that came by it."""
        return f"{PORTAL}/{self.key}"

    @property
    def client_id(self) -> str:
        """Under which id the sandbox registers it, when it is a third party."""
        return f"ch-{self.key}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """All that its entries need of a person, for a third party."""
        return in_order(scope for entry in self.entries if entry.service and (scope := entry.service.scope))

    def run_by(self, place: str) -> str:
        """Who runs it in a place, by the place's name."""
        return self.operator.replace("{place}", place)

    def open_in(self, region: str, on: date) -> bool:
        """Whether it is open for people insured in a region on a day."""
        return any(opening.holds(region, on) for opening in self.openings)

    def entry(self, path: Trail) -> Entry | None:
        """The entry at a path."""
        return next((entry for entry in self.entries if entry.path == path), None)

    def is_menu(self, path: Trail) -> bool:
        """Whether something stands below a path."""
        return any(len(entry.path) > len(path) and entry.path[: len(path)] == path for entry in self.entries)

    def below(self, path: Trail, region: str | None) -> list[Trail]:
        """Menus and entries directly below a path, in the order of the file; those of a region, or all."""
        found = [
            entry.path[: len(path) + 1]
            for entry in self.entries
            if not entry.searched_only
            and len(entry.path) > len(path)
            and entry.path[: len(path)] == path
            and (region is None or entry.there(region))
        ]
        return list(dict.fromkeys(found))

    def asks_place(self, path: Trail) -> bool:
        """Whether a place is to be chosen at or above a path."""
        return any(path[: len(place)] == place for place in self.place_at)

    def search(self, words: str) -> list[Entry]:
        """Entries that a search finds; nothing for nothing."""
        return [entry for entry in self.entries if entry.found_by(words)] if words else []


Skins = Mapping[str, Skin]
"""All channels by key."""


def channel_name(skins: Skins, channel: str) -> str:
    """What people call the way by which business came (渠道).

    Args:
        skins: all channels.
        channel: as it was written down: ``portal``, ``portal/shaanxi_app``, ``rest/ch-…``, ``counter``.
    """
    way, _, rest = channel.partition("/")
    if way == PORTAL:
        skin = skins.get(rest)
        return skin.name if skin else "共济门户"
    return _WAYS.get(way, channel)


_WAYS: Final = {"rest": "第三方渠道", "counter": "经办窗口"}
