"""How far a run is, on stderr: a line that changes on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecast.cli.output import tell
from forecast.i18n import Words

if TYPE_CHECKING:
    from rich.live import Live

PLAIN_SECONDS = 10.0
"""Between two plain lines; a run that is shorter says nothing."""
SURE_SECONDS = 1.0
"""Of play before the time left is estimated."""
IN_SPITE = ("said_kept", "said_kept_unusable")
"""What is said though the run shall be quiet: it is about a fault."""


class Progress:
    """The steps of a run, the paths that are done, and the time that is left."""

    def __init__(self, words: Words, line: Live | None, *, quiet: bool = False) -> None:
        self.words = words
        self._line = line
        self._quiet = quiet
        self._began: tuple[float, int] | None = None
        """When paths began to be played, and how many were done then."""
        self._said = 0.0

    def step(self, key: str, **facts: object) -> None:
        """A step begins."""
        self._began = None
        if self._line is not None:
            self._line.update(self.words(key, **facts), refresh=True)

    def played(self, scenario: str, done: int, total: int) -> None:
        """So many paths are done."""
        now = time.monotonic()
        if self._began is None:
            self._began, self._said = (now, done), now
        paths = f"{self.words.number(done)} / {self.words.number(total)}"
        text = self.words("said_playing", scenario=scenario, paths=paths)
        if (left := self._left(now, done, total)) is not None:
            text = self.words("said_playing_left", scenario=scenario, paths=paths, left=_duration(left, self.words))
        if self._line is not None:
            self._line.update(text, refresh=True)
        elif not self._quiet and now - self._said >= PLAIN_SECONDS:
            self._said = now
            tell(text)

    def say(self, key: str, **facts: object) -> None:
        """A line that stays."""
        text = self.words(key, **facts)
        if self._line is not None:
            self._line.console.print(text, markup=False, highlight=False, soft_wrap=True)
        elif not self._quiet or key in IN_SPITE:
            tell(text)

    def _left(self, now: float, done: int, total: int) -> float | None:
        """Seconds, if the rest goes as what was played since it began; None where that is not known yet."""
        began, before = self._began or (now, done)
        if now - began < SURE_SECONDS or done <= before or done >= total:
            return None
        return (now - began) * (total - done) / (done - before)


def _duration(seconds: float, words: Words) -> str:
    """In seconds, in minutes and seconds, or in hours and minutes."""
    whole = max(1, round(seconds))
    if whole < 60:
        return words("left_seconds", seconds=whole)
    if whole < 3600:
        return words("left_minutes", minutes=whole // 60, seconds=whole % 60)
    return words("left_hours", hours=whole // 3600, minutes=whole % 3600 // 60)


@contextmanager
def progress(words: Words, *, quiet: bool) -> Iterator[Progress]:
    """Watch a run; without a thread of its own, so that work may go on beside it."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield Progress(words, None, quiet=quiet or sys.stderr is None)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as line:
        yield Progress(words, line)
