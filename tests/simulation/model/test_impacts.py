"""Records of impacts: ends of events, factors of months below zero, losses without gains, months before the horizon."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.periods import Calendar
from forecast.simulation.model.impacts import (
    Impact,
    SimulationContext,
    row_strips,
    signed_factor,
    sum_by_cell,
    values_at,
)

CALENDAR = Calendar(12 * 2020 + 10, 14)
OPENING = CALENDAR.edges[2]
"""First of January 2021: two of the months lie before the horizon."""


def test_an_event_that_began_before_the_horizon_is_over_after_its_longest_time() -> None:
    context = SimulationContext(CALENDAR, ("a",), 3, earlier=2, first_moment=OPENING - 40, longest=30.0)
    start = OPENING + np.array([-35.0, -20.0, -20.0, 0.0, 5.0])
    length = np.array([10.0, 25.0, 90.0, 90.0, 90.0])
    assert (context.event_ends(start, length) - OPENING).tolist() == [-25, 5, 10, 90, 95]
    with_dates = SimulationContext(CALENDAR, ("a",), 3, earlier=2, first_moment=OPENING, longest=30.0)
    assert (with_dates.event_ends(start, length) - OPENING).tolist() == [-25, 5, 70, 90, 95]


def test_events_that_are_over_before_the_horizon_are_not_counted() -> None:
    context = SimulationContext(CALENDAR, ("a",), 4, earlier=2)
    ends = OPENING + np.array([-1.0, 0.0, 0.5, 30.0, 40.0])
    assert context.count_events(np.array([0, 1, 1, 2, 2]), ends).tolist() == [0, 1, 2, 0]
    assert context.shape == (14, 4)


def test_a_month_below_zero_changes_by_the_same_share_of_its_size() -> None:
    amount, factor = np.array([[100.0, -100.0, 0.0]]), np.array([[0.4, 0.4, 0.4]])
    assert (signed_factor(factor, amount) * amount).tolist() == [[40, -160, 0]]
    assert signed_factor(factor, np.abs(amount)).tolist() == factor.tolist()
    assert signed_factor(np.array([[1.05]]), np.array([[-100.0]])) == pytest.approx(0.95)


def test_the_losses_of_factors_leave_their_gains_out() -> None:
    gain, loss = np.array([[1.2, 0.8], [1.0, 1.5]]), np.array([[0.5, 1.0]])
    impact = Impact({("amount", "a"): gain, ("amount", "b"): loss, ("price", "a"): gain})
    assert impact.loss_factors(("amount", "a")).tolist() == [[1, 0.8], [1, 1]]
    assert impact.loss_factors(("amount", "b")) is loss
    assert impact.loss_factors(("amount", "a")) is impact.loss_factors(("amount", "a"))


def test_months_before_the_horizon_stay_for_amounts_alone() -> None:
    factor, cost = np.arange(6.0).reshape(3, 2), np.arange(6.0).reshape(3, 2) + 10
    impact = Impact({("amount", "a"): factor, ("price", "a"): factor, ("unit_cost", "a"): factor}, cost=cost)
    later = impact.from_horizon_on(2)
    assert later.factors["amount", "a"].tolist() == factor.tolist()
    assert later.factors["price", "a"].tolist() == later.factors["unit_cost", "a"].tolist() == [[4, 5]]
    assert later.cost is not None
    assert later.cost.tolist() == [[14, 15]]
    assert Impact({}).from_horizon_on(2).cost is None
    assert impact.from_horizon_on(0) is impact


@pytest.mark.parametrize("paths", [1, 1_000, 4_096, 16_384, 100_000])
def test_strips_of_rows_cover_each_month_once(paths: int) -> None:
    strips = [range(14)[rows] for rows in row_strips(14, paths)]
    assert [month for strip in strips for month in strip] == list(range(14))
    assert max(map(len, strips)) == min(14, max(1, 16_384 // paths))


def test_values_of_paths_are_taken_at_the_entries() -> None:
    path = np.array([2, 0, 2])
    assert values_at(path, np.array([1.0, 2.0, 3.0])).tolist() == [3, 1, 3]
    assert values_at(path, np.array([5.0])).tolist() == [5, 5, 5]
    assert sum_by_cell(path, np.array([1.0, 2.0, 3.0]), 4).tolist() == [2, 0, 4, 0]
    assert sum_by_cell(path[:0], np.zeros(0), 2).tolist() == [0, 0]
