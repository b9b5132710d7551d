"""Meaning of a number in words: `80% chance between 0% and 20%`, `exactly 3 months`."""

from __future__ import annotations

from datetime import date

from forecast.i18n import Translator
from forecast.plan.assumption import Assumption
from forecast.stats.distributions import Beta, Constant, Discrete, Empirical, Normal, QuantileRange, Triangular, Uniform
from forecast.units import QuantityError, read_unit

MAX_DIGITS = 4
"""Digits that are shown of a number."""


def describe_assumption(assumption: Assumption, currency: str, t: Translator) -> str:
    """Meaning of an assumption, in one phrase of the translator's language."""
    amounts = _AmountFormatter(assumption, currency, t)
    distribution = assumption.distribution
    match distribution:
        case Constant():
            return t("means_sure", value=amounts.quantity(distribution.value))
        case QuantileRange():
            return t("means_range", **amounts.bounds(distribution.low, distribution.high))
        case Uniform():
            return t("means_uniform", **amounts.bounds(distribution.low, distribution.high))
        case Triangular():
            return _describe_three_points(amounts, distribution.low, distribution.mode, distribution.high, t)
        case Beta() if assumption.text.startswith("pert"):
            mode = distribution.low + (distribution.a - 1) / 4 * (distribution.high - distribution.low)
            return _describe_three_points(amounts, distribution.low, mode, distribution.high, t)
        case Beta():
            return t("means_beta", a=f"{distribution.a:g}", b=f"{distribution.b:g}")
        case Normal():
            return t("means_normal", mean=amounts.quantity(distribution.mean), sd=amounts.quantity(distribution.sd))
        case Discrete():
            return _describe_discrete(amounts, distribution, t)
        case Empirical():
            return t("means_empirical", count=len(distribution.values), text=assumption.text)
    return assumption.text


def _describe_three_points(amounts: _AmountFormatter, low: float, mode: float, high: float, t: Translator) -> str:
    return t("means_three", low=amounts.quantity(low), mode=amounts.quantity(mode), high=amounts.quantity(high))


def _describe_discrete(amounts: _AmountFormatter, distribution: Discrete, t: Translator) -> str:
    values = [amounts.quantity(value) for value in distribution.values]
    if max(distribution.weights) - min(distribution.weights) < 1e-9:
        return t("means_discrete_even", chance=t.percent(distribution.weights[0]), values=", ".join(values))
    return ", ".join(
        t("means_discrete_part", chance=t.percent(weight, _decimals_needed(100 * weight)), value=value)
        for value, weight in zip(values, distribution.weights, strict=True)
    )


class _AmountFormatter:
    """Writes the values of one assumption in the unit in which it was written."""

    def __init__(self, assumption: Assumption, currency: str, t: Translator) -> None:
        self.t = t
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
        number = self.number(value)
        if self.is_date or not self.unit:
            return number
        return number + self.unit if self.unit == "%" else f"{number} {self.unit}"

    def bounds(self, low: float, high: float) -> dict[str, str]:
        """Two values, the unit after the last; a percent sign after both."""
        return {"low": self.quantity(low) if self.unit == "%" else self.number(low), "high": self.quantity(high)}


def _decimals_needed(value: float) -> int:
    """Decimals that a value needs, at most SHOWN digits in all for a small one."""
    for decimals in range(MAX_DIGITS):
        if abs(round(value, decimals) - value) <= 1e-9 * max(1.0, abs(value)):
            return decimals
    return MAX_DIGITS


def describe_weights(text: str, t: Translator) -> str:
    """Meaning of a season or a shape: its weights."""
    return t("means_weights", text=text)
