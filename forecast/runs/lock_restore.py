"""The project of a lock, restored in a temporary folder: its plan, parents, data files and known rows of the ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from forecast.errors import InputError, Problem
from forecast.files.atomic import translate_disk_errors
from forecast.files.paths import SCENARIOS_FOLDER
from forecast.runs.locks import LockedLedger

__all__ = ["ledger_bytes", "restored_project"]


def ledger_bytes(rows: tuple[str, ...]) -> bytes:
    """Return the rows of a ledger as its file.

    Parameters
    ----------
    rows : tuple of str
        The row of headings first.

    Returns
    -------
    bytes
        UTF-8, a line end after each row.
    """
    return "".join(f"{row}\n" for row in rows).encode()


@contextmanager
def restored_project(sources: Mapping[str, str], ledger: LockedLedger | None, shown_as: str = "") -> Iterator[Path]:
    """Restore the files of a plan in a folder of its own, until the block ends.

    Parameters
    ----------
    sources : mapping of str to str
        Path from the folder of the project -> text.
    ledger : LockedLedger, optional
        The rows that were known.
    shown_as : str
        Folder that stands for it in problems; empty for paths from the project.

    Yields
    ------
    Path
        Folder of the project.

    Raises
    ------
    InputError
        Raised in the block; its problems do not name the temporary folder.
    OutputError
        The folder of temporary files cannot be written.
    """
    files = {name: text.encode() for name, text in sources.items()}
    if ledger is not None:
        files[ledger.file] = ledger_bytes(ledger.rows)
    with tempfile.TemporaryDirectory(prefix="forecast-", ignore_cleanup_errors=True) as folder:
        project = Path(folder)
        with translate_disk_errors(project):
            (project / SCENARIOS_FOLDER).mkdir()
            for name, content in files.items():
                path = project / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        try:
            yield project
        except InputError as error:
            raise type(error)(_moved(error, f"{folder}/", "" if shown_as in ("", ".") else f"{shown_as}/")) from error


def _moved(error: InputError, folder: str, shown: str) -> Iterator[Problem]:
    """The problems of an error with another name for a folder."""
    for problem in error.problems:
        location = replace(problem.location, file=problem.location.file.replace(folder, shown))
        params = tuple((name, text.replace(folder, shown)) for name, text in problem.params)
        yield replace(problem, location=location, params=params)
