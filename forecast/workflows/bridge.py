"""From two plans to the difference between them, by cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from forecast.analysis.earlier_forecasts import PlanState
from forecast.analysis.plan_bridge import CauseBar, PlanBridge, bridge_plans
from forecast.analysis.plan_causes import PlanPair
from forecast.workflows.cases import fit_request_baseline

if TYPE_CHECKING:
    from forecast.plan.targets import Target
    from forecast.stats.intervals import Estimate
    from forecast.workflows.request import RunRequest

__all__ = ["BridgeQuestion", "BridgeResult", "BridgeStatistic", "divide_difference", "summarise_bridge"]

BridgeStatistic = Literal["mean", "chance"]


@dataclass(frozen=True)
class BridgeQuestion:
    """The figure that is asked about, and how its difference is divided."""

    figure: Target
    """Its measure, period and place; its threshold where a target is asked about."""
    target: str
    """Name of the target; empty where a measure alone is asked about."""
    threshold: tuple[float, float] | None
    """Threshold of the target by both plans; None without one."""
    of: BridgeStatistic
    each: bool
    paths: int


@dataclass(frozen=True)
class BridgeResult:
    """Answer of a bridge from one plan to another."""

    question: BridgeQuestion
    bridge: PlanBridge
    seed: int


def divide_difference(first: RunRequest, last: RunRequest, question: BridgeQuestion) -> BridgeResult:
    """Fit two plans and divide the difference between them among its causes.

    Parameters
    ----------
    first, last : RunRequest
        The plans; both are simulated with the seed of the first.
    question : BridgeQuestion
        The figure.

    Returns
    -------
    BridgeResult
        The bars from the first plan to the last.

    Raises
    ------
    InputError
        A plan or its data cannot be read.
    """
    states = [PlanState(request.scenario, fit_request_baseline(request)) for request in (first, last)]
    pair = PlanPair(states[0], states[1], question.figure)
    bridge = bridge_plans(
        pair, question.paths, first.seed, question.threshold, each=question.each, workers=first.workers
    )
    return BridgeResult(question, bridge, first.seed)


def summarise_bridge(result: BridgeResult, first: str, last: str) -> dict[str, Any]:
    """Summarise an answer for `--json`.

    Parameters
    ----------
    result : BridgeResult
        The answer.
    first, last : str
        Paths of the plans.

    Returns
    -------
    dict
        `plan`, `to`, `seed`, `paths`, `target` where one is asked about, `measure`, `period`, `of`, `orders`, `first`,
        `last`, `total` and `rows`; amounts in the plans' currency, chances and their differences as shares of 1.
    """
    question, bridge = result.question, result.bridge
    asked = {"target": question.target} if question.target else {}
    levels = (bridge.first, bridge.last) if question.of == "mean" else (bridge.first_chance, bridge.last_chance)
    return {
        "plan": first,
        "to": last,
        "seed": result.seed,
        "paths": bridge.paths,
        **asked,
        "measure": question.figure.measure,
        "period": question.figure.period.text,
        "of": question.of,
        "orders": bridge.orders,
        "first": _estimate(levels[0]),
        "last": _estimate(levels[1]),
        "total": _bar(bridge.total, question.of),
        "rows": [{"name": bar.cause.name, **_bar(bar, question.of)} for bar in bridge.bars],
    }


def _bar(bar: CauseBar, of: BridgeStatistic) -> dict[str, Any]:
    """Value with its error; P10 and P90 over the futures of an amount, of a chance none."""
    chance = _estimate(bar.chance)
    if of == "chance":
        return {**(chance or {}), "p10": None, "p90": None}
    return {**bar.mean._asdict(), "p10": bar.p10, "p90": bar.p90, "chance": chance}


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else estimate._asdict()
