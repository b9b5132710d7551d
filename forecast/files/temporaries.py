"""Temporary names, and the removal of what a killed process leaves under them.

A temporary name is `.<name>.<counter>.tmp-<pid>`. Its owner holds a lock on it for as long as it is written; a
temporary file that nobody holds and whose process has ended is stale, and the next start removes it. Whoever sweeps a
folder says of which names the temporaries can be there: a file of somebody else that only looks like one stays.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = [
    "is_temporary_name",
    "remove_stale_copies",
    "remove_stale_temporaries",
    "remove_temporary",
    "stale_temporaries",
    "temporary_name",
    "try_lock",
    "try_lock_folder",
]

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?:0|[1-9][0-9]*)\.tmp-(?P<owner>[1-9][0-9]*)", re.DOTALL)
"""Pattern of the names that `temporary_name` makes."""
_MAX_STEM_BYTES = 200
"""Bytes of a name that are in its temporary name: with the rest it is below the 255 that a disk takes."""
_STALE_SECONDS = 600
"""Age at which a temporary file that nobody holds is stale, though another process has its process number."""
_name_counter = itertools.count()
"""Number in each temporary name: two threads of one process never share a name."""


def temporary_name(path: Path) -> Path:
    """Return a temporary name beside a path.

    Parameters
    ----------
    path : Path
        Name of the finished file or folder.

    Returns
    -------
    Path
        In the same folder, and of nothing that is there; `remove_stale_temporaries` knows it.
    """
    stem = _temporary_stem(path)
    while True:
        temporary = path.with_name(f".{stem}.{next(_name_counter)}.tmp-{os.getpid()}")
        if not os.path.lexists(temporary):
            return temporary


def _temporary_stem(path: Path) -> str:
    """Part of a name that its temporary names repeat."""
    return path.name.lstrip(".").encode(errors="ignore")[:_MAX_STEM_BYTES].decode(errors="ignore") or "file"


def remove_stale_temporaries(folder: Path, pattern: str, *, folders: bool = False) -> int:
    """Remove the temporary files that dead processes left.

    Parameters
    ----------
    folder : Path
        Folder that holds them directly, and that this program made.
    pattern : str
        Regular expression of the finished names, of which the whole name must be one.
    folders : bool
        Whether folders of such names are temporary too. A link is removed, what it leads to never.

    Returns
    -------
    int
        Number of files and folders that are removed.
    """
    n_removed = 0
    with suppress(OSError):
        for path in stale_temporaries(folder, pattern, folders=folders):
            n_removed += 1
            remove_temporary(path)
    return n_removed


def remove_stale_copies(path: Path) -> int:
    """Remove the temporary files and folders of one finished name that dead processes left beside it.

    Parameters
    ----------
    path : Path
        Name of the finished file or folder.

    Returns
    -------
    int
        Number of files and folders that are removed.
    """
    if not path.name.strip("."):
        return 0  # a folder that is there: nothing is ever written beside it
    return remove_stale_temporaries(path.parent, re.escape(_temporary_stem(path)), folders=True)


def stale_temporaries(folder: Path, pattern: str, *, folders: bool) -> Iterator[Path]:
    """Yield the temporary files that dead processes left.

    Parameters
    ----------
    folder, pattern, folders
        As in `remove_stale_temporaries`.

    Yields
    ------
    Path
        Of each, in no order.
    """
    for entry in list(os.scandir(folder)):
        match = _TEMPORARY.fullmatch(entry.name)
        is_folder = entry.is_dir(follow_symlinks=False)
        if match is None or (is_folder and not folders) or not re.fullmatch(pattern, match["name"]):
            continue
        if _is_stale(Path(entry.path), int(match["owner"])):
            yield Path(entry.path)


def remove_temporary(path: Path) -> None:
    """Remove a temporary file or folder, as far as the disk lets it.

    Parameters
    ----------
    path : Path
        A link is removed, what it leads to never.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def is_temporary_name(name: str) -> bool:
    """Return whether `temporary_name` can have made a name.

    Parameters
    ----------
    name : str
        Name of a file or folder.

    Returns
    -------
    bool
        Whatever it is called when it is finished.
    """
    return _TEMPORARY.fullmatch(name) is not None


def try_lock(descriptor: int) -> bool:
    """Take the lock of an open temporary file or folder at once.

    Parameters
    ----------
    descriptor : int
        Of the file or folder.

    Returns
    -------
    bool
        False when another process holds it.
    """
    # not a `filelock`: that locks a file of its own, and here the lock must end with the file that is written
    if os.name == "nt":
        return True  # age alone decides there, see `_is_locked`
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)  # a disk without locks: go on without
    return True


def try_lock_folder(folder: Path) -> int | None:
    """Take the lock of a temporary folder at once.

    Parameters
    ----------
    folder : Path
        It is there.

    Returns
    -------
    int or None
        Descriptor that holds the lock until it is closed; None where the system has no such locks.
    """
    if os.name == "nt":
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try_lock(descriptor)
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
        return not try_lock(descriptor)
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
