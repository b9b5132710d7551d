"""Several plans simulated side by side over the same paths, so that what they have in common is simulated once.

Plans that differ only in targets, people or costs have the same trade; plans that differ only in growths or initiatives
have the same shocks. What is common is known by comparing the compiled plans, never by the order of the work, so each
plan has the figures that it has alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from forecast.arrays import Floats
from forecast.plan.geography import Geography
from forecast.plan.record import assumptions_in
from forecast.plan.scenario import Scenario
from forecast.plan.variant import EveryNameBut, NamesUnder, Variant, vary_plan
from forecast.simulation.block import sample_shocks, simulate_target_values, simulate_trade
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, SharedDraws
from forecast.stats.copula import CorrelatedGroup
from forecast.timeseries.baseline import Baseline

__all__ = ["TargetPaths", "simulate_targets", "simulate_variants"]


@dataclass(frozen=True)
class TargetPaths:
    """Targets of one plan over the first paths of a run, path by path."""

    scenario: Scenario
    baseline: Baseline
    geography: Geography | None
    """The places, where they are listed."""
    values: Mapping[str, Floats]
    """By target, (paths,) the figure that it reads."""


def simulate_variants(
    scenario: Scenario, baseline: Baseline, variants: Mapping[str, Variant], paths: int, seed: int | None = None
) -> dict[str, TargetPaths]:
    """Simulate the targets of several variants of one plan side by side.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    baseline : Baseline
        Its fitted baseline, which all variants have.
    variants : mapping of str to Variant
        By name, the changes of the plan; an empty one is the plan itself.
    paths : int
        Number of paths of each.
    seed : int, optional
        Of all; that of the plan by default.

    Returns
    -------
    dict of str to TargetPaths
        By name, the values of the targets: those of `simulate`, path by path.

    Raises
    ------
    KeyError
        A variant names what the plan has not.
    """
    plans = {name: (vary_plan(scenario, variant), baseline) for name, variant in variants.items()}
    return simulate_targets(plans, paths, seed, {name: variant.resampled for name, variant in variants.items()})


def simulate_targets(
    plans: Mapping[str, tuple[Scenario, Baseline]],
    paths: int,
    seed: int | None = None,
    resampled: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> dict[str, TargetPaths]:
    """Simulate the targets of several plans side by side.

    Parameters
    ----------
    plans : mapping of str to tuple of Scenario and Baseline
        By name, a plan and its fitted baseline.
    paths : int
        Number of paths of each.
    seed : int, optional
        Of all plans; each plan's own by default.
    resampled : mapping of str to frozenset of str
        By name of a plan, the streams that have other random numbers.

    Returns
    -------
    dict of str to TargetPaths
        By name, the values of the targets: those of `simulate`, path by path.
    """
    compiled = {
        name: condition_plan(compile_plan(scenario, baseline, paths, seed, resampled=resampled.get(name, frozenset())))
        for name, (scenario, baseline) in plans.items()
    }
    parts: dict[str, list[dict[str, Floats]]] = {name: [] for name in plans}
    groups = _group_plans(compiled)
    for blocks in _batches(compiled):
        for name, values in _simulate_batch(compiled, groups, blocks):
            parts[name].append(values)
    return {
        name: TargetPaths(
            scenario,
            baseline,
            places.geography if (places := compiled[name].places) is not None else None,
            {target: np.concatenate([part[target] for part in parts[name]]) for target in compiled[name].targets},
        )
        for name, (scenario, baseline) in plans.items()
    }


def _batches(plans: Mapping[str, CompiledPlan]) -> Iterator[range]:
    """Blocks that are simulated together, as many as the largest plan allows."""
    paths = max((plan.paths for plan in plans.values()), default=0)
    size = min((plan.batch_blocks for plan in plans.values()), default=1)
    stop = -(-paths // PATHS_PER_BLOCK)
    return (range(first, min(first + size, stop)) for first in range(0, stop, size))


def _simulate_batch(
    plans: Mapping[str, CompiledPlan], groups: list[list[list[str]]], blocks: range
) -> Iterator[tuple[str, dict[str, Floats]]]:
    """By plan, the values of its targets in some blocks; the paths of one trade are held at a time."""
    draws: SharedDraws = {}
    for trades in groups:
        shocks = None
        for names in trades:
            plan = plans[names[0]]
            sampler = Sampler(plan.seed, blocks, plan.groups, plan.yearly, draws, plan.resampled)
            shocks = shocks or sample_shocks(plan, sampler)
            trade = simulate_trade(plan, sampler, shocks)
            for name in names:
                yield name, simulate_target_values(plans[name], sampler, trade)


def _group_plans(plans: Mapping[str, CompiledPlan]) -> list[list[list[str]]]:
    """Names of the plans: those of the same shocks together, and among them those of the same trade."""
    groups: dict[bytes, dict[bytes, list[str]]] = {}
    for name, plan in plans.items():
        # Equal bytes are equal records; equal records that pickle differently are simulated once more, that is all. The
        # bridge has its own period, which no target reads.
        surroundings = (plan.seed, plan.horizon, plan.services, plan.earlier, plan.climate_shape, plan.place_count)
        of_shocks = _groups_of_shocks(plan)
        shocks = pickle.dumps(
            (plan.shocks, surroundings, plan.places, plan.yearly, of_shocks, _resampled_in_shocks(plan, of_shocks))
        )
        resampled = type(plan.resampled).__name__, sorted(plan.resampled)
        trade = pickle.dumps((plan.baseline, plan.initiatives, plan.groups, plan.closed, plan.conditioning, resampled))
        groups.setdefault(shocks, {}).setdefault(trade, []).append(name)
    return [list(trades.values()) for trades in groups.values()]


def _resampled_in_shocks(plan: CompiledPlan, groups: Mapping[str, CorrelatedGroup]) -> list[str]:
    """The resampled names that a shock may draw, itself or through what it is correlated with."""
    if isinstance(plan.resampled, EveryNameBut):
        return ["", *sorted(plan.resampled)]  # never the same as of names that are listed
    drawn = {name for group in groups.values() for name in (*group.names, group.common)}
    drawn |= {
        assumption.stream_name
        for shock in (*plan.shocks.values(), *plan.earlier.past_shocks.values(), plan.place_count)
        for assumption in assumptions_in(shock)
    }
    roots = ("shocks.", "history.", "climate", "places")
    if isinstance(plan.resampled, NamesUnder):
        above = {name for name in plan.resampled if any(each.startswith(f"{name}.") for each in drawn)}
        return sorted(name for name in plan.resampled if name in above | drawn or name.startswith(roots))
    return sorted(name for name in plan.resampled if name in drawn or name.startswith(roots))


def _groups_of_shocks(plan: CompiledPlan) -> dict[str, CorrelatedGroup]:
    """The correlated groups of which a shock draws a member."""
    prefixes = ("shocks.", "history.", "climate.", "places.")
    shocks = (*plan.shocks.values(), *plan.earlier.past_shocks.values(), plan.place_count)
    drawn = {assumption.stream_name for shock in shocks for assumption in assumptions_in(shock)}
    return {name: group for name, group in plan.groups.items() if name in drawn or name.startswith(prefixes)}
