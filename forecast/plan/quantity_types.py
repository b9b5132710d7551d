"""Types of number: units, scale and bounds of what a key may hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from forecast.errors import Location
from forecast.stats.transforms import Transform
from forecast.units import Dimension


@dataclass(frozen=True)
class QuantityType:
    """A type of number: its units, its scale, its bounds."""

    name: str
    transform: Transform
    low: float
    high: float
    dimensions: tuple[Dimension, ...]
    """Units that the key takes; `none` when the key itself says the unit."""
    has_closed_bounds: bool = True
    """True when a value may equal a bound."""
    is_single: bool = False
    """True when it is one quantity, never a range."""
    at_end: bool = False
    """True when a month that stands alone means its last day."""

    @property
    def is_date(self) -> bool:
        """True for a date."""
        return self.dimensions == ("day",)

    def example(self, currency: str) -> str:
        """A text that would be right, in the plan's own currency."""
        text = QUANTITY_EXAMPLES[self.name]
        return text if currency == "VND" else text.replace("250 tỷ", f"2650 {currency}")


QUANTITY_EXAMPLES = {
    "share": "40% to 60%",
    "change": "-2% to 4%",
    "effect": "-20% to -5%",
    "noise": "4% to 10%",
    "rate": "0.5 to 1.2",
    "days": "1 to 3",
    "duration": "4 to 10 weeks",
    "money": "250 tỷ",
    "volume_or_money": "250 tỷ",
    "weight": "3",
    "count": "216",
    "people": "1838 people",
    "day": "2021-03 to 2021-09",
    "threshold": "250 tỷ",
    "coefficient": "0.5",
}


@dataclass(frozen=True)
class ParseContext:
    """Context in which a number is read, beside its own text."""

    currency: str = "VND"
    """Currency of the plan."""
    read_column: Callable[[str, str, Location], tuple[str, ...]] | None = None
    """The texts of a column of a file, for `empirical(file, column)`."""
    references: Mapping[str, object] = field(default_factory=dict)
    """By the name of a number with `same_as`, the node that it stands for."""
