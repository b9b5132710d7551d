"""The horizon: a first month, and how many there are or which is the last."""

from __future__ import annotations

import pytest

from forecast.errors import InputError
from forecast.plan.loading.loader import read_text

PLAN = """\
name: x
horizon: {HORIZON}
services:
  a: {baseline: {method: given, annual: 12 tỷ, shape: flat}}
"""


def read_horizon(horizon: str) -> tuple[int, int]:
    calendar = read_text(PLAN.replace("HORIZON", horizon)).horizon.calendar
    return calendar.first, calendar.count


@pytest.mark.parametrize(
    "horizon",
    [
        "from: 2026-03, to: 2027-02",
        "from: 2026-03, months: 12",
        "from: T3/2026, to: Tháng 2/2027",
        "from: 03/2026, to: 2027M02",
        "from: 202603, to: Feb 2027",
    ],
)
def test_a_horizon_is_understood_by_its_length_or_by_its_end(horizon: str) -> None:
    assert read_horizon(horizon) == (12 * 2026 + 2, 12)


@pytest.mark.parametrize(
    ("horizon", "code"),
    [
        ("from: 2026-03, to: 2027-02, months: 12", "horizon_months_and_to"),
        ("from: 2026-03, to: 2026-02", "horizon_backwards"),
        ("from: 2026-03, to: Feb-27", "month_form"),
        ("from: 46082, months: 12", "month_form"),
        ("from: 2026-03, to: soon", "not_a_month"),
        ("from: 2026-03-15, months: 12", "day_not_month"),
        ("from: 15/03/2026, months: 12", "day_not_month"),
        ("from: 01/03/2026, months: 12", "day_or_month"),
        ("from: 2026-Q1, months: 12", "longer_than_month"),
        ("from: Quý I/2026, to: 2026-12", "longer_than_month"),
        ("from: 2026, months: 12", "longer_than_month"),
        ("from: 1/26, months: 12", "month_form"),
        ("from: 9999-Q1, months: 12", "not_a_month"),
        ("from: 2026-03, to: 2060-01", "not_a_whole_number"),
    ],
)
def test_one_complaint_about_a_horizon_that_is_none(horizon: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read_horizon(horizon)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_plan_may_end_its_parents_horizon_elsewhere() -> None:
    with pytest.raises(InputError) as refused:
        read_text(PLAN.replace("HORIZON", "from: 2026-01, months: 12"), set={"horizon.to": "2026-06"})
    assert refused.value.problems[0].code == "horizon_months_and_to"
    text = PLAN.replace("HORIZON", "from: 2026-01, months: 12")
    scenario = read_text(text, set={"horizon.to": "2026-06", "horizon.months": None})
    assert scenario.horizon.months == 6


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("2026-03-15", "is a day; write its month '2026-03'"),
        ("01/03/2026", "write '2026-03' / '2026-01'"),
        ("quý 2/2026", "write its first month '2026-04' or its last month '2026-06'"),
    ],
)
def test_advice_on_a_first_month_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(InputError) as refused:
        read_horizon(f"from: {text}, months: 12")
    assert advice in refused.value.problems[0].message("en")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Jun-26", "seems to be the period 2026-06; write '2026-06'"),
        ("46178", "write '2026-06'"),
        ("T6-26", "write '2026-06'"),
        ("Q2/26", "write '2026-Q2'"),
        ("2026-H1", "write '2026-01 to 2026-06'"),
        ("6 tháng đầu năm 2026", "write '2026-01 to 2026-06'"),
        ("2026-06-15", "is a day; write its month '2026-06'"),
        ("02/06/2026", "write '2026-06' / '2026-02'"),
        ("soon", "is not a period"),
        ("Q2/9999", "is not a period"),
    ],
)
def test_advice_on_the_period_of_a_target_is_a_period(text: str, advice: str) -> None:
    target = f"targets: {{t: {{measure: revenue, period: {text}, at_least: 1 tỷ}}}}\n"
    with pytest.raises(InputError) as refused:
        read_text(PLAN.replace("HORIZON", "from: 2026-01, months: 12") + target)
    (problem,) = refused.value.problems
    assert advice in problem.message("en")


def test_a_quarter_in_roman_numerals_is_a_period() -> None:
    target = "targets: {t: {measure: revenue, period: Quý II/2026, at_least: 1 tỷ}}\n"
    scenario = read_text(PLAN.replace("HORIZON", "from: 2026-01, months: 12") + target)
    assert scenario.targets["t"].period.text == "2026-Q2"
