"""How far a run is, on stderr; nothing where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from forecast.words import Words

Tell = Callable[..., None]
"""`tell("said_playing", scenario="covid", paths="100,000")`: a step begins."""


class Progress:
    """The steps of a run, and the paths that are done."""

    def __init__(self, words: Words, console: object | None) -> None:
        self.words = words
        self._status = console

    def step(self, key: str, **facts: object) -> None:
        """A step begins."""
        self._show(self.words(key, **facts))

    def played(self, scenario: str, done: int, total: int) -> None:
        """So many paths are done."""
        paths = f"{self.words.number(done)} / {self.words.number(total)}"
        self._show(self.words("said_playing", scenario=scenario, paths=paths))

    def _show(self, text: str) -> None:
        if self._status is not None:
            self._status.update(text)  # type: ignore[attr-defined]


@contextmanager
def progress(words: Words, *, quiet: bool) -> Iterator[Progress]:
    """A line that moves, on a terminal only."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield Progress(words, None)
        return
    from rich.console import Console

    with Console(stderr=True).status("", spinner="dots") as status:
        yield Progress(words, status)
