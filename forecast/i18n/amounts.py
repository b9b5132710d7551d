"""Amounts as people read them: billions of đồng, thousands of euro, people, percent.

A scale is chosen once for all the figures that stand together, so that they can be compared by eye.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor

from forecast.i18n import Translator

MONEY_FACTORS = (1e9, 1e6, 1e3, 1.0)
"""Factors that have a name: billion, million, thousand, one."""
LESS_IS_BETTER = ("cost", "headcount")
"""Measures of which less is better."""


@dataclass(frozen=True)
class AmountScale:
    """A unit, its factor, and the decimals that amounts near its largest deserve."""

    t: Translator
    factor: float
    unit: str
    decimals: int

    def number(self, value: float, decimals: int | None = None) -> str:
        """The number alone, in this unit."""
        return self.t.number(value / self.factor, self.decimals if decimals is None else decimals)

    def signed_number(self, value: float, decimals: int | None = None) -> str:
        """The number alone, with + or a true minus; nothing before a zero."""
        text = self.number(value, decimals)
        return text if text.startswith("\N{MINUS SIGN}") or not text.strip("0.,") else f"+{text}"

    def amount(self, value: float, decimals: int | None = None) -> str:
        """The number and its unit."""
        return self.with_unit(self.number(value, decimals))

    def exact_amount(self, value: float, most: int = 12) -> str:
        """A figure that a planner wrote, with as many decimals as it needs (`most` at most), and its unit."""
        scaled = value / self.factor
        needed = next((d for d in range(most) if abs(round(scaled, d) - scaled) < 1e-14 * abs(scaled)), most)
        return self.amount(value, needed if scaled else 0)

    def short_amount(self, value: float) -> str:
        """An amount with the digits that it deserves by itself: two or three."""
        size = abs(value / self.factor)
        return self.amount(value, 0 if size >= 10 else 1 if size >= 1 else 2)

    def with_unit(self, figure: str) -> str:
        """A printed number followed by the unit."""
        return f"{figure}{'' if self.unit == '%' else ' '}{self.unit}" if self.unit else figure


def choose_scale(
    measure: str, values: Iterable[float], currency: str, words: Translator, yearly: bool = True
) -> AmountScale:
    """The scale for amounts of a measure: the largest named factor that its largest amount fills.

    `yearly` says whether a productivity is of a whole year.
    """
    kind = measure.partition(".")[0]
    largest = max((abs(value) for value in values), default=0.0)
    if kind == "margin":
        return AmountScale(words, 0.01, "%", 0 if largest >= 0.1 else 1)
    if kind == "headcount":
        return AmountScale(words, 1.0, words("unit_people"), 0 if largest >= 20 else 1)
    factor = next((f for f in MONEY_FACTORS if largest >= f), 1.0)
    unit = _unit(factor, currency if kind != "volume" else "", words)
    if kind == "productivity":
        unit = words("unit_per_person_year" if yearly else "unit_per_person", money=unit)
    return AmountScale(words, factor, unit, _decimals(largest / factor) if factor > 1 or largest < 10 else 0)


def _unit(factor: float, currency: str, words: Translator) -> str:
    thing = words("unit_vnd") if currency == "VND" else currency or words("unit_pieces")
    return thing if factor == 1 else words(f"unit_{factor:.0e}".replace("+0", ""), thing=thing)


def _decimals(size: float) -> int:
    return 0 if size >= 100 else 1 if size >= 10 else 2


def round_preserving_sum(
    start: float, steps: Sequence[float], end: float, decimals: int
) -> tuple[float, list[float], float]:
    """Start, steps and end rounded so that the printed figures add up.

    Start and end are rounded as they are; the steps by the largest remainder, so none moves by a whole last digit
    unless what is given does not add up itself.
    """
    unit = 10.0**-decimals
    first, last = round(start / unit), round(end / unit)
    down = [floor(step / unit) for step in steps]
    missing = last - first - sum(down)
    by_remainder = sorted(range(len(steps)), key=lambda i: (down[i] - steps[i] / unit, i))
    if steps:
        whole, rest = divmod(abs(missing), len(steps))
        order = by_remainder if missing > 0 else by_remainder[::-1]
        for turn, row in enumerate(order):
            down[row] += (whole + (turn < rest)) * (1 if missing > 0 else -1)
    return round(first * unit, decimals), [round(step * unit, decimals) for step in down], round(last * unit, decimals)
