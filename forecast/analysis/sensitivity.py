"""Sensitivity: what a target's figure and its chance do as one input lies in its lowest or highest fifth.

A bar is the effect of its input alone. Of inputs that the plan correlates it is their own part, given the others, and
their group has a bar of its own. An event that is rarer than a fifth of the paths stands apart, with its chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from forecast.analysis.explained_variance import ScoreRegression
from forecast.analysis.findings import RareEvent, Sensitivity, SensitivityBar
from forecast.analysis.uncertain_inputs import UncertainInput, uncertain_inputs
from forecast.arrays import Bools, Floats
from forecast.i18n import Translator
from forecast.plan.bilingual import Label
from forecast.plan.data_files import location_in_project
from forecast.plan.labels import display_label
from forecast.simulation.results import Simulation
from forecast.stats.bins import meets
from forecast.stats.copula import HAPPENS_SUFFIX, CorrelatedGroup
from forecast.stats.intervals import Z975, Estimate, binomial_interval
from forecast.stats.variance_shares import tail_weights

__all__ = ["SENSITIVITY_PATHS", "compute_sensitivity"]

SENSITIVITY_PATHS = 32_768
"""Paths of which each uniform and each figure is kept, for the sensitivity."""
TAIL_SHARE = 0.2
"""Share of the paths at each end of an input."""
MIN_PATHS_AT_END = 12
"""Paths in a fifth, or in which a rare event comes, below which their mean has no error that can be trusted."""
FALSE_ALARM = 0.05
"""Chance that any input without an effect is listed, however many were tried."""


class _Outcome(NamedTuple):
    """A target's figure in the kept paths."""

    values: Floats
    """(paths,) in the unit of the measure."""
    hits: Floats
    """(paths,) 1 where the target is met."""


def compute_sensitivity(run: Simulation, name: str) -> Sensitivity | None:
    """Measure what a target hangs on, from the draws of a run alone.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    name : str
        Name of the target.

    Returns
    -------
    Sensitivity or None
        Of the inputs whose effect is more than simulation error, allowing for how many were tried, the widest first;
        None without a sample of the paths.
    """
    if run.path_sample is None:
        return None
    target = run.scenario.targets[name]
    figure = run.target_figure(target)
    values = run.path_sample.figures[figure]
    hits = meets(values, target.threshold.value, target.at_least is not None).astype(float)
    outcome = _Outcome(values, hits)
    inputs = uncertain_inputs(run, target.period.calendar.years[-1])
    groups = _groups_of_inputs(run.groups, inputs) if run.lesson is None else {}
    own_parts = {stream: part for members in groups.values() for stream, part in _own_parts(members, values).items()}
    limit = NormalDist().inv_cdf(1 - FALSE_ALARM / (4 * max(1, len(inputs)))) / Z975
    bars, rare = [], []
    for each in inputs:
        partners = next((members for members in groups.values() if any(each is other for other in members)), ())
        shared_with = tuple(_draw_name(other) for other in partners if other is not each)
        if _is_rare(each):
            rare += [replace(event, shared_with=shared_with) for event in _rare_event(run, each, outcome, limit)]
        elif (bar := _bar(run, each, outcome, own_parts.get(each.stream), limit)) is not None:
            bars.append(replace(bar, shared_with=shared_with))
    return Sensitivity(
        name,
        target.measure,
        figure[1],
        _widest_first(bars),
        _widest_first([_group_bar(run, group, members, outcome) for group, members in groups.items()]),
        tuple(sorted(rare, key=lambda event: (-abs(event.change.value), event.name))),
    )


def _widest_first(bars: Sequence[SensitivityBar]) -> tuple[SensitivityBar, ...]:
    return tuple(sorted(bars, key=lambda bar: (-abs(bar.high - bar.low), bar.name)))


