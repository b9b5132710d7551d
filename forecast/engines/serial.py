"""One span after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

D = TypeVar("D")
T = TypeVar("T")


class Serial:
    """No second process: what a script or a notebook gets unless it asks for more."""

    afar = False

    def map(self, work: Callable[[D, int], T], deck: D, spans: range) -> Generator[T, None, None]:
        """See `Engine.map`."""
        for span in spans:
            yield work(deck, span)

    def close(self) -> None:
        """Nothing is held."""
