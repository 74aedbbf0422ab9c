"""Channel files to ``core.skins`` values: strictly, with every fault of every file at once (渠道文件)."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final, TypeGuard

from gongji.core.codes import Confidence
from gongji.core.policy import PolicyBook
from gongji.core.skins import (
    Elsewhere,
    Entry,
    Opening,
    PortalService,
    Skin,
    SkinAccess,
    SkinIcon,
    SkinKind,
    Skins,
    Source,
    Trail,
)
from gongji.policyfiles.fault import Fault, PolicyFilesError, Sheet
from gongji.policyfiles.load import read_toml
from gongji.policyfiles.table import Table

RESERVED: Final = frozenset({"leave", "back", "allow"})
"""Words of our own addresses, which no channel and no label may take."""

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{1,38}", re.ASCII)
_UNFIT: Final = re.compile(r"[/?#%\\\s]")


class _Read:
    """A channel with the sheet it was read from."""

    def __init__(self, sheet: Sheet, skin: Skin | None) -> None:
        self.sheet = sheet
        self.skin = skin


def load_skins(root: Path, book: PolicyBook) -> Skins:
    """Read a folder of channels.

    Raises:
        PolicyFilesError: with every fault of every file.
    """
    read = _read(root, book)
    faults = _faults(read)
    if faults:
        raise PolicyFilesError(faults)
    return {one.skin.key: one.skin for one in read if one.skin}


def check_skins(root: Path, book: PolicyBook) -> tuple[Fault, ...]:
    """Every fault of a folder of channels, by file and line; empty when it can be loaded."""
    return _faults(_read(root, book))


def _faults(read: list[_Read]) -> tuple[Fault, ...]:
    return tuple(sorted(fault for one in read for fault in one.sheet.faults))


def _read(root: Path, book: PolicyBook) -> list[_Read]:
    paths = sorted(root.glob("*.toml"))
    if not paths:
        sheet = Sheet(root.name, "")
        sheet.fault("", "没有任何渠道文件")
        return [_Read(sheet, None)]
    read = [_read_file(path, book.regions.keys()) for path in paths]
    _check_names(read)
    _check_ways(read)
    return read


def _read_file(path: Path, regions: Collection[str]) -> _Read:
    sheet, _, values = read_toml(path, f"channels/{path.name}")
    if not _KEY.fullmatch(path.stem) or path.stem in RESERVED:
        sheet.fault("", "文件名须是小写字母开头的字母、数字、下划线，不能是 " + "、".join(sorted(RESERVED)))
    if values is None:
        return _Read(sheet, None)
    skin = _skin(Table(sheet, "", values), path.stem, regions)
    return _Read(sheet, None if sheet.faults else skin)


def _skin(table: Table, key: str, regions: Collection[str]) -> Skin | None:
    texts = {name: table.text(name) for name in ("name", "operator", "motto")}
    kind = table.choice("kind", SkinKind, required=True)
    access = table.choice("access", SkinAccess, required=True)
    icon = table.choice("icon", SkinIcon, required=True)
    source = _source(table, required=True)
    verified_on, review_by = table.day("verified_on", required=True), table.day("review_by", required=True)
    first_run, note = table.names("first_run"), table.text("note", required=False)
    place_at = _trails(table, "place_at")
    entries = tuple(_entry(row, access, regions) for row in table.rows("entries"))
    openings = tuple(_opening(row, regions) for row in table.rows("open"))
    table.done()
    if kind is None or access is None or icon is None or source is None or verified_on is None or review_by is None:
        return None
    skin = Skin(
        key=key,
        **{name: text or "" for name, text in texts.items()},
        kind=kind,
        access=access,
        icon=icon,
        openings=tuple(opening for opening in openings if opening),
        entries=tuple(entry for entry in entries if entry),
        source=source,
        verified_on=verified_on,
        review_by=review_by,
        first_run=first_run,
        place_at=place_at,
        note=note or "",
    )
    _check_paths(table, skin)
    return skin


def _source(table: Table, *, required: bool) -> Source | None:
    text = table.text("source", required=required)
    confidence = table.choice("confidence", Confidence, required=required or text is not None)
    if confidence is not None and text is None and not required:
        table.fault("confidence", "写了可信度就要写 source")
    return Source(text=text, confidence=confidence) if text and confidence else None


def _trails(table: Table, key: str) -> tuple[Trail, ...]:
    """A list of paths, each a list of labels; empty when absent."""
    found = table.value(key)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(_is_trail(item) for item in found):
        table.fault(key, f'{key} 须是路径的列表，例如 [["服务", "城市服务"]]')
        return ()
    return tuple(tuple(item) for item in found)


def _is_trail(found: object) -> TypeGuard[list[str]]:
    return isinstance(found, list) and all(isinstance(label, str) and label for label in found)


def _entry(table: Table, access: SkinAccess | None, regions: Collection[str]) -> Entry | None:
    path = _path(table, "path")
    service, to = table.choice("service", PortalService), _elsewhere(table)
    words, only = table.names("words"), table.flag("searched_only")
    source, where = _source(table, required=False), _regions(table, regions)
    table.done()
    if (table.value("service") is None) == (table.value("to") is None):
        table.fault("", "每个入口写 service 或 to，只写一个")
    if access is SkinAccess.THIRD_PARTY and service and service.personal and service.scope is None:
        table.fault("service", f"第三方渠道不能替本人办“{service.label}”；写 to 跳转到本人登录的渠道")
    if only and not words:
        table.fault("words", "只有搜索才找得到的入口要写 words")
    if not path:
        return None
    return Entry(
        path=path, service=service, to=to, words=words, regions=where, searched_only=only or False, source=source
    )


def _path(table: Table, key: str) -> Trail:
    found = table.value(key, required=True)
    if found is None:
        return ()
    if not _is_trail(found) or not found:
        table.fault(key, f'{key} 须是从首页往下的标签，例如 ["服务", "家庭共济绑定"]')
        return ()
    for label in found:
        if _UNFIT.search(label) or label in RESERVED:
            table.fault(key, f"标签“{label}”不能有空白和 / ? # % \\，也不能是 {'、'.join(sorted(RESERVED))}")
    return tuple(found)


def _elsewhere(table: Table) -> Elsewhere | None:
    found = table.value("to")
    if found is None:
        return None
    if not _is_trail(found) or not found[1:]:
        table.fault("to", 'to 须写渠道和路径，例如 ["shaanxi_platform", "家庭共济查询"]')
        return None
    return Elsewhere(skin=found[0], path=tuple(found[1:]))


def _regions(table: Table, known: Collection[str], *, required: bool = False) -> tuple[str, ...]:
    found = table.names("regions")
    if required and not found:
        table.fault("regions", "缺少 regions，写六位区划代码；全国写 000000")
    for code in found:
        if code not in known:
            table.fault("regions", f"没有收录地区 {code}；用 gongji regions coverage 看收录了哪些")
    return found


def _opening(table: Table, known: Collection[str]) -> Opening | None:
    regions = _regions(table, known, required=True)
    start, end = table.day("from"), table.day("to")
    table.done()
    if start and end and end < start:
        table.fault("to", f"止日 {end} 早于起日 {start}")
    return Opening(regions=regions, start=start, end=end) if regions else None


def _check_paths(table: Table, skin: Skin) -> None:
    """No two entries at one place, no entry that is a menu as well, no place to be chosen where nothing stands."""
    seen: set[Trail] = set()
    for number, entry in enumerate(skin.entries):
        at = f"entries[{number}].path"
        if entry.path in seen:
            table.fault(at, f"入口重复：{' - '.join(entry.path)}")
        seen.add(entry.path)
        if skin.is_menu(entry.path):
            table.fault(at, f"{' - '.join(entry.path)} 下面还有入口，不能自己又是入口")
    for place in skin.place_at:
        if not skin.is_menu(place):
            table.fault("place_at", f"没有菜单 {' - '.join(place)}")


def _check_names(read: list[_Read]) -> None:
    names: dict[str, str] = {}
    for one in read:
        if one.skin is None:
            continue
        before = names.setdefault(one.skin.name, one.sheet.file)
        if before != one.sheet.file:
            one.sheet.fault("name", f"{before} 也叫“{one.skin.name}”")


def _check_ways(read: list[_Read]) -> None:
    """An entry that leads to another channel must find an entry there, and that one must be the last."""
    skins = {one.skin.key: one.skin for one in read if one.skin}
    broken = {Path(one.sheet.file).stem for one in read if one.skin is None}
    for one in read:
        for number, entry in enumerate(one.skin.entries if one.skin else ()):
            if entry.to is None or entry.to.skin in broken:
                continue
            target = skins.get(entry.to.skin)
            there = target.entry(entry.to.path) if target else None
            if there is None or there.to is not None:
                way = " - ".join((entry.to.skin, *entry.to.path))
                one.sheet.fault(f"entries[{number}].to", f"没有入口 {way}，或它自己又跳转")
