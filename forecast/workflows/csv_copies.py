"""Copies of the tables of a run for the spreadsheet of a country, beside the report."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from forecast.errors import OutputError
from forecast.files import atomic, temporaries
from forecast.files.csv_output import CsvReader, csv_for_spreadsheet
from forecast.files.paths import display_path
from forecast.runs.repository import StoredRun

__all__ = ["write_csv_copy"]


def write_csv_copy(run: StoredRun, reports: Path, table: str, reader: CsvReader) -> Path:
    """Write a copy of a table of a run.

    Parameters
    ----------
    run : StoredRun
        The run.
    reports : Path
        Folder of the reports, where the copy goes.
    table : str
        Name of the table in the run: `quantiles.csv`.
    reader : {'vi', 'en'}
        Whose spreadsheet opens it.

    Returns
    -------
    Path
        The copy, such as `reports/covid-quantiles.csv`.

    Raises
    ------
    OutputError
        It cannot be written, or a file of somebody else stands there.
    """
    file = reports / f"{run.scenario}-{table}"
    with atomic.translate_disk_errors(file):
        content = csv_for_spreadsheet((run.folder / table).read_bytes(), reader)
        if os.path.lexists(file) and not _is_copy(file, content):
            raise OutputError("csv_not_ours", path=display_path(file))
    temporaries.remove_stale_copies(file)
    atomic.write_file(file, content)
    return file


def _is_copy(file: Path, content: bytes) -> bool:
    """True where a file begins as a copy of the same table does, for whichever spreadsheet."""
    heads = [part.splitlines()[:1] for part in (file.read_bytes()[:4096], content)]
    first, second = (b"".join(head).replace(b";", b",") for head in heads)
    return first.startswith(codecs.BOM_UTF8) and first == second
