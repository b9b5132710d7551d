"""Spans on the workers of a Dask cluster, answers in order.

A local cluster of processes is started on 127.0.0.1 and ended with the engine; a cluster that is there already is
joined by the address of its scheduler. Work and deck travel once, as a task of their own, so that the scheduler can
give them again to a worker that takes the place of a dead one. Few spans are under way at a time.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from forecast.errors import OutputError

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")

LOCALHOST = "127.0.0.1"
"""A cluster of this machine listens to it alone, also with what Dask serves over HTTP."""
MAX_CHUNKS_PER_THREAD = 2
"""Spans under way for each thread of the workers."""
CONNECT_SECONDS = 15
"""How long a scheduler is waited for, at the start and when the connection is lost."""
WORKER_SECONDS = 60
"""How long the first worker is waited for."""
WORKER_POLL_SECONDS = 1.0
"""Between two looks at how many workers there are."""
_LOGGERS = ("distributed", "tornado.application", "asyncio")
_WORKER_ENVIRONMENT = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
"""Of the workers that are started here. Dask's own MALLOC_TRIM_THRESHOLD_ is left out: with it the C library asks the
system for every array anew."""


class DaskEngine:
    """A Dask cluster; it is started, or joined, when it is first needed.

    `address`: of a scheduler (`tcp://10.0.0.5:8786`); empty for a local cluster of `workers` processes.
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
        """Of Dask's own logs, as they were before."""

    def __enter__(self) -> DaskEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def map(
        self, work: Callable[[_ContextT, int], _ResultT], deck: _ContextT, spans: range
    ) -> Generator[_ResultT, None, None]:
        """See `Engine.map`; scripts that start a local cluster need the usual `if __name__ == "__main__":`."""
        if not spans:
            return
        client = self._connect()
        ahead: deque[Any] = deque()
        with self._translate_errors():
            task = client.submit(pickle.loads, pickle.dumps((work, deck)), pure=False)
            try:
                for span in spans:
                    ahead.append(client.submit(_run_chunk, task, span, pure=False))
                    if len(ahead) >= MAX_CHUNKS_PER_THREAD * self._count_threads(client):
                        yield ahead.popleft().result()
                while ahead:
                    yield ahead.popleft().result()
            finally:
                _cancel(client, [task, *ahead])

    def close(self) -> None:
        """Leave the cluster; end it where it was started here."""
        client, cluster = self._client, self._cluster
        self._client = self._cluster = None
        with suppress(Exception):  # a scheduler that is gone cannot be told
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
        except (OSError, ValueError) as fault:
            raise OutputError("scheduler_not_found", address=self.address) from fault
        try:
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError as fault:
            client.close()
            raise OutputError("scheduler_without_workers", address=self.address) from fault
        return client

    def _start_cluster(self) -> Client:
        import dask

        distributed = _import_distributed()
        with dask.config.set({"distributed.nanny.pre-spawn-environ": _WORKER_ENVIRONMENT}):
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
        """Keep Dask's own logs off stderr; what goes wrong is said in our words."""
        self._log_levels = {log: log.level for log in map(logging.getLogger, _LOGGERS)}
        for log in self._log_levels:
            log.setLevel(logging.CRITICAL)

    def _count_threads(self, client: Client) -> int:
        """Of all workers at this moment: some may have come or gone."""
        if time.monotonic() - self._polled_at > WORKER_POLL_SECONDS:
            self._thread_count = max(1, sum(client.nthreads().values()))
            self._polled_at = time.monotonic()
        return self._thread_count

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turn what Dask raises of itself into the OutputError that says what to do."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        try:
            yield
        except KilledWorker as fault:
            raise OutputError("worker_died") from fault
        except (CancelledError, CommClosedError, ConnectionError, TimeoutError) as fault:
            address = self.address or (self._cluster.scheduler_address if self._cluster else "")
            raise OutputError("scheduler_lost", address=address) from fault


def _import_distributed() -> Any:
    try:
        import distributed
    except ImportError as fault:
        raise OutputError("dask_missing") from fault
    return distributed


def _run_chunk(task: tuple[Callable[[Any, int], Any], Any], span: int) -> Any:
    """In the worker."""
    _limit_threads()
    work, deck = task
    return work(deck, span)


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


__all__ = ["DaskEngine"]
