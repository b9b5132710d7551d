"""Districts by their losses, the largest first."""

from __future__ import annotations

from forecast.analysis.findings import DistrictRow, Districts
from forecast.plan.geography import District, Geography
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.results import Simulation


def rank_districts(run: Simulation) -> Districts | None:
    """Return every district in the period of the place outputs, the largest loss first; None without a list."""
    if run.geography is None or run.places is None:
        return None
    period = district_period(run)
    rows = [_district_row(run, run.geography, run.places, district, period) for district in run.geography.districts]
    rows.sort(key=lambda row: (-row.total_loss, row.code))
    return Districts(period, tuple(rows), run.geography.count, run.geography.is_weighted, run.geography.ledger_status)


def district_period(run: Simulation) -> str:
    """Return the period of the place outputs, as written."""
    return next(period for measure, period in run.tallies if "@" in measure)


def _district_row(
    run: Simulation, geography: Geography, places: PlaceTally, district: District, period: str
) -> DistrictRow:
    tally = run.tally(f"revenue@{district.code}", period)
    rows = slice(district.start, district.stop)
    return DistrictRow(
        code=district.code,
        name=geography.display_name(district.code),
        place_count=district.stop - district.start,
        weight=float(places.baseline_sums[rows].sum() / places.baseline_sums.sum()),
        mean=tally.mean_estimate(),
        p10=tally.quantile(0.1),
        p50=tally.quantile(0.5),
        p90=tally.quantile(0.9),
        loss_by_shock=places.loss_shares(rows),
    )
