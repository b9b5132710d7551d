"""Engines: where the spans of a run are worked out. One file an engine; whichever it is, the answers are the same."""

from __future__ import annotations

from forecast.engines.background import beside
from forecast.engines.dask import Dask
from forecast.engines.engine import Engine
from forecast.engines.processes import Processes
from forecast.engines.serial import Serial

LOCAL = "local"
DASK = "dask"


def engine_of(workers: int, name: str = LOCAL) -> Engine:
    """`local`: this process alone for one worker, that many processes for more; `dask` or `dask:ADDRESS`: a cluster.

    ValueError for another name.
    """
    kind, _, address = name.partition(":")
    if kind == DASK:
        return Dask(address, workers)
    if name != LOCAL:
        raise ValueError(f"there is no engine {name!r}")
    return Serial() if workers <= 1 else Processes(workers)


__all__ = ["DASK", "LOCAL", "Dask", "Engine", "Processes", "Serial", "beside", "engine_of"]
