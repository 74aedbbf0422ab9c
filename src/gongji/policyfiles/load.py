"""Policy files to a ``PolicyBook``: every fault of every file is found before any is reported."""

import hashlib
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from gongji.core.codes import Confidence, Scheme
from gongji.core.policy import Citation, PolicyBook, Region, Rule, RuleKey
from gongji.policyfiles.consistency import Block, Named, check_bands, check_names, check_same_as, check_sequence
from gongji.policyfiles.facts import FACTS
from gongji.policyfiles.fault import Fault, PolicyFilesError, Sheet
from gongji.policyfiles.rules import FACT_RULES, READERS, SUBJECTS
from gongji.policyfiles.table import Table

_CODE = re.compile(r"\d{6}")


class _Reading:
    """What has been read so far of a folder of regions."""

    def __init__(self) -> None:
        self.regions: dict[str, Region] = {}
        self.named: list[Named] = []
        self.blocks: dict[RuleKey, list[Block]] = {}
        self.sheets: list[Sheet] = []
        self.hash = hashlib.sha256()

    def sheet(self, file: str, text: str) -> Sheet:
        made = Sheet(file, text)
        self.sheets.append(made)
        return made

    def faults(self) -> tuple[Fault, ...]:
        return tuple(sorted(fault for sheet in self.sheets for fault in sheet.faults))


def load(root: Path) -> PolicyBook:
    """Read a folder of regions.

    Raises:
        PolicyFilesError: with every fault of every file.
    """
    reading = _read(root)
    faults = reading.faults()
    if faults:
        raise PolicyFilesError(faults)
    return PolicyBook(
        regions=dict(sorted(reading.regions.items())),
        rules={key: tuple(block.rule for block in blocks) for key, blocks in reading.blocks.items()},
        digest=reading.hash.hexdigest(),
    )


def read_region(folder: Path) -> tuple[dict[RuleKey, tuple[Rule, ...]], tuple[Fault, ...]]:
    """The rules of one folder alone, and its faults."""
    reading = _Reading()
    _read_folder(folder, reading)
    for blocks in reading.blocks.values():
        blocks.sort(key=lambda block: block.cite.start)
        check_sequence(blocks)
    rules = {key: tuple(block.rule for block in blocks) for key, blocks in reading.blocks.items()}
    return rules, reading.faults()


def check(root: Path) -> tuple[Fault, ...]:
    """Every fault of a folder of regions, by file and line; empty when it can be loaded."""
    return _read(root).faults()


def region_folders(root: Path) -> list[Path]:
    """Folders of regions, by code."""
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def file_text(path: Path) -> str:
    """Text of a policy file; every line ends alike, so that a policy has the same digest on every machine."""
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n")


def digested(file: str, text: str) -> bytes:
    """What of a file goes into the digest of the book."""
    return f"{file}\0{text}\0".encode()


def _read(root: Path) -> _Reading:
    reading = _Reading()
    folders = region_folders(root)
    if not folders:
        reading.sheet(root.name, "").fault("", "没有任何地区文件夹")
    for folder in folders:
        _read_folder(folder, reading)
    for blocks in reading.blocks.values():
        blocks.sort(key=lambda block: block.cite.start)
        check_sequence(blocks)
    check_names(reading.named)
    check_same_as(reading.blocks)
    check_bands(reading.blocks)
    return reading


def _read_folder(folder: Path, reading: _Reading) -> None:
    code = folder.name
    if not _CODE.fullmatch(code):
        reading.sheet(f"regions/{code}", "").fault("", "文件夹名须是六位行政区划代码")
        return
    if not (folder / "region.toml").is_file():
        reading.sheet(f"regions/{code}/region.toml", "").fault("", "缺少 region.toml（代码、名称）")
    for path in sorted(folder.glob("*.toml")):
        sheet, values = _parse(path, f"regions/{code}/{path.name}", reading)
        if values is None:
            continue
        if path.stem == "region":
            _read_region(Table(sheet, "", values), code, reading)
        elif path.stem == FACTS:
            _read_blocks(sheet, values, code, FACT_RULES, reading)
        elif path.stem in SUBJECTS:
            rules = {rule: f"{path.stem}.{rule}" for rule in SUBJECTS[path.stem]}
            _read_blocks(sheet, values, code, rules, reading)
        else:
            known = "、".join(f"{name}.toml" for name in (*SUBJECTS, FACTS))
            sheet.fault("", f"不认识的文件 {path.name}；可用：{known}")


