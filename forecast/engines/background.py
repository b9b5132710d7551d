"""One function call beside this process, on another core.

The child is a copy of this process (fork), so it begins at once, with everything loaded, and nothing but the answer is
pickled. Where a fork is not safe (another system, a second thread) or gains nothing (a single core), the call is made
here when its answer is asked for.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess, current_process
from typing import Any, Generic, TypeVar

from forecast.engines.worker import start_worker
from forecast.errors import OutputError

__all__ = ["run_in_background"]

_ResultT = TypeVar("_ResultT")


class BackgroundJob(Generic[_ResultT]):
    """A function call that is under way, or that waits to be asked for."""

    # A process and a pipe, not a ProcessPoolExecutor(1): the executor keeps the writing end of its pipe open here, so
    # that a worker which dies in the middle of an answer (the kernel short of memory, Ctrl-C) leaves `result()` and the
    # end of the program waiting forever (Python 3.11.7; a test does it here). It also leaves a thread, which forbids
    # the next fork, and takes twice as long to start and end: 9 to 15 ms against 4 to 7 ms.

    def __init__(self, function: Callable[[], _ResultT]) -> None:
        self._function = function
        self._process: BaseProcess | None = None
        self._receiver: Connection | None = None

    def start(self) -> None:
        """Begin in a copy of this process."""
        from multiprocessing import get_context

        context = get_context("fork")
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_call_and_send, args=(self._function, sender), daemon=True)
        self._process.start()
        sender.close()  # the child has the only writing end: when it dies, the answer ends

    def result(self) -> _ResultT:
        """Wait for the answer; errors of the function are raised here, OutputError when the process dies."""
        if self._receiver is None:
            return self._function()
        try:
            message = self._receiver.recv_bytes()
        except (EOFError, OSError):  # the end before an answer, or in the middle of one
            raise OutputError("worker_died") from None
        finally:
            self.close()
        is_answer, content = pickle.loads(message)
        if not is_answer:
            raise content
        answer: _ResultT = content
        return answer

    def close(self) -> None:
        """End the process if it is still under way."""
        if self._receiver is not None and self._process is not None:
            self._receiver.close()
            self._receiver = None
            self._process.kill()
            self._process.join()


@contextmanager
def run_in_background(function: Callable[[], _ResultT]) -> Iterator[BackgroundJob[_ResultT]]:
    """Begin a function call beside this process; it ends with the block.

    Parameters
    ----------
    function : Callable
        Takes nothing; its answer can be pickled.

    Yields
    ------
    BackgroundJob
        Its `result()` waits for the answer.
    """
    job = BackgroundJob(function)
    if _is_safe_to_fork():
        job.start()
    try:
        yield job
    finally:
        job.close()


def _is_safe_to_fork() -> bool:
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return False
    if current_process().daemon:  # it may have no children
        return False
    return len(os.listdir("/proc/self/task")) == 1  # the threads of numpy's libraries count too


def _call_and_send(function: Callable[[], Any], sender: Connection) -> None:
    """In the child: call, answer, and end."""
    start_worker()
    try:
        content = pickle.dumps((True, function()))
    except BaseException as error:
        content = _pickle_error(error)
    with suppress(OSError):
        sender.send_bytes(content)


def _pickle_error(error: BaseException) -> bytes:
    """The error, or where it does not survive the way, a plain one that says the same."""
    try:
        content = pickle.dumps((False, error))
        pickle.loads(content)
    except Exception:
        plain: Exception = RuntimeError(f"{type(error).__name__}: {error}")
        if isinstance(error, OSError) and error.errno is not None:  # matplotlib's name a file by a class of their own
            plain = OSError(error.errno, error.strerror, str(error.filename or ""))
        return pickle.dumps((False, plain))
    return content
