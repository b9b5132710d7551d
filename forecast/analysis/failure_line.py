"""The line below or above which a plan fails, and the causes whose changes add up to the measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from forecast.periods import parse_period
from forecast.plan.scenario import Scenario
from forecast.simulation.compiled import ALL_CAUSES, FigureKey, bridge_period, figure_key

__all__ = [
    "FailureLine",
    "FigureTerm",
    "failure_line",
    "figure_terms",
    "line_figure",
    "splittable_target",
    "unsplit_reason",
]

SPLIT_MEASURES = ("revenue", "profit", "cost")
"""Measures that are sums, so that what each cause does to them adds up."""
HISTORY = "history"
"""Cause of what the last year was, without its own shocks, and of the stated gap."""


@dataclass(frozen=True)
class FailureLine:
    """A measure, its period, and the line on whose wrong side a future fails."""

    target: str
    """Name of the target; empty for the revenue of a plan without targets."""
    measure: str
    period: str
    """As written."""
    basis: str
    line: float
    """In the unit of the measure."""
    is_below: bool
    """True where a future fails below the line, False where it fails above it."""
    is_target: bool
    """True where the line is that of the target."""


@dataclass(frozen=True)
class FigureTerm:
    """A recorded figure as a term of the measure."""

    key: FigureKey
    cause: str
    """`history`, `initiatives`, or a dotted name such as `services.post`, `shocks.floods`, `costs.rent`."""
    sign: int


def failure_line(scenario: Scenario, target: str = "", line: float | None = None) -> FailureLine:
    """Take the line of a target, or another one for its measure.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    target : str
        Name of the target; the main one where it is empty.
    line : float, optional
        Another line, in the unit of the measure; that of the target by default.

    Returns
    -------
    FailureLine
        Of the revenue of the plan's first period where the plan has no target.

    Raises
    ------
    KeyError
        The plan has no such target.
    ValueError
        The plan has no target, and no line is given.
    """
    name = target or scenario.main_target
    if not name:
        if line is None:
            raise ValueError("a plan without targets has no line of its own")
        return FailureLine("", "revenue", bridge_period(scenario), "stated", line, is_below=True, is_target=False)
    record = scenario.targets[name]
    return FailureLine(
        name,
        record.measure,
        record.period.text,
        record.basis,
        record.threshold.value if line is None else line,
        record.at_least is not None,
        line is None,
    )


def unsplit_reason(scenario: Scenario, line: FailureLine) -> str:
    """Name the reason for which the failures of a target cannot be told by cause.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    line : FailureLine
        Its measure.

    Returns
    -------
    str
        `place`, `ratio`, `part` or `count`; empty where they can.
    """
    if line.target and scenario.targets[line.target].place is not None:
        return "place"
    if line.measure in SPLIT_MEASURES:
        return ""
    if line.measure in ("productivity", "margin"):
        return "ratio"
    return "part" if line.measure.partition(".")[0] in SPLIT_MEASURES else "count"


def splittable_target(scenario: Scenario) -> str:
    """Name a target whose failures can be told by cause.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    str
        The first by priority; empty where the plan has none.
    """
    names = (n for n in scenario.targets_by_priority if not unsplit_reason(scenario, failure_line(scenario, n)))
    return next(names, "")


def line_figure(scenario: Scenario, line: FailureLine, keys: Mapping[FigureKey, object]) -> FigureKey:
    """Key of the figure that a line is drawn through.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    line : FailureLine
        The line.
    keys : mapping
        By figure that is recorded.

    Returns
    -------
    FigureKey
        (measure, period).
    """
    return figure_key(scenario.targets[line.target], line.basis, keys) if line.target else (line.measure, line.period)


def figure_terms(scenario: Scenario, line: FailureLine, keys: Iterable[FigureKey]) -> tuple[FigureTerm, ...]:
    """List the recorded figures that add up to the measure, each with its cause.

    Revenue is split into the steps of the bridge where its period is that of the bridge, else into services; a cost of
    an initiative or of a repair belongs to the initiatives or to the shock.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    line : FailureLine
        Its measure and period.
    keys : iterable of FigureKey
        Figures that are recorded.

    Returns
    -------
    tuple of FigureTerm
        Several may have one cause.
    """
    bridge = bridge_period(scenario)
    has_steps = parse_period(bridge).edges.tolist() == parse_period(line.period).edges.tolist()
    recorded = list(keys)
    is_parts = line.basis == "parts"
    terms: list[FigureTerm] = []
    for key in recorded:
        name, period = key
        kind, _, part = name.partition(".")
        if kind == "bridge" and has_steps and period == bridge and line.measure != "cost":
            if part != ALL_CAUSES and not (is_parts and part == "gap"):
                terms.append(FigureTerm(key, _step_cause(part), 1))
        elif period != line.period or not (part or name == "gap"):
            continue
        elif kind == "revenue" and not has_steps and line.measure != "cost" and "@" not in name:
            terms.append(FigureTerm(key, f"services.{part}", 1))
        elif name == "gap" and not has_steps and line.measure != "cost" and not is_parts:
            terms.append(FigureTerm(key, HISTORY, 1))
        elif kind == "cost" and line.measure != "revenue" and "@" not in name:
            terms.append(FigureTerm(key, _cost_cause(scenario, part), 1 if line.measure == "cost" else -1))
    return tuple(terms)


def _step_cause(step: str) -> str:
    return HISTORY if step in ("last_year", "history.shocks", "gap") else step


def _cost_cause(scenario: Scenario, name: str) -> str:
    if name in scenario.costs:
        return f"costs.{name}"
    return "initiatives" if name in scenario.initiatives else f"shocks.{name}"
