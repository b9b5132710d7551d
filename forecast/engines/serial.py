"""One span after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")


class SerialEngine:
    """No second process: what a script or a notebook gets unless it asks for more."""

    is_remote = False

    def map(
        self, work: Callable[[_ContextT, int], _ResultT], deck: _ContextT, spans: range
    ) -> Generator[_ResultT, None, None]:
        """See `Engine.map`."""
        for span in spans:
            yield work(deck, span)

    def close(self) -> None:
        """Nothing is held."""
