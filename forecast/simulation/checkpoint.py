"""The finished spans of a run, on disk from time to time, so that a run that was stopped goes on where it stood.

What is kept is named by all that the numbers come from: the meaning of the plan, the fits, the seed, the paths, the
precision asked and the code. Writing takes less than a hundredth of the time of a run, and is done after a span.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from forecast.files.cache import Cache
from forecast.files.fingerprint import code_digest, environment_versions, to_jsonable
from forecast.plan.data_files import data_files
from forecast.plan.scenario import Scenario
from forecast.simulation.partial_result import PartialResult
from forecast.timeseries.baseline import Baseline

MIN_SECONDS_BETWEEN_WRITES = 5.0
"""Seconds between two writings, at least."""
MAX_WRITING_SHARE = 0.01
"""Of the time of a run that writing may take."""
MIN_SECONDS_TO_SAVE = 2.0
"""Seconds of play below which a run that is stopped keeps nothing: it is as soon played again."""
MAX_AGE_DAYS = 30
"""Age at which what nobody came back for is removed."""

CheckpointNotifier = Callable[[str, int], None]
"""Told a words key and a number of paths."""


class Checkpoint:
    """What one run has kept, and when it keeps again."""

    def __init__(self, folder: Path, key: str, notify: CheckpointNotifier = lambda key, paths: None) -> None:
        self._cache = Cache(folder)
        self._cache.remove_older_than(MAX_AGE_DAYS)
        self.key = key
        self.notify = notify
        self.saved_chunks = 0
        """Spans in what is on the disk."""
        self._layout: list[int] = []
        self._start = self._next_write = 0.0

    @classmethod
    def for_run(
        cls,
        folder: Path,
        scenario: Scenario,
        baseline: Baseline,
        seed: int,
        paths: int,
        precision: float | None,
        say: CheckpointNotifier = lambda key, paths: None,
    ) -> Checkpoint:
        """That of the run of these inputs."""
        plan = to_jsonable(scenario.model_copy(update={"cases": {}}))
        made_of = (plan, to_jsonable(baseline), data_files(scenario), seed, paths, precision)
        return cls(folder, Cache.key("spans", *made_of, code_digest(), environment_versions()), say)

    def restore(self, blank: Callable[[], PartialResult], cut: tuple[int, ...]) -> tuple[int, PartialResult]:
        """The spans that were kept and their answer; none and a blank one where there is nothing that can be used.

        `cut` is how the run is cut in spans and what is kept path by path: another cut cannot go on from this one.
        """
        self._layout = list(cut)
        self._start = time.monotonic()
        self._next_write = self._start + MIN_SECONDS_BETWEEN_WRITES
        entry = self._cache.get(self.key)
        if entry is not None and (entry.metadata.get("key"), entry.metadata.get("cut")) == (self.key, self._layout):
            with suppress(KeyError, ValueError, TypeError):
                answer = blank()
                answer.restore(entry.metadata, entry.arrays)
                self.saved_chunks = int(entry.metadata["spans"])
                return self.saved_chunks, answer
        if entry is not None or self._cache.has(self.key):
            self.notify("said_kept_unusable", 0)
        return 0, blank()

    def save_if_due(self, spans: int, answer: PartialResult) -> None:
        """Keep after a span, unless that was done a short while ago."""
        if time.monotonic() >= self._next_write:
            self._save(spans, answer)

    def save_at_end(self, spans: int, answer: PartialResult) -> None:
        """Keep what a run that ends has played, if it is worth it."""
        if spans != self.saved_chunks and time.monotonic() - self._start >= MIN_SECONDS_TO_SAVE:
            self._save(spans, answer)

    def delete(self) -> None:
        """Remove what was kept: the run is published."""
        self._cache.remove(self.key)

    def _save(self, spans: int, answer: PartialResult) -> None:
        began = time.monotonic()
        facts, arrays = answer.state()
        if self._cache.put(self.key, {**facts, "key": self.key, "cut": self._layout, "spans": spans}, arrays):
            self.saved_chunks = spans
        ended = time.monotonic()
        self._next_write = ended + max(MIN_SECONDS_BETWEEN_WRITES, (ended - began) / MAX_WRITING_SHARE)
