"""The income statement of a period, line by line from its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from forecast.arrays import Floats

__all__ = ["StatementLine", "evaluate_statement", "statement_lines"]

Operation = Literal["sum", "difference", "ratio"]


@dataclass(frozen=True)
class StatementLine:
    """A line made of other lines or of inputs."""

    name: str
    operation: Operation
    operands: tuple[str, ...]


def statement_lines(
    inputs: Mapping[str, object], profit: bool, basis: str, *, adds_volumes: bool = True
) -> tuple[StatementLine, ...]:
    """List the lines that the inputs allow, each after the lines it is made of.

    Parameters
    ----------
    inputs : mapping of str
        `revenue.SERVICE`, `volume.SERVICE`, `cost.NAME`, `gap`, `wage_revenue` and `headcount`, by name.
    profit : bool
        Whether revenue less costs is a line.
    basis : str
        Revenue that a worker's year is counted on: `total_revenue` or `wage_revenue`.
    adds_volumes : bool
        False where volumes have unlike units.

    Returns
    -------
    tuple of StatementLine
        The income statement.
    """
    names = sorted(inputs)
    services = tuple(name for name in names if name.startswith("revenue."))
    costs = tuple(name for name in names if name.startswith("cost."))
    volumes = tuple(name for name in names if name.startswith("volume."))
    lines = [StatementLine("revenue", "sum", services + (("gap",) if "gap" in inputs else ()))]
    if "gap" in inputs:
        lines.append(StatementLine("revenue:parts", "sum", services))
    if volumes and adds_volumes:
        lines.append(StatementLine("volume", "sum", volumes))
    if costs:
        lines.append(StatementLine("cost", "sum", costs))
    for basis_suffix in ("", ":parts") if "gap" in inputs else ("",):
        if profit:
            lines.append(StatementLine(f"profit{basis_suffix}", "difference", (f"revenue{basis_suffix}", "cost")))
            lines.append(
                StatementLine(f"margin{basis_suffix}", "ratio", (f"profit{basis_suffix}", f"revenue{basis_suffix}"))
            )
        if "headcount" in inputs:
            numerator = "wage_revenue" if basis == "wage_revenue" else f"revenue{basis_suffix}"
            lines.append(StatementLine(f"productivity{basis_suffix}", "ratio", (numerator, "headcount")))
    return tuple(lines)


def evaluate_statement(
    lines: tuple[StatementLine, ...], inputs: Mapping[str, Floats], months: int
) -> dict[str, Floats]:
    """Evaluate the lines over a period.

    Parameters
    ----------
    lines : tuple of StatementLine
        From `statement_lines`.
    inputs : mapping of str to Floats
        Sums of the period, the mean of the headcount, (paths,) or (1,) each.
    months : int
        Months of the period.

    Returns
    -------
    dict of str to Floats
        Inputs and lines, (paths,) or (1,) each; productivity is that of a year.
    """
    values = dict(inputs)
    for line in lines:
        operands = [values[name] for name in line.operands]
        if line.operation == "sum":
            values[line.name] = _sum_in_order(operands)
        elif line.operation == "difference":
            values[line.name] = operands[0] - operands[1]
        else:
            values[line.name] = _ratio(operands[0], operands[1])
            if line.name.startswith("productivity"):
                values[line.name] = values[line.name] * (12 / months)
    return values


def _sum_in_order(operands: list[Floats]) -> Floats:
    """Sum of one or more operands, from the first on; one array is made for all sums of the same shape."""
    total, is_shared = operands[0], True
    for operand in operands[1:]:
        if is_shared or np.broadcast_shapes(total.shape, operand.shape) != total.shape:
            total, is_shared = total + operand, False
        else:
            total += operand
    return total


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Numerator / denominator; 0 where the denominator is 0, so that a service without revenue has a margin of 0."""
    return np.divide(
        numerator,
        denominator,
        out=np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape)),
        where=denominator != 0,
    )
