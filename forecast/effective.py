"""The effective plan: every value with what it means, where it stands, and what it stands in place of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.amounts import scale_of
from forecast.assumption import Assumption
from forecast.errors import Where
from forecast.overlays import shown_of
from forecast.words import Words
from forecast.written import Map, Sequence, Text

if TYPE_CHECKING:
    from forecast.reader import Plan

_OF_A_NUMBER = {"value", "same_as", "source", "grade", "note", "known"}


@dataclass(frozen=True)
class Value:
    """One value of a plan."""

    name: str
    text: str
    """As the planner wrote it."""
    where: Where
    assumption: Assumption | None
    """What it was read as; None for what is not a number."""
    currency: str
    replaced: tuple[tuple[str, Where], ...]
    """Texts that it stands in place of, nearest last."""

    def facts(self) -> dict[str, Any]:
        """As JSON: P10, P50 and P90 of a number are in base units."""
        own = self.assumption
        number: dict[str, Any] = {}
        if own is not None:
            number = {"grade": own.grade, "source": own.source, "known": own.known, "same_as": own.same_as}
            number |= dict(zip(("p10", "p50", "p90"), _quantiles(own), strict=True))
        replaced = [{"text": text, "where": str(where)} for text, where in self.replaced]
        return {"name": self.name, "text": self.text, "where": str(self.where), **number, "replaced": replaced}

    def line(self, words: Words) -> str:
        """`FILE:LINE:COL: name: text (meaning) [grade]; was ... in ...`."""
        own = self.assumption
        meaning = f" ({self._meaning(own, words)}) [{own.grade}]" if own is not None else ""
        was = "".join(f"; {words('said_replaced', text=text, where=where)}" for text, where in self.replaced)
        return f"{self.where}: {self.name}: {self.text}{meaning}{was}"

    def _meaning(self, own: Assumption, words: Words) -> str:
        low, middle, high = _quantiles(own)
        said = [_said(own, value, self.currency, words) for value in ((middle,) if own.sure else (low, middle, high))]
        return said[0] if own.sure else words("said_quantiles", low=said[0], middle=said[1], high=said[2])


def values_of(plan: Plan) -> tuple[Value, ...]:
    """Every value of a plan in the order of its keys, those of its readings last."""
    numbers = {a.name: a for a in plan.scenario.assumptions()}
    return tuple(
        Value(
            name=name,
            text=shown_of(node),
            where=node.where,
            assumption=numbers.get(name),
            currency=plan.scenario.currency,
            replaced=tuple((shown_of(part.node), part.where) for part in plan.merged.replaced.get(name, ())),
        )
        for name, node in _leaves(plan.merged.tree)
    )


def _leaves(node: object) -> Iterator[tuple[str, Text | Map | Sequence]]:
    match node:
        case Map() if not _is_number(node):
            for key in sorted(node, key="readings".__eq__):
                yield from _leaves(node[key])
        case Text() | Map() | Sequence():
            yield node.at, node


def _is_number(node: Map) -> bool:
    return bool({"value", "same_as"} & set(node)) and {key for key in node if key.isidentifier()} <= _OF_A_NUMBER


def _quantiles(own: Assumption) -> tuple[float, float, float]:
    low, middle, high = (float(value) for value in own.chance.quantile(np.array([0.1, 0.5, 0.9])))
    return low, middle, high


def _said(own: Assumption, value: float, currency: str, words: Words) -> str:
    match own.dimension:
        case "day":
            return date.fromordinal(int(value)).isoformat()
        case "percent":
            return words.percent(value, 1)
        case "money" | "money_per_person":
            return scale_of("revenue", [value], currency, words).exact(value)
        case "days":
            return words("said_days", days=words.number(value, 1))
        case "people":
            return scale_of("headcount", [value], currency, words).exact(value)
    return f"{value:.4g}"
