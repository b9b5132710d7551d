"""Atomic writes: a file is complete or absent; locks; and the removal of what a killed process leaves.

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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from forecast.errors import OutputError

__all__ = [
    "check_not_held",
    "check_writable",
    "empty_unfinished_folder",
    "fill_folder",
    "hold_lock",
    "is_temporary_name",
    "new_folder",
    "output_error",
    "remove_stale_copies",
    "remove_stale_temporaries",
    "replace_link",
    "temporary_name",
    "translate_disk_errors",
    "write_file",
    "write_files",
]

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?:0|[1-9][0-9]*)\.tmp-(?P<owner>[1-9][0-9]*)", re.DOTALL)
"""Pattern of the names that `temporary_name` makes."""
_MAX_STEM_BYTES = 200
"""Bytes of a name that are in its temporary name: with the rest it is below the 255 that a disk takes."""
_STALE_SECONDS = 600
"""Age at which a temporary file that nobody holds is stale, though another process has its process number."""
_PROBE_BYTES = 64 * 1024
PROBE_NAME = "probe"
_FILLING_NAME = "new"
"""Name whose temporary folder holds what will fill a folder."""
LOCK_TIMEOUT_SECONDS = 60.0
LOCK_POLL_SECONDS = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP)
"""Errors of a disk that has no locks, such as some network folders: a run is published there without one."""
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors of a disk that has no links: FAT and exFAT, shares, Windows without the privilege."""
_NO_LINKS_WINDOWS = (1, 50, 1314)
"""The same by Windows: ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED, ERROR_PRIVILEGE_NOT_HELD."""


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
            _replace(temporary, path)
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


def fill_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into an empty folder that is there already: all of them, or none.

    The folder keeps its owner and its mode, and those who stand in it still do. What is in it appears at the end, in
    the order of names; only a kill between two renames can part it, and `empty_unfinished_folder` undoes that.

    Parameters
    ----------
    folder : Path
        The empty folder.
    files : mapping of str to bytes
        Content by name; each name has a folder: `data/history.csv`.

    Raises
    ------
    OutputError
        The disk refuses; the folder is empty again.
    """
    names = sorted({name.partition("/")[0] for name in files})
    moved: list[str] = []
    with translate_disk_errors(folder):
        temporary = temporary_name(folder / _FILLING_NAME)
        try:
            temporary.mkdir()
            write_files(temporary, files)
            for name in names:
                os.rename(temporary / name, folder / name)
                moved.append(name)
            sync_folder(folder)
        except BaseException:
            for name in moved:
                shutil.rmtree(folder / name, ignore_errors=True)
            raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def empty_unfinished_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Empty a folder that a process was filling when it was killed; a folder with anything else in it stays.

    Parameters
    ----------
    folder : Path
        The folder; it need not exist.
    files : mapping of str to bytes
        What `fill_folder` was writing; a file of other content is somebody's, and then no file is removed.
    """
    with suppress(OSError):
        temporaries = list(_stale_temporaries(folder, _FILLING_NAME, folders=True))
        if not temporaries:
            return
        kept = {path for path in folder.rglob("*") if not any(map(path.is_relative_to, temporaries))}
        if all(_is_part_of(path, folder, files) for path in kept):
            for path in kept:
                if path.parent == folder:
                    shutil.rmtree(path, ignore_errors=True)
        for path in temporaries:  # last: as long as one is there, the next start empties the folder
            _remove_temporary(path)


def _is_part_of(path: Path, folder: Path, files: Mapping[str, bytes]) -> bool:
    """Return whether a path is one of some files of a folder, as it was written, or a folder of one of them."""
    name = path.relative_to(folder).as_posix()
    if path.is_symlink() or path.is_dir():
        return not path.is_symlink() and any(file.startswith(f"{name}/") for file in files)
    return name in files and path.is_file() and path.read_bytes() == files[name]


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


def replace_link(target: str, link: Path) -> bool:
    """Let a link lead to a folder, in one step.

    Parameters
    ----------
    target : str
        The folder, relative to that of the link.
    link : Path
        The link; an earlier one is replaced.

    Returns
    -------
    bool
        False where the disk has no links, or the system refuses them to this user.

    Raises
    ------
    OutputError
        The disk refuses for another reason.
    """
    temporary = temporary_name(link)
    with translate_disk_errors(link):
        try:
            os.symlink(target, temporary, target_is_directory=True)
        except NotImplementedError:
            return False
        except OSError as error:
            if _has_no_links(error):
                return False
            raise
        try:
            _replace(temporary, link)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(link.parent)
    return True


def check_writable(folder: Path, name: str = PROBE_NAME) -> None:
    """Check that a folder can be written, by a file that is removed again.

    Parameters
    ----------
    folder : Path
        It is made if it is missing.
    name : str
        Name that will stand there, which the disk must take.

    Raises
    ------
    OutputError
        The disk refuses.
    """
    with translate_disk_errors(folder if name == PROBE_NAME else folder / name):
        folder.mkdir(parents=True, exist_ok=True)
        probe = temporary_name(folder / name)
        try:
            with open(probe, "wb") as file:
                file.write(b"\0" * _PROBE_BYTES)
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)


def check_not_held(path: Path) -> None:
    """Check that no other program holds a file so that it cannot be replaced, as Windows lets a viewer do.

    Parameters
    ----------
    path : Path
        File that will be replaced; it may be missing, and a link is never held.

    Raises
    ------
    OutputError
        It is held.
    """
    if os.path.islink(path) or not os.path.lexists(path):
        return
    with translate_disk_errors(path):
        _replace(path, path)  # changes nothing, and asks all the system asks when a file is replaced


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
        for path in _stale_temporaries(folder, pattern, folders=folders):
            n_removed += 1
            _remove_temporary(path)
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


def _stale_temporaries(folder: Path, pattern: str, *, folders: bool) -> Iterator[Path]:
    """Yield what `remove_stale_temporaries` removes."""
    for entry in list(os.scandir(folder)):
        match = _TEMPORARY.fullmatch(entry.name)
        is_folder = entry.is_dir(follow_symlinks=False)
        if match is None or (is_folder and not folders) or not re.fullmatch(pattern, match["name"]):
            continue
        if _is_stale(Path(entry.path), int(match["owner"])):
            yield Path(entry.path)


def _remove_temporary(path: Path) -> None:
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


def _has_no_links(error: OSError) -> bool:
    """Return whether a link was refused as such, and not because the disk is full or broken."""
    windows_code = getattr(error, "winerror", None) or error.errno
    return error.errno in _NO_LINKS or windows_code in _NO_LINKS_WINDOWS


def _replace(temporary: Path, path: Path) -> None:
    """Rename over what is there; OutputError where another program holds that."""
    try:
        os.replace(temporary, path)
    except PermissionError as error:
        if not os.path.lexists(path):
            raise
        if os.name == "nt" and os.path.islink(path):
            os.unlink(path)  # Windows replaces no link to a folder
            os.rename(temporary, path)
            return
        raise OutputError("held_open", path=str(path), reason=error.strerror or str(error)) from error


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
