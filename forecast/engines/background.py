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

_ResultT = TypeVar("_ResultT")


class BackgroundJob(Generic[_ResultT]):
    """Work that is under way, or that waits to be asked for."""

    def __init__(self, work: Callable[[], _ResultT], child: int = 0, answer: Connection | None = None) -> None:
        self._work = work
        self._process_id = child
        self._receiver = answer

    def result(self) -> _ResultT:
        """The answer; what the work raises is raised here, OutputError when its process died."""
        if self._receiver is None:
            return self._work()
        try:
            said, content = pickle.loads(self._receiver.recv_bytes())
        except EOFError:
            raise OutputError("worker_died") from None
        finally:
            self.close()
        if not said:
            raise content
        found: _ResultT = content
        return found

    def close(self) -> None:
        """End the work if it is still under way."""
        if self._receiver is not None:
            self._receiver.close()
            self._receiver = None
            with suppress(ProcessLookupError):
                os.kill(self._process_id, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self._process_id, 0)


@contextmanager
def run_in_background(work: Callable[[], _ResultT]) -> Iterator[BackgroundJob[_ResultT]]:
    """Begin `work`, whose answer can be pickled; it ends with the block."""
    started = _fork_job(work) if _is_safe() else BackgroundJob(work)
    try:
        yield started
    finally:
        started.close()


def _is_safe() -> bool:
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return False
    return len(os.listdir("/proc/self/task")) == 1  # those of numpy's libraries count too


def _fork_job(work: Callable[[], _ResultT]) -> BackgroundJob[_ResultT]:
    from multiprocessing import Pipe

    ours, theirs = Pipe(duplex=False)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        ours.close()
        _run_and_send(work, theirs)
    theirs.close()
    return BackgroundJob(work, child, ours)


def _run_and_send(work: Callable[[], Any], answer: Connection) -> None:
    """In the child: work, answer, and leave without a trace; it ends too when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        content = pickle.dumps((True, work()))
    except BaseException as fault:
        content = _pickle_error(fault)
    with suppress(OSError):
        answer.send_bytes(content)
    os._exit(0)


def _pickle_error(fault: BaseException) -> bytes:
    try:
        return pickle.dumps((False, fault))
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(fault).__name__}: {fault}")))
