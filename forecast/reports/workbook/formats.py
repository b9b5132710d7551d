"""Formats of the cells of a workbook; the office writes separators and dates as its reader is used to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DARK_TEXT", "GREY_TEXT", "CellFormats", "money_format", "signed_format"]

YELLOW, GREY_FILL, RULE = "#FFF6CC", "#ECEFF1", "#9AA5AD"
DARK_TEXT, GREY_TEXT = "#1B2A33", "#5B6770"
NUMBER_FORMATS = {
    "share": "0.0%",
    "share_exact": "0.0000%",
    "day": "yyyy-mm-dd",
    "month": "mm/yyyy",
    "people": "#,##0.0",
    "pieces": "#,##0",
    "price": "#,##0.00",
    "number": "General",
    "whole_money": "#,##0",
    "small_money": "#,##0.00",
    "text": "General",
}


def money_format(largest: float) -> tuple[str, float]:
    """Choose a number format that shows amounts in billions, in millions or as they are.

    Parameters
    ----------
    largest : float
        Largest of the amounts that stand together.

    Returns
    -------
    tuple of str and float
        The format, and the amount that it shows as 1.
    """
    for factor, commas in ((1e9, ",,,"), (1e6, ",,")):
        if largest >= factor:
            decimals = "0.00" if largest < 10 * factor else "0.0"
            return f"#,##{decimals}{commas}", factor
    return ("#,##0" if largest >= 1_000 else "#,##0.00"), 1.0


def signed_format(number_format: str) -> str:
    """Show the sign of a number, except of zero.

    Parameters
    ----------
    number_format : str
        Number format of its size.

    Returns
    -------
    str
        The number format with a sign.
    """
    return f"+{number_format};-{number_format};{number_format}"


@dataclass
class CellFormats:
    """Formats of one workbook, each made once."""

    workbook: Any
    amount: str
    """Number format of amounts of money that formulas give."""
    _made: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)

    def get(self, number_format: str = "text", **more: Any) -> Any:
        """The format of a name, with more properties."""
        shown = self.amount if number_format == "amount" else NUMBER_FORMATS.get(number_format, number_format)
        properties: dict[str, Any] = {"font_name": "Arial", "font_size": 9, "font_color": DARK_TEXT, "valign": "top"}
        if shown != "General":
            properties["num_format"] = shown
        return self._format({**properties, **more})

    def title(self) -> Any:
        """Title of a sheet."""
        return self.get(bold=True, font_size=14)

    def muted(self, **more: Any) -> Any:
        """Remark."""
        return self.get(font_color=GREY_TEXT, **more)

    def header(self, number_format: str = "text", **more: Any) -> Any:
        """Head of a column."""
        style = {"bold": True, "bg_color": GREY_FILL, "bottom": 1, "bottom_color": DARK_TEXT, "text_wrap": True, **more}
        return self.get(number_format, **style)

    def input(self, number_format: str) -> Any:
        """Cell that may be edited."""
        return self.get(number_format, bg_color=YELLOW, border=1, border_color=RULE, locked=False)

    def total(self, number_format: str) -> Any:
        """Line that sums others."""
        return self.get(number_format, bold=True, top=1, top_color=RULE)

    def _format(self, properties: Mapping[str, Any]) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self.workbook.add_format(dict(properties))
        return self._made[key]
