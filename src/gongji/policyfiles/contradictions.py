"""Contradictions between sources (互相矛盾的说法): each side in its words, how it is resolved, where that stands."""

import re
import tomllib
from pathlib import Path

import msgspec

from gongji.core.codes import Term
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code
from gongji.policyfiles.describe import RULE_NAMES
from gongji.policyfiles.fault import Fault, PolicyFilesError, Sheet
from gongji.policyfiles.load import file_text
from gongji.policyfiles.table import Table

FILE = "contradictions.toml"

ARTICLES = {
    "南宁篇": "科普文章（南宁家庭共济与余额查询），无日期",
    "南昌篇": "科普文章（南昌家庭共济与余额查询），2025-12-01",
    "青岛篇": "科普文章（青岛家庭共济与提取），无日期",
    "余额篇": "科普文章《职工医保余额怎么用》及其后的摘要，2025-04-19",
    "陕西篇": "科普文章（陕西家庭共济）及其后的摘要，2025-03-12",
}
"""What is quoted: short name and full name."""

REFUSAL = "refusal"

_WHERE = re.compile(r"(?P<region>\d{6}|refusal) (?P<rule>[a-z_.]+)")


class Handling(Term):
    """How a contradiction is resolved (处理方式)."""

    DATED = "dated", "按日期分块"
    PROFILE = "profile", "按地区分写"
    FLAG = "flag", "规则里的开关"
    BOTH = "both", "并列照录"
    FIXED = "fixed", "只取一说"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side: a few words as written, and where."""

    says: str
    told_in: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the resolution stands: a region's rule, or a refusal (``region`` is then ``refusal``)."""

    region: str
    rule: str


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """Statements that cannot all hold, and what is done about it."""

    number: int
    topic: str
    sides: tuple[Side, ...]
    handling: Handling
    resolved: str
    default: str
    stands: tuple[Place, ...]


def contradictions(root: Path, book: PolicyBook) -> tuple[Contradiction, ...]:
    """The contradictions beside the regions, in their order.

    Raises:
        PolicyFilesError: with every fault of the file.
    """
    found, faults = _read(root, book)
    if faults:
        raise PolicyFilesError(faults)
    return found


def check_contradictions(root: Path, book: PolicyBook) -> tuple[Fault, ...]:
    """Every fault of the file; a folder of regions without the file has none."""
    return _read(root, book)[1] if (root / FILE).is_file() else ()


def _read(root: Path, book: PolicyBook) -> tuple[tuple[Contradiction, ...], tuple[Fault, ...]]:
    text = file_text(root / FILE)
    sheet = Sheet(f"regions/{FILE}", text)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        sheet.syntax_fault(error)
        return (), tuple(sheet.faults)
    found = []
    top = Table(sheet, "", values)
    for number, table in enumerate(top.rows("contradiction"), 1):
        # Blocks are named as headers are, so that faults find their lines.
        table.path = f"contradiction[{number - 1}]"
        entry = _entry(table, book)
        table.done()
        if entry is not None:
            if entry.number != number:
                table.fault("number", f"编号须依次写，这里应为 {number}")
            found.append(entry)
    top.done()
    return tuple(found), tuple(sheet.faults)


def _entry(table: Table, book: PolicyBook) -> Contradiction | None:
    number, topic = table.count("number", low=1, required=True), table.text("topic")
    sides = tuple(side for row in table.rows("sides") if (side := _side(row)))
    if len(sides) == 1:
        table.fault("sides", "至少写两方")
    handling = table.choice("handling", Handling, required=True)
    resolved, default = table.text("resolved"), table.text("default")
    stands = tuple(place for name in table.names("stands") if (place := _place(table, name, book)))
    if not stands:
        table.fault("stands", "写明在哪条规则里，例如 000000 sharing.kin")
    if number is None or topic is None or handling is None or resolved is None or default is None:
        return None
    return Contradiction(
        number=number,
        topic=topic,
        sides=sides,
        handling=handling,
        resolved=resolved,
        default=default,
        stands=stands,
    )


def _side(row: Table) -> Side | None:
    says, told_in = row.text("says"), row.word("told_in", tuple(ARTICLES), required=True)
    row.done()
    return None if says is None or told_in is None else Side(says=says, told_in=told_in)


def _place(table: Table, name: str, book: PolicyBook) -> Place | None:
    found = _WHERE.fullmatch(name)
    place = Place(**found.groupdict()) if found else None
    if place is None or not _there(place, book):
        table.fault("stands", f"没有 {name}：写区划代码和规则名，那里须有这条规则；或 refusal 和拒绝编码")
        return None
    return place


def _there(place: Place, book: PolicyBook) -> bool:
    if place.region == REFUSAL:
        return place.rule in {code.value for code in Code}
    return place.rule in RULE_NAMES and any(
        region == place.region and rule == place.rule for region, rule, _ in book.rules
    )
