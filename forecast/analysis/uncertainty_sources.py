"""Sources of the uncertainty of a target's figure: judgement, record and pure chance, whose shares sum to one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from forecast.analysis.explained_variance import REGRESSION_PATHS, ScoreRegression
from forecast.analysis.uncertain_inputs import UncertainInput, uncertain_inputs
from forecast.arrays import Floats
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.plan.variant import EveryNameBut, Variant
from forecast.simulation.results import Simulation
from forecast.simulation.side_by_side import simulate_variants
from forecast.stats.copula import CorrelatedGroup
from forecast.stats.intervals import Estimate, clip_share, group_half_width

__all__ = ["SourceShare", "UncertaintySources", "uncertainty_sources"]

SOURCE_PATHS = 8_192
"""First paths of a run on which the sources are drawn again."""
GROUPS_OF_PATHS = 32
"""Groups of paths whose shares tell the simulation error of the whole."""
SOURCES = ("judgement", "record", "chance")
"""Assumptions of grade C; those of grades A and B; all that is drawn without an assumption, such as the months' noise,
whether something happens, and the number and days of events."""
EVERY_SOURCE = frozenset(SOURCES)
KEPT_SOURCES = (
    frozenset({"judgement"}),
    frozenset({"judgement", "record"}),
    frozenset({"record"}),
    frozenset[str](),
)
"""Sources that keep the numbers of the run while the others are drawn again: any two of these, or one and the run, have
the numbers of some sources in common; between them all sets of sources come up."""


@dataclass(frozen=True)
class SourceShare:
    """Share of the variance that one source carries."""

    source: str
    """`judgement`, `record` or `chance`."""
    share: Estimate
    """Shapley effect: with the others it sums to one."""
    total: Estimate
    """Total effect: the share that would go if this alone were known, its interactions included."""
    names: tuple[str, ...]
    """Assumptions of the source."""


@dataclass(frozen=True)
class UncertaintySources:
    """Shares of the three sources in the variance of a target's figure."""

    target: str
    measure: str
    period: str
    shares: tuple[SourceShare, ...]
    paths: int

    def share(self, source: str) -> float:
        """Share of one source, 0 to 1."""
        return next(each.share.value for each in self.shares if each.source == source)


def uncertainty_sources(run: Simulation, target: str) -> UncertaintySources | None:
    """Split the uncertainty of a target's figure into judgement, record and pure chance.

    Parameters
    ----------
    run : Simulation
        The simulated plan; of one with closed months its kept paths (`keep=`) are read.
    target : str
        Name of the target.

    Returns
    -------
    UncertaintySources or None
        None where nothing is uncertain, or months are closed and no path was kept.

    Notes
    -----
    Each source is drawn again while the others keep their numbers (pick-freeze). Given closed months a draw depends on
    the others, so that this cannot be done: there the shares are those of a regression on the kept draws, and what no
    sum of single effects explains counts as pure chance.

    References
    ----------
    Owen (2014), Sobol' indices and Shapley value. SIAM/ASA Journal on Uncertainty Quantification 2, 245-251.
    Song, Nelson and Staum (2016), Shapley effects for global sensitivity analysis. Ibid. 4, 1060-1083.
    """
    streams = _streams_by_source(run.scenario, run.groups)
    effects = _drawn_again(run, target, streams) if run.lesson is None else _regressed(run, target, streams)
    if effects is None:
        return None
    of_all, of_groups, paths = effects
    shares = _bounded([_with_error(_shapley(each, of_all), [_shapley(each, g) for g in of_groups]) for each in SOURCES])
    record = run.scenario.targets[target]
    names = {source: _assumption_names(run.scenario, streams[source]) for source in ("judgement", "record")}
    return UncertaintySources(
        target,
        record.measure,
        record.period.text,
        tuple(
            SourceShare(
                source,
                share,
                clip_share(_with_error(_total(source, of_all), [_total(source, each) for each in of_groups])),
                names.get(source, ()),
            )
            for source, share in zip(SOURCES, shares, strict=True)
        ),
        paths,
    )


ClosedEffects = Mapping[frozenset[str], float]
"""By sources, the share of the variance that they carry alone and together; all sets but none and all."""


def _drawn_again(
    run: Simulation, target: str, streams: Mapping[str, frozenset[str]]
) -> tuple[ClosedEffects, list[ClosedEffects], int] | None:
    """Effects over the first paths and in groups of them, by drawing sources again; None without variance."""
    paths = min(run.paths, SOURCE_PATHS)
    variants = {
        _key(kept): Variant(resampled=EveryNameBut(frozenset().union(*(streams.get(source, ()) for source in kept))))
        for kept in KEPT_SOURCES
    }
    figure = run.target_figure(run.scenario.targets[target])
    sample = None if run.path_sample is None else run.path_sample.figures.get(figure)
    if sample is None:
        variants[_key(EVERY_SOURCE)] = Variant()
    simulated = simulate_variants(run.scenario, run.baseline, variants, paths, run.seed)
    values = {kept: simulated[_key(kept)].values[target] for kept in KEPT_SOURCES}
    values[EVERY_SOURCE] = simulated[_key(EVERY_SOURCE)].values[target] if sample is None else sample[:paths]
    if not values[EVERY_SOURCE].std() > 0:
        return None

    inert = _inert_sources(values)

    def effects(rows: slice) -> ClosedEffects:
        estimates: dict[frozenset[str], list[float]] = {}
        for first, second in combinations(values, 2):
            shared = EVERY_SOURCE - (first ^ second)  # both have the numbers of the run, or both the others
            if shared:
                estimate = _closed_effect(values[first][rows], values[second][rows])
                estimates.setdefault(shared - inert, []).append(estimate)
        of_active = {shared: sum(each) / len(each) for shared, each in estimates.items()}
        of_active |= {frozenset(): 0.0, EVERY_SOURCE - inert: 1.0}
        return {
            kept: of_active[kept - inert] for size in (1, 2) for kept in map(frozenset, combinations(SOURCES, size))
        }

    return effects(slice(None)), [effects(rows) for rows in _groups_of_paths(paths)], paths


