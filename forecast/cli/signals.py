"""Signals as exceptions, so that the process tidies up before it ends."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_HANDLED = (signal.SIGINT, signal.SIGTERM)
_RETRY_SECONDS = 0.01
"""Time after which an exception that was lost is raised again."""


class StoppedBySignal(BaseException):
    """The process was asked to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    for handled in _HANDLED:  # a second one must not disturb the tidying
        signal.signal(handled, signal.SIG_IGN)
    raise StoppedBySignal(number)


def _raise_again(unraisable: sys.UnraisableHookArgs) -> bool:
    """True where a `StoppedBySignal` was lost, as in a `__del__` or a callback of a weak reference; it comes again."""
    stopped = unraisable.exc_value
    if not isinstance(stopped, StoppedBySignal):
        return False
    for handled in _HANDLED:
        signal.signal(handled, _raise_stopped)
    timer = threading.Timer(_RETRY_SECONDS, _thread.interrupt_main, (stopped.exit_code - 128,))
    timer.daemon = True
    timer.start()
    return True


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Raise `StoppedBySignal` on SIGINT and SIGTERM, also where a shell in the background ignores SIGINT for us."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {handled: signal.signal(handled, _raise_stopped) for handled in _HANDLED}
    report_lost = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: None if _raise_again(unraisable) else report_lost(unraisable)
    try:
        yield
    finally:
        sys.unraisablehook = report_lost
        for handled, handler in handlers.items():
            signal.signal(handled, handler)
