"""Yearly changes (growth, price change, change of a cost): one assumption for all years, or one by calendar year."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Discriminator, Tag

from forecast.plan.assumption import Assumption, Change
from forecast.plan.fields import YearField
from forecast.plan.record import FrozenDict

__all__ = ["YearlyValue", "change_in_year", "draw_in_year", "draw_of_change", "parts_of_change"]

YearlyValue: TypeAlias = Assumption | Mapping[str, Assumption]
"""A yearly change as it is read: one assumption for all years, or one by year."""


def is_by_year(written: Any) -> bool:
    """True for a map whose keys are years; the keys of a number with its source are words."""
    return isinstance(written, dict) and any(str(key)[:1].isdigit() for key in written) and "value" not in written


def _form(written: Any) -> str:
    return "by_year" if is_by_year(written) else "all_years"


YearlyChange = Annotated[
    Annotated[Change, Tag("all_years")]
    | Annotated[dict[YearField, Change], AfterValidator(FrozenDict), Tag("by_year")],
    Discriminator(_form),
]
"""A change of one year on another: `2% to 12%` for all years, or `{2021: 2% to 12%, 2022: 1% to 8%}`."""


def change_in_year(change: YearlyValue, year: int) -> Assumption:
    """Look up the assumption of one year.

    Parameters
    ----------
    change : YearlyValue
        One assumption for all years, or one by year.
    year : int
        Calendar year.

    Returns
    -------
    Assumption
        Of that year.

    Raises
    ------
    KeyError
        The change is by year and does not name this one; the checks of a plan report it.
    """
    return change if isinstance(change, Assumption) else change[str(year)]


def parts_of_change(change: YearlyValue) -> tuple[Assumption, ...]:
    """List the assumptions of a yearly change.

    Parameters
    ----------
    change : YearlyValue
        One assumption for all years, or one by year.

    Returns
    -------
    tuple of Assumption
        The one, or those of the years in their order.
    """
    return (change,) if isinstance(change, Assumption) else tuple(change[year] for year in sorted(change))


def draw_of_change(name: str, change: YearlyValue) -> str:
    """Name the random numbers of a yearly change.

    Parameters
    ----------
    name : str
        Dotted name of its key: `services.a.growth`.
    change : YearlyValue
        One assumption for all years, or one by year.

    Returns
    -------
    str
        Its own name, or that of another change where `same_as` says so in every year.
    """
    draws = {draw_in_year(part, 0)[0] for part in parts_of_change(change)}
    return draws.pop() if len(draws) == 1 else name


def missing_years(change: YearlyValue, years: Iterable[int]) -> list[int]:
    """The years that a change by year does not name."""
    return [] if isinstance(change, Assumption) else [year for year in years if str(year) not in change]


def draw_in_year(assumption: Assumption, year: int) -> tuple[str, int]:
    """Name the random number of a yearly change.

    Both forms of a key have the same draws: `services.a.growth` in 2022, and `services.a.growth.2022`.

    Parameters
    ----------
    assumption : Assumption
        Of that year.
    year : int
        Calendar year in which it counts.

    Returns
    -------
    tuple of str and int
        Name of the stream, and the calendar year that keys it; the year of another entry where `same_as` names one.
    """
    by_year = re.fullmatch(r"(.+)\.(\d{4})", assumption.stream_name)
    return (by_year[1], int(by_year[2])) if by_year else (assumption.stream_name, year)
