"""Forecast value added: the planner's growth against the history alone, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.analysis.value_added import ValueAdded, stated_growth
from forecast.stats.scoring import crps_normal
from forecast.workflows.score import score_locks
from tests.support.locked_years import SD, locked_year, quantiles
from tests.support.locks import build_lock


def value_added(folder: Path, alone: dict[str, float], measure: str = "revenue.bread") -> tuple[ValueAdded, ...]:
    year = locked_year(folder, closed=[0])
    year.history["bread"] |= {"2025-01": 104e6, "2025-02": 98e6}
    by_month = {month: quantiles(mean, SD) for month, mean in alone.items()}
    year.locks[0]["history_alone"] = {measure: by_month}
    year.write()
    return score_locks(folder).ledgers[0].first.value_added


def test_value_added_by_hand(tmp_path: Path) -> None:
    (value,) = value_added(tmp_path, {"2025-01": 97e6, "2025-02": 97e6})  # the plan said 100 and 100
    assert (value.measure, value.months, value.growth) == ("revenue.bread", 1, "0% to 10%")
    assert (value.forecasts, value.outcomes) == (2, 2)
    assert value.error == pytest.approx((4 + 2) / 202)
    assert value.error_alone == pytest.approx((7 + 1) / 202)
    assert value.error_added == pytest.approx(2 / 202)
    crps, alone = (crps_normal([104, 98], mean, 5).sum() for mean in (100, 97))
    assert value.crps_added == pytest.approx((alone - crps) / 202)


def test_a_growth_that_does_harm_has_a_negative_value(tmp_path: Path) -> None:
    (value,) = value_added(tmp_path, {"2025-01": 104e6, "2025-02": 98e6})
    assert value.error_added == pytest.approx(-6 / 202)
    assert value.crps_added < 0


def test_a_service_without_a_stated_growth_has_no_value_added(tmp_path: Path) -> None:
    assert value_added(tmp_path, {"2025-01": 97e6}, "revenue.coffee") == ()


def test_growth_of_several_years_is_one_override() -> None:
    effective = {
        "services.bread.growth.2025": "1%", "services.bread.growth.2026": "2%", "services.coffee.growth": "0% to 3%",
        "services.tea.growth_note": "none", "services.tea.label": "Trà",
    }  # fmt: skip
    assert stated_growth(build_lock(effective=effective)) == {
        "revenue.bread": "2025: 1%; 2026: 2%",
        "revenue.coffee": "0% to 3%",
    }
