"""Headcount of each month, and the revenue that a worker's year is counted on."""

from __future__ import annotations

import numpy as np

from forecast.arrays import Floats
from forecast.simulation.model.inputs import PlannedHeadcount, WorkforceInputs
from forecast.simulation.sampling.random_streams import Sampler
from forecast.stats.transforms import Z90


def sample_wage_shares(workforce: WorkforceInputs, sampler: Sampler) -> dict[str, Floats]:
    """By service, the share of its revenue that a worker's year is counted on, (paths,) or (1,)."""
    return {service: sampler(share) for service, share in workforce.wage_shares.items()}


def sample_headcount(workforce: WorkforceInputs, sampler: Sampler) -> Floats:
    """(paths,) or (1,) before any effect: counted, or implied by the plan's own targets (docs/model.md, section 6)."""
    headcount = workforce.headcount
    if not isinstance(headcount, PlannedHeadcount):
        return sampler(headcount)
    revenue = sampler(headcount.revenue) * _planned_wage_share(headcount, sampler)
    people: Floats = revenue * (12 / headcount.months) / sampler(headcount.productivity)
    return people if headcount.spread is None else people * _spread_factor(sampler(headcount.spread), sampler)


def _planned_wage_share(headcount: PlannedHeadcount, sampler: Sampler) -> Floats:
    """(paths,) or (1,) share of the planned revenue that counts."""
    if headcount.wage_shares is None:
        return np.ones(1)
    total: Floats = np.zeros(1)
    for share, part in headcount.wage_shares:
        total = total + sampler(share) * part
    return total


def _spread_factor(half_width: Floats, sampler: Sampler) -> Floats:
    """(paths,) a factor with P10 = 1 - half width and P90 = 1 + half width, normal on the log scale."""
    from scipy.special import ndtri

    z = ndtri(sampler.uniform("workforce.headcount.place_in_spread"))
    low, high = np.log1p(-half_width), np.log1p(half_width)
    return np.asarray(np.exp((low + high) / 2 + (high - low) / (2 * Z90) * z))
