"""Paths inside a project: named, checked, opened with care, never outside its folder."""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from contextlib import suppress
from pathlib import Path

from forecast.errors import InputError, Location, Problem, closest_match
from forecast.files.characters import FORBIDDEN_IN_NAMES, code_point

__all__ = [
    "SCENARIOS_FOLDER",
    "display_path",
    "find_project",
    "has_working_directory",
    "is_inner_path",
    "is_reserved_name",
    "name_problem",
    "path_in_linked_project",
    "plan_name",
    "read_regular_bytes",
    "read_regular_file",
    "real_path",
    "require_in_project",
    "reserved_part",
    "resolve_in_project",
    "suggest_name",
]

MAX_PLAN_BYTES = 160 * 1024

SCENARIOS_FOLDER = "scenarios"
NOT_REGULAR = "not a regular file"
"""Reason for which a folder, a pipe or a device is not read."""
MAX_WRITTEN_PATH_CHARACTERS = 500
"""Characters of a path in a plan."""
_FOREIGN_PATH = re.compile(r"[A-Za-z]:|file:|[A-Za-z][A-Za-z0-9+.-]*:/|~[^/]*/|/")
"""Start of a path that leads elsewhere: a drive, an address, a home, the root; `tet:2026.yaml` and `~x.yaml` do not."""

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ ]*(\..*)?", re.IGNORECASE | re.DOTALL)
"""Names of devices in every folder of Windows, with any ending (Microsoft, "Naming Files, Paths, and Namespaces")."""
_NOT_IN_WINDOWS_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def find_project(folder: Path) -> Path:
    """Find the project of a folder.

    Parameters
    ----------
    folder : Path
        Where to begin.

    Returns
    -------
    Path
        The nearest folder, from `folder` up, that has a `scenarios/`; else `folder` itself, absolute.
    """
    folder = folder.absolute()
    for candidate in (folder, *folder.parents):
        if (candidate / SCENARIOS_FOLDER).is_dir():
            return candidate
    return folder


def path_in_linked_project(path: Path) -> Path:
    """Return the path by which a file lies in its project, where a link leads to a folder inside the project.

    Parameters
    ----------
    path : Path
        The file, as a person names it.

    Returns
    -------
    Path
        As it is where its folder, links not followed, lies in a project, or is in none; else with its folder's links
        followed.
    """
    real = real_path(path.parent)
    return path if _is_in_project(path.parent.absolute()) or not _is_in_project(real) else real / path.name


def _is_in_project(folder: Path) -> bool:
    return any((candidate / SCENARIOS_FOLDER).is_dir() for candidate in (folder, *folder.parents))


def display_path(path: Path) -> str:
    """Return a path as a person at the working directory writes it.

    Parameters
    ----------
    path : Path
        Absolute or relative.

    Returns
    -------
    str
        Relative to the working directory when it lies below it, else absolute; with `/`. What a command would take for
        an option begins with `./`.
    """
    if path.is_absolute() and not has_working_directory():
        return path.as_posix()
    path = Path(os.path.abspath(path))
    working_directory = Path.cwd()
    if not path.is_relative_to(working_directory):
        return path.as_posix()
    shown = path.relative_to(working_directory).as_posix()
    return f"./{shown}" if shown.startswith("-") else shown


def has_working_directory() -> bool:
    """Return whether the working directory is still there.

    Returns
    -------
    bool
        False where it was removed meanwhile.
    """
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def resolve_in_project(text: str, folder: Path, project: Path, location: Location, key_path: str) -> Path:
    """Return the file that a plan names.

    Parameters
    ----------
    text : str
        Path as it is written.
    folder : Path
        Folder that it is relative to.
    project : Path
        Folder that it must lie in, also with its links followed.
    location : Location
        Place of the text.
    key_path : str
        Dotted name of its key.

    Returns
    -------
    Path
        Not yet opened.

    Raises
    ------
    InputError
        The path may lie outside the project.
    """
    is_foreign = _FOREIGN_PATH.match(text) or "\\" in text or "\0" in text or len(text) > MAX_WRITTEN_PATH_CHARACTERS
    path = Path(os.path.normpath(folder / text)) if not is_foreign else project.parent
    if is_foreign or not _is_inside(path, project):
        raise InputError.of(location, key_path, "outside_project", text=text[:80], project=project.name or "/")
    return path if os.path.exists(path) else _decomposed_path(path)


def _decomposed_path(path: Path) -> Path:
    """The file whose name is the same text in other code points, as a Mac's archive writes it; else the path itself."""
    name = unicodedata.normalize("NFC", path.name)
    if not name.isascii():
        with suppress(OSError):
            files = sorted(path.parent.iterdir())
            return next((file for file in files if unicodedata.normalize("NFC", file.name) == name), path)
    return path


def is_reserved_name(name: str) -> bool:
    """Return whether a file or folder cannot have this name on Windows, or on this system.

    Names of devices and a dot or a space at the end are refused everywhere, because what is written travels; a
    character that only Windows refuses, such as `:`, is refused there.

    Parameters
    ----------
    name : str
        Name without its folder.

    Returns
    -------
    bool
        Whether it is reserved.
    """
    is_odd = name.rstrip(". ") != name or _DEVICE.fullmatch(name) is not None
    return is_odd or (os.name == "nt" and _NOT_IN_WINDOWS_NAMES.search(name) is not None)


def suggest_name(name: str) -> str:
    """Return a name like a reserved one that is not reserved.

    Parameters
    ----------
    name : str
        Name without its folder.

    Returns
    -------
    str
        `plan-con` for `con`, `plan` for `plan.`.
    """
    plain = _NOT_IN_WINDOWS_NAMES.sub("-", name).rstrip(". ")
    return plain if plain and not is_reserved_name(plain) else f"plan-{plain}"


