"""Whether blocks that are sound alone fit together: no overlap, no gap, no rule that leads nowhere."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import msgspec

from gongji.core.policy import Cap, Citation, Ratio, Region, Rule, RuleKey, SameAs, ancestry
from gongji.policyfiles.fault import Sheet


class Block(msgspec.Struct, frozen=True):
    """A rule that was read, and the place it stands for later faults."""

    rule: Rule
    sheet: Sheet
    path: str

    @property
    def cite(self) -> Citation:
        """Where the rule stands and who says so."""
        return self.rule.cite


Blocks = Mapping[RuleKey, list[Block]]
"""All blocks by key, those of a key by their first day."""


class Named(msgspec.Struct, frozen=True):
    """A region that was read, and its file for later faults."""

    region: Region
    sheet: Sheet


def check_names(named: Sequence[Named]) -> None:
    """Refuse a name or alias by which two regions are meant; districts of different cities may share their name."""
    callers: dict[str, list[Named]] = {}
    for each in named:
        for name in dict.fromkeys((each.region.name, *each.region.aliases)):
            callers.setdefault(name, []).append(each)
    for name, sharing in callers.items():
        for each in sharing:
            is_name = each.region.name == name
            if len(sharing) > 1 and not (is_name and not each.region.code.endswith("00")):
                others = "、".join(other.region.code for other in sharing if other is not each)
                each.sheet.fault("name" if is_name else "aliases", f"“{name}”也是 {others} 的名称或叫法，会混淆")


def check_sequence(blocks: list[Block]) -> None:
    """Refuse overlaps and gaps between the blocks of one rule, sorted by their first day."""
    for earlier, later in pairwise(blocks):
        end, start = earlier.cite.end, later.cite.start
        if end is None or start <= end:
            until = "没有止日" if end is None else f"到 {end} 为止"
            later.sheet.fault(f"{later.path}.from", f"与 {earlier.cite.start} 起的一块重叠（那一块{until}）")
        elif start > end + timedelta(days=1):
            later.sheet.fault(f"{later.path}.from", f"{end} 与 {start} 之间有空档；中间的规定未知时请补一块或连上日期")


def check_same_as(blocks: Blocks) -> None:
    """Refuse a rule that repeats one that is nowhere stated, or that repeats another itself."""
    for (region, _, scheme), stated in blocks.items():
        for block in stated:
            rule = block.rule
            if not isinstance(rule, SameAs):
                continue
            targets = [each for code in ancestry(region) for each in blocks.get((code, rule.target, scheme), [])]
            if not targets:
                block.sheet.fault(f"{block.path}.same_as", f"本地和上级都没有 {rule.target}（{scheme.label}）")
            elif any(isinstance(each.rule, SameAs) for each in targets):
                block.sheet.fault(f"{block.path}.same_as", f"{rule.target} 自己也是 same_as，须指向写明数值的规则")


_CAP_OF_BANDS = {"year_eligible": "eligible_spending", "year_fund": "fund_payment"}
"""The cap that counts the same as a kind of bands."""


def check_bands(blocks: Blocks) -> None:
    """Refuse a band of the year that begins where the cap of the year ends."""
    for (region, name, scheme), stated in blocks.items():
        subject, _, kind = name.partition(".")
        if kind != "ratio":
            continue
        caps = blocks.get((region, f"{subject}.cap", scheme), [])
        for block in stated:
            if isinstance(block.rule, Ratio):
                for most in _caps_beside(block.rule, caps):
                    _check_reached(block, block.rule, most)


def _caps_beside(ratio: Ratio, caps: list[Block]) -> Iterator[int]:
    """Highest amount of each cap that holds beside a ratio and counts the same as its bands."""
    for cap in caps:
        rule = cap.rule
        if not isinstance(rule, Cap) or rule.basis != _CAP_OF_BANDS.get(ratio.bands_of or ""):
            continue
        amounts = [row.amount for row in rule.rows if row.amount is not None]
        open_ended = len(amounts) < len(rule.rows)
        if amounts and not open_ended and not rule.above_share and _meet(ratio.cite, rule.cite):
            yield max(amounts)


def _meet(one: Citation, other: Citation) -> bool:
    return one.start <= (other.end or date.max) and other.start <= (one.end or date.max)


def _check_reached(block: Block, ratio: Ratio, most: int) -> None:
    for place, row in enumerate(ratio.rows):
        for number, band in enumerate(row.bands[:-1], start=1):
            if band.to is not None and band.to >= most:
                key = f"{block.path}.rows[{place}].bands[{number}]"
                block.sheet.fault(key, "这一段永远轮不到：前一段已到最高支付限额")
                break
