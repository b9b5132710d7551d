"""CSV that is written: digits without exponents, and copies that a spreadsheet of a country opens right."""

from __future__ import annotations

import codecs
import csv
import io
import re
from decimal import Decimal
from typing import Literal

__all__ = ["CSV_READERS", "CsvReader", "csv_for_spreadsheet", "positional_text"]

CsvReader = Literal["vi", "en"]
CSV_READERS: tuple[CsvReader, ...] = ("vi", "en")
"""Countries whose spreadsheets a copy is made for: `vi` has decimal commas, so that its columns part at semicolons."""
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def positional_text(number: float) -> str:
    """Write a number with ten significant digits and without an exponent, which a spreadsheet may take for a text.

    Parameters
    ----------
    number : float
        A finite number.

    Returns
    -------
    str
        Such as `263098118700` or `0.1`.
    """
    text = f"{number:.10g}"
    return f"{Decimal(text):f}" if "e" in text else text


def csv_for_spreadsheet(content: bytes, reader: CsvReader) -> bytes:
    """Write a CSV anew for a spreadsheet that opens files by the settings of its country.

    Parameters
    ----------
    content : bytes
        CSV in UTF-8 with commas, and points as decimal marks.
    reader : {'vi', 'en'}
        Whose spreadsheet.

    Returns
    -------
    bytes
        The same rows in UTF-8 with a byte order mark, without which letters are misread; texts that begin as a formula
        have an apostrophe before them.
    """
    is_comma = reader == "vi"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if is_comma else ",", lineterminator="\r\n")
    for row in csv.reader(io.StringIO(content.decode())):
        writer.writerow([_cell(cell, is_comma=is_comma) for cell in row])
    return codecs.BOM_UTF8 + text.getvalue().encode()


def _cell(cell: str, *, is_comma: bool) -> str:
    if _NUMBER.fullmatch(cell):
        return cell.replace(".", ",") if is_comma else cell
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
