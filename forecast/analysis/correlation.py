"""Rank correlations that the random numbers of a run reach, beside those that the plan asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.simulation.results import Simulation
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.stats.copula import HAPPENS_SUFFIX
from forecast.stats.intervals import Z975, Estimate

__all__ = ["achieved_correlations"]

MAX_BLOCKS = 2
"""Blocks of paths over which correlations are measured."""
MAX_VALUES = 50_000_000
"""Values that are measured, each once a pair: two seconds; many pairs are measured over fewer values, with the larger
error that is told of them."""


@dataclass(frozen=True)
class AchievedCorrelation:
    """One pair: the requested rank correlation and the one that the random numbers have."""

    name: str
    """Name of the correlation in the plan."""
    pair: tuple[str, str]
    """The two members, as the plan names them."""
    requested: float
    achieved: float
    error: float
    """Half the width of its 95% interval."""


def achieved_correlations(run: Simulation) -> tuple[AchievedCorrelation, ...]:
    """Measure every pair of every correlation of the plan over the first blocks of a run.

    Parameters
    ----------
    run : Simulation
        Its random numbers are drawn again from its seed.

    Returns
    -------
    tuple of AchievedCorrelation
        By correlation, then by pair, in the order of their names.

    References
    ----------
    Borkowf (2002), Computational Statistics and Data Analysis 39, 271-286 (variance of Spearman's correlation).
    """
    pairs = []
    sampler = Sampler(run.seed, range(min(MAX_BLOCKS, -(-run.paths // PATHS_PER_BLOCK))), run.groups)
    correlations = sorted(run.scenario.correlations.items())
    limit = MAX_VALUES // max(1, sum(math.comb(len(entry.between), 2) for _, entry in correlations))
    for name, entry in correlations:
        members = sorted(entry.between)
        samples = {member: _RankedSample.of(_member_draws(run, member, sampler)[:limit]) for member in members}
        for i, a in enumerate(members):
            for b in members[i + 1 :]:
                achieved = _correlation_of_ranks(samples[a], samples[b])
                pairs.append(
                    AchievedCorrelation(name, (a, b), entry.rank, achieved.value, (achieved.high - achieved.low) / 2)
                )
    return tuple(pairs)


def _member_draws(run: Simulation, member: str, sampler: Sampler) -> Floats:
    """Return the numbers that the copula orders: (months x paths,) normals of a service, or (paths,) uniforms."""
    # the uniform of an occurrence is turned, so that high means that it happens
    if member.count(".") == 1 and member.startswith("services."):
        return np.asarray(sampler.normals(member, run.baseline.calendar.years).ravel(), np.float64)
    return 1 - sampler.uniform(member) if member.endswith(HAPPENS_SUFFIX) else sampler.uniform(member)


@dataclass(frozen=True)
class _RankedSample:
    """Ranks of a sample, sorted once for all its pairs."""

    ranks: Floats
    """(n,) between 0 and 1."""
    order: Ints
    """(n,) rows from the lowest rank to the highest."""

    @classmethod
    def of(cls, values: Floats) -> _RankedSample:
        """Rank values (n,)."""
        order = np.argsort(values, kind="stable")
        ranks = np.empty(len(values))
        ranks[order] = (np.arange(len(values)) + 0.5) / len(values)
        return cls(ranks, order)


def rank_correlation(a: Floats, b: Floats) -> Estimate:
    """Return Spearman's rank correlation of two samples without ties, (n,) each, with its 95% interval."""
    return _correlation_of_ranks(_RankedSample.of(a), _RankedSample.of(b))


def _correlation_of_ranks(a: _RankedSample, b: _RankedSample) -> Estimate:
    # the influence function 12 (U V + E[V; U' > U] + E[U; V' > V]) holds for any copula (Borkowf 2002)
    u, v = a.ranks, b.ranks
    n = len(u)
    value = float(np.corrcoef(u, v)[0, 1])
    influence = 12 * (u * v + _mean_where_larger(a.order, v) + _mean_where_larger(b.order, u))
    half_width = Z975 * float(influence.std()) / math.sqrt(n)
    return Estimate(value, max(-1.0, value - half_width), min(1.0, value + half_width))


def _mean_where_larger(order: Ints, v: Floats) -> Floats:
    """Return, for each row, the mean over all rows of v where their rank in `order` is higher, else 0, (n,)."""
    total = np.empty(len(v))
    total[order] = v.sum() - np.cumsum(v[order])
    return total / len(v)
