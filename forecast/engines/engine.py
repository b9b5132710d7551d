"""What every engine does."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")


class Engine(Protocol):
    """Works out numbered spans of a deck."""

    @property
    def is_remote(self) -> bool:
        """Whether its workers may have another installation of forecast than this process."""
        ...

    def map(
        self, work: Callable[[_ContextT, int], _ResultT], deck: _ContextT, spans: range
    ) -> Generator[_ResultT, None, None]:
        """`work(deck, span)` of every span, answers in the order of `spans`.

        `work` is a function of a module, `deck` and the answers can be pickled. What `work` raises is raised here;
        OutputError when a worker dies and its span cannot be given to another. Closing the generator stops the work.
        """
        ...

    def close(self) -> None:
        """Give back what the engine holds; it is used no more."""
        ...
