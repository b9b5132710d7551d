"""One piece of work beside this process, on another core.

The child is a copy of this process (fork), so it begins at once and with everything loaded. Where that cannot be done
safely - no fork, a second thread, a single core - the work is done here when its answer is asked for.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from forecast.errors import OutputError

T = TypeVar("T")


class Beside(Generic[T]):
    """Work that is under way, or that waits to be asked for."""

    def __init__(self, work: Callable[[], T], child: int = 0, answer: Connection | None = None) -> None:
        self._work = work
        self._child = child
        self._answer = answer

    def result(self) -> T:
        """The answer; what the work raises is raised here, OutputError when its process died."""
        if self._answer is None:
            return self._work()
        try:
            said, content = pickle.loads(self._answer.recv_bytes())
        except EOFError:
            raise OutputError("worker_died") from None
        finally:
            self.close()
        if not said:
            raise content
        found: T = content
        return found

    def close(self) -> None:
        """End the work if it is still under way."""
        if self._answer is not None:
            self._answer.close()
            self._answer = None
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self._child, 0)


@contextmanager
def beside(work: Callable[[], T]) -> Iterator[Beside[T]]:
    """Begin `work`, whose answer can be pickled; it ends with the block."""
    started = _start(work) if _is_safe() else Beside(work)
    try:
        yield started
    finally:
        started.close()


def _is_safe() -> bool:
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return False
    return len(os.listdir("/proc/self/task")) == 1  # those of numpy's libraries count too


def _start(work: Callable[[], T]) -> Beside[T]:
    from multiprocessing import Pipe

    ours, theirs = Pipe(duplex=False)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        ours.close()
        _answer(work, theirs)
    theirs.close()
    return Beside(work, child, ours)


def _answer(work: Callable[[], Any], answer: Connection) -> None:
    """In the child: work, answer, and leave without a trace; it ends too when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        content = pickle.dumps((True, work()))
    except BaseException as fault:
        content = _as_fault(fault)
    with suppress(OSError):
        answer.send_bytes(content)
    os._exit(0)


def _as_fault(fault: BaseException) -> bytes:
    try:
        return pickle.dumps((False, fault))
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(fault).__name__}: {fault}")))