def _bar(
    run: Simulation, each: UncertainInput, outcome: _Outcome, own_part: Floats | None, limit: float
) -> SensitivityBar | None:
    """The bar of one input; None where its effect is within the simulation error."""
    present = slice(None) if each.present is None else each.present
    values = outcome.values if own_part is None else own_part
    weights = _fifths(each)
    if weights is None or min(_effective_paths(end) for end in weights) < MIN_PATHS_AT_END:
        return None
    share_present = 1.0 if each.present is None else float(each.present.mean())
    ends = [_tail_change(end, values[present]) for end in weights]
    (low, low_error), (high, high_error) = ((share_present * a, share_present * b) for a, b in ends)
    if max(abs(low) - limit * low_error, abs(high) - limit * high_error) <= 0:
        return None
    within = outcome.hits[present]
    rest_of_hits = float(outcome.hits.mean() - share_present * within.mean())
    chance_low, chance_high = (_chance_in(end, within, share_present, rest_of_hits) for end in weights)
    share = each.variance_share(outcome.values)
    error = max(low_error, high_error)
    name, label, text, grade, location = _description(run, each, weights)
    return SensitivityBar(name, label, text, grade, location, low, high, error, share, chance_low, chance_high)


def _description(
    run: Simulation, each: UncertainInput, weights: tuple[Floats, Floats]
) -> tuple[str, Label, str, str, str]:
    """Name, label, range as written, grade and location of an input; of a count its means at both ends."""
    if each.assumption is None:
        name, label = _count_name(run, each)
        return name, label, " / ".join(f"{np.average(each.draws, weights=end):.0f}" for end in weights), "", ""
    assumption = each.assumption
    label = display_label(run.scenario, assumption.name)
    location = location_in_project(assumption.location, run.scenario)
    return assumption.name, label, assumption.text, assumption.grade, f"{location.file}:{location.line}"


def _count_name(run: Simulation, each: UncertainInput) -> tuple[str, Label]:
    """Dotted name and label of how often something happens, or whether it does."""
    label = display_label(run.scenario, each.stream)
    code = "term.happens" if each.stream.startswith("initiatives.") or each.draws.max() == 1 else "term.events"
    with_count = Label(vi=Translator("vi")(code, name=label.vi), en=Translator("en")(code, name=label.en))
    return f"{each.stream}.{code.removeprefix('term.')}", with_count


def _fifths(each: UncertainInput) -> tuple[Floats, Floats] | None:
    """(paths drawn,) weights of the lowest and the highest fifth; None where it has one value."""
    draws = each.drawn
    if not len(draws) or draws.min() == draws.max():
        return None
    if each.assumption is None:
        return tail_weights(draws, TAIL_SHARE)
    low, high = draws < TAIL_SHARE, draws > 1 - TAIL_SHARE
    return (low.astype(float), high.astype(float)) if low.any() and high.any() else None


def _effective_paths(weights: Floats) -> float:
    """Number of equally weighted paths that tell as much as the weighted ones."""
    return float(np.square(weights.sum()) / np.square(weights).sum())


def _tail_change(weights: Floats, values: Floats) -> tuple[float, float]:
    """Weighted mean of one end less the mean of all, and half its 95% interval."""
    mean, end = float(values.mean()), float(np.average(values, weights=weights))
    influence = weights / weights.mean() * (values - end) - (values - mean)
    return end - mean, Z975 * math.sqrt(float(np.square(influence).mean()) / len(values))


def _chance_in(weights: Floats, hits: Floats, share_present: float, rest_of_hits: float) -> Estimate:
    """Chance of the target when an input lies at one end; where it is not drawn nothing changes."""
    paths = _effective_paths(weights)
    chance = binomial_interval(float(np.average(hits, weights=weights)) * paths, paths)
    return Estimate(*(rest_of_hits + share_present * value for value in chance))


