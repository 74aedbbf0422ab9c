"""The first page: what this is and, in the sandbox, a story to try (首页)."""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from gongji.service.platform import Platform
from gongji.settings import Settings
from gongji.web.demo_city import DemoCity, DemoPerson, demo_city
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

STORY_ROLE = "story father"
"""Role of the father in the demo city; without him any bound father will do."""


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
    """What this is, where to go, and a story to try."""
    city = DemoCity() if settings.production else await demo_city(platform)
    return page("home.html", visitor=guest, story=_story(platform, city))


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
