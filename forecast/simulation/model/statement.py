"""The accounts, top to bottom, as an accountant would write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from forecast.arrays import Floats

Operation = Literal["sum", "difference", "ratio"]


@dataclass(frozen=True)
class StatementLine:
    """A figure made of others."""

    name: str
    operation: Operation
    operands: tuple[str, ...]


def statement_lines(leaves: Mapping[str, object], profit: bool, basis: str) -> tuple[StatementLine, ...]:
    """The lines that the leaves allow, each after the lines it is made of.

    Leaves are `revenue.SERVICE`, `volume.SERVICE`, `cost.NAME`, `gap`, `wage_revenue` and `headcount`; `basis` is what
    a worker's year is counted on.
    """
    names = sorted(leaves)
    services = tuple(name for name in names if name.startswith("revenue."))
    costs = tuple(name for name in names if name.startswith("cost."))
    volumes = tuple(name for name in names if name.startswith("volume."))
    lines = [StatementLine("revenue", "sum", services + (("gap",) if "gap" in leaves else ()))]
    if "gap" in leaves:
        lines.append(StatementLine("revenue:parts", "sum", services))
    if volumes:
        lines.append(StatementLine("volume", "sum", volumes))
    if costs:
        lines.append(StatementLine("cost", "sum", costs))
    for part in ("", ":parts") if "gap" in leaves else ("",):
        if profit:
            lines.append(StatementLine(f"profit{part}", "difference", (f"revenue{part}", "cost")))
            lines.append(StatementLine(f"margin{part}", "ratio", (f"profit{part}", f"revenue{part}")))
        if "headcount" in leaves:
            top = "wage_revenue" if basis == "wage_revenue" else f"revenue{part}"
            lines.append(StatementLine(f"productivity{part}", "ratio", (top, "headcount")))
    return tuple(lines)


def evaluate_statement(
    lines: tuple[StatementLine, ...], leaves: Mapping[str, Floats], months: int
) -> dict[str, Floats]:
    """Work out every line over a period of `months`: sums of flows, the mean headcount, a year's productivity."""
    found = dict(leaves)
    for line in lines:
        parts = [found[name] for name in line.operands]
        if line.operation == "sum":
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            found[line.name] = total
        elif line.operation == "difference":
            found[line.name] = parts[0] - parts[1]
        else:
            found[line.name] = _ratio(parts[0], parts[1])
            if line.name.startswith("productivity"):
                found[line.name] = found[line.name] * (12 / months)
    return found


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """Top by bottom; 0 by 0 is 0, so that a service of nothing has no margin rather than none that is a number."""
    return np.divide(top, bottom, out=np.zeros(np.broadcast_shapes(top.shape, bottom.shape)), where=bottom != 0)
