"""Files that are whole or absent: atomic writes, locks, and the sweep of what a killed process left.

A temporary name ends in `.tmp-<pid>`. Its owner holds a lock on it for as long as it is written; what nobody holds and
whose process is gone is a stray, and the next start sweeps it away.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from forecast.errors import OutputError

_TEMPORARY = re.compile(r"\.tmp-(\d+)$")
_STALE_SECONDS = 600
"""A temporary file this old that nobody holds is a stray, though its process number lives on in another process."""
_PROBE_BYTES = 64 * 1024
LOCK_TIMEOUT_SECONDS = 60.0
LOCK_POLL_SECONDS = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP)
"""Errors of a disk that has no locks, such as some network folders: a run is published there without one."""


@contextmanager
def translate_disk_errors(path: Path) -> Iterator[None]:
    """Turn a failure of the disk into the OutputError that says which file and why."""
    try:
        yield
    except OSError as fault:
        raise output_error(fault, path) from fault


def output_error(fault: OSError, path: Path | str = "") -> OutputError:
    """The OutputError (exit 4) of a failure of the disk."""
    codes = {
        errno.ENOSPC: "disk_full",
        errno.EDQUOT: "disk_full",
        errno.EFBIG: "file_limit",
        errno.EROFS: "not_writable",
        errno.EACCES: "not_writable",
        errno.EPERM: "not_writable",
        errno.ENOTDIR: "not_a_folder",
        errno.EEXIST: "not_a_folder",
        errno.EPIPE: "pipe_closed",
    }
    code = codes.get(fault.errno or 0, "not_written")
    return OutputError(code, path=str(path or fault.filename or ""), reason=fault.strerror or str(fault))


def write_file(path: Path, content: bytes) -> None:
    """Write one file whole or not at all; OutputError where the disk refuses, the earlier file intact."""
    with translate_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_name(path)
        try:
            with open(temporary, "wb") as file:
                _try_lock(file.fileno())
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """A hidden folder to fill, renamed to `final` at the end; gone again if anything fails.

    Where `final` is there already, it is kept and the new one is dropped: a name says what is inside.
    """
    temporary = temporary_name(final)
    with translate_disk_errors(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        held = _try_lock_folder(temporary)
        try:
            yield temporary
            sync_folder(temporary)
            _rename(temporary, final)
            sync_folder(final.parent)
        finally:
            if held is not None:
                os.close(held)
            shutil.rmtree(temporary, ignore_errors=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files (`figures/fan.png` makes its folder) and see them safely on the disk; OutputError if it refuses."""
    folders = {folder}
    for name in sorted(files):
        path = folder / name
        with translate_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.add(path.parent)
            with open(path, "wb") as file:
                file.write(files[name])
                file.flush()
                os.fsync(file.fileno())
    for inner in sorted(folders):
        sync_folder(inner)


def replace_link(target: Path, name: Path) -> bool:
    """Let `name` lead to the folder `target` in one step; False where the system has no links."""
    temporary = temporary_name(name)
    temporary.unlink(missing_ok=True)
    try:
        os.symlink(os.path.relpath(target, name.parent), temporary, target_is_directory=True)
    except (NotImplementedError, OSError) as fault:
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise output_error(fault, name) from fault
        return False
    with translate_disk_errors(name):
        try:
            os.replace(temporary, name)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(name.parent)
    return True


def check_writable(folder: Path) -> None:
    """Make `folder` and a file in it, and take the file away again; OutputError where that fails."""
    probe = temporary_name(folder / "probe")
    with translate_disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with open(probe, "wb") as file:
                file.write(b"\0" * _PROBE_BYTES)
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)


def remove_stale_temporaries(folder: Path) -> int:
    """Remove the temporary files and folders that dead processes left directly in `folder`; how many."""
    swept = 0
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            found = _TEMPORARY.search(entry.name)
            if found and _is_stale(Path(entry.path), int(found[1])):
                swept += 1
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        os.unlink(entry.path)
    return swept


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the advisory lock of `path` (a file that stays); OutputError when another process keeps it too long."""
    from filelock import FileLock, Timeout  # 31 ms to import, and only what publishes needs it

    lock = FileLock(path, timeout=LOCK_TIMEOUT_SECONDS, poll_interval=LOCK_POLL_SECONDS)
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


_name_counter = itertools.count()
"""Tells apart what the threads of one process write."""


def sync_folder(folder: Path) -> None:
    """See a folder's names safely on the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as fault:
        if fault.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network folders cannot
            raise
    finally:
        os.close(descriptor)


def temporary_name(path: Path) -> Path:
    """A name beside `path` that the sweep knows."""
    return path.with_name(f".{path.name.lstrip('.')}.{next(_name_counter)}.tmp-{os.getpid()}")


def _rename(temporary: Path, final: Path) -> None:
    try:
        os.rename(temporary, final)
    except OSError as fault:
        if fault.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not final.is_dir():
            raise


def _try_lock(descriptor: int) -> bool:
    """Take the lock of an open temporary file or folder at once; False when another process holds it.

    Not a `filelock`: that locks a file of its own, and here the lock must end with the file that is written.
    """
    if os.name == "nt":
        return True  # age alone decides there, see `_is_locked`
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)  # a disk without locks: go on without
    return True


def _try_lock_folder(folder: Path) -> int | None:
    if os.name == "nt":
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    _try_lock(descriptor)
    return descriptor


def _is_stale(path: Path, owner: int) -> bool:
    if _is_locked(path):
        return False
    if owner == os.getpid() or not _is_alive(owner):
        return True
    with suppress(OSError):
        return time.time() - path.lstat().st_mtime > _STALE_SECONDS
    return False


def _is_locked(path: Path) -> bool:
    """Whether another process holds the lock of a temporary file or folder; a link has none."""
    if path.is_symlink() or os.name == "nt":
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _is_alive(process: int) -> bool:
    if os.name == "nt":
        return True  # os.kill would end it; age alone decides
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
