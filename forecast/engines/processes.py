"""Chunks in several processes, answers in order.

The context is sent once to each worker. Few chunks are under way at a time, so few answers wait for an earlier one,
however long the run. A worker ends with its parent, even when the parent is killed.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from forecast.engines.worker import start_worker
from forecast.errors import OutputError

__all__ = ["ProcessEngine"]

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")

MAX_CHUNKS_PER_WORKER = 2
"""Chunks under way for each worker."""
_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class ProcessEngine:
    """Pool of worker processes that lives as long as one `map`.

    Parameters
    ----------
    workers : int
        Processes.
    """

    is_remote = False

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(
        self, function: Callable[[_ContextT, int], _ResultT], context: _ContextT, chunks: range
    ) -> Generator[_ResultT, None, None]:
        """Yield the answers in order, see `Engine.map`; a script needs `if __name__ == "__main__":`."""
        workers = min(self.workers, len(chunks))
        if workers == 0:
            return
        pool = ProcessPoolExecutor(
            workers,
            mp_context=get_context("spawn"),
            initializer=_start_worker,
            initargs=(pickle.dumps((function, context)),),
        )
        pending: deque[Future[_ResultT]] = deque()
        try:
            for chunk in chunks:
                with _single_threaded(), _deferred_signals():  # the workers start with the first chunk
                    pending.append(pool.submit(_run_chunk, chunk))
                if len(pending) >= workers * MAX_CHUNKS_PER_WORKER:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise OutputError("worker_died") from error
        finally:
            _terminate(pool)

    def close(self) -> None:
        """Do nothing: no worker is held between two calls of `map`."""


_worker_task: list[Any] = []
"""In a worker: function and context, from `_start_worker` on."""


def _start_worker(task: bytes) -> None:
    start_worker()
    _worker_task[:] = pickle.loads(task)


def _run_chunk(chunk: int) -> Any:
    function, context = _worker_task
    return function(context, chunk)


def _terminate(pool: ProcessPoolExecutor) -> None:
    """Stop at once: the workers hold nothing that must be finished."""
    workers, answers = list((pool._processes or {}).values()), pool._result_queue
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
    # Without this, a worker that ended in the middle of an answer leaves the thread of the pool reading forever, and
    # the interpreter waits for that thread at its end.
    answers._writer.close()  # type: ignore[attr-defined]


@contextmanager
def _deferred_signals() -> Iterator[None]:
    """Keep SIGINT and SIGTERM until the block ends: a worker that is told nothing at its start complains on stderr."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    handlers = {
        number: signal.signal(number, lambda number, frame: arrived.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Give processes that start in the block one thread each in linear algebra."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
