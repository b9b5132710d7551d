"""Did what was asked to move together do so?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.simulation.simulate import Simulation
from forecast.stats.copula import HAPPENS_SUFFIX
from forecast.stats.intervals import Z975, Estimate

MAX_BLOCKS = 2


@dataclass(frozen=True)
class AchievedCorrelation:
    """One pair: the rank correlation asked for and the one that the random numbers have."""

    name: str
    """Of the correlation in the plan."""
    pair: tuple[str, str]
    requested: float
    achieved: float
    error: float
    """Half the width of its 95% interval."""


def achieved_correlations(run: Simulation) -> tuple[AchievedCorrelation, ...]:
    """Every pair of every correlation of the plan, over the first blocks of the run."""
    found = []
    draws = Sampler(run.seed, range(min(MAX_BLOCKS, -(-run.paths // PATHS_PER_BLOCK))), run.groups)
    for name, entry in sorted(run.scenario.correlations.items()):
        members = sorted(entry.between)
        drawn = {member: _member_draws(run, member, draws) for member in members}
        for i, a in enumerate(members):
            for b in members[i + 1 :]:
                seen = rank_correlation(drawn[a], drawn[b])
                found.append(AchievedCorrelation(name, (a, b), entry.rank, seen.value, (seen.high - seen.low) / 2))
    return tuple(found)


def _member_draws(run: Simulation, member: str, draws: Sampler) -> Floats:
    """What the copula moved: the surprises of all months of a service, or one number a path; high is what happens."""
    if member.count(".") == 1 and member.startswith("services."):
        return np.asarray(draws.normals(member, run.baseline.calendar.count).ravel(), np.float64)
    return 1 - draws.uniform(member) if member.endswith(HAPPENS_SUFFIX) else draws.uniform(member)


def rank_correlation(a: Floats, b: Floats) -> Estimate:
    """Spearman's rank correlation of two samples without ties, (n,) each, and its 95% interval.

    The interval holds for any copula: it is made of the influence function, 12 (U V + E[V; U' > U] + E[U; V' > V])
    (Borkowf 2002).
    """
    u, v = (_ranks(values) for values in (a, b))
    n = len(u)
    value = float(np.corrcoef(u, v)[0, 1])
    influence = 12 * (u * v + _mean_where_larger(u, v) + _mean_where_larger(v, u))
    half = Z975 * float(influence.std()) / math.sqrt(n)
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half))


def _ranks(values: Floats) -> Floats:
    """Ranks between 0 and 1."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = (np.arange(len(values)) + 0.5) / len(values)
    return ranks


def _mean_where_larger(u: Floats, v: Floats) -> Floats:
    """(n,) for each row, the mean over all rows of v where their u is larger, else 0."""
    order = np.argsort(u, kind="stable")
    total = np.empty(len(u))
    total[order] = v.sum() - np.cumsum(v[order])
    return total / len(u)
