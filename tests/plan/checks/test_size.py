"""Size of a plan: what an ordinary machine holds is read, what it cannot hold is refused before it is simulated."""

from __future__ import annotations

import pytest

from forecast.errors import InputError
from forecast.plan.loading.loader import read_text

HEAD = "name: p\nhorizon: {from: 2026-01, months: MONTHS}\nbaseline: {method: given, annual: 100 tỷ, noise: 1%}\n"
STORM = (
    "shocks:\n  w:\n    kind: storm\n    per_year: RATE\n    season: {6: 1, 7: 2}\n    classes:\n"
    "      big: {weight: 1, reach: 10%, days: 3, loss_share: {all: 50%}}\n"
)


def plan(services: int, months: int, rate: str = "1") -> str:
    names = "".join(f"  s{i}: {{}}\n" for i in range(services))
    return HEAD.replace("MONTHS", str(months)) + "services:\n" + names + STORM.replace("RATE", rate)


@pytest.mark.parametrize(("services", "months"), [(40, 120), (130, 36), (400, 12)])
def test_a_large_plan_is_read(services: int, months: int) -> None:
    assert len(read_text(plan(services, months)).services) == services


@pytest.mark.parametrize(("services", "months"), [(50, 120), (500, 12), (1_700, 1), (400, 36)])
def test_months_and_services_beyond_the_memory_are_refused(services: int, months: int) -> None:
    with pytest.raises(InputError) as error:
        read_text(plan(services, months))
    (problem,) = error.value.problems
    assert (problem.path, problem.code) == ("horizon.months", "plan_too_large")


@pytest.mark.parametrize("rate", ["2 to 7", "40", "uniform(0, 90)", "discrete(1 at 99%, 900 at 1%)"])
def test_rates_of_ordinary_storms_are_read(rate: str) -> None:
    assert "w" in read_text(plan(1, 120, rate)).shocks


@pytest.mark.parametrize("rate", ["51", "1e6", "1 to 1e6", "uniform(0, 120)", "discrete(1 at 99.9%, 6000 at 0.1%)"])
def test_rates_that_make_too_many_events_are_refused(rate: str) -> None:
    with pytest.raises(InputError) as error:
        read_text(plan(1, 120, rate))
    (problem,) = error.value.problems
    assert (problem.path, problem.code) == ("shocks.w.per_year", "too_many_events")