def _is_rare(each: UncertainInput) -> bool:
    """True for a count that is the same in more than all but a fifth of the paths."""
    if each.assumption is not None or each.draws.min() == each.draws.max():
        return False
    return float(np.unique(each.draws, return_counts=True)[1].max()) > (1 - TAIL_SHARE) * len(each.draws)


def _rare_event(run: Simulation, each: UncertainInput, outcome: _Outcome, limit: float) -> list[RareEvent]:
    """Change by a rare event, where that is more than simulation error."""
    counts, sizes = np.unique(each.draws, return_counts=True)
    usual = counts[sizes.argmax()]
    happens: Bools = each.draws != usual
    paths = int(np.count_nonzero(happens))
    inside, outside = outcome.values[happens], outcome.values[~happens]
    change = float(inside.mean() - outside.mean())
    half = (
        Z975 * math.sqrt(float(inside.var()) / paths + float(outside.var()) / len(outside)) if paths > 1 else math.inf
    )
    if abs(change) <= limit * half or paths < MIN_PATHS_AT_END:
        return []
    name, label = _count_name(run, each)
    return [
        RareEvent(
            name,
            label,
            bool(usual == 0),
            binomial_interval(paths, len(happens)),
            Estimate(change, change - half, change + half),
            binomial_interval(float(outcome.hits[happens].sum()), paths),
            each.variance_share(outcome.values),
        )
    ]


def _draw_name(each: UncertainInput) -> str:
    """Name of the random number of an input; of what happens or not the one that correlations name."""
    return each.stream if each.assumption is not None else f"{each.stream}{HAPPENS_SUFFIX}"


def _groups_of_inputs(
    groups: Mapping[str, CorrelatedGroup], inputs: Sequence[UncertainInput]
) -> dict[tuple[str, ...], list[UncertainInput]]:
    """By the names of a group, its inputs; those of single inputs are left out."""
    members: dict[tuple[str, ...], list[UncertainInput]] = {}
    for each in inputs:
        if not each.is_mark and (group := groups.get(_draw_name(each))) is not None:
            members.setdefault(group.names, []).append(each)
    return {names: of_group for names, of_group in members.items() if len(of_group) > 1}


def _own_parts(members: Sequence[UncertainInput], values: Floats) -> dict[str, Floats]:
    """By stream, (paths,) own part of a member and the residual, widened for what its partners share with it."""
    parts = ScoreRegression(members, values).parts(members)
    residual = values - values.mean() - np.sum(parts, axis=0)
    inverse = np.linalg.pinv(np.corrcoef([each.draws if each.assumption is None else each.scores for each in members]))
    inflation = np.sqrt(np.maximum(1.0, np.diag(inverse)))  # root of the variance inflation factor
    return {
        each.stream: part + residual * factor
        for each, part, factor in zip(members, parts, inflation.tolist(), strict=True)
    }


def _group_bar(
    run: Simulation, names: tuple[str, ...], members: Sequence[UncertainInput], outcome: _Outcome
) -> SensitivityBar:
    """The bar of correlated inputs together, by what they explain of the figure."""
    share, explained = ScoreRegression(members, outcome.values).share(lambda each: True)
    weights = tail_weights(explained, TAIL_SHARE)
    (low, low_error), (high, high_error) = (_tail_change(end, outcome.values) for end in weights)
    chance_low, chance_high = (_chance_in(end, outcome.hits, 1.0, 0.0) for end in weights)
    assumptions = [each.assumption for each in members if each.assumption is not None]
    correlations = [
        f"correlations.{name}"
        for name, correlation in sorted(run.scenario.correlations.items())
        if set(correlation.between) & set(names)
    ]
    return SensitivityBar(
        "+".join(correlations),
        None,
        "",
        max((assumption.grade for assumption in assumptions), default=""),
        "",
        low,
        high,
        max(low_error, high_error),
        share,
        chance_low,
        chance_high,
        members=tuple(_draw_name(each) if each.assumption is None else each.assumption.name for each in members),
    )
