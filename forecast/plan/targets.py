"""Targets, and the decisions that a figure may call for."""

from __future__ import annotations

from typing import Literal

from forecast.files.month_forms import normalize_period
from forecast.periods import parse_period
from forecast.plan.assumption import Assumption, Share, Threshold
from forecast.plan.bilingual import Label
from forecast.plan.fields import DateField, Measure, Period, PeriodField
from forecast.plan.record import Record

__all__ = ["Decision", "Target", "Trigger", "book_measure", "measure_as_target"]

BOOKS_OF_RATIO = {"productivity": "revenue", "margin": "profit"}
"""Measure that is booked month by month, of a target that is a ratio."""
BOOKED_MEASURES = ("revenue", "cost", "profit")
"""Measures of which each path keeps its months, beside the revenue of each service."""


class Target(Record):
    """A figure to reach, by a period."""

    label: Label | None = None
    measure: Measure
    period: PeriodField
    at_least: Threshold | None = None
    at_most: Threshold | None = None
    required_chance: Share | None = None
    """Chance that the target must have."""
    place: str | None = None
    basis: Literal["stated", "parts"] = "stated"
    """`stated` carries the gap between the stated total and the services; `parts` leaves it out."""

    @property
    def threshold(self) -> Assumption:
        """The one that is given."""
        given = self.at_least or self.at_most
        assert given is not None  # the reader asks for exactly one
        return given

    @property
    def required(self) -> float | None:
        """Chance that it must have, 0 to 1; None where none is written."""
        return None if self.required_chance is None else self.required_chance.value


class Trigger(Record):
    """The figure that calls for a decision."""

    measure: Measure
    period: PeriodField
    below: Threshold | None = None
    above: Threshold | None = None
    chance_below: Share | None = None
    """In place of an amount: the chance of the main target under which it is time to act. The run finds the amount, for
    a measure that the target is booked in and a period from the target's first month to one before its last."""


class Decision(Record):
    """An action, its owner, and its date."""

    action: Label
    owner: Label
    by: DateField
    about: str | None = None
    """Name of the shock, initiative or assumption that it answers."""
    trigger: Trigger | None = None


def measure_as_target(measure: str, period: str) -> Target:
    """Make a target without a threshold: a figure that is asked about.

    Parameters
    ----------
    measure : str
        Such as `revenue.postal`.
    period : str
        As a planner writes it.

    Returns
    -------
    Target
        Figure of the whole plan, with the gap of a stated total.

    Raises
    ------
    ValueError
        The text is no period.
    """
    text = normalize_period(period)
    months = Period(text, parse_period(text))
    return Target.model_construct(measure=measure, period=months, label=None, place=None, basis="stated")


def book_measure(measure: str) -> str:
    """Find the measure that the books of a target's months are kept in.

    Parameters
    ----------
    measure : str
        Of a target.

    Returns
    -------
    str
        Itself, or what a ratio is made of; empty where no months of it are kept.
    """
    booked = BOOKS_OF_RATIO.get(measure, measure)
    return booked if booked in BOOKED_MEASURES or booked.startswith("revenue.") else ""
