"""Spans in several processes, answers in order.

The deck travels once to each worker. Few spans are under way at a time, so few answers wait for an earlier one, however
long the run. A worker leaves when its parent does, even when the parent was killed.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from forecast.engines.worker import start_worker
from forecast.errors import OutputError

_ContextT = TypeVar("_ContextT")
_ResultT = TypeVar("_ResultT")

MAX_CHUNKS_PER_WORKER = 2
"""Spans under way for each worker."""
_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class ProcessEngine:
    """A pool of worker processes that lives as long as one `map`."""

    is_remote = False

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(
        self, work: Callable[[_ContextT, int], _ResultT], deck: _ContextT, spans: range
    ) -> Generator[_ResultT, None, None]:
        """See `Engine.map`; scripts that call it need the usual `if __name__ == "__main__":`."""
        workers = min(self.workers, len(spans))
        if workers == 0:
            return
        pool = ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(pickle.dumps((work, deck)),)
        )
        ahead: deque[Future[_ResultT]] = deque()
        try:
            for span in spans:
                with _single_threaded():  # the workers start with the first span
                    ahead.append(pool.submit(_run_chunk, span))
                if len(ahead) >= workers * MAX_CHUNKS_PER_WORKER:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        except BrokenProcessPool as fault:
            raise OutputError("worker_died") from fault
        finally:
            _terminate(pool)

    def close(self) -> None:
        """Nothing is held between two calls of `map`."""


_worker_task: list[Any] = []
"""Of a worker: the work and the deck, from `_begin` on."""


def _start_worker(task: bytes) -> None:
    start_worker()
    _worker_task[:] = pickle.loads(task)


def _run_chunk(span: int) -> Any:
    work, deck = _worker_task
    return work(deck, span)


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
def _single_threaded() -> Iterator[None]:
    """Let processes that start now use one thread each in linear algebra."""
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
