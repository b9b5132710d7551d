"""The grammar of a number we are not sure of: a quantity, `a to b`, or a function of quantities.

The quantity type of a key says which units it takes, on which scale its range is normal, and where it ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from forecast.errors import Location
from forecast.files.month_forms import months_of_day, recognize_month, recognize_period
from forecast.files.yaml import NO_LOCATION, ScalarNode
from forecast.i18n import Phrase
from forecast.periods import first_day, format_month, parse_month
from forecast.plan.quantity_types import ParseContext, QuantityType
from forecast.stats.distributions import (
    Beta,
    Constant,
    Discrete,
    Distribution,
    Empirical,
    Normal,
    QuantileRange,
    Triangular,
    Uniform,
)
from forecast.units import (
    Dimension,
    Quantity,
    QuantityError,
    join_unit,
    normalize_text,
    read_quantity,
    split_unit,
    suggest_unit,
)

MAX_TRUNCATED_SHARE = 0.01
"""The largest share of a written normal that the bounds of its key may cut away."""
MAX_EXPRESSION_CHARS = 2_000
"""Characters of a number with everything in it."""
_MONTH_TEXT = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
PLAN_YEARS = range(1900, 2201)
"""Years that a plan may speak of."""
DAY_CODES = ("day_not_month", "day_or_month")
"""Problems of a day in place of a month."""
FUNCTION_ARITY = {"pert": 3, "triangular": 3, "uniform": 2, "normal": 2, "lognormal": 2, "beta": 2}
UNREACHED_BOUNDS = {"log": (0.0,), "change": (-1.0,), "share": (0.0, 1.0), "plain": ()}
"""Values that a range on this scale never reaches."""


@dataclass(frozen=True)
class ParsedQuantity:
    """Meaning of a text: a distribution in base units, its dimension, and the unit as written."""

    distribution: Distribution
    dimension: Dimension
    unit: str


def parse_expression(text: str, quantity_type: QuantityType, context: ParseContext) -> ParsedQuantity:
    """Read `a`, `a to b` or `function(...)`; QuantityError says what is wrong and what to write."""
    location = text.location if isinstance(text, ScalarNode) else NO_LOCATION
    if len(text) > MAX_EXPRESSION_CHARS:
        raise QuantityError("too_long", number=text[:12] + "…")
    text = normalize_text(text)
    parser = _ExpressionParser(text, quantity_type, context, location)
    if call := re.fullmatch(r"([a-z]+) ?\((.*)\)", text):
        parsed = parser.parse_function(call[1], call[2])
    else:
        parts = re.split(r" (?:to|đến) ", text)
        if len(parts) > 1 and quantity_type.is_single:
            raise QuantityError("one_quantity", text=text)  # before its ends are read: they have no sentences
        parsed = parser.parse_single() if len(parts) == 1 else parser.parse_range(parts)
    if quantity_type.is_single and not parsed.distribution.is_constant:
        raise QuantityError("one_quantity", text=text)
    return parsed


@dataclass(frozen=True)
class _ExpressionParser:
    """One text, read in one manner."""

    text: str
    quantity_type: QuantityType
    context: ParseContext
    location: Location

    def parse_single(self) -> ParsedQuantity:
        self.reject_hyphen()
        quantity = self.parse_quantity(self.text, at_end=self.quantity_type.at_end)
        self.require_in_bounds(quantity.value, self.text)
        return ParsedQuantity(Constant(quantity.value), quantity.dimension, quantity.unit)

    def parse_range(self, parts: list[str]) -> ParsedQuantity:
        if len(parts) > 2:
            raise QuantityError(
                "not_a_number", text=self.text, example=self.quantity_type.example(self.context.currency)
            )
        unit_of_all = self.last_unit(parts)
        low = self.parse_quantity(parts[0], unit_of_all)
        high = self.parse_quantity(parts[1], at_end=True)
        if low.dimension != high.dimension:
            raise QuantityError("two_units", text=self.text)
        ends = [self.add_unit(part, high.unit) for part in parts]
        if high.value < low.value:
            raise QuantityError("backwards", text=self.text, instead=_range_phrase(ends[1], ends[0]))
        for value, part in ((low.value, parts[0]), (high.value, parts[1])):
            self.require_in_bounds(value, part)
        if low.value == high.value:
            return ParsedQuantity(Constant(low.value), low.dimension, high.unit)
        for end, value, part in (("P10", low.value, ends[0]), ("P90", high.value, ends[1])):
            if value in UNREACHED_BOUNDS[self.quantity_type.transform]:
                instead = f"uniform({ends[0]}, {ends[1]})"
                raise QuantityError(
                    f"{_bound_family(self.quantity_type)}_touches_bound", end=end, bound=part, instead=instead
                )
        return ParsedQuantity(self.build_range(low.value, high.value), high.dimension, high.unit)

    def build_range(self, low: float, high: float) -> QuantileRange:
        """P10 to P90; an effect is a loss or a gain throughout where both of its ends are."""
        quantity_type = self.quantity_type
        if quantity_type.name != "effect":
            return QuantileRange(low, high, quantity_type.transform)
        clip = (0.0 if low >= 0 else quantity_type.low, 0.0 if high <= 0 else quantity_type.high)
        return QuantileRange(low, high, quantity_type.transform, clip)

    def parse_function(self, name: str, inside: str) -> ParsedQuantity:
        match name:
            case "discrete":
                return self.parse_discrete(inside)
            case "empirical":
                return self.parse_empirical(inside)
        parts = [part.strip() for part in inside.split(",")]
        if name not in FUNCTION_ARITY:
            raise QuantityError(
                "unknown_function", function=name, functions=", ".join([*FUNCTION_ARITY, "discrete", "empirical"])
            )
        if len(parts) != FUNCTION_ARITY[name]:
            raise QuantityError("arity", function=name, count=str(FUNCTION_ARITY[name]), found=str(len(parts)))
        if name == "beta":
            return self.parse_beta(parts)
        if name in ("normal", "lognormal") and self.quantity_type.is_date:
            raise QuantityError("no_normal_day")
        unit_of_all = self.last_unit(parts)
        quantities = [self.parse_quantity(part, unit_of_all, at_end=part is parts[-1]) for part in parts]
        if len({quantity.dimension for quantity in quantities}) > 1:
            raise QuantityError("two_units", text=self.text)
        values = [quantity.value for quantity in quantities]
        distribution = self.build_normal(*values) if name == "normal" else self.build_bounded(name, values, parts)
        return ParsedQuantity(distribution, quantities[-1].dimension, quantities[-1].unit)

    def parse_beta(self, parts: list[str]) -> ParsedQuantity:
        if _bound_family(self.quantity_type) != "share":
            raise QuantityError("beta_is_for_shares")
        a, b = (read_quantity(part, self.context.currency) for part in parts)
        if not (a.value > 0 and b.value > 0 and a.dimension == b.dimension == "none"):
            raise QuantityError("beta_shapes")
        return ParsedQuantity(Beta(a.value, b.value), "percent", "%")

    def build_normal(self, mean: float, sd: float) -> Distribution:
        if sd <= 0:
            raise QuantityError("sd_above_zero")
        normal = Normal(mean, sd, self.quantity_type.low, self.quantity_type.high)
        if normal.share_outside_bounds > MAX_TRUNCATED_SHARE:
            raise QuantityError("normal_leaves_bounds", share=f"{100 * normal.share_outside_bounds:.0f}%")
        return normal

    def build_bounded(self, name: str, values: list[float], parts: list[str]) -> Distribution:
        for value, part in zip(values, parts, strict=True):
            self.require_in_bounds(value, part)
        if values != sorted(values):
            raise QuantityError("not_ascending", function=name, text=self.text)
        if values[0] == values[-1]:
            return Constant(values[0])
        match name:
            case "pert":
                return Beta.pert(*values)
            case "triangular":
                return Triangular(*values)
            case "uniform":
                return Uniform(*values)
        if _bound_family(self.quantity_type) == "share":
            raise QuantityError("lognormal_share")
        if values[0] <= 0:
            raise QuantityError("lognormal_above_zero")
        return QuantileRange(values[0], values[1], "log")

    def parse_discrete(self, inside: str) -> ParsedQuantity:
        pairs = []
        for item in inside.split(","):
            value, separator, weight = item.strip().rpartition(" at ")
            if not separator:
                raise QuantityError("discrete_form", text=self.text)
            pairs.append((value, read_quantity(weight, self.context.currency, dimensions=("percent",))))
        unit_of_all = self.last_unit([value for value, _ in pairs])
        weighted = [(self.parse_quantity(value, unit_of_all), weight) for value, weight in pairs]
        total = sum(weight.value for _, weight in weighted)
        if any(weight.value < 0 or weight.dimension != "percent" for _, weight in weighted) or abs(total - 1) > 1e-9:
            raise QuantityError("weights_sum", total=f"{100 * total:g}%")
        if len({quantity.dimension for quantity, _ in weighted}) > 1:
            raise QuantityError("two_units", text=self.text)
        for (quantity, _), (text, _) in zip(weighted, pairs, strict=True):
            self.require_in_bounds(quantity.value, text)
        ordered = sorted((quantity.value, weight.value) for quantity, weight in weighted if weight.value > 0)
        values, weights = zip(*ordered, strict=True)
        distribution = Discrete(values, weights) if len(set(values)) > 1 else Constant(values[0])
        return ParsedQuantity(distribution, weighted[-1][0].dimension, weighted[-1][0].unit)

    def parse_empirical(self, inside: str) -> ParsedQuantity:
        file, comma, column = (part.strip() for part in inside.partition(","))
        if not comma or not file or not column or self.context.read_column is None:
            raise QuantityError("empirical_form", text=self.text)
        cells = self.context.read_column(file, column, self.location)
        quantities = [self.parse_quantity(cell, at_end=self.quantity_type.at_end) for cell in cells]
        if len({quantity.dimension for quantity in quantities}) != 1:
            raise QuantityError("two_units", text=self.text)
        for quantity, cell in zip(quantities, cells, strict=True):
            self.require_in_bounds(quantity.value, cell)
        values = tuple(sorted(quantity.value for quantity in quantities))
        distribution = Empirical(values) if values[0] < values[-1] else Constant(values[0])
        return ParsedQuantity(distribution, quantities[0].dimension, quantities[0].unit)

    def parse_quantity(self, text: str, unit_of_all: str = "", *, at_end: bool = False) -> Quantity:
        text, quantity_type, currency = text.strip(), self.quantity_type, self.context.currency
        if quantity_type.is_date:
            return Quantity(parse_day(text, at_end=at_end), "day", "")
        try:
            quantity = read_quantity(text, currency, unit_of_all, quantity_type.dimensions)
        except QuantityError as error:
            if error.code == "not_a_number":
                raise QuantityError(
                    error.code, **{**error.params, "example": quantity_type.example(currency)}
                ) from None
            raise
        if quantity.dimension not in quantity_type.dimensions:
            raise self.unit_error(quantity, text)
        return quantity

    def unit_error(self, quantity: Quantity, text: str) -> QuantityError:
        needed = suggest_unit(self.quantity_type.dimensions[0], self.context.currency, text)
        if quantity.dimension != "none":
            unit = quantity.unit
            return QuantityError(
                "wrong_unit", text=text, unit=unit, example=self.quantity_type.example(self.context.currency)
            )
        if "percent" not in self.quantity_type.dimensions or len(self.quantity_type.dimensions) > 1:
            return QuantityError("unit_missing", text=text, instead=join_unit(text, needed))
        means, value = f"{100 * quantity.value:g}%", quantity.value
        if 0 < abs(value) < 1 and self.quantity_type.low <= value <= self.quantity_type.high:
            return QuantityError("share_as_fraction", number=text, instead=means)
        if self.quantity_type.low <= value / 100 <= self.quantity_type.high:
            return QuantityError("percent_missing", number=text, means=means, instead=f"{text}%")
        return QuantityError(f"{_bound_family(self.quantity_type)}_out_of_bounds", text=text)

    def require_in_bounds(self, value: float, text: str) -> None:
        quantity_type = self.quantity_type
        outside = value < quantity_type.low or value > quantity_type.high
        if outside or (not quantity_type.has_closed_bounds and value in (quantity_type.low, quantity_type.high)):
            raise QuantityError(f"{_bound_family(quantity_type)}_out_of_bounds", text=text.strip())

    def reject_hyphen(self) -> None:
        match = re.fullmatch(r"([0-9.]++ ?[^0-9 .–—-]*+) ?[-–—] ?([0-9.]++.*)", self.text)
        if match and not self.quantity_type.is_date:
            raise QuantityError("hyphen", text=self.text, instead=_range_phrase(match[1].strip(), match[2]))

    def last_unit(self, parts: list[str]) -> str:
        return "" if self.quantity_type.is_date else split_unit(parts[-1].strip())[1]

    def add_unit(self, part: str, unit: str) -> str:
        number, part_unit = split_unit(part.strip())
        return part.strip() if part_unit or not number or self.quantity_type.is_date else str(join_unit(number, unit))


def _range_phrase(low: str, high: str) -> Phrase:
    return Phrase(f"{low} to {high}", f"{low} đến {high}")


def _bound_family(quantity_type: QuantityType) -> str:
    """The kinds that are bounded alike: share, change, effect, coefficient, amount."""
    return quantity_type.name if quantity_type.name in ("share", "change", "effect", "coefficient") else "amount"


def parse_plan_month(text: str) -> int:
    """Month from year 0, in any form that can mean one month only."""
    canonical = _MONTH_TEXT.fullmatch(text)
    recognized = (parse_month(text), True) if canonical else recognize_month(text)
    if recognized is None or recognized[0] // 12 not in PLAN_YEARS:
        raise month_error(text)
    if not recognized[1]:
        raise month_error(text)
    return recognized[0]


def month_error(text: str) -> QuantityError:
    """The error of a text that is no month for sure: the one that it may mean, those of a day or of a longer period."""
    months = [month for month in months_of_day(text) if int(month[:4]) in PLAN_YEARS]
    if months:
        code = "day_not_month" if len(months) == 1 else "day_or_month"
        return QuantityError(code, text=text[:40], instead="' / '".join(months))
    period = recognize_period(text)
    if period is None or period[0].last // 12 not in PLAN_YEARS:
        return QuantityError("not_a_month", text=text[:40])
    if period[0].count == 1:
        return QuantityError("month_form", text=text[:40], instead=format_month(period[0].first))
    first, last = format_month(period[0].first), format_month(period[0].last)
    return QuantityError("longer_than_month", text=text[:40], first=first, last=last)


def parse_day(text: str, *, at_end: bool = False) -> float:
    """Ordinal of a date; of a month its first day, or its last."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = date.fromisoformat(text)
            if day.year in PLAN_YEARS:
                return float(day.toordinal())
            raise ValueError(text)
    except ValueError:
        raise QuantityError("not_a_day", text=text[:40]) from None
    try:
        month = parse_plan_month(text)
    except QuantityError as error:
        if error.code in ("not_a_month", *DAY_CODES):
            raise QuantityError("not_a_day", text=text[:40]) from None
        raise
    return float(first_day(month + 1) - 1 if at_end else first_day(month))
