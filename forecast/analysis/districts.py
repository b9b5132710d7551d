"""Which districts are hit the most, and what does each take?"""

from __future__ import annotations

from forecast.analysis.findings import DistrictRow, Districts
from forecast.plan.geography import District, Terrain
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.simulate import Simulation


def districts_of(run: Simulation) -> Districts | None:
    """Every district in the period in which places are counted, the worst hit first; None without a list."""
    if run.terrain is None or run.places is None:
        return None
    period = period_of(run)
    rows = [_row(run, run.terrain, run.places, district, period) for district in run.terrain.districts]
    rows.sort(key=lambda row: (-row.loss, row.code))
    return Districts(period, tuple(rows), run.terrain.count, run.terrain.weighed, run.terrain.ledger)


def period_of(run: Simulation) -> str:
    """As written: the first that is read of districts."""
    return next(period for measure, period in run.tallies if "@" in measure)


def _row(run: Simulation, terrain: Terrain, places: PlaceTally, district: District, period: str) -> DistrictRow:
    tally = run.tally(f"revenue@{district.code}", period)
    rows = slice(district.start, district.stop)
    return DistrictRow(
        code=district.code,
        name=terrain.name(district.code),
        places=district.stop - district.start,
        weight=float(places.calm[rows].sum() / places.calm.sum()),
        mean=tally.mean_estimate(),
        p10=tally.quantile(0.1),
        p50=tally.quantile(0.5),
        p90=tally.quantile(0.9),
        lost=places.loss_shares(rows),
    )
