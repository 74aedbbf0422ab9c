"""Figures of several processes are added up, whichever is asked."""

from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gongji.figures import Figures
from gongji.service.batcher import BATCH_SIZE, QUEUED, SETTLED

OTHER = """\
# HELP gongji_settlements_total Settlements and reversals written
# TYPE gongji_settlements_total counter
gongji_settlements_total{transaction="2207"} 5.0
# HELP gongji_queue_length Commands that wait for a batch
# TYPE gongji_queue_length gauge
gongji_queue_length 7.0
"""
ALIVE, DEAD = 1, 2**22 + 1  # the first process of a machine; a number that no process can have


def values(text: bytes) -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get("transaction", "") or sample.labels.get("le", "")): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_one_process_tells_its_own(tmp_path: Path) -> None:
    own = values(Figures(tmp_path).together())
    assert own.keys() == values(generate_latest()).keys()


def test_counters_and_queues_are_added_and_the_dead_wait_for_nothing(tmp_path: Path) -> None:
    SETTLED.labels("2207").inc(2)
    BATCH_SIZE.observe(3)
    QUEUED.set(1)
    mine = values(generate_latest())
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / f"{ALIVE}.prom").write_text(OTHER)
    (folder / f"{DEAD}.prom").write_text(OTHER)
    together = values(Figures(tmp_path).together())
    settled, queue = ("gongji_settlements_total", "2207"), ("gongji_queue_length", "")
    batches = ("gongji_batch_size_count", "")
    assert together[settled] == mine[settled] + 10
    assert together[queue] == mine[queue] + 7
    assert together[batches] == mine[batches]


def test_what_a_process_wrote_another_reads_once(tmp_path: Path) -> None:
    figures = Figures(tmp_path)
    figures.begin()
    figures.write()
    assert values(figures.together()).keys() == values(generate_latest()).keys()
    figures.begin()
    assert not list((tmp_path / "figures").iterdir())
