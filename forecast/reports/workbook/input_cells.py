"""Assumptions as cells: low, middle and high of each in one unit, and their median as a formula.

Both ways: a workbook is written from them, and an edited one is read against them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import numpy as np

from forecast.plan.assumption import BOUNDS_BY_TYPE, Assumption
from forecast.stats.distributions import Beta, Constant, Normal, QuantileRange, Triangular, Uniform
from forecast.units import QuantityError, read_unit

__all__ = ["EXCEL_DAY_ZERO", "InputCells", "input_assumptions", "input_cells", "same_number", "write_expression"]

_HALF = np.array([0.5])
InputForm = Literal["value", "range", "uniform", "triangular", "pert", "normal", "fixed"]
"""Form in which a number is written; `fixed` is one that cells do not hold, such as a list of values."""
EXCEL_DAY_ZERO = date(1899, 12, 30).toordinal()
"""Ordinal of the day 0 of a spreadsheet."""
PARTS_FIRST = ("services", "initiatives", "shocks", "costs", "workforce", "targets")
PARTS_LAST = ("stated", "history")
"""Parts of a plan in the order of the sheet; others stand between them."""
SHOWN_DIGITS = 15
"""Significant digits of a cell; spreadsheets keep no more."""
CELLS_BY_FORM: dict[str, tuple[int, ...]] = {
    "value": (1,),
    "range": (0, 2),
    "uniform": (0, 2),
    "triangular": (0, 1, 2),
    "pert": (0, 1, 2),
    "normal": (1, 2),
    "fixed": (),
}
"""Cells that each form has: 0 low, 1 middle, 2 high, or the standard deviation of a normal."""


@dataclass(frozen=True)
class InputCells:
    """One assumption as cells."""

    assumption: Assumption
    form: InputForm
    values: tuple[float | None, float | None, float | None]
    """Low, middle and high, in the unit of the cells; dates as days of a spreadsheet."""
    factor: float
    """Base units of one unit of the cells."""
    unit: str
    """Unit of the cells as it is written; empty for money in the currency of the plan, dates and plain numbers."""

    @property
    def median(self) -> float:
        """Median in base units; of a date the day of a spreadsheet."""
        value = self.assumption.value
        return value - EXCEL_DAY_ZERO if self.assumption.dimension == "day" else value

    @property
    def editable(self) -> tuple[int, ...]:
        """Positions of the cells that may be edited."""
        return () if self.assumption.same_as else CELLS_BY_FORM[self.form]

    def limits(self, position: int) -> tuple[float, float]:
        """Lowest and highest number that a cell takes, in its unit; infinite where there is none."""
        if self.assumption.dimension == "day":
            return -math.inf, math.inf
        low, high = BOUNDS_BY_TYPE[self.assumption.type_name]
        return low / self.factor, high / self.factor

    def is_open(self) -> bool:
        """True where its limits themselves are no values: a range on a scale that ends there never reaches them."""
        distribution = self.assumption.distribution
        return isinstance(distribution, QuantileRange) and distribution.transform != "plain"

    def median_formula(self, low: str, middle: str, high: str) -> str:
        """Formula of the median in base units by the addresses of the three cells; empty for a fixed one."""
        text = self._median_in_cells(low, middle, high)
        return f"({text})*{self.factor!r}" if text and self.factor != 1 else text

    def _median_in_cells(self, low: str, middle: str, high: str) -> str:
        match self.form:
            case "value":
                return middle
            case "uniform":
                return f"({low}+{high})/2"
            case "range":
                return self._middle_of_range(low, high)
            case "pert":
                width = f"({high}-{low})"
                shapes = f"1+4*({middle}-{low})/{width},1+4*({high}-{middle})/{width}"
                return f"{low}+{width}*BETAINV(0.5,{shapes})"
            case "triangular":
                rising = f"{low}+SQRT(0.5*({high}-{low})*({middle}-{low}))"
                falling = f"{high}-SQRT(0.5*({high}-{low})*({high}-{middle}))"
                return f"IF(0.5*({high}-{low})<{middle}-{low},{rising},{falling})"
            case "normal":
                return self._middle_of_normal(middle, high)
        return ""

    def _middle_of_range(self, low: str, high: str) -> str:
        """Middle of P10 and P90 on the scale of the range, whose ends are multiples of the unit of the cells."""
        distribution = self.assumption.distribution
        assert isinstance(distribution, QuantileRange)  # the form says so
        match distribution.transform:
            case "log":
                return f"SQRT({low}*{high})"
            case "change":
                return f"SQRT((1+{low})*(1+{high}))-1"
            case "share":
                return f"1/(1+SQRT((1-{low})*(1-{high})/({low}*{high})))"
        return f"({low}+{high})/2"

    def _middle_of_normal(self, mean: str, sd: str) -> str:
        """Median of the normal between the bounds of its key."""
        distribution = self.assumption.distribution
        assert isinstance(distribution, Normal)  # the form says so
        low, high = distribution.low / self.factor, distribution.high / self.factor
        if math.isinf(low) and math.isinf(high):
            return mean
        below = "0" if math.isinf(low) else f"NORMSDIST(({low!r}-{mean})/{sd})"
        above = "0" if math.isinf(high) else f"NORMSDIST(-({high!r}-{mean})/{sd})"
        return f"{mean}-{sd}*NORMSINV({above}+0.5*(1-{below}-{above}))"


def input_assumptions(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """Take each assumption once.

    Parameters
    ----------
    assumptions : iterable of Assumption
        Assumptions of a plan; one that several names share comes several times.

    Returns
    -------
    tuple of Assumption
        Services first and history last, each part in its own order.
    """
    by_name: dict[str, Assumption] = {}
    for assumption in assumptions:
        by_name.setdefault(assumption.name, assumption)
    return tuple(sorted(by_name.values(), key=lambda assumption: _part_number(assumption.name)))


def _part_number(name: str) -> int:
    part = name.partition(".")[0]
    return PARTS_FIRST.index(part) if part in PARTS_FIRST else len(PARTS_FIRST) + (part in PARTS_LAST)


def input_cells(assumption: Assumption, currency: str) -> InputCells:
    """Lay an assumption out as cells.

    Parameters
    ----------
    assumption : Assumption
        The assumption.
    currency : str
        Currency of the plan.

    Returns
    -------
    InputCells
        Money in whole units of the currency, percent as shares, times in the unit that is written.
    """
    unit, factor = _cell_unit(assumption, currency)
    form, numbers = _written_numbers(assumption)

    def in_cell(number: float | None) -> float | None:
        if number is None:
            return None
        shown = number - EXCEL_DAY_ZERO if assumption.dimension == "day" else number / factor
        return float(f"{shown:.12g}") if factor != 1 else float(f"{shown:.{SHOWN_DIGITS}g}")

    low, middle, high = (in_cell(number) for number in numbers)
    return InputCells(assumption, form, (low, middle, high), factor, unit)


def _cell_unit(assumption: Assumption, currency: str) -> tuple[str, float]:
    """Unit of the cells of an assumption and its factor to base units."""
    if assumption.dimension == "days" and assumption.unit:
        return assumption.unit, read_unit(assumption.unit, currency)[1]
    return "", 1.0


def _written_numbers(assumption: Assumption) -> tuple[InputForm, tuple[float | None, float | None, float | None]]:
    """Form of an assumption, and its low, middle and high in base units."""
    text, distribution = assumption.text, assumption.distribution
    match distribution:
        case Constant():
            return "value", (None, distribution.value, None)
        case QuantileRange() if not text.startswith("lognormal"):
            return "range", (distribution.low, None, distribution.high)
        case Uniform():
            return "uniform", (distribution.low, None, distribution.high)
        case Triangular():
            return "triangular", (distribution.low, distribution.mode, distribution.high)
        case Beta() if text.startswith("pert"):
            mode = distribution.low + (distribution.a - 1) / 4 * (distribution.high - distribution.low)
            return "pert", (distribution.low, float(f"{mode:.12g}"), distribution.high)
        case Normal():
            return "normal", (None, distribution.mean, distribution.sd)
    return "fixed", (None, float(distribution.ppf(_HALF)[0]), None)


def same_number(first: float, second: float) -> bool:
    """Compare two numbers as a spreadsheet does, which keeps fifteen digits.

    Parameters
    ----------
    first, second : float
        The numbers.

    Returns
    -------
    bool
        True where their first fifteen digits are the same.
    """
    return f"{first:.{SHOWN_DIGITS}g}" == f"{second:.{SHOWN_DIGITS}g}"


def write_expression(cells: InputCells, values: tuple[float | None, float | None, float | None], currency: str) -> str:
    """Write numbers of cells as a plan has them, each digit as it is in its cell.

    Parameters
    ----------
    cells : InputCells
        The assumption before it was edited; its form stays.
    values : tuple of float or None
        Low, middle and high.
    currency : str
        Currency of the plan.

    Returns
    -------
    str
        Such as `0% to 25%` or `pert(0%, 4%, 12%)`.

    Raises
    ------
    QuantityError
        A number lies outside its limits, or two of them are in the wrong order.
    """
    kept = [values[position] for position in CELLS_BY_FORM[cells.form]]
    numbers = [number for number in kept if number is not None]
    for position, number in zip(CELLS_BY_FORM[cells.form], numbers, strict=True):
        is_sd = cells.form == "normal" and position == 2
        low, high = (0.0, math.inf) if is_sd else cells.limits(position)
        if not low <= number <= high or (is_sd and number == 0):
            raise QuantityError("excel_out_of_limits", number=f"{number:.{SHOWN_DIGITS}g}")
    if cells.form != "normal" and numbers != sorted(numbers):
        raise QuantityError("excel_wrong_order")
    texts = [_quantity_text(number, cells, currency) for number in numbers]
    match cells.form:
        case "value":
            return texts[0]
        case "range":
            return texts[0] if numbers[0] == numbers[1] else " to ".join(texts)
    return f"{cells.form}({', '.join(texts)})"


def _quantity_text(number: float, cells: InputCells, currency: str) -> str:
    """A number of a cell with its unit."""
    dimension = cells.assumption.dimension
    if dimension == "day":
        return date.fromordinal(EXCEL_DAY_ZERO + round(number)).isoformat()
    exact = Decimal(f"{number:.{SHOWN_DIGITS}g}")
    if dimension == "percent":
        return f"{_plain(exact * 100)}%"
    units = {"money": currency, "money_per_person": f"{currency}/person/year", "people": "people"}
    return f"{_plain(exact)} {units.get(dimension, cells.unit)}".strip()


def _plain(number: Decimal) -> str:
    """All digits of a number without an exponent; never three decimals, which a plan refuses as a group of digits."""
    text = f"{number:f}"
    if "." not in text:
        return text
    integer, _, decimals = text.rstrip("0").partition(".")
    if not decimals:
        return integer
    return f"{integer}.{decimals}{'0' if len(decimals) == 3 else ''}"
