"""Engines: where the spans of a run are worked out. One file an engine; whichever it is, the answers are the same."""

from __future__ import annotations

from forecast.engines.aside import beside
from forecast.engines.engine import Engine
from forecast.engines.processes import Processes
from forecast.engines.serial import Serial


def engine_of(workers: int) -> Engine:
    """This process alone for one worker, that many processes for more."""
    return Serial() if workers <= 1 else Processes(workers)


__all__ = ["Engine", "Processes", "Serial", "beside", "engine_of"]
