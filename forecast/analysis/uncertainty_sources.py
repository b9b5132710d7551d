"""Sources of the uncertainty of a target's figure: judgement, record and pure chance, whose shares sum to one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from forecast.arrays import Floats
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.plan.variant import EveryNameBut, Variant
from forecast.simulation.side_by_side import simulate_variants
from forecast.simulation.simulate import Simulation
from forecast.stats.copula import CorrelatedGroup
from forecast.stats.intervals import Z975, Estimate

__all__ = ["SourceShare", "UncertaintySources", "uncertainty_sources"]

SOURCE_PATHS = 8_192
"""First paths of a run on which the sources are told apart."""
GROUPS_OF_PATHS = 32
"""Groups of paths whose shares tell the simulation error of the whole."""
SOURCES = ("judgement", "record", "chance")
"""Assumptions of grade C; those of grades A and B; all that is drawn without an assumption, such as the months' noise,
whether something happens, and the number and days of events."""


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
    """Tell how much of the uncertainty of a target's figure rests on judgement, on record and on pure chance.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    target : str
        Name of the target.

    Returns
    -------
    UncertaintySources or None
        None where nothing is uncertain, and where months are closed: given its books a draw of one source depends on
        those of another.

    References
    ----------
    Owen (2014), Sobol' indices and Shapley value. SIAM/ASA Journal on Uncertainty Quantification 2, 245-251.
    Song, Nelson and Staum (2016), Shapley effects for global sensitivity analysis. Ibid. 4, 1060-1083.
    """
    if run.lesson is not None:
        return None
    streams = _streams_by_source(run.scenario, run.groups)
    variants = {"": Variant(), **{_key(kept): Variant(resampled=_resampled(kept, streams)) for kept in _subsets()}}
    paths = min(run.paths, SOURCE_PATHS)
    simulated = simulate_variants(run.scenario, run.baseline, variants, paths, run.seed)
    values = {name: each.values[target] for name, each in simulated.items()}
    if not values[""].std() > 0:
        return None
    shares, totals = _effects(values, np.arange(paths) * GROUPS_OF_PATHS // paths)
    record = run.scenario.targets[target]
    names = {source: _assumption_names(run.scenario, streams[source]) for source in ("judgement", "record")}
    return UncertaintySources(
        target,
        record.measure,
        record.period.text,
        tuple(SourceShare(source, shares[source], totals[source], names.get(source, ())) for source in SOURCES),
        paths,
    )


def _subsets() -> list[frozenset[str]]:
    """Sources that are kept while the others are drawn again: all sets but none and all."""
    return [frozenset(kept) for size in (1, 2) for kept in combinations(SOURCES, size)]


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


def _resampled(kept: frozenset[str], streams: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Names that are drawn again so that the kept sources keep their numbers."""
    if "chance" in kept:
        return frozenset().union(*(streams[source] for source in streams if source not in kept))
    return EveryNameBut(frozenset().union(*(streams[source] for source in kept)))


def _effects(values: Mapping[str, Floats], group: Floats) -> tuple[dict[str, Estimate], dict[str, Estimate]]:
    """Shapley effects and total effects by source, with errors from groups of paths."""
    closed = {kept: _closed_effect(values[""], values[_key(kept)]) for kept in _subsets()}
    by_group = [
        {kept: _closed_effect(values[""][group == g], values[_key(kept)][group == g]) for kept in _subsets()}
        for g in range(GROUPS_OF_PATHS)
    ]
    shares, totals = {}, {}
    for source in SOURCES:
        shares[source] = _with_error(_shapley(source, closed), [_shapley(source, each) for each in by_group])
        totals[source] = _with_error(_total(source, closed), [_total(source, each) for each in by_group])
    return shares, totals


def _closed_effect(values: Floats, kept: Floats) -> float:
    """Share of the variance that the kept sources carry alone and together: the correlation of two pick-freeze runs."""
    mean = (values.mean() + kept.mean()) / 2
    variance = float((np.square(values - mean) + np.square(kept - mean)).mean()) / 2
    return float(((values - mean) * (kept - mean)).mean()) / variance if variance else 0.0


def _shapley(source: str, closed: Mapping[frozenset[str], float]) -> float:
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


def _total(source: str, closed: Mapping[frozenset[str], float]) -> float:
    return 1 - closed[frozenset(other for other in SOURCES if other != source)]


def _with_error(value: float, of_groups: list[float]) -> Estimate:
    half = Z975 * float(np.std(of_groups, ddof=1)) / math.sqrt(len(of_groups))
    return Estimate(value, value - half, value + half)
