"""Signals as exceptions, so that the process tidies up before it ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_HANDLED = (signal.SIGINT, signal.SIGTERM)


class StoppedBySignal(BaseException):
    """The process was asked to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    for handled in _HANDLED:  # a second one must not disturb the tidying
        signal.signal(handled, signal.SIG_IGN)
    raise StoppedBySignal(number)


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Raise `StoppedBySignal` on SIGINT and SIGTERM, also where a shell in the background ignores SIGINT for us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {handled: signal.signal(handled, _raise_stopped) for handled in _HANDLED}
    try:
        yield
    finally:
        for handled, handler in handlers.items():
            signal.signal(handled, handler)
