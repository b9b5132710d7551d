"""Text of a plan that the program writes: entries by dotted name as YAML, and values as a planner writes them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from forecast.plan.assumption import Assumption

__all__ = [
    "day_text",
    "entry_lines",
    "extends_line",
    "number_value",
    "percent_value",
    "quote_text",
    "written_amount",
    "written_value",
]

VALUE_DIGITS = 7
"""Digits of a value that is written."""
AMOUNT_SCALES = ((1e9, "billion "), (1e6, "million "))


def quote_text(text: str) -> str:
    """Write a text as YAML, whatever is in it.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        In double quotes, as YAML and JSON both read it.
    """
    return json.dumps(text, ensure_ascii=False)


def extends_line(plan: Path, folder: Path) -> str:
    """Write the line by which an overlay names its plan.

    Parameters
    ----------
    plan : Path
        File of the plan.
    folder : Path
        Folder of the overlay; it need not exist.

    Returns
    -------
    str
        With the path from the folder to the plan.
    """
    return f"extends: {quote_text(Path(os.path.relpath(plan.absolute(), folder.absolute())).as_posix())}"


def entry_lines(entries: Mapping[str, str | None]) -> Iterator[str]:
    """Write entries by dotted name as YAML.

    Parameters
    ----------
    entries : mapping of str to str or None
        By dotted name, a YAML scalar or flow mapping; None deletes the entry of the plan that is extended.

    Returns
    -------
    iterator of str
        Lines, in the order of the entries, those of one parent together.
    """
    tree: dict[str, Any] = {}
    for name, text in entries.items():
        *parents, key = name.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[key] = text
    return _tree_lines(tree, 0)


def _tree_lines(tree: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, content in tree.items():
        if isinstance(content, dict):
            yield f"{indent}{key}:"
            yield from _tree_lines(content, depth + 1)
        else:
            yield f"{indent}{key}: {'null' if content is None else content}"


def written_value(assumption: Assumption, value: float, currency: str) -> str:
    """Write one value of an assumption as a plan does.

    Parameters
    ----------
    assumption : Assumption
        Of the plan.
    value : float
        In base units.
    currency : str
        Of the plan.

    Returns
    -------
    str
        Such as `-3.2741%`, `69.1234 billion VND`, `21.5 days` or `2021-03-14`.
    """
    if assumption.dimension == "day":
        return day_text(value)
    if assumption.dimension == "percent":
        return percent_value(value)
    if assumption.dimension == "money":
        return written_amount(value, currency)
    unit = {"people": " people", "days": " days"}.get(assumption.dimension, "")
    return f"{number_value(value)}{unit}"


def percent_value(share: float) -> str:
    """Write a share of 1 as a percentage.

    Parameters
    ----------
    share : float
        Such as -0.032741.

    Returns
    -------
    str
        Such as `-3.2741%`.
    """
    return f"{number_value(100 * share)}%"


def written_amount(value: float, currency: str) -> str:
    """Write an amount of money.

    Parameters
    ----------
    value : float
        In base units.
    currency : str
        Of the plan.

    Returns
    -------
    str
        Such as `69.1234 billion VND`.
    """
    size, word = next(((size, word) for size, word in AMOUNT_SCALES if abs(value) >= size), (1.0, ""))
    return f"{number_value(value / size)} {word}{currency}"


def day_text(ordinal: float) -> str:
    """Write a day.

    Parameters
    ----------
    ordinal : float
        Ordinal day; the nearest whole one is written.

    Returns
    -------
    str
        Such as `2021-03-14`.
    """
    return date.fromordinal(round(ordinal)).isoformat()


def number_value(value: float) -> str:
    """Write a number without an exponent.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        Seven digits; never three decimals, which would be taken for thousands.
    """
    decimals = max(1, VALUE_DIGITS - 1 - math.floor(math.log10(abs(value)))) if value else 1
    text = f"{value:.{min(decimals, 15)}f}".rstrip("0")
    integer, _, fraction = text.partition(".")
    return f"{integer}.{fraction}0" if len(fraction) == 3 else f"{integer}.{fraction}" if fraction else integer
