"""Signals as exceptions, so that what is under way is put in order before the process leaves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StoppedBySignal(BaseException):
    """The process was asked to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):  # a second one must not disturb the tidying
        signal.signal(each, signal.SIG_IGN)
    raise StoppedBySignal(number)


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Raise `Stopped` on SIGINT and SIGTERM, also where a shell started us in the background with SIGINT ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, _raise_stopped) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