def _inert_sources(values: Mapping[frozenset[str], Floats]) -> frozenset[str]:
    """Sources that change no path when they alone are drawn again: their shares are exactly 0."""
    return frozenset(
        source
        for source in SOURCES
        if all(
            np.array_equal(values[first], values[second])
            for first, second in combinations(values, 2)
            if first ^ second == {source}
        )
    )


def _regressed(
    run: Simulation, target: str, streams: Mapping[str, frozenset[str]]
) -> tuple[ClosedEffects, list[ClosedEffects], int] | None:
    """The same by regression on the kept draws."""
    if run.path_sample is None:
        return None
    record = run.scenario.targets[target]
    values = run.path_sample.figures[run.target_figure(record)][:REGRESSION_PATHS]
    if not values.std() > 0:
        return None
    graded = [each for each in uncertain_inputs(run, record.period.calendar.years[-1]) if each.assumption is not None]
    regression = ScoreRegression(graded, values)
    by_sources = {
        kept: regression.share(_is_of(kept, streams))
        for kept in (frozenset({"judgement"}), frozenset({"record"}), frozenset({"judgement", "record"}))
    }

    def effects(explained: Callable[[frozenset[str]], float]) -> ClosedEffects:
        assumed = {kept: explained(kept) for kept in by_sources}
        chance = 1 - assumed[frozenset({"judgement", "record"})]
        with_chance = {kept | {"chance"}: assumed[kept] + chance for kept in assumed if len(kept) == 1}
        return {**assumed, frozenset({"chance"}): chance, **with_chance}

    def in_rows(rows: slice) -> ClosedEffects:
        return effects(lambda kept: _closed_effect_of_fit(by_sources[kept][1][rows], values[rows]))

    of_all = effects(lambda kept: max(0.0, by_sources[kept][0].value))
    return of_all, [in_rows(rows) for rows in _groups_of_paths(len(values))], len(values)


def _is_of(sources: frozenset[str], streams: Mapping[str, frozenset[str]]) -> Callable[[UncertainInput], bool]:
    return lambda each: any(each.stream in streams[source] for source in sources)


def _closed_effect_of_fit(fitted: Floats, values: Floats) -> float:
    return 1 - float((values - fitted).var() / values.var()) if values.var() > 0 else 0.0


def _groups_of_paths(paths: int) -> list[slice]:
    ends = [paths * number // GROUPS_OF_PATHS for number in range(GROUPS_OF_PATHS + 1)]
    return [slice(first, stop) for first, stop in pairwise(ends) if stop > first]


def _key(kept: frozenset[str]) -> str:
    return "+".join(sorted(kept))


def _streams_by_source(scenario: Scenario, groups: Mapping[str, CorrelatedGroup]) -> dict[str, frozenset[str]]:
    """Streams of the assumptions on judgement and on record; a correlated group is as weak as its weakest member."""
    graded: dict[str, set[str]] = {"judgement": set(), "record": set()}
    for assumption in scenario.drawn_assumptions():
        graded[_source(assumption)].add(assumption.stream_name)
    for group in groups.values():
        members = set(group.names)
        if not members & (graded["judgement"] | graded["record"]):
            continue
        is_judged = bool(members & graded["judgement"])
        weakest, other = ("judgement", "record") if is_judged else ("record", "judgement")
        graded[weakest] |= members | ({group.common} if group.common else set())
        graded[other] -= members
    return {source: frozenset(names) for source, names in graded.items()}


def _source(assumption: Assumption) -> str:
    return "judgement" if assumption.grade == "C" else "record"


def _assumption_names(scenario: Scenario, streams: frozenset[str]) -> tuple[str, ...]:
    return tuple(a.name for a in scenario.drawn_assumptions() if a.stream_name in streams)


def _closed_effect(values: Floats, kept: Floats) -> float:
    """Share of the variance that the kept sources carry alone and together: the correlation of two pick-freeze runs."""
    mean = (values.mean() + kept.mean()) / 2
    variance = float((np.square(values - mean) + np.square(kept - mean)).mean()) / 2
    return float(((values - mean) * (kept - mean)).mean()) / variance if variance else 0.0


def _shapley(source: str, closed: ClosedEffects) -> float:
    """Mean gain of a source over all orders of the three."""
    others = [other for other in SOURCES if other != source]

    def effect(kept: frozenset[str]) -> float:
        return 0.0 if not kept else 1.0 if len(kept) == len(SOURCES) else closed[kept]

    gain = 0.0
    for size in range(len(others) + 1):
        weight = 1 / (len(SOURCES) * math.comb(len(others), size))
        for before in combinations(others, size):
            gain += weight * (effect(frozenset({*before, source})) - effect(frozenset(before)))
    return gain


def _total(source: str, closed: ClosedEffects) -> float:
    return 1 - closed[frozenset(other for other in SOURCES if other != source)]


def _bounded(shares: Sequence[Estimate]) -> list[Estimate]:
    """Shares from 0 to 1 that still sum to one: simulation error alone puts one below 0, and others above."""
    above = [max(0.0, share.value) for share in shares]
    return [
        Estimate(value, min(value, max(0.0, share.low)), max(value, min(1.0, share.high)))
        for value, share in zip((each / sum(above) for each in above), shares, strict=True)
    ]


def _with_error(value: float, of_groups: list[float]) -> Estimate:
    half = group_half_width(of_groups)
    return Estimate(value, value - half, value + half)
