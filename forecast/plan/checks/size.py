"""Size: what a plan asks for can be simulated in the time and the memory of an ordinary machine."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Problem
from forecast.plan.assumption import Assumption
from forecast.plan.checks.context import CheckContext
from forecast.plan.shocks import Epidemic, Weather
from forecast.stats.distributions import QuantileRange

MONTH_BYTES = 32 * 1024
"""Bytes of one month of a service in the paths of a block."""
HISTOGRAM_MONTHS = 4
"""Arrays of such a size that the histograms of a month of a service take (measured)."""
MAX_BYTES = 850 * 10**6
"""Bytes of all arrays; with the libraries a run takes 1 GB."""
MAX_EVENTS_OF_PATH = 500
"""Expected events of one path over the horizon: 0.4 GB and six seconds a block (measured)."""
MAX_RATE = 5_000.0
"""Events a year in one path of a hundred thousand: each ten take a random number of every path."""
RATE_QUANTILES = (np.arange(2_000) + 0.5) / 2_000
"""Quantiles over which the mean of a rate is taken."""
EXTREME_QUANTILE = 1 - 1e-5


def check_size(context: CheckContext) -> Iterator[Problem]:
    """Refuse a plan that needs more memory or time than a run has, before any of it is simulated."""
    if "horizon" in context.unread:
        return
    scenario = context.scenario
    months = scenario.horizon.months
    effects = sum(
        1 for table in (scenario.shocks, scenario.initiatives) for each in table.values() for _ in each.assumptions()
    )
    simulated = 12 * len(scenario.horizon.calendar.years)
    arrays = (simulated + HISTOGRAM_MONTHS * months) * len(scenario.services) + months * effects
    size = MONTH_BYTES * arrays
    if size > MAX_BYTES:
        params = {"services": len(scenario.services), "months": months, "effects": effects}
        gigabytes = {"needed": f"{size / 1e9:.2g}", "most": f"{MAX_BYTES / 1e9:.2g}"}
        yield context.problem("horizon.months", "plan_too_large", **params, **gigabytes)
    yield from _check_rates(context)


def _check_rates(context: CheckContext) -> Iterator[Problem]:
    years = len(context.scenario.horizon.calendar.years)
    events = 0.0
    for name, shock in context.scenario.shocks.items():
        if not isinstance(shock, Weather | Epidemic):
            continue
        key, rate = (
            ("per_year", shock.per_year) if isinstance(shock, Weather) else ("waves_per_year", shock.waves_per_year)
        )
        events += years * _mean(rate)
        if events > MAX_EVENTS_OF_PATH or _quantile(rate, EXTREME_QUANTILE) > MAX_RATE:
            params = {"text": rate.text, "years": years, "most": MAX_EVENTS_OF_PATH}
            yield context.problem(f"shocks.{name}.{key}", "too_many_events", **params)
            return


def _mean(rate: Assumption) -> float:
    return float(np.mean(_quantiles(rate, RATE_QUANTILES)))


def _quantile(rate: Assumption, share: float) -> float:
    return float(_quantiles(rate, np.array([share]))[0])


def _quantiles(rate: Assumption, shares: Floats) -> Floats:
    """Quantiles of a rate to 1e-12, in the shape of `shares` (values,)."""
    if isinstance(rate.distribution, QuantileRange):  # `ppf` loads scipy.special, which takes .18 s
        normal = NormalDist()
        return rate.distribution.values_of_normals(np.array([normal.inv_cdf(share) for share in shares.tolist()]))
    return rate.distribution.ppf(shares)