def _parse(path: Path, file: str, reading: _Reading) -> tuple[Sheet, dict[str, Any] | None]:
    sheet, text, values = read_toml(path, file)
    reading.sheets.append(sheet)
    reading.hash.update(digested(file, text))
    return sheet, values


def read_toml(path: Path, file: str) -> tuple[Sheet, str, dict[str, Any] | None]:
    """A file as it is cited, its text, and its values, or None when it is no TOML; the fault is then in the sheet."""
    try:
        text = file_text(path)
    except UnicodeDecodeError:
        sheet = Sheet(file, "")
        sheet.fault("", "文件不是 UTF-8 编码")
        return sheet, "", None
    sheet = Sheet(file, text)
    try:
        return sheet, text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        sheet.syntax_fault(error)
        return sheet, text, None


def _read_region(table: Table, folder: str, reading: _Reading) -> None:
    code, name = table.text("code"), table.text("name")
    aliases, pooling = table.names("aliases"), table.flag("pooling")
    table.done()
    if code is not None and code != folder:
        table.fault("code", f"代码 {code} 与文件夹名 {folder} 不一致")
    elif code is not None and name is not None:
        region = Region(code=code, name=name, aliases=aliases, pooling=pooling is not False)
        reading.regions[code] = region
        reading.named.append(Named(region, table.sheet))


def _read_blocks(sheet: Sheet, values: dict[str, Any], region: str, rules: dict[str, str], reading: _Reading) -> None:
    """The blocks of a file; ``rules`` gives the rule that each name of a block states."""
    for name, blocks in values.items():
        if name not in rules:
            sheet.fault(name, f"{Path(sheet.file).name} 没有规则 {name}；可用：{'、'.join(rules)}")
        elif not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            sheet.fault(name, f"规则须写作 [[{name}]] 块")
        else:
            for number, block in enumerate(blocks):
                _read_block(Table(sheet, f"{name}[{number}]", block), region, rules[name], reading)


def _read_block(table: Table, region: str, name: str, reading: _Reading) -> None:
    scheme = table.choice("scheme", Scheme) or Scheme.EMPLOYEE
    cite = _citation(table, region, name)
    # 引文有误时也继续读数值，好把这一块的差错一次报全。
    rule = READERS[name](table, cite or UNCITED)
    table.done()
    if rule is not None and cite is not None:
        reading.blocks.setdefault((region, name, scheme), []).append(Block(rule, table.sheet, table.path))


def _citation(table: Table, region: str, name: str) -> Citation | None:
    start, end = table.day("from", required=True), table.day("to")
    source = table.text("source")
    confidence = table.choice("confidence", Confidence, required=True)
    verified_on, review_by = table.day("verified_on", required=True), table.day("review_by", required=True)
    if start and end and end < start:
        table.fault("to", f"止日 {end} 早于起日 {start}")
        return None
    if start is None or source is None or confidence is None or verified_on is None or review_by is None:
        return None
    return Citation(
        region=region,
        file=table.sheet.file,
        rule=name,
        start=start,
        end=end,
        source=source,
        confidence=confidence,
        verified_on=verified_on,
        review_by=review_by,
    )


UNCITED = Citation(
    region="",
    file="",
    rule="",
    start=date.min,
    source="",
    confidence=Confidence.LOW,
    verified_on=date.min,
    review_by=date.min,
)
"""Stands in while the figures of a block without a sound citation are read for their faults."""
