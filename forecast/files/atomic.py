"""Atomic writes: a file is complete or absent; locks; and the removal of what a killed process leaves.

A temporary name ends in `.tmp-<pid>`. Its owner holds a lock on it for as long as it is written; a temporary file that
nobody holds and whose process has ended is stale, and the next start removes it.
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

__all__ = [
    "check_writable",
    "hold_lock",
    "new_folder",
    "output_error",
    "remove_stale_temporaries",
    "replace_link",
    "temporary_name",
    "translate_disk_errors",
    "write_file",
    "write_files",
]

_TEMPORARY = re.compile(r"\.tmp-(\d+)$")
_STALE_SECONDS = 600
"""Age at which a temporary file that nobody holds is stale, though another process has its process number."""
_PROBE_BYTES = 64 * 1024
LOCK_TIMEOUT_SECONDS = 60.0
LOCK_POLL_SECONDS = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP)
"""Errors of a disk that has no locks, such as some network folders: a run is published there without one."""


@contextmanager
def translate_disk_errors(path: Path) -> Iterator[None]:
    """Raise a failure of the disk as the OutputError that says which file and why.

    Parameters
    ----------
    path : Path
        File or folder that is written.

    Yields
    ------
    None
        For the block that writes.

    Raises
    ------
    OutputError
        The disk refuses.
    """
    try:
        yield
    except OSError as error:
        raise output_error(error, path) from error


def output_error(error: OSError, path: Path | str = "") -> OutputError:
    """Return the OutputError of a failure of the disk.

    Parameters
    ----------
    error : OSError
        The failure.
    path : Path or str
        File or folder; that of the failure when empty.

    Returns
    -------
    OutputError
        To be raised.
    """
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
    code = codes.get(error.errno or 0, "not_written")
    return OutputError(code, path=str(path or error.filename or ""), reason=error.strerror or str(error))


def write_file(path: Path, content: bytes) -> None:
    """Write one file in one step.

    Parameters
    ----------
    path : Path
        Its folder is made if it is missing.
    content : bytes
        All of the file.

    Raises
    ------
    OutputError
        The disk refuses; the earlier file is intact.
    """
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
    """Make a folder in one step: fill a hidden one, which is renamed at the end and removed if anything fails.

    Parameters
    ----------
    final : Path
        Name of the folder. If it exists already, it stays and the new one is removed: a name says what is inside.

    Yields
    ------
    Path
        The hidden folder.

    Raises
    ------
    OutputError
        The disk refuses.
    """
    temporary = temporary_name(final)
    with translate_disk_errors(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        descriptor = _try_lock_folder(temporary)
        try:
            yield temporary
            sync_folder(temporary)
            _rename(temporary, final)
            sync_folder(final.parent)
        finally:
            if descriptor is not None:
                os.close(descriptor)
            shutil.rmtree(temporary, ignore_errors=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files and flush them to the disk.

    Parameters
    ----------
    folder : Path
        Folder of the files.
    files : mapping of str to bytes
        Content by name; `figures/fan.png` makes its folder.

    Raises
    ------
    OutputError
        The disk refuses.
    """
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
    for changed_folder in sorted(folders):
        sync_folder(changed_folder)


def replace_link(target: Path, name: Path) -> bool:
    """Let a link lead to a folder, in one step.

    Parameters
    ----------
    target : Path
        The folder.
    name : Path
        The link; an earlier one is replaced.

    Returns
    -------
    bool
        False where the system has no links.

    Raises
    ------
    OutputError
        The disk refuses.
    """
    temporary = temporary_name(name)
    temporary.unlink(missing_ok=True)
    try:
        os.symlink(os.path.relpath(target, name.parent), temporary, target_is_directory=True)
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise output_error(error, name) from error
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
    """Check that a folder can be written, by a file that is removed again.

    Parameters
    ----------
    folder : Path
        It is made if it is missing.

    Raises
    ------
    OutputError
        The disk refuses.
    """
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
    """Remove the temporary files and folders that dead processes left.

    Parameters
    ----------
    folder : Path
        Folder that holds them directly.

    Returns
    -------
    int
        Number of files and folders that are removed.
    """
    n_removed = 0
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            match = _TEMPORARY.search(entry.name)
            if match and _is_stale(Path(entry.path), int(match[1])):
                n_removed += 1
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        os.unlink(entry.path)
    return n_removed


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold an advisory lock; a killed holder gives it back.

    Parameters
    ----------
    path : Path
        File of the lock, which stays.

    Yields
    ------
    None
        For the block that needs the lock.

    Raises
    ------
    OutputError
        Another process holds it for more than `LOCK_TIMEOUT_SECONDS`.
    """
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
"""Number in each temporary name: two threads of one process never share a name."""


def sync_folder(folder: Path) -> None:
    """Flush the names of a folder to the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network folders cannot
            raise
    finally:
        os.close(descriptor)


def temporary_name(path: Path) -> Path:
    """Return a temporary name beside a path.

    Parameters
    ----------
    path : Path
        Name of the finished file or folder.

    Returns
    -------
    Path
        In the same folder; `remove_stale_temporaries` knows it.
    """
    return path.with_name(f".{path.name.lstrip('.')}.{next(_name_counter)}.tmp-{os.getpid()}")


def _rename(temporary: Path, final: Path) -> None:
    try:
        os.rename(temporary, final)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not final.is_dir():
            raise


def _try_lock(descriptor: int) -> bool:
    """Take the lock of an open temporary file or folder at once; False when another process holds it."""
    # not a `filelock`: that locks a file of its own, and here the lock must end with the file that is written
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
    """Return whether another process holds the lock of a temporary file or folder; a link has none."""
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
