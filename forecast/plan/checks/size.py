"""Size: what a plan asks for can be simulated in the time and the memory of an ordinary machine."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Problem
from forecast.plan.assumption import Assumption
from forecast.plan.checks.context import CheckContext
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift, Epidemic, Weather
from forecast.stats.distributions import QuantileRange

__all__ = ["require_memory"]

MONTH_BYTES = 45 * 1024
"""Bytes of one month of a service in the paths of a block, while a run of a few paths is made (measured)."""
PARALLEL_MONTH_BYTES = 75 * 1024
"""Bytes that it takes beside them where the results of several chunks wait to be merged (measured)."""
EVENT_MONTH_BYTES = 105 * 1024
"""Bytes that it takes beside those where shocks happen in it: what each of them takes and gives back (measured)."""
PARALLEL_PATHS = 65_536
"""Paths of a chunk: from here on several results wait."""
HISTOGRAM_MONTHS = 4
"""Arrays of such a size that the histograms of a month of a service take (measured)."""
MAX_BYTES = 850 * 10**6
"""Bytes of all arrays of the smallest run; with the libraries it takes 1 GB."""
MAX_RUN_BYTES = 3 * 10**9
"""Bytes of the arrays of a run of many paths: a machine of 8 GB has them beside its other programs."""
MIN_PATHS_OF_RUN = 100
"""Paths of the smallest run."""
MAX_TARGETS = 500
"""Targets of a plan: each is a line, a row and a figure of the report; 2,000 take eight seconds (measured)."""
MAX_PLACE_SERVICES = 200_000
"""Places of a list times services: each pair is simulated by itself."""
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
    if estimate_bytes(context.scenario, MIN_PATHS_OF_RUN) > MAX_BYTES:
        params = _size_params(context.scenario, MIN_PATHS_OF_RUN, MAX_BYTES)
        yield context.problem("horizon.months", "plan_too_large", **params)
    if len(context.scenario.targets) > MAX_TARGETS:
        yield context.problem("targets", "too_many_targets", count=len(context.scenario.targets), most=MAX_TARGETS)
    yield from _check_rates(context)


def require_memory(scenario: Scenario, paths: int) -> None:
    """Refuse a run that needs more memory than there is, before anything is fitted or simulated.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    paths : int
        Paths that are asked for.

    Raises
    ------
    InputError
        The plan is too large for so many paths.
    """
    if estimate_bytes(scenario, paths) > MAX_RUN_BYTES:
        location = scenario.location_of("horizon.from")
        params = {**_size_params(scenario, paths, MAX_RUN_BYTES), "paths": f"{paths:,}"}
        raise InputError.of(location, "horizon", "run_too_large", **params)


def estimate_bytes(scenario: Scenario, paths: int) -> float:
    """Memory of a run in bytes, without the program itself; within a fifth of what was measured."""
    months = scenario.horizon.months
    simulated = 12 * len(scenario.horizon.calendar.years)
    arrays = (simulated + HISTOGRAM_MONTHS * months) * len(scenario.services) + months * _count_effects(scenario)
    parallel = min(1.0, paths / PARALLEL_PATHS)
    has_events = any(not isinstance(shock, Drift) for shock in scenario.shocks.values())
    return arrays * (MONTH_BYTES + parallel * (PARALLEL_MONTH_BYTES + has_events * EVENT_MONTH_BYTES))


def _count_effects(scenario: Scenario) -> int:
    """Number of the assumptions of shocks and initiatives."""
    return sum(
        1 for table in (scenario.shocks, scenario.initiatives) for each in table.values() for _ in each.assumptions()
    )


def _size_params(scenario: Scenario, paths: int, most: int) -> dict[str, object]:
    """Parameters of the message on the size of a plan."""
    return {
        "services": len(scenario.services),
        "months": scenario.horizon.months,
        "effects": _count_effects(scenario),
        "needed": f"{estimate_bytes(scenario, paths) / 1e9:.2g}",
        "most": f"{most / 1e9:.2g}",
    }


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
