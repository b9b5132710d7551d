"""Moving holidays: their dates, and their effect on a series."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.periods import Calendar, parse_month
from forecast.stats.scoring import mase
from forecast.timeseries.models import MODELS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.combination import combine
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY, TET_HOLIDAY, MovingHoliday, first_day_of_tet
from forecast.timeseries.models.seasonal_profile import fit_seasonal_profile
from tests.support.series import log_sales, log_series

pytestmark = pytest.mark.usefixtures("quiet_models")


def test_dates_of_tet_are_right() -> None:
    from datetime import date

    facts = {2018: "2018-02-16", 2019: "2019-02-05", 2020: "2020-01-25", 2021: "2021-02-12", 2023: "2023-01-22"}
    assert {year: date.fromordinal(first_day_of_tet(year)).isoformat() for year in facts} == facts


EQUAL_WEIGHTS = dict.fromkeys(MODELS, 1 / len(MODELS))


@pytest.mark.parametrize(("months", "seed"), [(72, 0), (72, 1), (84, 2), (96, 3)])
def test_knowing_tet_improves_the_forecast(months: int, seed: int) -> None:
    """Sales that follow Tết alone: the combination that knows its dates beats one of fixed months by 30% of MASE."""
    calendar = Calendar(parse_month("2010-01"), months + 12)
    effect = TET_HOLIDAY(calendar) @ np.array([0.5, -0.4])
    values = 10 + 0.003 * np.arange(months + 12) + effect + np.random.default_rng(seed).normal(0, 0.02, months + 12)
    known, actual = values[:months], np.exp(values[months:])
    scores = {}
    for holiday in (TET_HOLIDAY, NO_HOLIDAY):
        past = TimeSeries(Calendar(calendar.first, months), known, np.zeros(months, bool), holiday)
        outlook = combine({name: model.fit(past).forecast(12) for name, model in MODELS.items()}, EQUAL_WEIGHTS)
        scores[holiday] = mase(np.exp(outlook.mean) - actual, np.exp(known))
    assert scores[TET_HOLIDAY] < 0.7 * scores[NO_HOLIDAY]


def test_the_prior_effect_applies_under_three_holidays() -> None:
    two = log_series(log_sales(24))
    three = log_series(log_sales(30))
    assert (two.n_estimable, three.n_estimable, log_series(log_sales(60)).n_estimable) == (0, 1, 2)
    assert log_series(log_sales(30), masked=(12, 13)).n_estimable == 0
    assert fit_seasonal_profile(two).holiday_coefficients == pytest.approx(TET_HOLIDAY.prior_effects, abs=1e-4)
    assert fit_seasonal_profile(three).holiday_coefficients[0] == pytest.approx(0.2, abs=0.05)
    for name in ("sarimax", "structural"):
        fitted = MODELS[name].fit(two)
        assert fitted.holiday_coefficients == pytest.approx(TET_HOLIDAY.prior_effects)


def test_another_holiday_moves_with_its_calendar() -> None:
    easter = MovingHoliday("DE", "Easter Monday", days_before=14, days_off=(-3, 1))
    calendar = Calendar(parse_month("2024-01"), 24)
    columns = easter(calendar)
    assert columns[:, 1].reshape(2, 12).sum(axis=1) == pytest.approx([1, 1])
    assert columns[2, 1] == pytest.approx(3 / 4)  # Easter Monday 2024 is 1 April
    assert columns[15, 1] == pytest.approx(1.0)  # and 2025 21 April
    assert easter.complete_occurrences(calendar) == [(2, 3), (15, 15)]
