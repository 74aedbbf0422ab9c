"""How long policy files take to read as regions grow: a folder of made regions beside the real ones."""

import shutil
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

import msgspec

from gongji.core.policy import NATION, Deductible, PolicyBook
from gongji.policyfiles import load, locate, open_lazily

TEMPLATE = "610100"
"""The real region whose files each made region repeats."""

MADE = "110100"
"""Code of the first made region."""

MOST = 2_000
"""No more regions than this are made: their codes stay below that of the template."""

ON = date(2024, 5, 23)
_RUNS = 5
_LOOK_UPS = 1_000
_CITIES = 40


class Timing(msgspec.Struct, frozen=True):
    """Times of one folder of regions: medians of a few runs after one to warm up; one run for ``load_ms``.

    Attributes:
        regions: how many regions the folder holds.
        blocks: how many rules they state, each for a span of days.
        open_ms: opening the book as ``gongji quote`` does, which reads names and the digest only.
        first_ms: the first look-up of a rule, which reads the region and those above it.
        further_us: each look-up of the same rule after that.
        load_ms: reading every rule of every region, as a server does when it starts.
    """

    regions: int
    blocks: int
    open_ms: float
    first_ms: float
    further_us: float
    load_ms: float


class Growth(msgspec.Struct, frozen=True):
    """The real regions, the made ones, and made divided by real for each figure."""

    real: Timing
    made: Timing
    ratio: dict[str, float]


def make(root: Path, count: int) -> None:
    """Write a folder of made regions (模拟地区) with the files of a real one, under the real national rules."""
    real = locate()
    shutil.copytree(real / NATION, root / NATION)
    for number in range(count):
        code = f"{int(MADE[:2]) + number // _CITIES}{1 + number % _CITIES:02d}00"
        shutil.copytree(real / TEMPLATE, root / code, ignore=shutil.ignore_patterns("cases"))
        text = f'code = "{code}"\nname = "第{number}市"\n'
        (root / code / "region.toml").write_text(text, encoding="utf-8")


def run(count: int) -> Growth:
    """Make so many regions in a temporary folder, time them and the real ones, and remove the folder.

    Raises:
        PolicyFilesError: when the real files cannot be used.
        OSError: when the real files, or the template among them, are not there.
    """
    real = measure(locate(), TEMPLATE)
    with tempfile.TemporaryDirectory(prefix="gongji-regions-") as folder:
        make(Path(folder), count)
        made = measure(Path(folder), MADE)
    pairs = {name: (getattr(made, name), getattr(real, name)) for name in Timing.__struct_fields__}
    return Growth(real=real, made=made, ratio={name: round(high / low, 2) for name, (high, low) in pairs.items()})


def measure(root: Path, region: str) -> Timing:
    """Time a folder of regions; the first look-up starts from a book just opened."""
    opened: list[float] = []
    first: list[float] = []
    further: list[float] = []
    for _ in range(_RUNS + 1):
        start = time.perf_counter()
        book = open_lazily(root)
        named = time.perf_counter()
        _look_up(book, region)
        read = time.perf_counter()
        for _ in range(_LOOK_UPS):
            _look_up(book, region)
        opened.append(named - start)
        first.append(read - named)
        further.append((time.perf_counter() - read) / _LOOK_UPS)
    start = time.perf_counter()
    whole = load(root)
    loaded = time.perf_counter() - start
    return Timing(
        regions=len(whole.regions),
        blocks=sum(map(len, whole.rules.values())),
        open_ms=round(median(opened[1:]) * 1e3, 1),
        first_ms=round(median(first[1:]) * 1e3, 2),
        further_us=round(median(further[1:]) * 1e6, 2),
        load_ms=round(loaded * 1e3, 1),
    )


def _look_up(book: PolicyBook, region: str) -> Deductible | None:
    return book.rule(Deductible, region, "outpatient.deductible", ON)
