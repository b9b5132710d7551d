"""The months of a measure."""

from __future__ import annotations

from forecast.analysis.monthly import summarise_months
from tests.support.plans import FULL_PLAN, simulate_plan


def test_monthly_bars_have_the_ascending_quantiles_of_their_tallies() -> None:
    run = simulate_plan(FULL_PLAN)
    months = summarise_months(run, None)
    assert [bar.month for bar in months.bars] == [f"2021-{month:02d}" for month in range(1, 13)]
    assert months.history == ()
    for bar in months.bars:
        tally = run.tally("revenue", bar.month)
        assert bar.p5 < bar.p10 < bar.p25 < bar.p50 < bar.p75 < bar.p90 < bar.p95
        assert (bar.p10, bar.p90, bar.mean) == (tally.quantile(0.1).value, tally.quantile(0.9).value, tally.mean)
