"""Progress of a run on stderr, where that is a terminal: a line that changes; nothing in a file or a pipe.

rich draws that line: it cuts and clears it on every kind of terminal. Results on stdout are plain lines, for grep.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecast.cli.output import print_lines, print_status
from forecast.files.characters import escape_invisible
from forecast.i18n import Translator

if TYPE_CHECKING:
    from rich.live import Live

MIN_ESTIMATE_SECONDS = 1.0
"""Seconds of simulation before the remaining time is estimated."""
WARNING_KEYS = ("said_kept", "said_kept_unusable")
"""Lines that are printed everywhere, in a quiet run too, since they are about a fault or a stop."""


class ProgressDisplay:
    """The stages of a run, the paths that are done, and the remaining time."""

    def __init__(self, t: Translator, live: Live | None) -> None:
        self.t = t
        self._live = live
        self._paths_start: tuple[float, int] | None = None
        """Second at which the first paths were reported, and how many they were."""

    def show_step(self, key: str, **params: object) -> None:
        """Show that a stage begins."""
        self._paths_start = None
        if self._live is not None:
            self._live.update(escape_invisible(self.t(key, **params)), refresh=True)

    def show_paths(self, scenario: str, done: int, total: int) -> None:
        """Show how many paths are done."""
        if self._live is None:
            return
        now = time.monotonic()
        if self._paths_start is None:
            self._paths_start = (now, done)
        paths = f"{self.t.number(done)} / {self.t.number(total)}"
        text = self.t("said_playing", scenario=scenario, paths=paths)
        if (seconds := self._remaining_seconds(now, done, total)) is not None:
            text = self.t("said_playing_left", scenario=scenario, paths=paths, left=_duration_text(seconds, self.t))
        self._live.update(escape_invisible(text), refresh=True)

    def print_line(self, key: str, **params: object) -> None:
        """Print a line that stays."""
        text = self.t(key, **params)
        if self._live is not None:
            self._live.console.print(escape_invisible(text), soft_wrap=True)
        elif key in WARNING_KEYS:
            print_status(text)

    def print_result(self, lines: Sequence[str]) -> None:
        """Print lines on stdout; the changing line makes room for them."""
        if self._live is not None:
            self._live.update("", refresh=True)
        print_lines(*lines)

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Leave the terminal to a question; the changing line comes back after it."""
        if self._live is not None:
            self._live.stop()
        yield
        if self._live is not None:
            self._live.start()

    def _remaining_seconds(self, now: float, done: int, total: int) -> float | None:
        """Seconds at the speed so far; None before it is known."""
        start, done_at_start = self._paths_start or (now, done)
        if now - start < MIN_ESTIMATE_SECONDS or done <= done_at_start or done >= total:
            return None
        return (now - start) * (total - done) / (done - done_at_start)


def _duration_text(seconds: float, t: Translator) -> str:
    """A duration in seconds, in minutes and seconds, or in hours and minutes."""
    rounded = max(1, round(seconds))
    if rounded < 60:
        return t("left_seconds", seconds=rounded)
    if rounded < 3600:
        return t("left_minutes", minutes=rounded // 60, seconds=rounded % 60)
    return t("left_hours", hours=rounded // 3600, minutes=rounded % 3600 // 60)


@contextmanager
def show_progress(t: Translator, *, quiet: bool) -> Iterator[ProgressDisplay]:
    """The display of a run; it starts no thread, so that work may be forked meanwhile."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield ProgressDisplay(t, None)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
        yield ProgressDisplay(t, live)
