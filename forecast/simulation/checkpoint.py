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
from forecast.files.fingerprint import code_digest, content_of, versions
from forecast.plan.data_files import data_files
from forecast.plan.scenario import Scenario
from forecast.simulation.partial_result import Answer
from forecast.timeseries.baseline import Baseline

EVERY = 5.0
"""Seconds between two writings, at least."""
SHARE = 0.01
"""Of the time of a run that writing may take."""
WORTH = 2.0
"""Seconds of play below which a run that is stopped keeps nothing: it is as soon played again."""
FORSAKEN_DAYS = 30
"""Age at which what nobody came back for is removed."""

Say = Callable[[str, int], None]
"""Told a words key and a number of paths."""


class Checkpoint:
    """What one run has kept, and when it keeps again."""

    def __init__(self, folder: Path, key: str, say: Say = lambda key, paths: None) -> None:
        self._cache = Cache(folder)
        self._cache.forget_older(FORSAKEN_DAYS)
        self.key = key
        self.say = say
        self.kept = 0
        """Spans in what is on the disk."""
        self._cut: list[int] = []
        self._start = self._next = 0.0

    @classmethod
    def of(
        cls,
        folder: Path,
        scenario: Scenario,
        baseline: Baseline,
        seed: int,
        paths: int,
        precision: float | None,
        say: Say = lambda key, paths: None,
    ) -> Checkpoint:
        """That of the run of these inputs."""
        plan = content_of(scenario.model_copy(update={"readings": {}}))
        made_of = (plan, content_of(baseline), data_files(scenario), seed, paths, precision)
        return cls(folder, Cache.key("spans", *made_of, code_digest(), versions()), say)

    def restore(self, blank: Callable[[], Answer], cut: tuple[int, ...]) -> tuple[int, Answer]:
        """The spans that were kept and their answer; none and a blank one where there is nothing that can be used.

        `cut` is how the run is cut in spans and what is kept path by path: another cut cannot go on from this one.
        """
        self._cut = list(cut)
        self._start = time.monotonic()
        self._next = self._start + EVERY
        entry = self._cache.get(self.key)
        if entry is not None and (entry.facts.get("key"), entry.facts.get("cut")) == (self.key, self._cut):
            with suppress(KeyError, ValueError, TypeError):
                answer = blank()
                answer.fill(entry.facts, entry.arrays)
                self.kept = int(entry.facts["spans"])
                return self.kept, answer
        if entry is not None or self._cache.has(self.key):
            self.say("said_kept_unusable", 0)
        return 0, blank()

    def keep_if_due(self, spans: int, answer: Answer) -> None:
        """Keep after a span, unless that was done a short while ago."""
        if time.monotonic() >= self._next:
            self._keep(spans, answer)

    def keep_at_end(self, spans: int, answer: Answer) -> None:
        """Keep what a run that ends has played, if it is worth it."""
        if spans != self.kept and time.monotonic() - self._start >= WORTH:
            self._keep(spans, answer)

    def forget(self) -> None:
        """Remove what was kept: the run is published."""
        self._cache.drop(self.key)

    def _keep(self, spans: int, answer: Answer) -> None:
        began = time.monotonic()
        facts, arrays = answer.state()
        if self._cache.put(self.key, {**facts, "key": self.key, "cut": self._cut, "spans": spans}, arrays):
            self.kept = spans
        ended = time.monotonic()
        self._next = ended + max(EVERY, (ended - began) / SHARE)
