"""Amounts as people read them: billions of đồng, thousands of euro, people, percent.

A scale is chosen once for all the figures that stand together, so that they can be compared by eye.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from forecast.i18n import Translator

__all__ = [
    "LESS_IS_BETTER",
    "AmountScale",
    "choose_scale",
    "error_points",
    "exact_percent",
    "interval_text",
    "round_preserving_sum",
    "whole_percent",
    "with_sign",
]

MONEY_FACTORS = (1e9, 1e6, 1e3, 1.0)
"""Factors that have a name: billion, million, thousand, one."""
LESS_IS_BETTER = ("cost", "headcount")
"""Measures of which less is better."""
MAX_INTERVAL_DECIMALS = 6
"""Decimals of a percentage, at most: enough for the interval of a chance in 100 million paths."""


@dataclass(frozen=True)
class AmountScale:
    """Unit of the amounts that stand together.

    Parameters
    ----------
    t : Translator
        Language of the numbers.
    factor : float
        Base units that one of the unit is.
    unit : str
        Unit as it is printed.
    decimals : int
        Decimals of amounts near the largest.
    """

    t: Translator
    factor: float
    unit: str
    decimals: int

    @property
    def of_changes(self) -> AmountScale:
        """The same for differences: those of percentages are percentage points."""
        return replace(self, unit=self.t("unit_points")) if self.unit == "%" else self

    def number(self, value: float, decimals: int | None = None) -> str:
        """Format the number alone, in this unit."""
        return self.t.number(value / self.factor, self.decimals if decimals is None else decimals)

    def signed_number(self, value: float, decimals: int | None = None) -> str:
        """Format the number alone, with + or a true minus; nothing before a zero."""
        return with_sign(self.number(value, decimals))

    def amount(self, value: float, decimals: int | None = None) -> str:
        """Format the number and its unit."""
        return self.with_unit(self.number(value, decimals))

    def exact_amount(self, value: float, max_decimals: int = 12) -> str:
        """Format an amount with as many decimals as it needs, `max_decimals` at most, and its unit."""
        scaled = value / self.factor
        needed = next(
            (places for places in range(max_decimals) if abs(round(scaled, places) - scaled) < 1e-14 * abs(scaled)),
            max_decimals,
        )
        return self.amount(value, needed if scaled else 0)

    def short_amount(self, value: float) -> str:
        """Format an amount with two or three digits, and its unit."""
        size = abs(value / self.factor)
        return self.amount(value, 0 if size >= 10 else 1 if size >= 1 else 2)

    def with_unit(self, figure: str) -> str:
        """Return a printed number followed by the unit."""
        return f"{figure}{'' if self.unit == '%' else ' '}{self.unit}" if self.unit else figure


def choose_scale(
    measure: str, values: Iterable[float], currency: str, t: Translator, yearly: bool = True
) -> AmountScale:
    """Choose the scale for the amounts of a measure: the largest named factor that the largest of them fills.

    Parameters
    ----------
    measure : str
        Such as `revenue` or `revenue.postal`.
    values : iterable of float
        Amounts that stand together, in base units.
    currency : str
        Currency of the plan.
    t : Translator
        Language of the numbers and of the unit.
    yearly : bool
        Whether a productivity is that of a whole year.

    Returns
    -------
    AmountScale
        For all of these amounts.
    """
    kind = measure.partition(".")[0]
    largest = max((abs(value) for value in values), default=0.0)
    if kind == "margin":
        return AmountScale(t, 0.01, "%", 0 if largest >= 0.1 else 1)
    if kind == "headcount":
        return AmountScale(t, 1.0, t("unit_people"), 0 if largest >= 20 else 1)
    factor = next((named for named in MONEY_FACTORS if largest >= named), 1.0)
    unit = _unit(factor, currency if kind != "volume" else "", t)
    if kind == "productivity":
        unit = t("unit_per_person_year" if yearly else "unit_per_person", money=unit)
    return AmountScale(t, factor, unit, _decimals(largest / factor) if factor > 1 or largest < 10 else 0)


def _unit(factor: float, currency: str, t: Translator) -> str:
    thing = t("unit_vnd") if currency == "VND" else currency or t("unit_pieces")
    return thing if factor == 1 else t(f"unit_{factor:.0e}".replace("+0", ""), thing=thing)


def _decimals(size: float) -> int:
    return 0 if size >= 100 else 1 if size >= 10 else 2


def with_sign(figure: str) -> str:
    """Write the sign of a figure that is above zero, too.

    Parameters
    ----------
    figure : str
        As a translator writes it, such as `3.2%`.

    Returns
    -------
    str
        Such as `+3.2%`; nothing before a zero.
    """
    return figure if figure.startswith("\N{MINUS SIGN}") or not figure.strip("0.,%") else f"+{figure}"


def round_preserving_sum(
    start: float, steps: Sequence[float], end: float, decimals: int
) -> tuple[float, list[float], float]:
    """Round start, steps and end so that the printed figures add up.

    Start and end are rounded as they are; the steps by the largest remainder, so that none moves by a whole last digit
    unless the amounts do not add up themselves.

    Parameters
    ----------
    start, end : float
        Amounts at both ends.
    steps : sequence of float
        Changes from one to the other.
    decimals : int
        Decimals that are printed.

    Returns
    -------
    tuple of float, list of float and float
        Start, steps and end.
    """
    unit = 10.0**-decimals
    start_units, end_units = round(start / unit), round(end / unit)
    units = [floor(step / unit) for step in steps]
    missing = end_units - start_units - sum(units)
    by_remainder = sorted(range(len(steps)), key=lambda i: (units[i] - steps[i] / unit, i))
    if steps:
        each, extra = divmod(abs(missing), len(steps))
        order = by_remainder if missing > 0 else by_remainder[::-1]
        for rank, step_row in enumerate(order):
            units[step_row] += (each + (rank < extra)) * (1 if missing > 0 else -1)
    return (
        round(start_units * unit, decimals),
        [round(step * unit, decimals) for step in units],
        round(end_units * unit, decimals),
    )


def whole_percent(chance: float, t: Translator, required: float | None = None) -> str:
    """Format a chance, or a share, as a whole percent.

    Parameters
    ----------
    chance : float
        From 0 to 1.
    t : Translator
        Language of the number.
    required : float, optional
        Chance that is required: rounding never moves the chance across it.

    Returns
    -------
    str
        Such as `79%`; `>99%` and `<1%` where a chance that is neither 1 nor 0 would round to it.
    """
    percent, rounded = round(100 * chance, 9), _rounded_percent(chance, required)
    nearest = floor(percent + 0.5)
    if max(nearest, rounded) >= 100 and chance < 1:
        return f">{t.percent(0.99)}"
    if min(nearest, rounded) <= 0 and chance > 0:
        return f"<{t.percent(0.01)}"
    return t.percent(rounded / 100)


def _rounded_percent(chance: float, required: float | None) -> int:
    """The nearest whole percent on the chance's side of the required one."""
    percent = round(100 * chance, 9)  # 100 * 0.57 is 56.99999999999999
    rounded = floor(percent + 0.5)
    limit = None if required is None else round(100 * required, 9)
    if limit is not None and (percent >= limit) != (rounded >= limit):
        return floor(percent) if rounded > percent else ceil(percent)
    return rounded


