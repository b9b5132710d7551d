"""Meaning of a number in words: `80%: 0% to 20%, median 10%`, `exactly 3 months`."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent
from forecast.plan.assumption import Assumption
from forecast.stats.distributions import Beta, Constant, Discrete, Empirical, Normal, QuantileRange, Triangular, Uniform
from forecast.units import QuantityError, join_unit, read_unit, split_unit

__all__ = ["decimals_of_middle", "describe_skewness"]

MAX_DIGITS = 4
"""Digits that are shown of a number."""
MAX_MIDDLE_ERROR = 1 / 100
"""Largest rounding error of a printed middle, as a share of the width of its range."""


def describe_assumption(assumption: Assumption, currency: str, t: Translator) -> str:
    """Meaning of an assumption, in one phrase of the translator's language."""
    amounts = _AmountFormatter(assumption, currency, t)
    distribution = assumption.distribution
    match distribution:
        case Constant():
            return t("means_sure", value=amounts.quantity(distribution.value))
        case QuantileRange():
            return t("means_range", **amounts.bounds(distribution.low, distribution.high), middle=amounts.middle())
        case Uniform():
            return t("means_uniform", **amounts.bounds(distribution.low, distribution.high), middle=amounts.middle())
        case Triangular():
            return _describe_three_points(amounts, distribution.low, distribution.mode, distribution.high, t)
        case Beta() if assumption.text.startswith("pert"):
            mode = distribution.low + (distribution.a - 1) / 4 * (distribution.high - distribution.low)
            return _describe_three_points(amounts, distribution.low, mode, distribution.high, t)
        case Beta():
            shapes = {"a": f"{distribution.a:g}", "b": f"{distribution.b:g}"}
            return t("means_beta", **shapes, middle=amounts.middle())
        case Normal():
            return t("means_normal", mean=amounts.quantity(distribution.mean), sd=amounts.quantity(distribution.sd))
        case Discrete():
            return _describe_discrete(amounts, distribution, t)
        case Empirical():
            return t("means_empirical", count=len(distribution.values), text=assumption.text)
    return assumption.text


def _describe_three_points(amounts: _AmountFormatter, low: float, mode: float, high: float, t: Translator) -> str:
    points = {"low": amounts.quantity(low), "mode": amounts.quantity(mode), "high": amounts.quantity(high)}
    return t("means_three", **points, middle=amounts.middle())


def _describe_discrete(amounts: _AmountFormatter, distribution: Discrete, t: Translator) -> str:
    values = [amounts.quantity(value) for value in distribution.values]
    if max(distribution.weights) - min(distribution.weights) < 1e-9:
        return t("means_discrete_even", chance=whole_percent(distribution.weights[0], t), values=", ".join(values))
    return ", ".join(
        t("means_discrete_part", chance=t.percent(weight, _decimals_needed(100 * weight)), value=value)
        for value, weight in zip(values, distribution.weights, strict=True)
    )


def describe_skewness(assumption: Assumption, currency: str, t: Translator) -> str:
    """Say that the middle of a range is far from halfway between its ends, and what to write instead.

    Parameters
    ----------
    assumption : Assumption
        Of the plan.
    currency : str
        Currency of the plan.
    t : Translator
        Language of the sentence.

    Returns
    -------
    str
        Empty where the middle is not far from halfway.
    """
    distribution = assumption.distribution
    if not isinstance(distribution, QuantileRange) or not assumption.is_skewed_range:
        return ""
    amounts = _AmountFormatter(assumption, currency, t)
    halfway = (distribution.low + distribution.high) / 2
    low, high = _written_ends(assumption.text)
    return t(
        "means_skewed",
        text=assumption.text,
        middle=amounts.middle(),
        halfway=amounts.rounded(halfway),
        pert=f"pert({low}, {amounts.plan_text(halfway)}, {high})",
        uniform=f"uniform({low}, {high})",
    )


def _written_ends(text: str) -> list[str]:
    """Both ends of `a to b` as they are written, each with its unit."""
    numbers, units = zip(*map(split_unit, re.split(r" (?:to|đến) ", text)), strict=True)
    return [str(join_unit(number, unit or units[-1])) for number, unit in zip(numbers, units, strict=True)]


class _AmountFormatter:
    """Writes the values of one assumption in the unit in which it was written."""

    def __init__(self, assumption: Assumption, currency: str, t: Translator) -> None:
        self.t = t
        self.distribution = assumption.distribution
        self.is_date = assumption.dimension == "day"
        self.unit = assumption.unit or {"percent": "%", "money": currency}.get(assumption.dimension, "")
        try:
            self.factor = read_unit(self.unit, currency)[1] if self.unit else 1.0
        except QuantityError:
            self.unit, self.factor = "", 1.0

    def number(self, value: float) -> str:
        if self.is_date:
            return date.fromordinal(round(value)).isoformat()
        scaled = 0.0 if value == 0 else value / self.factor
        return self.t.number(scaled, _decimals_needed(scaled))

    def quantity(self, value: float) -> str:
        """A value with its unit."""
        return self.number(value) if self.is_date else str(join_unit(self.number(value), self.unit))

    def rounded(self, value: float) -> str:
        """A value of the size of the middle with its unit, in as few decimals as its range calls for."""
        if self.is_date:
            return self.number(value)
        low, high = (float(end) / self.factor for end in self.distribution.ppf(np.array([0.1, 0.9])))
        scaled = value / self.factor
        return str(join_unit(self.t.number(scaled, decimals_of_middle(scaled, high - low)), self.unit))

    def middle(self) -> str:
        """The median with its unit."""
        return self.rounded(float(self.distribution.ppf(np.array([0.5]))[0]))

    def plan_text(self, value: float) -> str:
        """A value in two digits, as a planner writes it."""
        scaled = float(f"{value / self.factor:.2g}")
        return str(join_unit(np.format_float_positional(scaled, trim="-"), self.unit))

    def bounds(self, low: float, high: float) -> dict[str, str]:
        """Two values, the unit after the last; a percent sign after both."""
        return {"low": self.quantity(low) if self.unit == "%" else self.number(low), "high": self.quantity(high)}


def decimals_of_middle(middle: float, width: float) -> int:
    """Choose the decimals of a printed middle: as few as keep it within a hundredth of the width of its range.

    Parameters
    ----------
    middle : float
        In the unit in which it is printed.
    width : float
        P90 less P10, in the same unit.

    Returns
    -------
    int
        0 to 4.
    """
    largest_error = max(MAX_MIDDLE_ERROR * width, 1e-9 * abs(middle))
    fitting = (d for d in range(MAX_DIGITS) if abs(round(middle, d) - middle) <= largest_error)
    return next(fitting, MAX_DIGITS)


def _decimals_needed(value: float) -> int:
    """Decimals that a value needs, at most SHOWN digits in all for a small one."""
    for decimals in range(MAX_DIGITS):
        if abs(round(value, decimals) - value) <= 1e-9 * max(1.0, abs(value)):
            return decimals
    return MAX_DIGITS


def describe_weights(text: str, t: Translator) -> str:
    """Meaning of a season or a shape: its weights."""
    return t("means_weights", text=text)
