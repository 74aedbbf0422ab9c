"""The reference page of the demo city, written from its data (演示城市的参考页)."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Final

from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import Scheme, Segment
from gongji.core.money import format_percent, format_yuan
from gongji.core.person import Institution
from gongji.demo.market import catalogue, institutions
from gongji.demo.people import PASSWORD, Citizen, Family, citizens, families

REGIONS: Final = {
    "110000": "北京",
    "150100": "呼和浩特",
    "310000": "上海",
    "360100": "南昌",
    "370200": "青岛",
    "450100": "南宁",
    "610100": "西安",
    "610400": "咸阳",
}

KINDS: Final = {
    "hospital": "医院",
    "pharmacy": "药店",
    "clinic": "门诊机构",
}


def page() -> str:
    """The whole page in Markdown."""
    return "".join(
        (
            _introduction(),
            *(_family(family) for family in families().families),
            "## 医药机构\n\n",
            _table(("编号", "名称", "地区", "类别", "级别"), map(_institution_row, institutions())),
            "## 目录\n\n",
            _table(("编码", "名称", "类别", "等级", "先行自付", "最高单价", "单价（元）"), map(_item_row, catalogue())),
        )
    )


def _introduction() -> str:
    text = files("gongji.demo").joinpath("document.md").read_text("utf-8")
    return text.format(
        people=len(citizens()),
        families=len(families().families),
        regions=len(REGIONS),
        institutions=len(institutions()),
        items=len(catalogue()),
        password=PASSWORD,
        signed_on=families().signed_at.date(),
    )


def _family(family: Family) -> str:
    people = citizens()
    headings = ("姓名", "是谁", "参保地", "险种", "证件号码", "余额（元）")
    table = _table(headings, (_person_row(people[member.name]) for member in family.members))
    bindings = "".join(
        f"- {bond.authoriser} → {bond.user}（{bond.relation.label}）"
        + (f"，第 {bond.position} 顺位" if bond.position else "")
        + (f"，每次最多 {bond.cap} 元" if bond.cap else "")
        + (f"，{bond.signed_at.date()} 签署" if bond.signed_at else "")
        + "\n"
        for bond in family.bindings
    )
    bound = f"已绑定（授权人 → 使用人，使用人是授权人的什么人）：\n\n{bindings}\n" if bindings else ""
    return f"### {family.name}\n\n{family.story}\n\n{table}{bound}"


def _person_row(citizen: Citizen) -> Sequence[str]:
    member, person = citizen.member, citizen.person
    balance = member.balance
    if any(credit.segment is not Segment.WHOLE for credit in citizen.credits):
        balance = f"当年 {member.current_year}，历年 {member.historical}"
    insured = f"{person.scheme.label}，{person.status.label}" if person.insured_since else "未参保"
    return (
        person.name,
        member.who,
        REGIONS[person.region],
        insured,
        person.certificate_no,
        balance if person.scheme is Scheme.EMPLOYEE else "",
    )


def _institution_row(institution: Institution) -> Sequence[str]:
    level = institution.level.label if institution.level else ""
    grade = institution.grade.label if institution.grade else ""
    kind = KINDS[institution.kind]
    return institution.code, institution.name, REGIONS[institution.region], kind, f"{level}{grade}"


def _item_row(item: CatalogueItem) -> Sequence[str]:
    limit = format_yuan(item.price_limit) if item.price_limit is not None else ""
    share = format_percent(item.first_self_pay) if item.first_self_pay else ""
    return item.code, item.name, item.kind.label, item.level, share, limit, format_yuan(item.price)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    Path("docs/reference/demo-city.md").write_text(page(), "utf-8")
