"""Every other chunk beside this process, in one copy of it, answers in order: for a few chunks of a second or less."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from forecast.engines.background import run_in_background

__all__ = ["PairEngine"]

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")


class PairEngine:
    """Engine of this process and a copy of it, which has every library loaded that this one has."""

    is_remote = False

    def map(
        self, function: Callable[[_ContextT, int], _ResultT], context: _ContextT, chunks: range
    ) -> Generator[_ResultT, None, None]:
        """Yield the answers of the chunks in order, once all are there; see `Engine.map`."""

        def run_every_other() -> list[_ResultT]:
            return [function(context, chunk) for chunk in chunks[1::2]]

        if len(chunks) < 2:
            yield from (function(context, chunk) for chunk in chunks)
            return
        with run_in_background(run_every_other) as job:
            even = [function(context, chunk) for chunk in chunks[::2]]
            odd = job.result()
        for number in range(len(chunks)):
            yield (odd if number % 2 else even)[number // 2]

    def close(self) -> None:
        """Do nothing: no worker is held."""
