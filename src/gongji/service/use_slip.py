"""Uses of shared money on paper, for whoever has no phone to look at them (家庭共济使用清单)."""

from datetime import date
from typing import IO, Final

from gongji.core.codes import Care
from gongji.core.notices import spoken_time
from gongji.core.person import Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.papers.paper import Cell, Column, Form, Paper
from gongji.service.papers.writers import writer_of
from gongji.service.people import persons
from gongji.service.platform import Platform
from gongji.service.uses import Asked, UseView, uses_of

MOST_LINES: Final = 1000
"""Lines of one slip, the latest: what is older is on the next, by its days."""

_COLUMNS: Final = (
    Column("时间", 22),
    Column("使用人", 14),
    Column("医药机构", 40),
    Column("用途", 14),
    Column("结算ID", 34),
    Column("金额", 14, money=True),
)


async def write_slip(
    platform: Platform,
    target: IO[bytes],
    form: Form,
    person_no: str,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Refusal | None:
    """Write what relatives paid with a person's money, newest first; a return is a negative amount."""
    person = (await persons(platform, [person_no])).get(person_no)
    if person is None:
        return refuse(Code.PERSON_UNKNOWN)
    asked = Asked(given=True, since=since, until=until)
    found = await uses_of(platform, person_no, asked, MOST_LINES + 1)
    uses = found[:MOST_LINES]
    writer = writer_of(form)(target, _paper(platform, person, asked, uses, whole=len(found) <= MOST_LINES))
    writer.add([_row(view) for view in uses])
    writer.close(sum(view.use.amount for view in uses))
    return None


def _paper(platform: Platform, person: Person, asked: Asked, uses: list[UseView], *, whole: bool) -> Paper:
    paid = sum(view.use.amount for view in uses if view.use.amount > 0)
    returned = sum(view.use.amount for view in uses if view.use.amount < 0)
    first = f"{asked.since} 起" if asked.since else "绑定以来"
    return Paper(
        title="家庭共济使用清单",
        subtitle=f"{person.name}　打印于 {spoken_time(platform.clock())}",
        facts=(
            ("授权人", person.name),
            ("参保地", platform.book.name(person.region)),
            ("期间", f"{first}至 {asked.until or platform.clock().date()}"),
            ("明细", f"{len(uses)} 条"),
        ),
        sums=(("家人使用", paid), ("退回", returned), ("合计", paid + returned)),
        columns=_COLUMNS,
        notes=() if whole else (f"只列最近 {MOST_LINES} 条；更早的请写明日期另打一份。",),
        signers=("打印：", "本人签收："),
    )


def _row(view: UseView) -> list[Cell]:
    use = view.use
    return [
        spoken_time(use.at),
        view.user,
        view.institution,
        Care(use.care).label,
        use.settlement,
        use.amount,
    ]
