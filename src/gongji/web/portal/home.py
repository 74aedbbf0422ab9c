"""The first page: one's own things at a glance, or what this is and, in the sandbox, a story to try (首页)."""

from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from gongji.core.codes import AccountState
from gongji.core.refusal import Refusal
from gongji.service.home import home_of
from gongji.service.platform import Platform
from gongji.settings import Settings
from gongji.web.demo_city import DemoCity, DemoPerson, demo_city
from gongji.web.faults import NoSuchPageError
from gongji.web.portal.account import LIMITED, months_of, segments_of
from gongji.web.rendering import page
from gongji.web.visitor import PasswordChangeNeededError, Visitor

STORY_ROLE = "story father"
"""Role of the father in the demo city; without him any bound father will do."""


RECENT: Final = 3
_READ: Final = 4 * RECENT
"""So many movements are read for them, since one bill may have taken from several segments."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A father with little money of his own, and the son who has bound him."""

    father: DemoPerson
    father_region: str
    son: DemoPerson
    son_region: str


@get("/", name="home")
async def home(
    platform: NamedDependency[Platform], settings: NamedDependency[Settings], guest: NamedDependency[Visitor | None]
) -> Template:
    """What this is, where to go, and a story to try; for who has signed in, his own things."""
    if guest and guest.password_issued:
        raise PasswordChangeNeededError
    if guest:
        return await _my_home(platform, guest)
    city = DemoCity() if settings.production else await demo_city(platform)
    return page("home.html", visitor=guest, story=_story(platform, city))


async def _my_home(platform: Platform, visitor: Visitor) -> Template:
    found = await home_of(platform, visitor.person_no, _READ)
    if isinstance(found, Refusal):
        raise NoSuchPageError
    holding, told = found.account.holding, found.inbox
    months = months_of(found.account.movements, visitor.person_no)
    return page(
        "my_home.html",
        visitor=visitor,
        region=platform.book.name(holding.person.region),
        holding=holding,
        has_account=holding.state is not AccountState.NONE,
        limited=holding.state.label if holding.state in LIMITED else "",
        frozen=holding.balance - holding.available,
        segments=segments_of(holding),
        year=found.account.year,
        year_to_date=found.account.year_to_date,
        lines=[line for month in months for line in month.lines][:RECENT],
        given=found.given,
        taken=found.taken,
        waiting=found.orders,
        unread=told.unread,
        latest=told.notices[0] if told.unread else None,
    )


def _story(platform: Platform, city: DemoCity) -> Story | None:
    people = {person.psn_no: person for person in city.people}
    pairs = [
        (people[binding.user], people[binding.authoriser])
        for binding in city.bindings
        if binding.relation == "parent" and binding.user in people and binding.authoriser in people
    ]
    pairs = [(father, son) for father, son in pairs if father.login and son.login and "father" in father.role]
    if not pairs:
        return None
    father, son = min(pairs, key=lambda pair: STORY_ROLE not in pair[0].role)
    return Story(
        father=father,
        father_region=platform.book.name(father.region),
        son=son,
        son_region=platform.book.name(son.region),
    )


@get("/services", name="services")
async def services(guest: NamedDependency[Visitor | None]) -> Template:
    """Everything that can be done here, under the names people know (服务 → 个人业务申报)."""
    return page("services.html", visitor=guest)
