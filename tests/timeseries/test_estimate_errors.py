"""Errors of estimates: learned where six are known, else given by the plan, else asked for."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.errors import InputError
from forecast.periods import format_month, parse_month
from forecast.plan.accounts import read_plan_history
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.simulation.compiled import compile_plan
from forecast.simulation.model.baseline_paths import draw_baseline, put_together
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler
from forecast.timeseries.baseline import fit_baseline, unfitted_notes
from forecast.timeseries.checks import check_history
from forecast.timeseries.estimate_errors import estimate_errors

FIRST = parse_month("2023-01")
PLAN = """\
name: x
currency: EUR
horizon: {from: 2025-01, months: 12}
history: HISTORY
services:
  a: {growth: 0%, baseline: {noise: 2%}}
  b: {growth: 0% to 4%, baseline: {noise: 3%}}
"""
RATIOS = (1.02, 0.97, 1.05, 1.01, 0.99, 1.03)


def write(folder: Path, pairs: int, extra: list[str], error: str = "") -> Scenario:
    """Two years of two services; the last months of the first year of `a` had estimates before."""
    rows = [
        f"{format_month(month)},revenue.{service},{level * (100 + 7 * (month % 5))},actual,{format_month(month + 1)}-05"
        for service, level in (("a", 10), ("b", 3))
        for month in range(FIRST, FIRST + 24)
        if f"{format_month(month)},revenue.{service}," not in "\n".join(extra)
    ]
    for age, ratio in enumerate(RATIOS[:pairs]):
        month = FIRST + 6 + age
        value = 10 * (100 + 7 * (month % 5)) / ratio
        rows.append(f"{format_month(month)},revenue.a,{value!r},estimate,{format_month(month)}-18")
    text = "\n".join(["month,measure,value,status,booked", *rows, *extra, ""])
    (folder / "ledger.csv").write_text(text, encoding="utf-8")
    history = f"{{file: ledger.csv, estimate_error: {error}}}" if error else "ledger.csv"
    (folder / "plan.yaml").write_text(PLAN.replace("HISTORY", history), encoding="utf-8")
    return forecast.read(folder / "plan.yaml")


JANUARY_ESTIMATE = "2025-01,revenue.a,900,estimate,2025-01-18"


def test_six_pairs_teach_bias_and_standard_deviation(tmp_path: Path) -> None:
    scenario = write(tmp_path, 6, [JANUARY_ESTIMATE], error="9%")
    history = read_plan_history(scenario)
    assert history is not None
    (error,) = estimate_errors(scenario, history).values()
    logs = np.log(RATIOS)
    assert error.pairs == 6
    assert error.bias == pytest.approx(logs.mean())
    assert error.sd == pytest.approx(logs.std(ddof=1))
    notes = dict(unfitted_notes(scenario, history))
    assert dict(notes["estimate_error_learned"])["ratio"] == f"{math.exp(logs.mean()):.1%}"
    assert check_history(scenario, history) == []
    assert fit_baseline(scenario).estimate_errors == {"revenue.a": error}


def test_with_fewer_pairs_the_plan_gives_the_error(tmp_path: Path) -> None:
    scenario = write(tmp_path, 5, [JANUARY_ESTIMATE], error="2% to 5%")
    history = read_plan_history(scenario)
    assert history is not None
    error = estimate_errors(scenario, history)["revenue.a"]
    assert isinstance(error.sd, Assumption)
    assert (error.bias, error.sd.name, error.pairs) == (0.0, "history.estimate_error", 5)
    assert dict(dict(unfitted_notes(scenario, history))["estimate_error_given"])["text"] == "2% to 5%"
    assert check_history(scenario, history) == []


def test_an_estimate_in_the_horizon_without_an_error_is_refused_at_its_row(tmp_path: Path) -> None:
    scenario = write(tmp_path, 5, [JANUARY_ESTIMATE])
    with pytest.raises(InputError) as raised:
        fit_baseline(scenario)
    (problem,) = raised.value.problems
    line = len((tmp_path / "ledger.csv").read_text().splitlines())
    assert (problem.code, problem.location.line, dict(problem.params)["pairs"]) == ("estimate_without_error", line, "5")
    assert "estimate_error: 2% to 5%" in str(raised.value)


DECEMBER_ESTIMATE = "2024-12,revenue.a,1000,estimate,2024-12-18"


def sample(scenario: Scenario) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The base year of `a` in every path, and the amounts of all services."""
    plan = compile_plan(scenario, fit_baseline(scenario), 2 * PATHS_PER_BLOCK)
    sampler = Sampler(plan.seed, range(2), plan.groups)
    paths = put_together(plan.baseline, draw_baseline(plan.baseline, sampler), sampler)
    return paths.last_year["a"], dict(paths.amount)


def test_an_estimate_in_the_base_year_widens_it_and_moves_no_other_number(tmp_path: Path) -> None:
    sure, amounts = sample(write(tmp_path, 0, [DECEMBER_ESTIMATE]))
    assert sure.shape == (1,)
    unsure, widened = sample(write(tmp_path, 0, [DECEMBER_ESTIMATE], error="20%"))
    assert unsure.shape == (2 * PATHS_PER_BLOCK,)
    december = 1000 + unsure - sure
    assert np.log(december).mean() == pytest.approx(np.log(1000), abs=4 * 0.2 / np.sqrt(len(unsure)))
    assert np.log(december).std() == pytest.approx(0.2, rel=0.03)
    assert np.array_equal(widened["b"], amounts["b"])
    assert widened["a"] == pytest.approx(amounts["a"] * unsure / sure)


def test_the_learned_bias_moves_the_base_year(tmp_path: Path) -> None:
    scenario = write(tmp_path, 6, [DECEMBER_ESTIMATE])
    total, _ = sample(scenario)
    history = read_plan_history(scenario)
    assert history is not None
    booked = history.revenue["a"][12:].sum()
    logs = np.log(1 + (total - booked) / 1000)
    assert logs.mean() == pytest.approx(np.log(RATIOS).mean(), abs=4 * logs.std() / np.sqrt(len(logs)))
    assert logs.std() == pytest.approx(np.log(RATIOS).std(ddof=1), rel=0.03)