def exact_percent(share: float, t: Translator) -> str:
    """Format a share as the plan writes it, such as a required chance.

    Parameters
    ----------
    share : float
        From 0 to 1.
    t : Translator
        Language of the number.

    Returns
    -------
    str
        With as many decimals as it needs: `80%`, `82.5%`.
    """
    return AmountScale(t, 0.01, "%", 0).exact_amount(share)


def interval_text(
    low: float, high: float, t: Translator, chance: float | None = None, required: float | None = None
) -> str:
    """Format the 95% interval of a chance.

    Parameters
    ----------
    low, high : float
        Ends, from 0 to 1.
    t : Translator
        Language of the text.
    chance : float, optional
        Chance that stands beside it as a whole percent: the interval reaches to that percent, so that 79.4% is
        `79%` with `79.0% to 79.7%`.
    required : float, optional
        As in `whole_percent`.

    Returns
    -------
    str
        Such as `78.7% to 79.2%`, with the decimals that tell its ends apart, and from 0% and 100%.
    """
    if chance is not None and 0 < (printed := _rounded_percent(chance, required) / 100) < 1:
        low, high = min(low, printed), max(high, printed)
    decimals = next((d for d in range(1, MAX_INTERVAL_DECIMALS) if _tells_ends(low, high, d)), MAX_INTERVAL_DECIMALS)
    return t("span_from_to", low=t.percent(low, decimals), high=t.percent(high, decimals))


def error_points(low: float, high: float, t: Translator) -> str:
    """Return half the width of the 95% simulation interval of a chance as a number of percentage points, without sign.

    Parameters
    ----------
    low, high : float
        Ends, from 0 to 1.
    t : Translator
        Language of the number.

    Returns
    -------
    str
        Such as `0.4`.
    """
    half = (high - low) / 2
    return t.number(100 * half, 0 if half >= 0.02 else 1 if half >= 0.0005 else 2)


def _tells_ends(low: float, high: float, decimals: int) -> bool:
    printed = [round(100 * end, decimals) for end in (low, high)]
    hides_bound = any(text in (0, 100) and 0 < end < 1 for text, end in zip(printed, (low, high), strict=True))
    return not hides_bound and (low == high or printed[0] != printed[1])
