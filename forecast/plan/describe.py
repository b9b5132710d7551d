"""What a number means, in words: `8 in 10 between 0% and 20%`, `exactly 3 months`."""

from __future__ import annotations

from datetime import date

from forecast.i18n import Translator
from forecast.plan.assumption import Assumption
from forecast.stats.distributions import Beta, Constant, Discrete, Empirical, Normal, QuantileRange, Triangular, Uniform
from forecast.units import QuantityError, read_unit

MAX_DIGITS = 4
"""Digits that are shown of a number."""


def describe_assumption(assumption: Assumption, currency: str, words: Translator) -> str:
    """What an assumption may be, in one phrase of the language of `words`."""
    amounts = _AmountFormatter(assumption, currency, words)
    chance = assumption.distribution
    match chance:
        case Constant():
            return words("means_sure", value=amounts.quantity(chance.value))
        case QuantileRange():
            return words("means_range", **amounts.bounds(chance.low, chance.high))
        case Uniform():
            return words("means_uniform", **amounts.bounds(chance.low, chance.high))
        case Triangular():
            return _describe_three_points(amounts, chance.low, chance.mode, chance.high, words)
        case Beta() if assumption.text.startswith("pert"):
            mode = chance.low + (chance.a - 1) / 4 * (chance.high - chance.low)
            return _describe_three_points(amounts, chance.low, mode, chance.high, words)
        case Beta():
            return words("means_beta", a=f"{chance.a:g}", b=f"{chance.b:g}")
        case Normal():
            return words("means_normal", mean=amounts.quantity(chance.mean), sd=amounts.quantity(chance.sd))
        case Discrete():
            return _describe_discrete(amounts, chance, words)
        case Empirical():
            return words("means_empirical", count=len(chance.values), text=assumption.text)
    return assumption.text


def _describe_three_points(amounts: _AmountFormatter, low: float, mode: float, high: float, words: Translator) -> str:
    return words("means_three", low=amounts.quantity(low), mode=amounts.quantity(mode), high=amounts.quantity(high))


def _describe_discrete(amounts: _AmountFormatter, chance: Discrete, words: Translator) -> str:
    values = [amounts.quantity(value) for value in chance.values]
    if max(chance.weights) - min(chance.weights) < 1e-9:
        return words("means_discrete_even", chance=words.percent(chance.weights[0]), values=", ".join(values))
    return ", ".join(
        words("means_discrete_part", chance=words.percent(weight, _decimals_needed(100 * weight)), value=value)
        for value, weight in zip(values, chance.weights, strict=True)
    )


class _AmountFormatter:
    """Writes the values of one assumption in the unit in which it was written."""

    def __init__(self, assumption: Assumption, currency: str, words: Translator) -> None:
        self.t = words
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


def describe_weights(text: str, words: Translator) -> str:
    """What a season or a shape means: its weights."""
    return words("means_weights", text=text)
