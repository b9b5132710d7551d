"""What a number means, in words: `8 in 10 between 0% and 20%`, `exactly 3 months`."""

from __future__ import annotations

from datetime import date

from forecast.i18n import Words
from forecast.plan.assumption import Assumption
from forecast.stats.distributions import Beta, Discrete, Empirical, Normal, Range, Sure, Triangular, Uniform
from forecast.units import QuantityError, read_unit

SHOWN = 4
"""Digits that are shown of a number."""


def meaning_of(assumption: Assumption, currency: str, words: Words) -> str:
    """What an assumption may be, in one phrase of the language of `words`."""
    amounts = _Amounts(assumption, currency, words)
    chance = assumption.chance
    match chance:
        case Sure():
            return words("means_sure", value=amounts.one(chance.value))
        case Range():
            return words("means_range", **amounts.ends(chance.low, chance.high))
        case Uniform():
            return words("means_uniform", **amounts.ends(chance.low, chance.high))
        case Triangular():
            return _three(amounts, chance.low, chance.mode, chance.high, words)
        case Beta() if assumption.text.startswith("pert"):
            mode = chance.low + (chance.a - 1) / 4 * (chance.high - chance.low)
            return _three(amounts, chance.low, mode, chance.high, words)
        case Beta():
            return words("means_beta", a=f"{chance.a:g}", b=f"{chance.b:g}")
        case Normal():
            return words("means_normal", mean=amounts.one(chance.mean), sd=amounts.one(chance.sd))
        case Discrete():
            return _discrete(amounts, chance, words)
        case Empirical():
            return words("means_empirical", count=len(chance.values), text=assumption.text)
    return assumption.text


def _three(amounts: _Amounts, low: float, mode: float, high: float, words: Words) -> str:
    return words("means_three", low=amounts.one(low), mode=amounts.one(mode), high=amounts.one(high))


def _discrete(amounts: _Amounts, chance: Discrete, words: Words) -> str:
    values = [amounts.one(value) for value in chance.values]
    if max(chance.weights) - min(chance.weights) < 1e-9:
        return words("means_discrete_even", chance=words.percent(chance.weights[0]), values=", ".join(values))
    return ", ".join(
        words("means_discrete_part", chance=words.percent(weight, _decimals(100 * weight)), value=value)
        for value, weight in zip(values, chance.weights, strict=True)
    )


class _Amounts:
    """Writes the values of one assumption in the unit in which it was written."""

    def __init__(self, assumption: Assumption, currency: str, words: Words) -> None:
        self.words = words
        self.of_days = assumption.dimension == "day"
        self.unit = assumption.unit or {"percent": "%", "money": currency}.get(assumption.dimension, "")
        try:
            self.factor = read_unit(self.unit, currency)[1] if self.unit else 1.0
        except QuantityError:
            self.unit, self.factor = "", 1.0

    def number(self, value: float) -> str:
        if self.of_days:
            return date.fromordinal(round(value)).isoformat()
        scaled = 0.0 if value == 0 else value / self.factor
        return self.words.number(scaled, _decimals(scaled))

    def one(self, value: float) -> str:
        """A value with its unit."""
        number = self.number(value)
        if self.of_days or not self.unit:
            return number
        return number + self.unit if self.unit == "%" else f"{number} {self.unit}"

    def ends(self, low: float, high: float) -> dict[str, str]:
        """Two values, the unit after the last; a percent sign after both."""
        return {"low": self.one(low) if self.unit == "%" else self.number(low), "high": self.one(high)}


def _decimals(value: float) -> int:
    """Decimals that a value needs, at most SHOWN digits in all for a small one."""
    for decimals in range(SHOWN):
        if abs(round(value, decimals) - value) <= 1e-9 * max(1.0, abs(value)):
            return decimals
    return SHOWN


def weights_shown(text: str, words: Words) -> str:
    """What a season or a shape means: its weights."""
    return words("means_weights", text=text)
