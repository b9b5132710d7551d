"""Forecasts of locks beside what came: which count, on which booking, and what they are compared with."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forecast.analysis.scored_forecasts import ScoredForecasts
from forecast.runs.locks import LOCKED_LEVELS
from forecast.stats.scoring import seasonal_scale
from forecast.workflows.score import score_locks
from tests.support.locked_years import (
    LockedYear,
    booked_on,
    lock_fields,
    locked_year,
    months_of,
    normal_figures,
    quantiles,
)

MEDIAN = LOCKED_LEVELS.index(0.5)


def table(year: LockedYear, booking: str = "first", as_of: date | None = None) -> ScoredForecasts:
    year.write()
    (scores,) = score_locks(year.folder, as_of).ledgers
    result: ScoredForecasts = getattr(scores, booking).forecasts
    return result


def row_of(forecasts: ScoredForecasts, lock: str, measure: str, period: str) -> int:
    keys = [(key.lock, key.measure, key.period) for key in forecasts.keys]
    return keys.index((lock, measure, period))


def scored_periods(forecasts: ScoredForecasts, lock: str, measure: str = "revenue") -> list[str]:
    return [key.period for key in forecasts.keys if (key.lock, key.measure) == (lock, measure)]


@pytest.mark.parametrize("is_booked_by_day", [True, False])
def test_months_closed_at_the_lock_are_no_forecasts(tmp_path: Path, is_booked_by_day: bool) -> None:
    year = locked_year(tmp_path, closed=[0, 3, 12])
    year.is_booked_by_day = is_booked_by_day
    forecasts = table(year)
    assert scored_periods(forecasts, "plan-2025") == ["2025", *months_of(2025)]
    assert scored_periods(forecasts, "2025-03") == ["2025", *months_of(2025)[3:]]
    assert scored_periods(forecasts, "2025-12") == []


def test_a_month_that_was_booked_on_the_day_of_the_lock_is_no_forecast(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[1])
    year.locks[0]["as_of"] = date(2025, 4, 30)  # only January is closed: the lock lacks what was booked
    assert scored_periods(table(year), "2025-01") == ["2025", *months_of(2025)[3:]]


def test_a_lock_made_with_hindsight_is_scored_and_named(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0, 1])
    assert table(year).keys
    assert score_locks(tmp_path).ledgers[0].with_hindsight == ()
    year.locks[1]["locked_at"] = "2025-12-20T08:00:00+07:00"  # as of the 5th of February
    assert scored_periods(table(year), "2025-01") == ["2025", *months_of(2025)[1:]]
    assert score_locks(tmp_path).ledgers[0].with_hindsight == ("2025-01",)
    assert score_locks(tmp_path, date(2025, 4, 30)).locked_later == ()


def test_an_open_month_that_the_lock_has_exactly_is_no_forecast(tmp_path: Path) -> None:
    """One service was booked when the month was locked, the other was not; the ledger has no days of booking."""
    year = locked_year(tmp_path, closed=[3])
    exact = year.history["bread"]["2025-04"]
    figures = {measure: dict(periods) for measure, periods in normal_figures().items()}
    figures["revenue.bread"]["2025-04"] = (exact,) * len(LOCKED_LEVELS)
    year.locks[0] |= {"quantiles": figures, "as_of": date(2025, 5, 5), "locked_at": "2025-05-05T08:00:00+07:00"}
    year.is_booked_by_day = False
    forecasts = table(year)
    assert "2025-04" not in scored_periods(forecasts, "2025-03", "revenue.bread")
    assert "2025-04" in scored_periods(forecasts, "2025-03", "revenue.coffee")
    assert "2025" in scored_periods(forecasts, "2025-03", "revenue.bread")


def test_lag_counts_from_the_last_closed_month(tmp_path: Path) -> None:
    forecasts = table(locked_year(tmp_path, closed=[0, 3]))
    lags = {(key.lock, key.period): key.lag for key in forecasts.keys if key.measure == "revenue"}
    assert (lags["plan-2025", "2025-01"], lags["plan-2025", "2025"]) == (1, 12)
    assert (lags["2025-03", "2025-04"], lags["2025-03", "2025-09"], lags["2025-03", "2025"]) == (1, 6, 9)


@pytest.mark.parametrize(
    ("booked", "first"), [("2025-04-29", 104e6), ("2025-04-30", None)], ids=["within 60 days", "a day later"]
)
def test_a_restatement_after_sixty_days_changes_the_final_booking_alone(
    tmp_path: Path, booked: str, first: float | None
) -> None:
    year = locked_year(tmp_path, closed=[0])
    original = year.history["bread"]["2025-02"]
    year.later_rows.append(f"2025-02,revenue.bread,104000000,actual,{booked},adjusting entry")
    for booking, expected in (("first", first or original), ("final", 104e6)):
        forecasts = table(year, booking)
        assert forecasts.actual[row_of(forecasts, "plan-2025", "revenue.bread", "2025-02")] == expected
    (scores,) = score_locks(tmp_path).ledgers
    restated = [(figure.measure, figure.period) for figure in scores.restated]
    assert restated == ([] if first else [("revenue", "2025-02"), ("revenue.bread", "2025-02")])  # not 2025: by March


def test_books_that_come_late_are_the_first_booking(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    del year.history["bread"]["2025-12"]
    year.later_rows.append("2025-12,revenue.bread,90000000,actual,2026-06-30,late")
    forecasts = table(year)
    assert forecasts.actual[row_of(forecasts, "plan-2025", "revenue.bread", "2025-12")] == 90e6


def test_rows_and_locks_after_as_of_are_as_if_they_were_absent(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=range(12))
    year.later_rows.append("2025-02,revenue.bread,nonsense,actual,2025-07-10,")
    forecasts = table(year, "final", date(2025, 6, 30))
    assert {key.lock for key in forecasts.keys} == {"plan-2025", *months_of(2025)[:4]}
    assert scored_periods(forecasts, "plan-2025") == months_of(2025)[:5]
    assert score_locks(tmp_path, date(2025, 6, 30)).locked_later == tuple(months_of(2025)[5:11])


def test_the_same_day_gives_the_same_scores_whatever_is_booked_later(tmp_path: Path) -> None:
    later, cut = locked_year(tmp_path / "later"), locked_year(tmp_path / "cut")
    for service, months in cut.history.items():
        cut.history[service] = {month: value for month, value in months.items() if booked_on(month) <= "2025-09-04"}
    later.later_rows.append("2025-02,revenue.bread,1,actual,2025-09-05,")
    day = date(2025, 9, 4)
    for booking in ("first", "final"):
        afterwards, at_the_time = table(later, booking, day), table(cut, booking, day)
        assert afterwards.keys == at_the_time.keys
        assert np.array_equal(afterwards.actual, at_the_time.actual)
        assert np.array_equal(afterwards.scale, at_the_time.scale)


def test_last_year_is_the_last_same_period_that_the_lock_knew(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0, 3])
    year.later_rows.append("2024-05,revenue.bread,1000000,actual,2025-02-01,restated after the plan")
    forecasts = table(year)
    last_year = forecasts.references["last_year"]
    original = year.history["bread"]["2024-05"]
    assert set(last_year[row_of(forecasts, "plan-2025", "revenue.bread", "2025-05")]) == {original}
    assert set(last_year[row_of(forecasts, "2025-03", "revenue.bread", "2025-05")]) == {1e6}
    total = sum(year.history["coffee"][month] for month in months_of(2024))
    assert last_year[row_of(forecasts, "2025-03", "revenue.coffee", "2025"), 0] == pytest.approx(total)
    # December 2024 was not booked when the plan was locked on the 20th: the year before stands in its place
    december = last_year[row_of(forecasts, "plan-2025", "revenue.coffee", "2025-12"), 0]
    assert december == year.history["coffee"]["2023-12"]


def revised_year(folder: Path) -> LockedYear:
    year = locked_year(folder, closed=[0, 3, 6, 9])
    figures = {0: 90e6, 3: 95e6, 6: 98e6, 9: 99e6}
    for fields, mean in zip(year.locks, figures.values(), strict=True):
        fields["quantiles"] = normal_figures(mean=mean)
    year.locks.insert(0, lock_fields("draft", 0, normal_figures(mean=50e6)))
    year.locks[3] |= {"revises": "plan-2025", "approved_by": "board"}
    return year


def test_forecasts_are_compared_with_the_approved_plan_and_the_revised_one(tmp_path: Path) -> None:
    forecasts = table(revised_year(tmp_path))

    def medians(lock: str) -> tuple[float, float]:
        row = row_of(forecasts, lock, "revenue.bread", "2025-11")
        plan, revised = (forecasts.references[name][row, MEDIAN] for name in ("plan", "revised_plan"))
        return float(plan), float(revised)

    assert medians("2025-09") == pytest.approx((90e6, 98e6))
    assert medians("2025-06") == pytest.approx((90e6, np.nan), nan_ok=True)  # the revised plan beside the original
    assert medians("2025-03") == pytest.approx((90e6, np.nan), nan_ok=True)
    assert np.isnan(medians("plan-2025")).all()
    assert np.isnan(medians("draft")).all()
    (scores,) = score_locks(tmp_path).ledgers
    assert scores.original_plans == ("plan-2025",)
    assert scores.revised_plans == ("2025-06",)


def test_without_an_approval_the_first_lock_is_the_plan(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[2, 3])
    table(year)
    (scores,) = score_locks(tmp_path).ledgers
    assert scores.original_plans == ("2025-02",)


def test_errors_are_scaled_by_the_months_before_the_plans(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0, 6])
    forecasts = table(year)
    months = [*months_of(2023), *months_of(2024)]
    scale = seasonal_scale(np.array([year.history["bread"][month] for month in months]))
    assert forecasts.scale[row_of(forecasts, "2025-06", "revenue.bread", "2025-08")] == pytest.approx(scale)
    assert forecasts.scale[row_of(forecasts, "2025-06", "revenue.bread", "2025")] == pytest.approx(12 * scale)


def test_a_later_version_takes_the_place_of_the_first(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0, 3])
    second: dict[str, Any] = {**year.locks[1], "name": "2025-03-v2", "version": 2, "supersedes": "2025-03"}
    year.locks.append(second)
    forecasts = table(year)
    assert {key.lock for key in forecasts.keys} == {"plan-2025", "2025-03-v2"}
    (scores,) = score_locks(tmp_path).ledgers
    assert scores.superseded == ("2025-03",)


def test_the_history_alone_stands_beside_the_forecast(tmp_path: Path) -> None:
    year = locked_year(tmp_path, closed=[0])
    year.locks[0]["history_alone"] = {"revenue.bread": {"2025-05": quantiles(97e6, 6e6)}}
    forecasts = table(year)
    alone = forecasts.references["history_alone"]
    assert alone[row_of(forecasts, "plan-2025", "revenue.bread", "2025-05"), MEDIAN] == pytest.approx(97e6)
    assert np.isnan(alone).sum() == alone.size - len(LOCKED_LEVELS)
