"""A failing future as a plan: what shocks take net, month by month."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.plan.assumption import read_money
from forecast.simulation.single_path import ServiceYear
from forecast.workflows.failure_scenario import net_changes


def year(before: list[float], **factors: list[float]) -> ServiceYear:
    """A service of some months with the shares that shocks leave; `floods` and `waves` give back."""
    returned = {"shocks.floods": np.array([0.0, 4.0, 6.0]), "shocks.waves": np.array([0.0, 5.0, 0.0])}
    named = {f"shocks.{name}": np.array(values) for name, values in factors.items()}
    months = np.array(before)
    return ServiceYear(months, {}, months, named, returned)


FACTORS = {"closure": [1.0, 0.5, 1.0], "floods": [0.6, 0.9, 1.0], "waves": [0.7, 0.8, 0.0]}
RANDOM = ["shocks.floods", "shocks.waves"]


@pytest.mark.parametrize("profile", [[100.0, 110.0, 90.0], [140.0, 70.0, 90.0]])
def test_a_month_loses_in_money_what_it_lost_net_in_the_future(profile: list[float]) -> None:
    future, trial = year([100.0, 110.0, 90.0], **FACTORS), year(profile)
    changes = net_changes(future, trial, RANDOM)
    dated = np.array(FACTORS["closure"])
    random = np.prod([FACTORS["floods"], FACTORS["waves"]], axis=0)
    lost = future.before_events * dated * (random - 1) + sum(future.returned.values())
    lost[2] = -90.0  # nothing is left of the last month to be multiplied, so nothing comes back in it
    left_of_trial = np.array(profile) * dated
    reached = left_of_trial * (1 + changes["shocks.floods"]) * (1 + changes["shocks.waves"])
    assert reached == pytest.approx(np.maximum(left_of_trial + lost, 0))
    assert changes["shocks.floods"][0] < 0 < changes["shocks.floods"][2] + 1


@pytest.mark.parametrize(("text", "amount"), [("240 tỷ", 240e9), ("-5 million VND", -5e6), ("240", None), ("9%", None)])
def test_an_amount_of_money_has_its_unit(text: str, amount: float | None) -> None:
    assert read_money(text, "VND") == amount
