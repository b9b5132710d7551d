"""Engines: where the spans of a run are worked out. One file an engine; whichever it is, the answers are the same."""

from __future__ import annotations

from forecast.engines.dask import DaskEngine
from forecast.engines.engine import Engine
from forecast.engines.processes import ProcessEngine
from forecast.engines.serial import SerialEngine

LOCAL = "local"
DASK = "dask"


def create_engine(workers: int, name: str = LOCAL) -> Engine:
    """`local`: this process alone for one worker, that many processes for more; `dask` or `dask:ADDRESS`: a cluster.

    ValueError for another name.
    """
    kind, _, address = name.partition(":")
    if kind == DASK:
        return DaskEngine(address, workers)
    if name != LOCAL:
        raise ValueError(f"there is no engine {name!r}")
    return SerialEngine() if workers <= 1 else ProcessEngine(workers)


__all__ = ["DASK", "LOCAL", "create_engine"]
