"""A book that reads the rules of a region when they are first asked for (按需读取)."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from gongji.core.policy import PolicyBook, Region, Rule, RuleKey
from gongji.policyfiles.fault import PolicyFilesError
from gongji.policyfiles.load import digested, file_text, load, read_region, region_folders


class _Shelf(Mapping[RuleKey, tuple[Rule, ...]]):
    """Rules by key; a folder is read once, when one of its keys is asked for."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self._read: dict[str, Mapping[RuleKey, tuple[Rule, ...]]] = {}

    def __getitem__(self, key: RuleKey) -> tuple[Rule, ...]:
        """The blocks of a key.

        Raises:
            PolicyFilesError: the region's files cannot be used.
        """
        return self._of(key[0])[key]

    def __iter__(self) -> Iterator[RuleKey]:
        for code in self._folders:
            yield from self._of(code)

    def __len__(self) -> int:
        return sum(len(self._of(code)) for code in self._folders)

    def _of(self, code: str) -> Mapping[RuleKey, tuple[Rule, ...]]:
        found = self._read.get(code)
        if found is None:
            folder = self._folders.get(code)
            rules, faults = read_region(folder) if folder else ({}, ())
            if faults:
                raise PolicyFilesError(faults)
            found = self._read[code] = rules
        return found


def open_lazily(root: Path) -> PolicyBook:
    """The same book as ``load`` gives, for a command that asks about few regions.

    Names and the digest are read at once. Faults of a region come to light when it is asked for; what ``load`` finds
    by looking at all regions together stays unseen here and is for ``check``.

    Raises:
        PolicyFilesError: with every fault of every file, when the names of the regions cannot be read.
    """
    digest = hashlib.sha256()
    regions: dict[str, Region] = {}
    folders = {folder.name: folder for folder in region_folders(root)}
    try:
        for code, folder in folders.items():
            for path in sorted(folder.glob("*.toml")):
                text = file_text(path)
                digest.update(digested(f"regions/{code}/{path.name}", text))
                if path.name == "region.toml":
                    regions[code] = _region(tomllib.loads(text))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return load(root)
    if not regions or set(regions) != set(folders):
        return load(root)
    return PolicyBook(regions=regions, rules=_Shelf(folders), digest=digest.hexdigest())


def _region(values: dict[str, object]) -> Region:
    aliases = values.get("aliases", [])
    return Region(
        code=str(values["code"]),
        name=str(values["name"]),
        aliases=tuple(str(alias) for alias in aliases) if isinstance(aliases, list) else (),
        pooling=values.get("pooling") is not False,
    )
