"""Names in a folder of reports that are ours: only those are ever replaced or removed.

A folder of reports has `.runs/` with a marker and the runs, `index.html`, and for each plan a link to its newest run: a
symbolic link, or a pointer, which is a small file that names the run, where the disk has no links. Everything else in
it is somebody's, and so is a folder that holds files and no `.runs/`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from forecast.errors import OutputError
from forecast.files import atomic, temporaries
from forecast.files.paths import is_reserved_name, reserved_part
from forecast.i18n import LANGUAGES, Translator

__all__ = [
    "INDEX_NAME",
    "LOCK_NAME",
    "MANIFEST_NAME",
    "RUNS_FOLDER",
    "check_index",
    "check_link",
    "claim_reports",
    "follow_pointer",
    "is_run_id",
    "link_text",
    "linked_run_id",
    "owns_runs",
    "set_aside_name",
]

RUNS_FOLDER = ".runs"
INDEX_NAME = "index.html"
LOCK_NAME = ".lock"
MANIFEST_NAME = "manifest.json"
MARKER_NAME = ".forecast"
MARKER = b"runs of forecast\n"
INDEX_SIGNATURE = '<meta name="generator" content="forecast">'
"""Line at the head of each index that this program writes."""
INDEX_HEAD_BYTES = 2048
"""Bytes in which the signature or the title of an index stands."""
MIN_POINTER_BYTES, MAX_POINTER_BYTES = 10, 200
"""Size of a file that stands for a link."""

_RUN_ID = r"[0-9a-f]{4,64}"
_SET_ASIDE = rf"{_RUN_ID}\.changed-[1-9][0-9]*"
_LINK_TEXT = re.compile(rf"\.runs[/\\](?P<run_id>{_RUN_ID})[/\\]?\s*")
_UNCOUNTED = {".DS_Store", "desktop.ini", "Thumbs.db", "lost+found", ".gitignore", ".gitkeep"}
"""Names that a system or a version control puts into an empty folder."""


def is_run_id(text: object) -> bool:
    """Return whether a text is the id of a run, and so the name of its folder.

    Parameters
    ----------
    text : object
        Such as `run_id` of a manifest.

    Returns
    -------
    bool
        Whether it has hexadecimal digits alone.
    """
    return isinstance(text, str) and re.fullmatch(_RUN_ID, text) is not None


def link_text(run_id: str) -> str:
    """Return where the link to a run leads, from the folder of the reports.

    Parameters
    ----------
    run_id : str
        Id of the run.

    Returns
    -------
    str
        `.runs/<id>`, as a link and a pointer have it.
    """
    return f"{RUNS_FOLDER}/{run_id}"


def linked_run_id(link: Path | str) -> str:
    """Return the run that a link or a pointer beside `.runs` names.

    Parameters
    ----------
    link : Path or str
        `reports/<plan>`.

    Returns
    -------
    str
        Id of the run, which need not exist; empty where it is nothing that this program wrote.
    """
    text = ""
    with suppress(OSError, ValueError):
        status = os.lstat(link)
        if stat.S_ISLNK(status.st_mode):
            text = os.readlink(link)
            if not _LINK_TEXT.fullmatch(text) and is_run_id(os.path.basename(text.rstrip("/\\"))):
                text = _shortest_link_text(Path(link))
        elif stat.S_ISREG(status.st_mode) and MIN_POINTER_BYTES <= status.st_size <= MAX_POINTER_BYTES:
            text = Path(link).read_text(encoding="utf-8")
    match = _LINK_TEXT.fullmatch(text)
    return match["run_id"] if match else ""


def _shortest_link_text(link: Path) -> str:
    """The text of a link that leads to a run of its folder by a longer way, as earlier versions wrote some."""
    runs, run_id = os.path.split(os.path.realpath(link))
    return link_text(run_id) if runs == os.path.realpath(link.parent / RUNS_FOLDER) else ""


def follow_pointer(path: Path) -> Path:
    """Return a path with the pointer in it, if there is one, replaced by the folder of its run.

    Parameters
    ----------
    path : Path
        `reports/covid` or `reports/covid/manifest.json`.

    Returns
    -------
    Path
        The same path where nothing in it is a pointer.
    """
    for folder in (path, *path.parents):
        if os.path.isfile(folder) and not os.path.islink(folder):
            run_id = linked_run_id(folder)
            return folder.parent / link_text(run_id) / path.relative_to(folder) if run_id else path
    return path


def owns_runs(reports: Path) -> bool:
    """Return whether the `.runs` of a folder is one that this program made.

    Parameters
    ----------
    reports : Path
        Folder of the reports.

    Returns
    -------
    bool
        Whether it is a folder, no link, with our marker, or with a run, or with nothing but what we put there: earlier
        versions wrote no marker.
    """
    runs = reports / RUNS_FOLDER
    if runs.is_symlink() or not runs.is_dir() or (runs / LOCK_NAME).is_symlink():
        return False
    marker = runs / MARKER_NAME
    if marker.is_file() and not marker.is_symlink():
        return True
    names = os.listdir(runs)
    has_run = any(is_run_id(name) and (runs / name / MANIFEST_NAME).is_file() for name in names)
    return has_run or not any(_is_counted(name) and name != LOCK_NAME for name in names)


def claim_reports(reports: Path) -> None:
    """Make or find the `.runs` of a folder, and remove what dead processes left.

    Parameters
    ----------
    reports : Path
        Folder of the reports.

    Raises
    ------
    OutputError
        The folder cannot be written, or it is somebody's.
    """
    if name := reserved_part(reports):
        raise OutputError("reserved_folder", path=str(reports), name=name)
    atomic.check_writable(reports)
    with atomic.translate_disk_errors(reports):
        if os.path.lexists(reports / RUNS_FOLDER):
            is_ours = owns_runs(reports)
        else:
            is_ours = not any(map(_is_counted, os.listdir(reports)))
        if not is_ours:
            raise OutputError("not_our_folder", path=str(reports), instead=str(reports / "forecast"))
    atomic.check_writable(reports / RUNS_FOLDER)
    if not (reports / RUNS_FOLDER / MARKER_NAME).exists():
        atomic.write_file(reports / RUNS_FOLDER / MARKER_NAME, MARKER)
    # beside `.runs` we write files and links alone, of any plan's name; a folder there is somebody's
    temporaries.remove_stale_temporaries(reports, r".+")
    names = "|".join((_RUN_ID, _SET_ASIDE, re.escape(MARKER_NAME.lstrip(".")), atomic.PROBE_NAME))
    temporaries.remove_stale_temporaries(reports / RUNS_FOLDER, names, folders=True)


def _is_counted(name: str) -> bool:
    return name not in _UNCOUNTED and not temporaries.is_temporary_name(name)


def check_link(reports: Path, name: str) -> None:
    """Check that the link to a run can be written, and replaces nothing but an earlier one.

    Parameters
    ----------
    reports : Path
        Folder of the reports.
    name : str
        Name of the link.

    Raises
    ------
    OutputError
        Something of somebody else stands there, a program holds it, or the disk takes no such name.
    """
    link = reports / name
    if is_reserved_name(name) or name.lower() in (RUNS_FOLDER, INDEX_NAME) or Path(name).name != name:
        raise OutputError("reserved_folder", path=str(link), name=name)
    with atomic.translate_disk_errors(link):
        try:
            link.lstat()
        except FileNotFoundError:
            atomic.check_writable(reports, name)
            return
    if not linked_run_id(link):
        raise OutputError("not_a_link", path=str(link))
    atomic.check_not_held(link)


def check_index(reports: Path) -> None:
    """Check that `index.html` can be written, and replaces nothing but an earlier one.

    Parameters
    ----------
    reports : Path
        Folder of the reports.

    Raises
    ------
    OutputError
        It is somebody's, or a program holds it.
    """
    index = reports / INDEX_NAME
    if not os.path.lexists(index):
        return
    if not _is_own_index(index):
        raise OutputError("not_our_file", path=str(index))
    atomic.check_not_held(index)


def _is_own_index(index: Path) -> bool:
    """True where it begins as every version of this program began it."""
    head = ""
    with suppress(OSError):
        if stat.S_ISREG(index.lstat().st_mode):
            with open(index, "rb") as file:
                head = file.read(INDEX_HEAD_BYTES).decode(errors="replace")
    titles = [f"<title>{Translator(language)('runs_title')}</title>" for language in LANGUAGES]
    return INDEX_SIGNATURE in head or ("Content-Security-Policy" in head and any(title in head for title in titles))


def set_aside_name(folder: Path) -> Path:
    """Return the name under which a run that is not as it was written is kept when it is written anew.

    Parameters
    ----------
    folder : Path
        Folder of the run.

    Returns
    -------
    Path
        Beside it, and of nothing that is there.
    """
    return next(path for path in _numbered_names(folder) if not os.path.lexists(path))


def _numbered_names(folder: Path) -> Iterator[Path]:
    number = 0
    while number := number + 1:
        yield folder.with_name(f"{folder.name}.changed-{number}")
