"""Total effects: what would be gone of a target's uncertainty if one part of the plan were known, head by head.

A head is a service with its assumptions, the monthly surprises, a shock, the history, all initiatives, or another part.
Its numbers are drawn again while all others stay, so that interactions with it count. Given closed months no draw can
be made again alone: there it is what a regression on the kept draws explains less without it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.analysis.explained_variance import REGRESSION_PATHS, ScoreRegression
from forecast.analysis.uncertain_inputs import UncertainInput, uncertain_inputs
from forecast.arrays import Floats
from forecast.plan.scenario import Scenario
from forecast.plan.variant import NamesUnder, Variant
from forecast.simulation.results import Simulation
from forecast.simulation.side_by_side import simulate_variants
from forecast.stats.bins import meets
from forecast.stats.copula import CorrelatedGroup
from forecast.stats.intervals import Z975, Estimate, binomial_interval, clip_share

__all__ = ["MONTHS_HEAD", "EffectHead", "TotalEffect", "heads_of_plan", "single_heads", "total_effects"]

TOTAL_EFFECT_PATHS = 32_768
"""First paths of a run on which a head is drawn again."""
SINGLE_PATHS = 8_192
"""The same of each assumption and each initiative."""
MONTHS_HEAD = "months"
"""Name of the head of the monthly surprises of all services."""
MIN_SHARE = 0.0005
"""Total effect below which a head is not listed."""


@dataclass(frozen=True)
class EffectHead:
    """Numbers of a plan that are drawn again together."""

    names: tuple[str, ...]
    """Dotted names: `services.post`, `shocks.floods`, `history`, `initiatives`, `months`; several where a correlation
    binds them."""
    streams: frozenset[str]
    """Names of its random numbers, for a `Variant`."""


@dataclass(frozen=True)
class TotalEffect:
    """Total effect of one head on a target."""

    names: tuple[str, ...]
    share: Estimate
    """Share of the variance that would be gone if the head were known."""
    changed: Estimate | None
    """Share of the futures in which the target is met with one draw of it and missed with the other; None where months
    are closed."""


def heads_of_plan(scenario: Scenario, groups: Mapping[str, CorrelatedGroup]) -> list[EffectHead]:
    """Divide the random numbers of a plan into heads.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    groups : mapping of str to CorrelatedGroup
        By name of a draw, what is correlated with it; heads that a correlation binds become one.

    Returns
    -------
    list of EffectHead
        Services, monthly surprises, shocks, history, initiatives and other parts; each number is in one.
    """
    months = {f"services.{name}{suffix}" for name in scenario.service_names for suffix in ("", ".level_noise")}
    common_months = {group.common for name, group in groups.items() if name in months and group.common}
    heads: dict[str, set[str]] = {}
    for assumption in scenario.drawn_assumptions():
        stream = assumption.stream_name
        heads.setdefault(_head_name(stream), set()).add(stream)
    for name in scenario.shocks:
        heads.setdefault(f"shocks.{name}", set())
    heads.setdefault("climate", set())
    heads.setdefault("places", set())
    for name in heads:
        if not name.startswith("services."):
            heads[name].add(name)
    bound = _bound_heads(heads, groups, months)
    return [
        EffectHead((MONTHS_HEAD,), frozenset(months | common_months)),
        *(EffectHead(names, NamesUnder(streams)) for names, streams in bound),
    ]


def _head_name(stream: str) -> str:
    """The head of an assumption: `services.post`, `shocks.floods`, `history` with what was stated of it."""
    root, _, inner = stream.partition(".")
    if root in ("services", "shocks", "costs"):
        return f"{root}.{inner.partition('.')[0]}"
    return "history" if root == "stated" else root


def _bound_heads(
    heads: Mapping[str, set[str]], groups: Mapping[str, CorrelatedGroup], months: set[str]
) -> list[tuple[tuple[str, ...], set[str]]]:
    """Names and streams of the heads; those that share a correlated group are joined."""
    joined = [({name}, set(streams)) for name, streams in sorted(heads.items())]
    for group in {group.names: group for group in groups.values()}.values():
        if set(group.names) & months:
            continue
        owners = {_head_name(name) for name in group.names}
        inside = [head for head in joined if head[0] & owners]
        outside = [head for head in joined if not head[0] & owners]
        names, streams = (set().union(*(head[part] for head in inside)) for part in (0, 1))
        streams |= _common_streams(group)
        joined = [*outside, (names, streams)]
    return sorted((tuple(sorted(names)), streams) for names, streams in joined)


def single_heads(scenario: Scenario, groups: Mapping[str, CorrelatedGroup]) -> list[EffectHead]:
    """List each initiative and each assumption as a head of its own.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    groups : mapping of str to CorrelatedGroup
        By name of a draw, what is correlated with it; the members of a group are one head.

    Returns
    -------
    list of EffectHead
        Initiatives, then assumptions in the order of their names.
    """
    active = [name for name, initiative in sorted(scenario.initiatives.items()) if initiative.active]
    initiatives = [_initiative_head(f"initiatives.{name}", groups) for name in active]
    singles: dict[tuple[str, ...], frozenset[str]] = {}
    for assumption in scenario.drawn_assumptions():
        stream = assumption.stream_name
        group = groups.get(stream)
        names = (stream,) if group is None else group.names
        singles[names] = frozenset(names) if group is None else frozenset(names) | _common_streams(group)
    return [*initiatives, *(EffectHead(names, streams) for names, streams in singles.items())]


def _initiative_head(name: str, groups: Mapping[str, CorrelatedGroup]) -> EffectHead:
    """An initiative with all that a correlation binds to one of its numbers."""
    bound = {group.names: group for draw, group in groups.items() if draw.startswith(f"{name}.")}
    members = {member for names in bound for member in names if not member.startswith(f"{name}.")}
    streams = {name, *members}.union(*map(_common_streams, bound.values()))
    return EffectHead((name, *sorted(members)), NamesUnder(streams))


def _common_streams(group: CorrelatedGroup) -> set[str]:
    """Random numbers that the members of a group have in common."""
    common = {group.common} if group.common else set()
    return common | ({f"copula.{group.common or group.names[0]}"} if group.df is not None else set())


def total_effects(
    run: Simulation, target: str, heads: Iterable[EffectHead], *, is_single: bool = False
) -> list[TotalEffect]:
    """Measure the total effect of each head on the figure and on the verdict of a target.

    Parameters
    ----------
    run : Simulation
        The simulated plan; of one with closed months its kept paths (`keep=`) are read.
    target : str
        Name of the target.
    heads : iterable of EffectHead
        The heads.
    is_single : bool
        Whether these are many single numbers, for which fewer paths do.

    Returns
    -------
    list of TotalEffect
        Those of more than `MIN_SHARE`, the largest first.

    References
    ----------
    Jansen (1999), Analysis of variance designs for model output. Computer Physics Communications 117, 35-43.
    """
    of_heads = list(heads)
    if run.lesson is not None:
        effects = _regressed_effects(run, target, of_heads)
    else:
        effects = _drawn_again(run, target, of_heads, min(run.paths, SINGLE_PATHS if is_single else TOTAL_EFFECT_PATHS))
    listed = [effect for effect in effects if effect.share.value > MIN_SHARE]
    return sorted(listed, key=lambda effect: (-effect.share.value, effect.names))


def _drawn_again(run: Simulation, target: str, heads: Sequence[EffectHead], paths: int) -> list[TotalEffect]:
    variants = {"": Variant(), **{str(number): Variant(resampled=head.streams) for number, head in enumerate(heads)}}
    simulated = simulate_variants(run.scenario, run.baseline, variants, paths, run.seed)
    base = simulated[""].values[target]
    return [_effect(run, target, head.names, base, simulated[str(n)].values[target]) for n, head in enumerate(heads)]


def _effect(run: Simulation, target: str, names: tuple[str, ...], base: Floats, again: Floats) -> TotalEffect:
    """Half the mean squared difference of the two draws, as a share of the variance."""
    record = run.scenario.targets[target]
    mean = (base.mean() + again.mean()) / 2
    squares = (np.square(base - mean) + np.square(again - mean)) / 2
    variance = float(squares.mean())
    if not variance:
        return TotalEffect(names, Estimate(0.0, 0.0, 0.0), None)
    halves = np.square(base - again) / 2
    share = float(halves.mean()) / variance
    half = Z975 * math.sqrt(float((halves - share * squares).var()) / len(base)) / variance
    hits, hits_again = (meets(values, record.threshold.value, record.at_least is not None) for values in (base, again))
    changed = binomial_interval(int(np.count_nonzero(hits != hits_again)), len(base))
    return TotalEffect(names, clip_share(Estimate(share, share - half, share + half)), changed)


def _is_outside(head: EffectHead) -> Callable[[UncertainInput], bool]:
    return lambda each: each.stream not in head.streams


def _regressed_effects(run: Simulation, target: str, heads: Sequence[EffectHead]) -> list[TotalEffect]:
    """Effects of a plan with closed months: what its draws explain, less what they do without a head."""
    record = run.scenario.targets[target]
    values = run.require_path_sample().figures[run.target_figure(record)][:REGRESSION_PATHS]
    if not values.std() > 0:
        return []
    regression = ScoreRegression(uncertain_inputs(run, record.period.calendar.years[-1]), values)
    of_all, fitted = regression.share(lambda each: True)
    deviation = values - values.mean()
    effects = []
    for head in heads:
        if head.names == (MONTHS_HEAD,):  # what no kept draw explains
            effects.append(TotalEffect(head.names, Estimate(1 - of_all.value, 1 - of_all.high, 1 - of_all.low), None))
            continue
        without, of_others = regression.share(_is_outside(head))
        share = of_all.value - without.value
        gains = np.square(deviation - of_others) - np.square(deviation - fitted)
        influence = gains - share * np.square(deviation)
        half = Z975 * math.sqrt(float(influence.var()) / len(values)) / float(values.var())
        effects.append(TotalEffect(head.names, clip_share(Estimate(share, share - half, share + half)), None))
    return effects
