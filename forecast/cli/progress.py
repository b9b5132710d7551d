"""How far a run is, on stderr: a line that changes on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecast.cli.output import print_status
from forecast.i18n import Translator

if TYPE_CHECKING:
    from rich.live import Live

PLAIN_LINE_SECONDS = 10.0
"""Between two plain lines; a run that is shorter says nothing."""
MIN_ESTIMATE_SECONDS = 1.0
"""Of play before the time left is estimated."""
WARNING_KEYS = ("said_kept", "said_kept_unusable")
"""What is said though the run shall be quiet: it is about a fault."""


class ProgressDisplay:
    """The steps of a run, the paths that are done, and the time that is left."""

    def __init__(self, words: Translator, line: Live | None, *, quiet: bool = False) -> None:
        self.t = words
        self._live = line
        self._quiet = quiet
        self._paths_start: tuple[float, int] | None = None
        """When paths began to be played, and how many were done then."""
        self._last_line_time = 0.0

    def show_step(self, key: str, **facts: object) -> None:
        """A step begins."""
        self._paths_start = None
        if self._live is not None:
            self._live.update(self.t(key, **facts), refresh=True)

    def show_paths(self, scenario: str, done: int, total: int) -> None:
        """So many paths are done."""
        now = time.monotonic()
        if self._paths_start is None:
            self._paths_start, self._last_line_time = (now, done), now
        paths = f"{self.t.number(done)} / {self.t.number(total)}"
        text = self.t("said_playing", scenario=scenario, paths=paths)
        if (left := self._remaining_seconds(now, done, total)) is not None:
            text = self.t("said_playing_left", scenario=scenario, paths=paths, left=_duration_text(left, self.t))
        if self._live is not None:
            self._live.update(text, refresh=True)
        elif not self._quiet and now - self._last_line_time >= PLAIN_LINE_SECONDS:
            self._last_line_time = now
            print_status(text)

    def print_line(self, key: str, **facts: object) -> None:
        """A line that stays."""
        text = self.t(key, **facts)
        if self._live is not None:
            self._live.console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif not self._quiet or key in WARNING_KEYS:
            print_status(text)

    def _remaining_seconds(self, now: float, done: int, total: int) -> float | None:
        """Seconds, if the rest goes as what was played since it began; None where that is not known yet."""
        began, before = self._paths_start or (now, done)
        if now - began < MIN_ESTIMATE_SECONDS or done <= before or done >= total:
            return None
        return (now - began) * (total - done) / (done - before)


def _duration_text(seconds: float, words: Translator) -> str:
    """In seconds, in minutes and seconds, or in hours and minutes."""
    whole = max(1, round(seconds))
    if whole < 60:
        return words("left_seconds", seconds=whole)
    if whole < 3600:
        return words("left_minutes", minutes=whole // 60, seconds=whole % 60)
    return words("left_hours", hours=whole // 3600, minutes=whole % 3600 // 60)


@contextmanager
def show_progress(words: Translator, *, quiet: bool) -> Iterator[ProgressDisplay]:
    """Watch a run; without a thread of its own, so that work may go on beside it."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield ProgressDisplay(words, None, quiet=quiet or sys.stderr is None)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as line:
        yield ProgressDisplay(words, line)
