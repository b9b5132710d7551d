"""Values of the formulas of a workbook, computed here: a check that needs no office."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from forecast.files.workbook import cell_address
from forecast.reports.workbook.input_cells import EXCEL_DAY_ZERO
from forecast.reports.workbook.model_rows import (
    FIRST_MONTH_COLUMN,
    START_ROW,
    STOP_ROW,
    VALUE_COLUMN,
    ModelRows,
)

_NAME = re.compile(r"(?<![A-Za-z0-9_.])[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
_CELL = re.compile(r"(?<![A-Za-z0-9_\"'])\$?([A-Z]{1,3})\$?([0-9]+)(?![0-9(])")
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "MAX": lambda *values: np.float64(max(values)),
    "IF": lambda condition, first, second: first if condition else second,
    "AND": lambda *values: all(values),
    "ABS": abs,
    "SQRT": np.sqrt,
    "BETAINV": lambda u, a, b: betaincinv(a, b, u),
    "NORMSDIST": ndtr,
    "NORMSINV": ndtri,
}


def evaluate(formula: str, cell: Callable[[str], Any], name: Callable[[str], Any]) -> float:
    """Value of a formula whose cells and names are asked for by functions."""
    text = _NAME.sub(lambda match: f'N("{match[0]}")', formula)
    text = "".join(
        part if quoted else _CELL.sub(lambda match: f'C("{match[1]}{match[2]}")', part)
        for quoted, part in ((part.startswith('"'), part) for part in re.split(r'("[^"]*")', text))
    )
    with np.errstate(all="ignore"):
        return float(eval(text.replace("^", "**"), {**FUNCTIONS, "C": cell, "N": name}))


def model_values(model: ModelRows, medians: Mapping[str, float]) -> dict[str, float]:
    """Every cell of the model by its address, computed from medians of the inputs."""
    formulas: dict[str, str] = {}
    values: dict[str, float] = {}
    edges = model.central.plan.horizon.edges
    for month in range(model.months):
        column = FIRST_MONTH_COLUMN + month
        values[cell_address(START_ROW, column)] = float(edges[month]) - EXCEL_DAY_ZERO
        values[cell_address(STOP_ROW, column)] = float(edges[month + 1]) - EXCEL_DAY_ZERO
    for row in model.rows:
        entries = [(VALUE_COLUMN, row.scalar)] if row.scalar is not None else []
        months = zip(row.formulas, row.values, strict=True)
        entries += [(FIRST_MONTH_COLUMN + month, (text, float(value))) for month, (text, value) in enumerate(months)]
        for column, (text, value) in entries:
            if text:
                formulas[cell_address(row.row, column)] = text
            else:
                values[cell_address(row.row, column)] = value

    @cache
    def cell(address: str) -> Any:
        if address in values:
            return np.float64(values[address])
        return np.float64(evaluate(formulas[address], cell, lambda name: np.float64(medians[name])))

    return {address: float(cell(address)) for address in (*values, *formulas)}
