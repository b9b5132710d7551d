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
