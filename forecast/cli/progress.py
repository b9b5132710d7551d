"""How far a run is, on stderr; nothing where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from forecast.words import Words

if TYPE_CHECKING:
    from rich.live import Live


class Progress:
    """The steps of a run, and the paths that are done."""

    def __init__(self, words: Words, line: Live | None) -> None:
        self.words = words
        self._line = line

    def step(self, key: str, **facts: object) -> None:
        """A step begins."""
        self._show(self.words(key, **facts))

    def played(self, scenario: str, done: int, total: int) -> None:
        """So many paths are done."""
        paths = f"{self.words.number(done)} / {self.words.number(total)}"
        self._show(self.words("said_playing", scenario=scenario, paths=paths))

    def _show(self, text: str) -> None:
        if self._line is not None:
            self._line.update(text, refresh=True)


@contextmanager
def progress(words: Words, *, quiet: bool) -> Iterator[Progress]:
    """A line that changes, on a terminal only; without a thread of its own, so that work may go on beside it."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield Progress(words, None)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as line:
        yield Progress(words, line)
