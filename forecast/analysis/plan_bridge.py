"""Bridge from one plan to another by cause: Shapley values over the causes, with common random numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np

from forecast.analysis.plan_causes import BRIDGED, PlanCause, PlanPair, find_causes
from forecast.arrays import Floats
from forecast.engines.background import run_in_background
from forecast.plan.scenario import Scenario
from forecast.simulation.side_by_side import simulate_targets
from forecast.stats.bins import meets
from forecast.stats.intervals import Z975, Estimate, binomial_interval, group_half_width
from forecast.stats.shapley import order_weights, subset_weights
from forecast.timeseries.baseline import Baseline

__all__ = ["BRIDGE_PATHS", "CauseBar", "PlanBridge", "bridge_plans"]

BRIDGE_PATHS = 16_384
"""Paths of each plan where nothing else is asked for."""
MIN_PLANS_BESIDE = 8
"""Plans from which on half of them are simulated beside this process."""
MAX_CAUSES_IN_ALL_SUBSETS = 7
"""Causes up to which every subset of them is simulated; of more of them some orders are drawn."""
ORDER_PAIRS = 8
"""Orders that are drawn then, each with its reverse."""
TOLERANCE = 1e-9
"""Share of a figure by which the last plan and the first one with all its causes differ by rounding alone."""
TARGET_CAUSE = PlanCause(("target",))
_Plan = tuple[Scenario, Baseline]
_COSTLESS_MEASURES = ("revenue", "volume")
_COSTLESS_CAUSES = frozenset(("costs", "people"))
"""Causes without effect on these measures."""


@dataclass(frozen=True)
class CauseBar:
    """Part of the difference between two plans."""

    cause: PlanCause
    mean: Estimate
    """Mean change of the figure, in the unit of its measure."""
    p10: float
    """Lower end of 80% of the futures."""
    p90: float
    chance: Estimate | None
    """Change of the chance that the target is met, -1 to 1; None without a target."""
    acts: bool
    """False where it changes nothing in any path."""


@dataclass(frozen=True)
class PlanBridge:
    """Difference between two plans, by cause."""

    first: Estimate
    """Mean of the figure by the first plan."""
    last: Estimate
    first_chance: Estimate | None
    """Chance that the first plan meets its target; None without a target."""
    last_chance: Estimate | None
    total: CauseBar
    """The whole difference; the bars sum to it in the mean, in every path, and in the chance."""
    bars: tuple[CauseBar, ...]
    """In the order of their names."""
    values: Floats
    """(causes, paths) what each changes of the figure in each path."""
    paths: int
    plans: int
    """Plans that were simulated."""
    orders: int
    """Orders of the causes that were drawn; 0 where every subset was simulated."""


@dataclass(frozen=True)
class _Subsets:
    """Subsets of the causes that are simulated, and the weights that make values of their totals."""

    bits: list[int]
    weights: list[Floats]
    """(causes, subsets) weights of all subsets, or one for each pair of orders; the values are their mean."""

    @property
    def is_sampled(self) -> bool:
        return len(self.weights) > 1


def bridge_plans(
    pair: PlanPair,
    paths: int,
    seed: int,
    threshold: tuple[float, float] | None = None,
    *,
    each: bool = False,
    workers: int = 1,
) -> PlanBridge:
    """Divide the difference between two plans among its causes.

    Parameters
    ----------
    pair : PlanPair
        The plans and the figure that is asked about.
    paths : int
        Paths of each plan.
    seed : int
        Of all plans.
    threshold : tuple of float, optional
        Threshold of the target by the first and by the last plan; None where no chance is asked for.
    each : bool
        Whether each initiative is a cause of its own.
    workers : int
        Of two or more, half of the plans are simulated beside this process; no figure depends on it.

    Returns
    -------
    PlanBridge
        The bars, each with its simulation error; of more than seven causes also with that of the drawn orders.

    Raises
    ------
    RuntimeError
        The plans differ in something that is no cause.

    References
    ----------
    Shapley (1953), A value for n-person games; Castro, Gómez and Tejada (2009), Polynomial calculation of the Shapley
    value based on sampling; Mitchell, Cooper, Frank and Holmes (2022), Sampling permutations for Shapley value
    estimation (antithetic orders).
    """
    differing = find_causes(pair, each=each)
    idle = _idle_causes(differing, pair.figure.measure)
    causes = [cause for cause in differing if cause not in idle]
    if threshold is not None and threshold[0] != threshold[1]:
        causes.append(TARGET_CAUSE)
    subsets = _choose_subsets(len(causes), seed)
    mixed = _mixed_plans(pair, causes, subsets)
    simulated = _simulate_plans(mixed, paths, seed, workers)
    _require_nothing_lost(simulated, [*causes, *idle])
    target = _target_bit(causes)
    totals = np.array([simulated[str(subset & ~target)] for subset in subsets.bits])
    changes = _shapley_values(subsets, totals)
    met = None if threshold is None else _met(pair, causes, subsets, totals, threshold)
    chances = None if met is None else _shapley_values(subsets, met)
    bars = [
        _bar(cause, row, changes, chances, _order_errors(subsets, row, totals), _order_errors(subsets, row, met))
        for row, cause in enumerate(causes)
    ]
    bars += [CauseBar(cause, _NOTHING, 0.0, 0.0, None if met is None else _NOTHING, acts=False) for cause in idle]
    first, last = subsets.bits.index(0), subsets.bits.index((1 << len(causes)) - 1)
    in_order = [*differing, TARGET_CAUSE]
    total = totals[[last]] - totals[[first]]
    total_chance = None if met is None else met[[last]] - met[[first]]
    return PlanBridge(
        _mean(totals[first]),
        _mean(totals[last]),
        None if met is None else binomial_interval(float(met[first].sum()), paths),
        None if met is None else binomial_interval(float(met[last].sum()), paths),
        _bar(PlanCause(("total",)), 0, total, total_chance),
        tuple(sorted(bars, key=lambda bar: in_order.index(bar.cause))),
        changes,
        paths,
        len(set(subsets.bits)),
        2 * len(subsets.weights) if subsets.is_sampled else 0,
    )


_NOTHING = Estimate(0.0, 0.0, 0.0)


def _shapley_values(subsets: _Subsets, totals: Floats) -> Floats:
    """(causes, paths) what each cause changes; exactly nothing where only the rounding of sums is left."""
    values: Floats = np.mean([weights @ totals for weights in subsets.weights], axis=0)
    values[np.abs(values).max(axis=1, initial=0.0) <= TOLERANCE * np.abs(totals).max()] = 0.0
    return values


def _idle_causes(causes: Sequence[PlanCause], measure: str) -> list[PlanCause]:
    """Causes that cannot change a measure."""
    is_costless = measure.partition(".")[0] in _COSTLESS_MEASURES
    return [cause for cause in causes if is_costless and _COSTLESS_CAUSES.issuperset(cause.names)]


def _choose_subsets(n_causes: int, seed: int) -> _Subsets:
    """All subsets of a few causes; of many the beginnings of orders that are drawn, each with its reverse."""
    if n_causes <= MAX_CAUSES_IN_ALL_SUBSETS:
        return _Subsets(list(range(1 << n_causes)), [subset_weights(n_causes)])
    numbers = np.random.default_rng(seed)
    orders = [[int(cause) for cause in numbers.permutation(n_causes)] for _ in range(ORDER_PAIRS)]
    both_ways = [way for order in orders for way in (order, order[::-1])]
    subsets = list(dict.fromkeys(subset for way in both_ways for subset in _beginnings(way)))
    weights = [(order_weights(order, subsets) + order_weights(order[::-1], subsets)) / 2 for order in orders]
    return _Subsets(subsets, weights)


def _beginnings(order: Sequence[int]) -> Iterator[int]:
    """Subsets, by their bits, of the first causes of an order, from none to all."""
    yield from accumulate((1 << cause for cause in order), operator.or_, initial=0)


def _target_bit(causes: Sequence[PlanCause]) -> int:
    """Bit of the level of the target, which no simulation needs; 0 where it is no cause."""
    return 1 << causes.index(TARGET_CAUSE) if TARGET_CAUSE in causes else 0


def _mixed_plans(pair: PlanPair, causes: Sequence[PlanCause], subsets: _Subsets) -> dict[str, _Plan]:
    """By the bits of a subset, the first plan with these causes of the last one; the last plan itself as `last`."""
    target = _target_bit(causes)
    states = {"last": pair.unmixed()}
    for subset in dict.fromkeys(subset & ~target for subset in subsets.bits):
        states[str(subset)] = pair.mixed(cause for row, cause in enumerate(causes) if subset >> row & 1)
    return {name: (state.scenario, state.baseline) for name, state in states.items()}


def _simulate_plans(plans: Mapping[str, _Plan], paths: int, seed: int, workers: int) -> dict[str, Floats]:
    """By plan, (paths,) the figure that is asked about; half of many plans beside this process."""
    beside = [name for name in plans if name != "last" and int(name) & 1]
    if workers < 2 or len(plans) < MIN_PLANS_BESIDE:
        return _figure_values(plans, paths, seed)
    here = {name: plan for name, plan in plans.items() if name not in beside}
    with run_in_background(partial(_figure_values, {name: plans[name] for name in beside}, paths, seed)) as job:
        return _figure_values(here, paths, seed) | job.result()


def _figure_values(plans: Mapping[str, _Plan], paths: int, seed: int) -> dict[str, Floats]:
    return {name: of_plan.values[BRIDGED] for name, of_plan in simulate_targets(plans, paths, seed).items()}


def _require_nothing_lost(simulated: Mapping[str, Floats], causes: Sequence[PlanCause]) -> None:
    """RuntimeError unless the first plan with all causes of the last one is the last one."""
    every = simulated[max((name for name in simulated if name != "last"), key=int)]
    if not np.allclose(every, simulated["last"], rtol=TOLERANCE, atol=TOLERANCE * np.abs(every).max()):
        names = ", ".join(cause.name for cause in causes)
        raise RuntimeError(f"the plans differ in something that is none of these causes: {names}")


def _met(
    pair: PlanPair, causes: Sequence[PlanCause], subsets: _Subsets, totals: Floats, threshold: tuple[float, float]
) -> Floats:
    """(subsets, paths) 1 where the target is met; its threshold is one of the causes where the plans have two."""
    row = causes.index(TARGET_CAUSE) if TARGET_CAUSE in causes else None
    rises = pair.figure.at_least is not None
    return np.array(
        [
            meets(values, threshold[0 if row is None else subset >> row & 1], rises)
            for subset, values in zip(subsets.bits, totals, strict=True)
        ],
        dtype=np.float64,
    )


def _order_errors(subsets: _Subsets, row: int, totals: Floats | None) -> float:
    """Half the 95% interval of a cause's mean that comes from the orders that were not drawn."""
    if not subsets.is_sampled or totals is None:
        return 0.0
    means = totals.mean(axis=1)
    return group_half_width([float(weights[row] @ means) for weights in subsets.weights])


def _bar(
    cause: PlanCause,
    row: int,
    changes: Floats,
    chances: Floats | None,
    order_error: float = 0.0,
    chance_order_error: float = 0.0,
) -> CauseBar:
    values = changes[row]
    p10, p90 = (float(value) for value in np.quantile(values, (0.1, 0.9)))
    chance = None if chances is None else _mean(chances[row], chance_order_error)
    acts = bool(np.any(values != 0) or (chances is not None and np.any(chances[row] != 0)))
    return CauseBar(cause, _mean(values, order_error), p10, p90, chance, acts)


def _mean(values: Floats, other_error: float = 0.0) -> Estimate:
    """Mean over the paths with its 95% interval, which also holds another, independent error."""
    mean = float(values.mean())
    half = math.hypot(Z975 * float(values.std(ddof=1)) / math.sqrt(len(values)), other_error)
    return Estimate(mean, mean - half, mean + half)
