"""Notes on actual months: unknown measures and months are named where they stand."""

from __future__ import annotations

import pytest

import forecast
from tests.support.plans import TWO_SERVICES, read_plan_text


def test_notes_are_read_by_measure_and_month() -> None:
    plan = read_plan_text(TWO_SERVICES + "notes: {revenue.a: {2021-03: Rain}, revenue: {2021-01: Tet, 2021-02: Flu}}\n")
    assert plan.notes == {"revenue.a": {"2021-03": "Rain"}, "revenue": {"2021-01": "Tet", "2021-02": "Flu"}}


@pytest.mark.parametrize(
    ("notes", "codes"),
    [
        ("{revenue.c: {2021-03: Rain}}", ["unknown_service"]),
        ("{cost: {2021-03: Rain}}", ["needs_costs"]),
        ("{headcount: {2021-03: Rain}}", ["needs_workforce"]),
        ("{revenue.a: {2020-12: Rain}, revenue: {2022-01: Rain}}", ["period_outside", "period_outside"]),
        ("{turnover: {2021-03: Rain}}", ["not_a_measure"]),
        ("{revenue: {March: Rain}}", ["not_a_month"]),
        ("{revenue: {2021-03: {en: Rain}}}", ["text_expected"]),
    ],
)
def test_a_note_on_what_is_not_there_is_refused(notes: str, codes: list[str]) -> None:
    with pytest.raises(forecast.InputError) as error:
        read_plan_text(TWO_SERVICES + f"notes: {notes}\n")
    assert [problem.code for problem in error.value.problems] == codes
    line = TWO_SERVICES.count("\n") + 1
    assert all(problem.location.line == line for problem in error.value.problems)
    columns = [problem.location.column for problem in error.value.problems]
    assert all(column > len("notes: ") for column in columns)
    assert len(set(columns)) == len(columns)
