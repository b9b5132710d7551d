"""Protocol of the engines."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

__all__ = ["Engine"]

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")


class Engine(Protocol):
    """Engine that computes the numbered chunks of a run."""

    @property
    def is_remote(self) -> bool:
        """True when its workers may have another installation of forecast than this process."""
        ...

    def map(
        self, function: Callable[[_ContextT, int], _ResultT], context: _ContextT, chunks: range
    ) -> Generator[_ResultT, None, None]:
        """Yield `function(context, chunk)` of every chunk, in the order of `chunks`."""
        # `function` is one of a module; the context and the answers can be pickled. Its errors are raised here, and
        # OutputError when a worker dies and its chunk cannot be given to another. Closing the generator stops the work.
        ...

    def close(self) -> None:
        """Release the workers; the engine is not used again."""
        ...