def reserved_part(path: Path) -> str:
    """Return the name in a path that `is_reserved_name` refuses, of what is still to be made.

    Parameters
    ----------
    path : Path
        Folder or file that will be written.

    Returns
    -------
    str
        The innermost such name; empty where there is none. A folder that is there already may be used.
    """
    parts = (part for part in (path, *path.parents) if part.name not in ("", ".."))
    return next((part.name for part in parts if is_reserved_name(part.name) and not os.path.lexists(part)), "")


def is_inner_path(text: object) -> bool:
    """Return whether a text read from a disk names something inside the folder that it was read from.

    Parameters
    ----------
    text : object
        `figures/fan.png`, with `/` on every system.

    Returns
    -------
    bool
        Whether it is a text of plain names: not absolute, without `..`, `.`, empty names, `\\`, NUL, `:` on Windows.
    """
    if not isinstance(text, str) or "\0" in text or "\\" in text or (os.name == "nt" and ":" in text):
        return False
    return all(part not in ("", ".", "..") for part in text.split("/"))


def name_problem(path: Path, project: Path) -> Problem | None:
    """Find an invisible character, a tab or a line end in the name of a file or of a folder that it lies in.

    Parameters
    ----------
    path : Path
        The file.
    project : Path
        Folder above which names do not count: nothing shows them.

    Returns
    -------
    Problem, optional
        Names the first such character; None where there is none.
    """
    path = Path(os.path.abspath(path))
    shown = str(path.relative_to(project)) if path.is_relative_to(project) else path.name
    if not (match := FORBIDDEN_IN_NAMES.search(shown)):
        return None
    return Problem.of(Location(display_path(path)), "", "invisible_in_file_name", character=code_point(match[0]))


def require_in_project(path: Path, project: Path, location: Location) -> None:
    """Check that a file that a person names lies in a project, also with its links followed.

    Parameters
    ----------
    path : Path
        The file.
    project : Path
        The folder.
    location : Location
        Place of problems.

    Raises
    ------
    InputError
        It lies outside.
    """
    if not _is_inside(path, project):
        raise InputError.of(location, "", "outside_project", text=path.name[:80], project=project.name or "/")


def _is_inside(path: Path, project: Path) -> bool:
    return real_path(path).is_relative_to(real_path(project))


def real_path(path: Path) -> Path:
    """Return a path with every symbolic link followed.

    Parameters
    ----------
    path : Path
        Absolute or relative.

    Returns
    -------
    Path
        Absolute.
    """
    return Path(os.path.realpath(path))


def plan_name(file: str) -> str:
    """Return the name under which the runs of a plan are kept.

    Parameters
    ----------
    file : str
        Path of the plan.

    Returns
    -------
    str
        The name of the file without its ending, in Unicode's composed form (NFC); `plan` where nothing is left of it.
    """
    return unicodedata.normalize("NFC", Path(file).stem) or "plan"


def read_regular_file(path: Path, location: Location, key_path: str, max_bytes: int | None = MAX_PLAN_BYTES) -> bytes:
    """Read a regular file.

    Parameters
    ----------
    path : Path
        The file.
    location : Location
        Place that names it.
    key_path : str
        Dotted name of the key that names it.
    max_bytes : int, optional
        Size that is read at most; None only checks that the file can be opened.

    Returns
    -------
    bytes
        Empty when `max_bytes` is None.

    Raises
    ------
    InputError
        There is no such file, it is not a regular one, it cannot be read, or it is too large.
    """

    def refuse(code: str, **params: object) -> InputError:
        return InputError.of(location, key_path, code, file=display_path(path), **params)

    try:
        return read_regular_bytes(real_path(path), max_bytes)
    except FileNotFoundError:
        raise _not_found_error(path, location, key_path) from None
    except (OSError, ValueError) as error:
        match getattr(error, "errno", None):
            case errno.EISDIR | errno.ENODEV:
                raise refuse("not_a_file") from None
            case errno.EFBIG if max_bytes is not None:
                raise refuse("file_too_large", most=f"{max_bytes // 1024} kB") from None
        raise refuse("not_readable", problem=getattr(error, "strerror", None) or str(error)) from None


def read_regular_bytes(path: Path, max_bytes: int | None) -> bytes:
    """Read a regular file that is no link; a pipe or a device is refused at once.

    Parameters
    ----------
    path : Path
        The file.
    max_bytes : int or None
        Size that is read at most; None only checks that the file can be opened.

    Returns
    -------
    bytes
        Empty when `max_bytes` is None.

    Raises
    ------
    OSError
        EISDIR for a folder, ENODEV for another thing that is no file, EFBIG for a file that is too large, ELOOP for a
        link; else the error of the system.
    ValueError
        The path holds a null character.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise OSError(errno.ENODEV, NOT_REGULAR, str(path)) from None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            code = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.ENODEV
            raise OSError(code, NOT_REGULAR, str(path))
        if max_bytes is None:
            return b""
        if status.st_size > max_bytes:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) > max_bytes:  # it grew meanwhile
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


def _not_found_error(path: Path, location: Location, key_path: str) -> InputError:
    try:
        names = [
            entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix and entry.name != path.name
        ][:1000]
    except OSError:
        names = []
    closest = closest_match(path.name, names)
    if closest:
        return InputError.of(location, key_path, "no_such_file_near", file=display_path(path), instead=closest)
    return InputError.of(location, key_path, "no_such_file", file=display_path(path))
