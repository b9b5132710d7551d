"""The grammar of a number we are not sure of: a quantity, `a to b`, or a function of quantities.

How a key is read is its manner: which units it takes, on which scale its range is normal, and where it ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from forecast.errors import Where
from forecast.files.yaml import NOWHERE, Text
from forecast.periods import first_day, month_of
from forecast.plan.quantity_types import Manner, Reading
from forecast.stats.distributions import Beta, Chance, Discrete, Empirical, Normal, Range, Sure, Triangular, Uniform
from forecast.stats.transforms import Link
from forecast.units import (
    Dimension,
    Quantity,
    QuantityError,
    normal_form,
    read_quantity,
    split_unit,
    unit_of,
    with_unit,
)

CUT_OFF = 0.01
"""The largest share of a written normal that the bounds of its key may cut away."""
LONGEST = 2_000
"""Characters of a number with everything in it."""
YEARS = range(1900, 2201)
"""Years that a plan may speak of."""
ARITY = {"pert": 3, "triangular": 3, "uniform": 2, "normal": 2, "lognormal": 2, "beta": 2}
BOUNDED = {"log": (0.0,), "change": (-1.0,), "share": (0.0, 1.0), "loss": (-1.0, 0.0), "plain": ()}
"""Values that a range on this scale never reaches."""


@dataclass(frozen=True)
class Said:
    """What a text says."""

    chance: Chance
    dimension: Dimension
    unit: str


def parse(text: str, manner: Manner, reading: Reading) -> Said:
    """Read `a`, `a to b` or `function(...)`; QuantityError says what is wrong and what to write."""
    where = text.where if isinstance(text, Text) else NOWHERE
    if len(text) > LONGEST:
        raise QuantityError("too_long", number=text[:12] + "…")
    text = normal_form(text)
    phrase = _Phrase(text, manner, reading, where)
    if call := re.fullmatch(r"([a-z]+) ?\((.*)\)", text):
        said = phrase.function(call[1], call[2])
    else:
        parts = re.split(r" (?:to|đến) ", text)
        said = phrase.one() if len(parts) == 1 else phrase.range(parts)
    if manner.single and not said.chance.sure:
        raise QuantityError("one_quantity", text=text)
    return said


@dataclass(frozen=True)
class _Phrase:
    """One text, read in one manner."""

    text: str
    manner: Manner
    reading: Reading
    where: Where

    def one(self) -> Said:
        self.refuse_hyphen()
        quantity = self.quantity(self.text, at_end=self.manner.at_end)
        self.inside(quantity.value, self.text)
        return Said(Sure(quantity.value), quantity.dimension, quantity.unit)

    def range(self, parts: list[str]) -> Said:
        if len(parts) > 2:
            raise QuantityError("not_a_number", text=self.text, example=self.manner.example(self.reading.currency))
        unit_of_all = self.last_unit(parts)
        low = self.quantity(parts[0], unit_of_all)
        high = self.quantity(parts[1], at_end=True)
        if low.dimension != high.dimension:
            raise QuantityError("two_units", text=self.text)
        ends = [self.in_unit(part, high.unit) for part in parts]
        if high.value < low.value:
            raise QuantityError("backwards", text=self.text, instead=f"{ends[1]} to {ends[0]}")
        for value, part in ((low.value, parts[0]), (high.value, parts[1])):
            self.inside(value, part)
        if low.value == high.value:
            return Said(Sure(low.value), low.dimension, high.unit)
        loss = self.manner.name == "effect" and high.value < 0
        link: Link = "loss" if loss else self.manner.link
        for end, value, part in (("P10", low.value, ends[0]), ("P90", high.value, ends[1])):
            if value in BOUNDED[link]:
                instead = f"uniform({ends[0]}, {ends[1]})"
                raise QuantityError(f"{_family(self.manner)}_touches_bound", end=end, bound=part, instead=instead)
        return Said(Range(low.value, high.value, link), high.dimension, high.unit)

    def function(self, name: str, inside: str) -> Said:
        match name:
            case "discrete":
                return self.discrete(inside)
            case "empirical":
                return self.empirical(inside)
        parts = [part.strip() for part in inside.split(",")]
        if name not in ARITY:
            raise QuantityError(
                "unknown_function", function=name, functions=", ".join([*ARITY, "discrete", "empirical"])
            )
        if len(parts) != ARITY[name]:
            raise QuantityError("arity", function=name, count=str(ARITY[name]), found=str(len(parts)))
        if name == "beta":
            return self.beta(parts)
        if name in ("normal", "lognormal") and self.manner.of_days:
            raise QuantityError("no_normal_day")
        unit_of_all = self.last_unit(parts)
        read = [self.quantity(part, unit_of_all, at_end=part is parts[-1]) for part in parts]
        if len({quantity.dimension for quantity in read}) > 1:
            raise QuantityError("two_units", text=self.text)
        values = [quantity.value for quantity in read]
        chance = self.normal(*values) if name == "normal" else self.bounded(name, values, parts)
        return Said(chance, read[-1].dimension, read[-1].unit)

    def beta(self, parts: list[str]) -> Said:
        if _family(self.manner) != "share":
            raise QuantityError("beta_is_for_shares")
        a, b = (read_quantity(part, self.reading.currency) for part in parts)
        if not (a.value > 0 and b.value > 0 and a.dimension == b.dimension == "none"):
            raise QuantityError("beta_shapes")
        return Said(Beta(a.value, b.value), "percent", "%")

    def normal(self, mean: float, sd: float) -> Chance:
        if sd <= 0:
            raise QuantityError("sd_above_zero")
        normal = Normal(mean, sd, self.manner.low, self.manner.high)
        if normal.cut_off > CUT_OFF:
            raise QuantityError("normal_leaves_bounds", share=f"{100 * normal.cut_off:.0f}%")
        return normal

    def bounded(self, name: str, values: list[float], parts: list[str]) -> Chance:
        for value, part in zip(values, parts, strict=True):
            self.inside(value, part)
        if values != sorted(values):
            raise QuantityError("not_ascending", function=name, text=self.text)
        if values[0] == values[-1]:
            return Sure(values[0])
        match name:
            case "pert":
                return Beta.pert(*values)
            case "triangular":
                return Triangular(*values)
            case "uniform":
                return Uniform(*values)
        if _family(self.manner) == "share":
            raise QuantityError("lognormal_share")
        if values[0] <= 0:
            raise QuantityError("lognormal_above_zero")
        return Range(values[0], values[1], "log")

    def discrete(self, inside: str) -> Said:
        pairs = []
        for item in inside.split(","):
            value, found, weight = item.strip().rpartition(" at ")
            if not found:
                raise QuantityError("discrete_form", text=self.text)
            pairs.append((value, read_quantity(weight, self.reading.currency, dimensions=("percent",))))
        unit_of_all = self.last_unit([value for value, _ in pairs])
        read = [(self.quantity(value, unit_of_all), weight) for value, weight in pairs]
        total = sum(weight.value for _, weight in read)
        if any(weight.value < 0 or weight.dimension != "percent" for _, weight in read) or abs(total - 1) > 1e-9:
            raise QuantityError("weights_sum", total=f"{100 * total:g}%")
        if len({quantity.dimension for quantity, _ in read}) > 1:
            raise QuantityError("two_units", text=self.text)
        for (quantity, _), (text, _) in zip(read, pairs, strict=True):
            self.inside(quantity.value, text)
        ordered = sorted((quantity.value, weight.value) for quantity, weight in read if weight.value > 0)
        values, weights = zip(*ordered, strict=True)
        chance = Discrete(values, weights) if len(set(values)) > 1 else Sure(values[0])
        return Said(chance, read[-1][0].dimension, read[-1][0].unit)

    def empirical(self, inside: str) -> Said:
        file, found, column = (part.strip() for part in inside.partition(","))
        if not found or not file or not column or self.reading.column is None:
            raise QuantityError("empirical_form", text=self.text)
        cells = self.reading.column(file, column, self.where)
        read = [self.quantity(cell, at_end=self.manner.at_end) for cell in cells]
        if len({quantity.dimension for quantity in read}) != 1:
            raise QuantityError("two_units", text=self.text)
        for quantity, cell in zip(read, cells, strict=True):
            self.inside(quantity.value, cell)
        values = tuple(sorted(quantity.value for quantity in read))
        chance = Empirical(values) if values[0] < values[-1] else Sure(values[0])
        return Said(chance, read[0].dimension, read[0].unit)

    def quantity(self, text: str, unit_of_all: str = "", *, at_end: bool = False) -> Quantity:
        text, manner, currency = text.strip(), self.manner, self.reading.currency
        if manner.of_days:
            return Quantity(day_of(text, at_end=at_end), "day", "")
        try:
            quantity = read_quantity(text, currency, unit_of_all, manner.dimensions)
        except QuantityError as wrong:
            if wrong.code == "not_a_number":
                wrong.facts["example"] = manner.example(currency)
            raise
        if quantity.dimension not in manner.dimensions:
            raise self.wrong_unit(quantity, text)
        return quantity

    def wrong_unit(self, quantity: Quantity, text: str) -> QuantityError:
        needed = unit_of(self.manner.dimensions[0], self.reading.currency, text)
        if quantity.dimension != "none":
            unit = quantity.unit
            return QuantityError("wrong_unit", text=text, unit=unit, example=self.manner.example(self.reading.currency))
        if "percent" not in self.manner.dimensions or len(self.manner.dimensions) > 1:
            return QuantityError("unit_missing", text=text, instead=with_unit(text, needed))
        means, value = f"{100 * quantity.value:g}%", quantity.value
        if 0 < abs(value) < 1 and self.manner.low <= value <= self.manner.high:
            return QuantityError("share_as_fraction", number=text, instead=means)
        if self.manner.low <= value / 100 <= self.manner.high:
            return QuantityError("percent_missing", number=text, means=means, instead=f"{text}%")
        return QuantityError(f"{_family(self.manner)}_out_of_bounds", text=text)

    def inside(self, value: float, text: str) -> None:
        manner = self.manner
        outside = value < manner.low or value > manner.high
        if outside or (not manner.touches and value in (manner.low, manner.high)):
            raise QuantityError(f"{_family(manner)}_out_of_bounds", text=text.strip())

    def refuse_hyphen(self) -> None:
        found = re.fullmatch(r"([0-9.]+ ?[^0-9 -]*) ?[-–—] ?([0-9.]+.*)", self.text)
        if found and not self.manner.of_days:
            raise QuantityError("hyphen", text=self.text, instead=f"{found[1].strip()} to {found[2]}")

    def last_unit(self, parts: list[str]) -> str:
        return "" if self.manner.of_days else split_unit(parts[-1].strip())[1]

    def in_unit(self, part: str, unit: str) -> str:
        number, own = split_unit(part.strip())
        return part.strip() if own or not number or self.manner.of_days else with_unit(number, unit)


def _family(manner: Manner) -> str:
    """The kinds that are bounded alike: share, change, effect, amount."""
    return manner.name if manner.name in ("share", "change", "effect") else "amount"


def day_of(text: str, *, at_end: bool = False) -> float:
    """Ordinal of a date; of a month its first day, or its last."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = date.fromisoformat(text)
            if day.year in YEARS:
                return float(day.toordinal())
            raise ValueError(text)
        month = month_of(text)
        if month // 12 not in YEARS or not text.isascii():
            raise ValueError(text)
    except ValueError:
        raise QuantityError("not_a_day", text=text[:40]) from None
    return float(first_day(month + 1) - 1 if at_end else first_day(month))
