"""Chunks on the workers of a Dask cluster, answers in order.

A local cluster of processes is started on 127.0.0.1 and ended with the engine; a cluster that runs already is joined by
the address of its scheduler. Function and context are sent once, as a task of their own, so that the scheduler can give
them again to a worker that replaces a dead one. Few chunks are under way at a time.
"""

from __future__ import annotations

import errno
import logging
import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from forecast.errors import OutputError

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

__all__ = ["DaskEngine"]

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")

LOCALHOST = "127.0.0.1"
"""A cluster of this machine listens to it alone, also with what Dask serves over HTTP."""
MAX_CHUNKS_PER_THREAD = 2
"""Chunks under way for each thread of the workers."""
CONNECT_SECONDS = 15
"""Time to wait for a scheduler, at the start and when the connection is lost."""
WORKER_SECONDS = 60
"""Time to wait for the first worker."""
WORKER_POLL_SECONDS = 1.0
"""Time between two counts of the workers."""
MIN_CLUSTER_FILES = 64
"""Files that a process with a small local cluster has open: 40 with two workers."""
MAX_REASON_CHARACTERS = 200
"""Characters of the reason for which a cluster does not start."""
_LOGGERS = ("distributed", "tornado.application", "asyncio")
_WORKER_ENVIRONMENT = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
"""Environment of the workers that are started here. Dask's own MALLOC_TRIM_THRESHOLD_ is left out: with it the C
library asks the system again for every array."""


class DaskEngine:
    """Dask cluster; it is started, or joined, when it is first needed.

    Parameters
    ----------
    address : str
        Address of a scheduler (`tcp://10.0.0.5:8786`); empty for a local cluster.
    workers : int
        Processes of a local cluster.
    """

    is_remote = True

    def __init__(self, address: str = "", workers: int = 1) -> None:
        self.address = address
        self.workers = workers
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        self._polled_at = -WORKER_POLL_SECONDS
        self._thread_count = 1
        self._log_levels: dict[logging.Logger, int] = {}
        """Levels of Dask's own logs before they are silenced."""

    def __enter__(self) -> DaskEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def map(
        self, function: Callable[[_ContextT, int], _ResultT], context: _ContextT, chunks: range
    ) -> Generator[_ResultT, None, None]:
        """Yield the answers in order, see `Engine.map`; a local cluster needs `if __name__ == "__main__":`."""
        if not chunks:
            return
        client = self._connect()
        pending: deque[Any] = deque()
        with self._translate_errors():
            task = client.submit(pickle.loads, pickle.dumps((function, context)), pure=False)
            try:
                for chunk in chunks:
                    pending.append(client.submit(_run_chunk, task, chunk, pure=False))
                    if len(pending) >= MAX_CHUNKS_PER_THREAD * self._count_threads(client):
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                _cancel(client, [task, *pending])

    def close(self) -> None:
        """Leave the cluster; end it when it was started here."""
        client, cluster = self._client, self._cluster
        self._client = self._cluster = None
        with suppress(Exception):  # a scheduler that has ended does not answer
            if client is not None:
                client.close(timeout=2)
        with suppress(Exception):
            if cluster is not None:
                cluster.close(timeout=10)
        for log, level in self._log_levels.items():
            log.setLevel(level)
        self._log_levels = {}

    def _connect(self) -> Client:
        if self._client is None:
            self._silence_logs()
            self._client = self._join_cluster() if self.address else self._start_cluster()
        return self._client

    def _join_cluster(self) -> Client:
        distributed = _import_distributed()
        try:
            client = distributed.Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise OutputError("scheduler_not_found", address=self.address) from error
        try:
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError as error:
            client.close()
            raise OutputError("scheduler_without_workers", address=self.address) from error
        return client

    def _start_cluster(self) -> Client:
        import dask

        distributed = _import_distributed()
        _require_file_handles()
        with _translate_start_errors(), dask.config.set({"distributed.nanny.pre-spawn-environ": _WORKER_ENVIRONMENT}):
            self._cluster = distributed.LocalCluster(
                n_workers=self.workers,
                threads_per_worker=1,
                processes=True,
                host=LOCALHOST,
                protocol="tcp://",
                dashboard_address=f"{LOCALHOST}:0",
                worker_dashboard_address=f"{LOCALHOST}:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
            return distributed.Client(self._cluster, timeout=CONNECT_SECONDS, set_as_default=False)

    def _silence_logs(self) -> None:
        """Keep Dask's own logs off stderr: errors are raised as OutputError."""
        self._log_levels = {log: log.level for log in map(logging.getLogger, _LOGGERS)}
        for log in self._log_levels:
            log.setLevel(logging.CRITICAL)

    def _count_threads(self, client: Client) -> int:
        """Count the threads of all workers at this moment: some may have come or gone."""
        if time.monotonic() - self._polled_at > WORKER_POLL_SECONDS:
            self._thread_count = max(1, sum(client.nthreads().values()))
            self._polled_at = time.monotonic()
        return self._thread_count

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise Dask's own errors as the OutputError that says what to do."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        try:
            yield
        except KilledWorker as error:
            raise OutputError("worker_died") from error
        except (CancelledError, CommClosedError, ConnectionError, TimeoutError) as error:
            raise self._scheduler_lost() from error
        except OSError as error:
            if error.errno is not None:  # the system's own, from a worker's task
                raise
            raise self._scheduler_lost() from error  # Dask's "Timed out trying to connect"

    def _scheduler_lost(self) -> OutputError:
        address = self.address or (self._cluster.scheduler_address if self._cluster else "")
        return OutputError("scheduler_lost", address=address)


def _import_distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise OutputError("dask_missing") from error
    return distributed


def _require_file_handles() -> None:
    """OutputError where this process may open too few files for a cluster, which then fails with tracebacks."""
    if sys.platform != "win32":
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= soft < MIN_CLUSTER_FILES:
            raise OutputError("few_handles")


@contextmanager
def _translate_start_errors() -> Iterator[None]:
    """Raise what keeps a cluster from starting as the OutputError that says so: few files, a worker that was killed."""
    try:
        yield
    except (RuntimeError, OSError, TimeoutError) as error:
        causes: list[BaseException] = [error]
        while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
            causes.append(cause)
        if any(getattr(cause, "errno", None) in (errno.EMFILE, errno.ENFILE) for cause in causes):
            raise OutputError("few_handles") from error
        raise OutputError("cluster_not_started", reason=str(causes[-1])[:MAX_REASON_CHARACTERS]) from error


def _run_chunk(task: tuple[Callable[[Any, int], Any], Any], chunk: int) -> Any:
    """In the worker: compute one chunk."""
    _limit_threads()
    function, context = task
    return function(context, chunk)


@cache
def _limit_threads() -> None:
    """Use one thread in linear algebra, also in a worker that others started; the libraries are loaded by now."""
    from threadpoolctl import threadpool_limits

    os.environ.update(_WORKER_ENVIRONMENT)
    threadpool_limits(1)


def _cancel(client: Client, futures: list[Any]) -> None:
    """Stop at once: the workers hold nothing that must be finished."""
    with suppress(Exception):
        if client.status == "running":
            client.cancel(futures, force=True)
