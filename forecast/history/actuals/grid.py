"""Grid of a sheet: values, labels with merged cells filled, and the accounts that texts name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from forecast.errors import InputError, Problem
from forecast.files.workbook import Sheet, Workbook
from forecast.history.actuals.labels import CellLabel, Kind, account_forms, read_label
from forecast.history.actuals.numbers import is_dash, looks_like_number

__all__ = ["Grid", "text_problems"]

MAX_MERGED_RANGES = 20_000
MAX_TEXTS = 20_000
"""Different texts of a file; each is read as a label."""


def text_problems(workbook: Workbook) -> list[Problem]:
    """Find whether a file has more texts than are read.

    Parameters
    ----------
    workbook : Workbook
        The file.

    Returns
    -------
    list of Problem
        One at the first sheet that is too much; empty where there is none.
    """
    texts: set[str] = set()
    for sheet in workbook.sheets:
        texts.update(value for row in sheet.rows for value in row if value.__class__ is str)
        if len(texts) > MAX_TEXTS:
            return [Problem.of(sheet.location(0, 0), "", "sheet_too_many_texts", most=MAX_TEXTS)]
    return []


@dataclass
class Grid:
    """Cells of a sheet by row and column, from 0."""

    sheet: Sheet
    measures: Mapping[str, tuple[str, ...]]
    """Folded text of an account -> the measures it may stand for."""

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return len(self.sheet.rows)

    def width(self, row: int) -> int:
        """Number of cells of a row."""
        return len(self.sheet.rows[row])

    def value(self, row: int, column: int) -> Any:
        """Value of a cell; an empty text outside the sheet."""
        if not 0 <= row < len(self.sheet.rows):
            return ""
        cells = self.sheet.rows[row]
        return cells[column] if column < len(cells) else ""

    @cached_property
    def _heads(self) -> dict[tuple[int, int], tuple[int, int]]:
        """First cell of the merged range that covers a cell."""
        ranges = self.sheet.merged
        heads: dict[tuple[int, int], tuple[int, int]] = {}
        budget = sum(map(len, self.sheet.rows)) + MAX_MERGED_RANGES
        for (top, left_column), (bottom, right_column) in islice(ranges, MAX_MERGED_RANGES + 1):
            bottom = min(bottom, self.row_count - 1)
            right_column = min(right_column, max(map(len, self.sheet.rows), default=0))
            budget -= max(1, (bottom - top + 1) * (right_column - left_column + 1))
            if budget < 0 or len(ranges) > MAX_MERGED_RANGES:
                raise InputError.of(self.sheet.location(top, left_column), "", "sheet_merged_too_much")
            for row in range(top, bottom + 1):
                for column in range(left_column, right_column + 1):
                    heads[row, column] = (top, left_column)
        return heads

    def filled(self, row: int, column: int) -> Any:
        """Value of a cell, or of the merged range that covers it where that holds no number."""
        value = self.value(row, column)
        if value == "" and (head := self._heads.get((row, column))) is not None:
            value = self.value(*head)
            return "" if isinstance(value, int | float) else value
        return value

    def label(self, row: int, column: int) -> CellLabel:
        """Meaning of a cell's text."""
        return read_label(self.filled(row, column))

    def is_amount(self, row: int, column: int) -> bool:
        """Return whether a cell holds a number that is not plainly a month, a year or a position."""
        value = self.value(row, column)
        if not looks_like_number(value):
            return False
        if isinstance(value, str):
            return not read_label(value).is_heading and not (value.isdecimal() and len(value) <= 2)
        return not (
            float(value).is_integer() and (0 <= value <= 40 or 1990 <= value <= 2100 or 32_000 < value < 60_000)
        )

    def is_figure(self, row: int, column: int) -> bool:
        """Return whether a cell holds a number, a dash or a formula without a value."""
        value = self.value(row, column)
        return looks_like_number(value) or is_dash(value) or (row, column) in self.sheet.formulas_without_value

    def account(self, value: object) -> tuple[tuple[str, ...], Kind]:
        """Return the measures that a text may stand for, and the kind of figure that it names beside them."""
        if isinstance(value, float | int) and not isinstance(value, bool):
            value = str(int(value)) if float(value).is_integer() else ""
        if value not in self._accounts:
            self._accounts[value] = self._find_account(value)
        return self._accounts[value]

    @cached_property
    def _accounts(self) -> dict[object, tuple[tuple[str, ...], Kind]]:
        """Results of `account` by text."""
        return {}

    def _find_account(self, value: object) -> tuple[tuple[str, ...], Kind]:
        label = read_label(value)
        folded = label.folded or (value if isinstance(value, str) else "")
        for form in dict.fromkeys((folded, *account_forms(label))):
            if form in self.measures:
                return self.measures[form], "" if form == label.folded else label.kind
        return (), ""
