"""How blocks about premiums and about classes of spending become values of ``core.rules`` (缴费标准、八大类支出)."""

from gongji.core.citation import Citation
from gongji.core.codes import PremiumKind, Purpose, Status
from gongji.core.rules import (
    Categories,
    Category,
    Premium,
    PremiumLate,
    PremiumPayer,
    PremiumRefund,
    PremiumRow,
    Rule,
)
from gongji.policyfiles.table import Table

CATEGORY_COUNT = 8
"""People are told of eight classes (八大类支出)."""


def read_categories(block: Table, cite: Citation) -> Rule:
    """The classes of spending; each purpose stands in one of them."""
    rows: list[Category] = []
    seen: set[Purpose] = set()
    for table in block.rows():
        key, name, source = table.text("key"), table.text("name"), table.text("source")
        purposes = table.choices("purposes", Purpose)
        table.done()
        twice = seen & set(purposes or ())
        if twice:
            table.fault("purposes", f"一种用途只归一类：{'、'.join(sorted(p.label for p in twice))} 前面已有")
        seen |= set(purposes or ())
        if key and name and source and purposes:
            rows.append(Category(key=key, name=name, purposes=purposes, source=source))
    if len(rows) > CATEGORY_COUNT:
        block.fault("rows", f"支出分 {CATEGORY_COUNT} 大类，这里有 {len(rows)} 类")
    return Categories(cite=cite, rows=tuple(rows))


def read_premium(block: Table, cite: Citation) -> Rule:
    """What is paid for the years that the block spans."""
    product = cite.rule == f"premium.{PremiumKind.COMMERCIAL.value}"
    rows = [_row(table, product=product) for table in block.rows()]
    opens_on, closes_on = block.day("opens_on"), block.day("closes_on")
    covers_from, covers_to = block.day("covers_from"), block.day("covers_to")
    for name, first, last in (("closes_on", opens_on, closes_on), ("covers_to", covers_from, covers_to)):
        if first and last and last < first:
            block.fault(name, f"{name} 早于起日 {first}")
    if (covers_from is None) is not (covers_to is None):
        block.fault("covers_to", "covers_from 和 covers_to 同写")
    return Premium(
        cite=cite,
        rows=tuple(rows),
        minimum=block.flag("minimum") or False,
        subsidy=block.amount("subsidy", required=False),
        opens_on=opens_on,
        closes_on=closes_on,
        covers_from=covers_from,
        covers_to=covers_to,
    )


def _row(table: Table, *, product: bool) -> PremiumRow:
    """A row for some people; of an insurance product its key and name, its price where that is known."""
    row = PremiumRow(
        statuses=table.choices("statuses", Status, required=False) or (),
        product=(table.text("product", required=product) if product else None) or "",
        name=(table.text("name", required=product) if product else None) or "",
        amount=table.amount("amount", required=not product),
    )
    table.done()
    return row


def read_late(block: Table, cite: Citation) -> Rule | None:
    """Months of waiting."""
    months = block.count("months", low=0, high=24, required=True)
    return None if months is None else PremiumLate(cite=cite, months=months)


def read_refund(block: Table, cite: Citation) -> Rule | None:
    """Whether premiums are given back before cover begins."""
    block.value("before_cover", required=True)
    before = block.flag("before_cover")
    return None if before is None else PremiumRefund(cite=cite, before_cover=before)


def read_payer(block: Table, cite: Citation) -> Rule | None:
    """Whether one account must pay all."""
    block.value("one_account_must_cover", required=True)
    one = block.flag("one_account_must_cover")
    return None if one is None else PremiumPayer(cite=cite, one_account_must_cover=one)
