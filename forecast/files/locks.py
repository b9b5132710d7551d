"""Locks between processes that write to the same folder."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forecast.errors import OutputError
from forecast.files.atomic import translate_disk_errors

__all__ = ["hold_lock"]

LOCK_TIMEOUT_SECONDS = 60.0
LOCK_POLL_SECONDS = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP)
"""Errors of a disk that has no locks, such as some network folders: a run is published there without one."""


@contextmanager
def hold_lock(path: Path, timeout_seconds: float | None = None) -> Iterator[None]:
    """Hold an advisory lock; a killed holder gives it back.

    Parameters
    ----------
    path : Path
        File of the lock, which stays.
    timeout_seconds : float, optional
        How long to wait for another holder; `LOCK_TIMEOUT_SECONDS` by default.

    Yields
    ------
    None
        For the block that needs the lock.

    Raises
    ------
    OutputError
        Another process holds it for longer.
    """
    from filelock import FileLock, Timeout  # 31 ms to import, and only what publishes needs it

    timeout = LOCK_TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
    lock = FileLock(path, timeout=timeout, poll_interval=LOCK_POLL_SECONDS)
    with translate_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise OutputError("locked", path=str(path)) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
    try:
        yield
    finally:
        lock.release()
