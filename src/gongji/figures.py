"""Figures of all processes of a server together (指标): each writes its own down, and whoever is asked adds them up."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

WRITE_SECONDS: Final = 1.0
_CREATED: Final = "_created"


class Figures:
    """The figures of this process and of those that share its data folder.

    What a process that has died counted stays counted until the server starts anew; its queue does not.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / "figures"
        self._own = self._folder / f"{os.getpid()}.prom"

    def begin(self) -> None:
        """Forget the figures of an earlier server; the first process does this before it starts the others."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("*.prom"):
            old.unlink(missing_ok=True)

    async def keep_writing(self) -> None:
        """Write this process's figures down every second, until cancelled."""
        while True:
            with suppress(OSError):
                await asyncio.to_thread(self.write)
            await asyncio.sleep(WRITE_SECONDS)

    def write(self) -> None:
        """Write this process's figures down, whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._own.with_suffix(".draft")
        draft.write_bytes(generate_latest())
        draft.replace(self._own)

    def together(self) -> bytes:
        """The figures of all processes, in the text form of Prometheus."""
        own = generate_latest().decode()
        others = [file for file in sorted(self._folder.glob("*.prom")) if file != self._own]
        if not others:
            return own.encode()
        total = _Sum()
        total.add(own, alive=True)
        for file in others:
            with suppress(OSError):
                total.add(file.read_text("utf-8"), alive=psutil.pid_exists(int(file.stem)))
        registry = CollectorRegistry()
        registry.register(total)
        return generate_latest(registry)


class _Sum:
    """Adds samples of the same name and labels."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}
        self._values: dict[tuple[str, str, tuple[tuple[str, str], ...]], float] = {}

    def add(self, text: str, *, alive: bool) -> None:
        for family in text_string_to_metric_families(text):
            if family.type == "gauge" and not alive:
                continue
            self._metrics.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                if not sample.name.endswith(_CREATED):
                    key = (family.name, sample.name, tuple(sorted(sample.labels.items())))
                    self._values[key] = self._values.get(key, 0) + sample.value

    def collect(self) -> Iterator[Metric]:
        """Everything that was added."""
        for (family, name, labels), value in self._values.items():
            self._metrics[family].add_sample(name, dict(labels), value)
        yield from self._metrics.values()
