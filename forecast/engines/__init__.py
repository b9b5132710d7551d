"""Engines: where the chunks of a run are computed. One file an engine; the answers are the same on all.

For other packages: `create_engine` here, `engine` (the protocol), `serial`, and `background` (one function call beside
this process). `processes` and `dask` are chosen by `create_engine`; `worker` starts their processes.
"""

from __future__ import annotations

from forecast.engines.dask import DaskEngine
from forecast.engines.engine import Engine
from forecast.engines.processes import ProcessEngine
from forecast.engines.serial import SerialEngine

LOCAL = "local"
DASK = "dask"


def create_engine(workers: int, name: str = LOCAL) -> Engine:
    """Make an engine by its name.

    Parameters
    ----------
    workers : int
        Processes.
    name : str
        `local` for this process, or `workers` processes when there are several; `dask` for a local cluster;
        `dask:ADDRESS` for a cluster that runs already.

    Returns
    -------
    Engine
        To be closed after use.

    Raises
    ------
    ValueError
        There is no such engine.
    """
    kind, _, address = name.partition(":")
    if kind == DASK:
        return DaskEngine(address, workers)
    if name != LOCAL:
        raise ValueError(f"there is no engine {name!r}")
    return SerialEngine() if workers <= 1 else ProcessEngine(workers)


__all__ = ["DASK", "LOCAL", "create_engine"]
