"""Size of a plan: what an ordinary machine holds is read, what it cannot hold is refused before it is simulated."""

from __future__ import annotations

import pytest

from forecast.errors import InputError
from forecast.i18n import Language
from forecast.plan.checks.size import MAX_TARGETS, require_memory
from forecast.plan.loading.loader import read_text

HEAD = "name: p\nhorizon: {from: 2026-01, months: MONTHS}\nbaseline: {method: given, annual: 100 tỷ, noise: 1%}\n"
STORM = (
    "shocks:\n  w:\n    kind: storm\n    per_year: RATE\n    season: {6: 1, 7: 2}\n    classes:\n"
    "      big: {weight: 1, reach: 10%, days: 3, loss_share: {all: 50%}}\n"
)


def plan(services: int, months: int, rate: str = "1") -> str:
    names = "".join(f"  s{i}: {{}}\n" for i in range(services))
    return HEAD.replace("MONTHS", str(months)) + "services:\n" + names + STORM.replace("RATE", rate)


@pytest.mark.parametrize(("services", "months"), [(28, 120), (95, 36), (290, 12)])
def test_a_large_plan_is_read(services: int, months: int) -> None:
    assert len(read_text(plan(services, months)).services) == services


@pytest.mark.parametrize(("services", "months"), [(40, 120), (400, 12), (1_300, 1), (300, 36)])
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


@pytest.mark.parametrize(("services", "months", "paths"), [(280, 12, 100), (50, 12, 100_000), (5, 120, 100_000)])
def test_a_run_that_fits_in_the_memory_is_taken(services: int, months: int, paths: int) -> None:
    require_memory(read_text(plan(services, months)), paths)


@pytest.mark.parametrize(("services", "months"), [(250, 12), (60, 60)])
def test_more_paths_than_the_memory_holds_are_refused(services: int, months: int) -> None:
    scenario = read_text(plan(services, months))
    require_memory(scenario, 100)
    with pytest.raises(InputError) as error:
        require_memory(scenario, 100_000)
    (problem,) = error.value.problems
    assert (problem.path, problem.code, problem.location.line) == ("horizon", "run_too_large", 2)


@pytest.mark.parametrize("language", ["en", "vi"])
def test_too_many_targets_are_refused_with_the_limit(language: Language) -> None:
    targets = "".join(
        f"  t{i}: {{measure: revenue, period: 2026, at_least: {i + 1} tỷ}}\n" for i in range(MAX_TARGETS + 1)
    )
    with pytest.raises(InputError) as error:
        read_text(plan(1, 12) + "targets:\n" + targets)
    (problem,) = error.value.problems
    assert (problem.path, problem.code) == ("targets", "too_many_targets")
    assert str(MAX_TARGETS) in problem.message(language)
