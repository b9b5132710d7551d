"""Atomic writes: a file or a folder is complete or absent."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from forecast.errors import OutputError
from forecast.files.temporaries import (
    remove_temporary,
    stale_temporaries,
    temporary_name,
    try_lock,
    try_lock_folder,
)

__all__ = [
    "check_not_held",
    "check_writable",
    "empty_unfinished_folder",
    "fill_folder",
    "new_folder",
    "output_error",
    "replace_link",
    "translate_disk_errors",
    "write_file",
    "write_files",
    "write_new_file",
]

_PROBE_BYTES = 64 * 1024
PROBE_NAME = "probe"
_FILLING_NAME = "new"
"""Name whose temporary folder holds what will fill a folder."""
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
        with _temporary_file(path, content) as temporary:
            _replace(temporary, path)
        sync_folder(path.parent)


def write_new_file(path: Path, content: bytes) -> bool:
    """Write one file in one step, unless there is something of its name.

    Parameters
    ----------
    path : Path
        Its folder is made if it is missing.
    content : bytes
        All of the file.

    Returns
    -------
    bool
        False where something is there already, which stays as it is.

    Raises
    ------
    OutputError
        The disk refuses; no file of that name was made.
    """
    with translate_disk_errors(path):
        with _temporary_file(path, content) as temporary:
            is_made = _link_new(temporary, path)
            temporary.unlink(missing_ok=True)
        if not is_made:
            return False
        sync_folder(path.parent)
    return True


@contextmanager
def _temporary_file(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside a path with all of its content on the disk; removed where something fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        with open(temporary, "xb") as file:
            try_lock(file.fileno())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _link_new(temporary: Path, path: Path) -> bool:
    """Give a file its name; False where something of that name is there."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and not _has_no_links(error):
            raise
        if os.path.lexists(path):  # a disk without links: whoever writes holds a lock of the folder
            return False
        os.rename(temporary, path)
    return True


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
        descriptor = try_lock_folder(temporary)
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
        temporaries = list(stale_temporaries(folder, _FILLING_NAME, folders=True))
        if not temporaries:
            return
        kept = {path for path in folder.rglob("*") if not any(map(path.is_relative_to, temporaries))}
        if all(_is_part_of(path, folder, files) for path in kept):
            for path in kept:
                if path.parent == folder:
                    shutil.rmtree(path, ignore_errors=True)
        for path in temporaries:  # last: as long as one is there, the next start empties the folder
            remove_temporary(path)


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
