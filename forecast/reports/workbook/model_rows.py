"""Rows of live formulas: the lines of the model sheet, each with the value that it has before anything is edited.

A row is one scalar in the column `VALUE`, or one cell a month. Formulas name the inputs by their dotted names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from forecast.arrays import Floats
from forecast.files.workbook import cell_address
from forecast.plan.assumption import Assumption
from forecast.simulation.central_case import CentralCase

__all__ = [
    "FIRST_MONTH_COLUMN",
    "FIRST_ROW",
    "START_ROW",
    "STOP_ROW",
    "VALUE_COLUMN",
    "Formula",
    "ModelRow",
    "ModelRows",
]

VALUE_COLUMN, FIRST_MONTH_COLUMN = 2, 3
START_ROW, STOP_ROW, FIRST_ROW = 4, 5, 7
"""Rows, from 0, of the first day of each month, of the day after its last, and of the first line of the model."""
Formula = Callable[[str], str]
"""Formula of a cell by the letters of its column, without the sign `=`."""


@dataclass(frozen=True)
class ModelRow:
    """One line of the model sheet."""

    kind: str
    """Key of the words that say what it is."""
    name: str
    """Dotted name of what it belongs to."""
    row: int
    """From 0."""
    number_format: str
    scalar: tuple[str, float] | None = None
    """Formula, or empty for a value, and the value."""
    formulas: tuple[str, ...] = ()
    """By month; an empty one stands for a value."""
    values: Floats = field(default_factory=lambda: np.zeros(0))
    """(months,)."""
    is_total: bool = False

    def cell(self, column: str) -> str:
        """Address of its cell in a column, for formulas of its sheet."""
        return f"{column}{self.row + 1}"

    @property
    def scalar_cell(self) -> str:
        """Absolute address of its scalar."""
        return f"$C${self.row + 1}"

    @property
    def scalar_value(self) -> float:
        """Value of its scalar, of a row that has one."""
        assert self.scalar is not None  # of a row with one number
        return self.scalar[1]


@dataclass
class ModelRows:
    """The lines of the model, and which inputs they follow."""

    central: CentralCase
    input_names: frozenset[str]
    """Dotted names that stand for cells."""
    rows: list[ModelRow] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    """Names of the inputs that formulas use."""
    by_line: dict[str, ModelRow] = field(default_factory=dict)
    """By line of the statement, such as `revenue.postal`."""

    @property
    def columns(self) -> list[str]:
        """Letters of the columns of the months."""
        count = self.central.plan.horizon.count
        return [cell_address(0, FIRST_MONTH_COLUMN + month)[:-1] for month in range(count)]

    @property
    def months(self) -> int:
        """Number of months."""
        return self.central.plan.horizon.count

    def use(self, assumption: Assumption) -> str:
        """Name of the cell of an input's median; its number where it has none."""
        if assumption.name not in self.input_names:
            return repr(float(assumption.value))
        self.live.add(assumption.name)
        return assumption.name

    def add_scalar(self, kind: str, name: str, formula: str, value: float, number_format: str = "number") -> ModelRow:
        """Add a line with one number; an empty formula stands for a value."""
        row = ModelRow(kind, name, FIRST_ROW + len(self.rows), number_format, scalar=(formula, float(value)))
        self.rows.append(row)
        return row

    def add_months(
        self, kind: str, name: str, formula: Formula | None, values: Floats, number_format: str = "amount", *,
        is_total: bool = False,
    ) -> ModelRow:  # fmt: skip
        """Add a line with a cell a month; without a formula they are values."""
        texts = tuple(formula(column) if formula else "" for column in self.columns)
        wide = np.broadcast_to(np.asarray(values, float).reshape(len(values), -1)[:, 0], self.months)
        row = ModelRow(kind, name, FIRST_ROW + len(self.rows), number_format, None, texts, wide, is_total)
        self.rows.append(row)
        return row
