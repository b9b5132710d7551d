"""What every engine does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

D = TypeVar("D")
T = TypeVar("T")


class Engine(Protocol):
    """Works out numbered spans of a deck."""

    def map(self, work: Callable[[D, int], T], deck: D, spans: range) -> Iterator[T]:
        """`work(deck, span)` of every span, answers in the order of `spans`.

        `work` is a function of a module, `deck` and the answers can be pickled. What `work` raises is raised here;
        OutputError when a worker dies. Closing the iterator stops the work.
        """
        ...
