"""Types of number: units, scale and bounds of what a key may hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from forecast.errors import Location
from forecast.i18n import Phrase
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

    def example(self, currency: str) -> Phrase:
        """A text that would be right, in the plan's own currency."""
        if "money" not in self.dimensions:
            return QUANTITY_EXAMPLES[self.name]
        return Phrase("250 billion", "250 tỷ") if currency == "VND" else Phrase(f"2650 {currency}", f"2650 {currency}")


QUANTITY_EXAMPLES = {
    "share": Phrase("40% to 60%", "40% đến 60%"),
    "change": Phrase("-2% to 4%", "-2% đến 4%"),
    "effect": Phrase("-20% to -5%", "-20% đến -5%"),
    "noise": Phrase("4% to 10%", "4% đến 10%"),
    "rate": Phrase("0.5 to 1.2", "0.5 đến 1.2"),
    "days": Phrase("1 to 3", "1 đến 3"),
    "duration": Phrase("4 to 10 weeks", "4 đến 10 tuần"),
    "money": Phrase("250 tỷ", "250 tỷ"),
    "volume_or_money": Phrase("250 tỷ", "250 tỷ"),
    "weight": Phrase("3", "3"),
    "count": Phrase("216", "216"),
    "people": Phrase("1838 people", "1838 người"),
    "day": Phrase("2021-03 to 2021-09", "2021-03 đến 2021-09"),
    "threshold": Phrase("250 tỷ", "250 tỷ"),
    "coefficient": Phrase("0.5", "0.5"),
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
