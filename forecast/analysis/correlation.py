"""Rank correlations that the random numbers of a run reach, beside those that the plan asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.simulation.simulate import Simulation
from forecast.stats.copula import HAPPENS_SUFFIX
from forecast.stats.intervals import Z975, Estimate

__all__ = ["achieved_correlations"]

MAX_BLOCKS = 2
"""Blocks of paths over which correlations are measured."""


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
    for name, entry in sorted(run.scenario.correlations.items()):
        members = sorted(entry.between)
        samples = {member: _member_draws(run, member, sampler) for member in members}
        for i, a in enumerate(members):
            for b in members[i + 1 :]:
                achieved = rank_correlation(samples[a], samples[b])
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


def rank_correlation(a: Floats, b: Floats) -> Estimate:
    """Return Spearman's rank correlation of two samples without ties, (n,) each, with its 95% interval."""
    # the influence function 12 (U V + E[V; U' > U] + E[U; V' > V]) holds for any copula (Borkowf 2002)
    u, v = (_ranks(values) for values in (a, b))
    n = len(u)
    value = float(np.corrcoef(u, v)[0, 1])
    influence = 12 * (u * v + _mean_where_larger(u, v) + _mean_where_larger(v, u))
    half_width = Z975 * float(influence.std()) / math.sqrt(n)
    return Estimate(value, max(-1.0, value - half_width), min(1.0, value + half_width))


def _ranks(values: Floats) -> Floats:
    """Return ranks between 0 and 1, (n,)."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = (np.arange(len(values)) + 0.5) / len(values)
    return ranks


def _mean_where_larger(u: Floats, v: Floats) -> Floats:
    """Return, for each row, the mean over all rows of v where their u is larger, else 0, (n,)."""
    ranking = np.argsort(u, kind="stable")
    total = np.empty(len(u))
    total[ranking] = v.sum() - np.cumsum(v[ranking])
    return total / len(u)
