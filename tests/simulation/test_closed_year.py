"""The year with closed months, and the periods in which it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.history.booked_months import BookedMonth
from forecast.periods import Calendar, format_month, parse_month
from forecast.simulation.closed_year import ClosedYear, find_closed_year
from forecast.simulation.simulate import simulate
from forecast.timeseries.baseline import Baseline, fit_baseline
from tests.support.plans import TWO_SERVICES, read_plan_text

MONTHS = ("2021-01", "2021-02", "2021-03")


def booked(status_by_month: dict[str, str]) -> dict[int, BookedMonth]:
    return {parse_month(month): BookedMonth(10e9, status) for month, status in status_by_month.items()}


def with_books(plan: str, books: dict[str, dict[str, str]]) -> tuple[object, Baseline]:
    scenario = read_plan_text(plan)
    baseline = fit_baseline(scenario)
    return scenario, replace(baseline, booked={name: booked(months) for name, months in books.items()})


@pytest.mark.parametrize(
    ("books", "expected"),
    [
        ({}, None),
        ({"revenue.a": dict.fromkeys(MONTHS, "actual")}, MONTHS),
        ({"revenue.a": dict.fromkeys(MONTHS, "actual"), "revenue.b": {"2021-01": "actual"}}, MONTHS[:1]),
        ({"revenue.a": {"2021-01": "actual", "2021-02": "estimate"}}, MONTHS[:1]),
        ({"cost.c": {"2021-01": "actual"}}, None),
    ],
)
def test_a_month_is_closed_when_every_booked_service_is(
    books: dict[str, dict[str, str]], expected: tuple[str, ...] | None
) -> None:
    year = find_closed_year(*with_books(TWO_SERVICES, books))  # type: ignore[arg-type]
    assert (None if year is None else tuple(map(format_month, year.closed_months))) == expected


def test_the_year_is_that_of_the_last_closed_month() -> None:
    plan = TWO_SERVICES.replace("from: 2021-01, months: 12", "from: 2020-07, months: 12").replace(
        "period: 2021,", "period: 2021-01 to 2021-06,"
    )
    closed = {f"2020-{month:02d}": "actual" for month in range(7, 13)} | {"2021-01": "actual"}
    year = find_closed_year(*with_books(plan, {"revenue.a": closed, "revenue.b": closed}))  # type: ignore[arg-type]
    assert year == ClosedYear(Calendar(parse_month("2021-01"), 6), (parse_month("2021-01"),))
    assert year.periods == ("2021-01", "2021-01 to 2021-06")
    assert year.open_count == 5


def test_its_periods_are_recorded_in_full() -> None:
    scenario, baseline = with_books(TWO_SERVICES, {f"revenue.{name}": dict.fromkeys(MONTHS, "actual") for name in "ab"})
    run = simulate(scenario, baseline=baseline, paths=200, periods=("2021-06",))  # type: ignore[arg-type]
    plain = simulate(scenario, paths=200)  # type: ignore[arg-type]
    assert run.tally("revenue", "2021-01 to 2021-03").minimum == 60e9
    assert run.tally("revenue.a", "2021-03").values.tolist() == [10e9] * 200
    assert {period for _, period in run.tallies} - {period for _, period in plain.tallies} == {"2021-01 to 2021-03"}
    assert len(run.tally("revenue", "2021-06").values) == 200
