"""One chunk after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

__all__ = ["SerialEngine"]

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")


class SerialEngine:
    """Engine without a second process: the default of a script or a notebook."""

    is_remote = False

    def map(
        self, function: Callable[[_ContextT, int], _ResultT], context: _ContextT, chunks: range
    ) -> Generator[_ResultT, None, None]:
        """Yield the answers of the chunks in order; see `Engine.map`."""
        for chunk in chunks:
            yield function(context, chunk)

    def close(self) -> None:
        """Do nothing: no worker is held."""
