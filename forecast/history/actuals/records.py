"""Records of actual figures: what a sheet is read with, and what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from forecast.errors import Location
from forecast.i18n import Note

__all__ = ["ActualFigure", "ActualsContext", "ReadSheet"]


@dataclass(frozen=True)
class ActualsContext:
    """Knowledge with which sheets are read; no plan is needed."""

    measures: Mapping[str, tuple[str, ...]]
    """Folded text of an account -> the measures it may stand for: `revenue.S`, `cost.C` or `headcount`."""
    currency: str
    typical: Mapping[str, float] = field(default_factory=dict)
    """Measure -> size of a month, in base units; the unit of a sheet is checked against it."""
    booked_values: Mapping[tuple[str, int], Decimal] = field(default_factory=dict)
    """(measure, month) -> value in the ledger; cumulative figures are checked against it."""
    unit_factor: Decimal | None = None
    """Base units of one of the sheets' unit, where it was given with the call."""
    default_factor: Decimal | None = None
    """Base units of one of the unit of a file where nothing tells it; None where such a file is refused."""
    booked: date | None = None
    """Day of booking, where it was given with the call."""


@dataclass(frozen=True)
class ActualFigure:
    """One figure of one month."""

    month: int
    """From year 0."""
    measure: str
    value: Decimal
    """In base units."""
    status: str
    """`actual` or `estimate`."""
    booked: date | None
    source: str
    """File, sheet and cell."""
    location: Location
    tolerance: Decimal = Decimal(0)
    """Half a unit of the last digit that is shown, in base units."""
    table: str = ""
    """File, sheet and number of the table."""


@dataclass(frozen=True)
class ReadSheet:
    """Facts of one sheet that was read."""

    file: str
    name: str
    months: tuple[int, ...]
    factor: Decimal
    """Base units of one of its unit of money."""
    is_factor_guessed: bool
    style: str
    """Example of the way its numbers are written, or empty for cells that are numbers."""
    labels: tuple[str, ...]
    """Texts that were matched."""
    measures: tuple[str, ...]
    sums: int
    """Sums that tie with their parts."""
    cumulative: int
    """Cumulative figures that tie."""
    booked: date | None
    notes: tuple[Note, ...] = ()
