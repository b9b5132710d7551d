"""The baseline of a plan: what a history sets, what it does not, and how a plan that does not fit is rejected."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.errors import InputError
from forecast.i18n import Translator
from forecast.periods import format_month, parse_month
from forecast.plan.loading.loader import read, read_text
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline import Baseline, fit_baseline
from forecast.timeseries.models import MODELS
from tests.support.plans import ROOT


def test_a_given_year_includes_its_prices(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(
        "name: Given\ncurrency: EUR\nhorizon: {from: 2021-01, months: 24}\nservices:\n"
        "  a: {price_change: 10%, growth: 20%, baseline: {method: given, annual: 1200 EUR, shape: flat}}\n"
    )
    run = forecast.simulate(forecast.read(tmp_path / "plan.yaml"), paths=100)
    assert run.tally("revenue", "2021").mean == pytest.approx(1200)
    assert run.tally("revenue", "2022").mean == pytest.approx(1200 * 1.2 * 1.1)


def test_growth_of_a_given_year_is_noted(tmp_path: Path) -> None:
    (tmp_path / "years.csv").write_text("take\n1000\n1200\n1400\n")
    (tmp_path / "plan.yaml").write_text(
        "name: Given\ncurrency: EUR\nhorizon: {from: 2021-01, months: 12}\nservices:\n"
        '  a: {growth: 20%, baseline: {method: given, annual: "empirical(years.csv, take)", shape: flat}}\n'
    )
    baseline = fit_baseline(forecast.read(tmp_path / "plan.yaml"))
    assert baseline.services["a"].notes == (("baseline_given_grows_later", (("service", "a"),)),)
    assert baseline.services["a"].measured == "revenue"


PLAN = """
name: {en: A plan}
currency: EUR
horizon: {from: 2021-01, months: 12}
history: ledger.csv
services:
  a: {growth: 0% to 9%}
"""


FROM_MARCH = PLAN.replace("from: 2021-01, months: 12", "from: 2021-03, months: 10").replace("growth: 0% to 9%", "")
"""A plan that goes on from the months of its first year that are booked."""
Ledger = Callable[..., Path]


def months_of(first: str, count: int, seed: int = 1, noise: float = 0.05) -> np.ndarray:
    age = np.arange(count) + parse_month(first)
    season = 0.1 * np.sin(2 * np.pi * age / 12)
    return np.exp(8 + 0.004 * np.arange(count) + season + np.random.default_rng(seed).normal(0, noise, count))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    def write(status: str = "actual", first: str = "2019-01", count: int = 24, **services: np.ndarray) -> Path:
        named = services or {"a": months_of(first, count)}
        lines = ["month,service,revenue,status"]
        for service, values in named.items():
            start = parse_month("2021-01") - len(values) if services else parse_month(first)
            lines += [f"{format_month(start + i)},{service},{v:.4f},{status}" for i, v in enumerate(values)]
        (tmp_path / "ledger.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path

    return write


def plan(folder: Path, text: str = PLAN, **settings: object) -> Scenario:
    return read_text(text, folder, "plan.yaml", set={key.replace("__", "."): value for key, value in settings.items()})


def problems_of_fit(folder: Path, text: str = PLAN) -> list[str]:
    with pytest.raises(InputError) as raised:
        fit_baseline(plan(folder, text))
    return str(raised.value).replace(f"{folder}/", "").splitlines()


@pytest.fixture(scope="module")
def fit_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def shipped(fit_cache: Path) -> Baseline:
    return fit_baseline(read(ROOT / "scenarios" / "covid.yaml"), fit_cache)


def test_a_reconstructed_history_sets_only_the_shape(shipped: Baseline) -> None:
    assert shipped.correlation is None
    assert shipped.data_status["reconstructed"] == 36
    for name, total in (("postal", 61e9), ("finance", 52e9), ("distribution", 137e9)):
        service = shipped.services[name]
        assert (service.kind, service.measured, service.base_year) == ("reconstructed", "revenue", 2020)
        assert service.base_total == total
        assert (service.noise, service.persistence, service.mase, service.coverage80) == (None, None, None, None)
        assert set(service.weights.values()) == {1 / len(MODELS)}
        assert service.notes[0][0] == "baseline_not_believed"
        low, middle, high = service.annual_quantiles[2021]
        assert 0.8 * total < low < middle < high < 1.3 * total
        assert service.base_weights.sum() == pytest.approx(1)
        assert service.shape.shape == (12,)


def test_dated_shocks_are_removed_from_the_base_year(shipped: Baseline) -> None:
    for service in shipped.services.values():
        april, october = service.base_weights[3], service.base_weights[9]
        assert april == pytest.approx(service.base_weights[2], rel=0.02)
        assert october == pytest.approx(service.base_weights[8], rel=0.02)


def test_months_before_tet_are_highest_in_2021(shipped: Baseline) -> None:
    shape = shipped.services["distribution"].shape
    assert shape[:2].mean() > shape[2:4].mean() + 0.1


def test_a_cached_fit_is_the_same_and_loads_no_statsmodels(shipped: Baseline, fit_cache: Path) -> None:
    code = (
        "import sys, pathlib; from forecast.plan.loading.loader import read;"
        "from forecast.timeseries.baseline import fit_baseline;"
        f"baseline = fit_baseline(read({str(ROOT / 'scenarios' / 'covid.yaml')!r}), pathlib.Path({str(fit_cache)!r}));"
        "slow = {'statsmodels', 'pandas', 'holidays', 'scipy.signal', 'scipy.stats', 'scipy.optimize'};"
        "assert not slow & set(sys.modules);"
        "print(repr(float(baseline.services['postal'].forecast.cholesky.sum())))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert run.stderr == ""
    forecast = shipped.services["postal"].forecast
    assert forecast is not None
    assert run.stdout.strip() == repr(float(forecast.cholesky.sum()))


def test_a_longer_horizon_keeps_the_first_months(shipped: Baseline, fit_cache: Path) -> None:
    longer = fit_baseline(read(ROOT / "scenarios" / "covid.yaml", set={"horizon.months": "24"}), fit_cache)
    for name, service in longer.services.items():
        before = shipped.services[name]
        assert service.forecast is not None
        assert before.forecast is not None
        assert np.array_equal(service.shape[:12], before.shape)
        assert np.array_equal(service.forecast.cholesky[:12, :12], before.forecast.cholesky)
        assert service.annual_quantiles[2021] == before.annual_quantiles[2021]


def test_a_damaged_cache_entry_is_fitted_again(shipped: Baseline, tmp_path: Path, ledger: Ledger) -> None:
    scenario = plan(ledger())
    first = fit_baseline(scenario, tmp_path / "kept")
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    again = fit_baseline(scenario, tmp_path / "kept")
    assert np.array_equal(first.services["a"].shape, again.services["a"].shape)


def test_parameters_are_json(shipped: Baseline) -> None:
    import json

    assert json.loads(json.dumps(shipped.parameters)) == shipped.parameters
    assert set(shipped.parameters) == set(shipped.services)


def test_three_actual_years_estimate_everything(ledger: Ledger) -> None:
    folder = ledger(a=months_of("2018-01", 36), b=months_of("2018-01", 36, seed=2))
    baseline = fit_baseline(plan(folder, PLAN + "  b: {}\n"))
    for service in baseline.services.values():
        assert service.kind == "actual"
        assert service.noise == pytest.approx(0.05, rel=0.4)
        assert service.mase is not None
        assert service.coverage80 is not None
        assert service.coverage95 is not None
        assert service.coverage80 <= service.coverage95
        assert len(service.checks) == 12
        assert sum(service.weights.values()) == pytest.approx(1)
        assert max(service.weights.values()) < 0.6
        assert service.annual_quantiles[2021][1] == pytest.approx(service.base_total * 1.04, rel=0.08)
    assert baseline.correlation is not None
    assert baseline.correlation.shape == (2, 2)


def test_two_years_are_not_evaluated(ledger: Ledger) -> None:
    service = fit_baseline(plan(ledger())).services["a"]
    assert set(service.weights) == {"profile", "seasonal_naive"}
    assert (service.mase, service.coverage80) == (None, None)
    assert service.noise == pytest.approx(0.055, abs=0.02)
    assert [key for key, _ in service.notes] == ["baseline_short_history"]


def test_under_a_year_the_season_comes_from_other_services(ledger: Ledger) -> None:
    folder = ledger(a=months_of("2019-01", 24, noise=0.001), b=100 * months_of("2020-07", 6, noise=0.001))
    services = fit_baseline(plan(folder, PLAN + "  b: {}\n")).services
    difference = services["b"].shape - services["a"].shape
    assert np.ptp(difference) < 0.08
    assert services["b"].base_year is None
    assert services["b"].notes[0][0] == "baseline_under_a_year"


def test_actual_months_of_the_first_year_are_kept(ledger: Ledger) -> None:
    folder = ledger(first="2019-01", count=26)
    service = fit_baseline(plan(folder, FROM_MARCH)).services["a"]
    assert service.forecast is not None
    assert np.exp(service.forecast.mean[:2]) == pytest.approx(months_of("2019-01", 26)[24:], rel=1e-6)
    assert not service.forecast.cholesky[:2].any()
    assert service.forecast.cholesky[2, 2] > 0
    assert service.base_year == 2020


def test_repeated_negative_months_use_the_raw_scale(ledger: Ledger) -> None:
    values = months_of("2019-01", 24)
    values[7:9] = -50
    service = fit_baseline(plan(ledger(a=values))).services["a"]
    assert service.forecast is not None
    assert service.forecast.scale == "raw"
    assert np.all(np.isfinite(service.shape))
    assert "baseline_not_above_zero" in [key for key, _ in service.notes]


def test_a_correction_in_the_first_year_is_kept(ledger: Ledger) -> None:
    """A month that has happened is not estimated: its actual value counts."""
    values = months_of("2019-01", 26)
    values[24] = -50
    lines = [f"{format_month(parse_month('2019-01') + row)},a,{value:.4f},actual" for row, value in enumerate(values)]
    folder = ledger()
    (folder / "ledger.csv").write_text("\n".join(["month,service,revenue,status", *lines, ""]), encoding="utf-8")
    service = fit_baseline(plan(folder, FROM_MARCH)).services["a"]
    assert service.forecast is not None
    assert service.forecast.mean[0] == pytest.approx(-50)


SHOCK = """
history:
  file: ledger.csv
  shocks:
    lockdown:
      kind: event
      from: 2020-04-01
      until: 2020-04-30
      effect: {volume: {all: -40%}}
      recovered: {all: 50%}
"""


def test_a_dated_shock_and_its_recovery_are_removed(ledger: Ledger) -> None:
    original = np.full(36, 100.0)
    struck = original.copy()
    struck[27] = 60
    struck[28:30] += 20 * np.array([31, 365 / 6 - 31]) / (365 / 6)
    folder = ledger(a=struck)
    service = fit_baseline(plan(folder, PLAN.replace("history: ledger.csv\n", SHOCK))).services["a"]
    assert service.base_weights == pytest.approx(np.full(12, 1 / 12), rel=1e-4)
    assert np.ptp(service.shape) < 0.02


def test_masked_months_do_not_change_the_baseline(ledger: Ledger) -> None:
    values = months_of("2019-01", 24)
    odd = values.copy()
    odd[18] *= 3
    text = PLAN + "baseline: {mask: [2020-07]}\n"
    original, moved = (fit_baseline(plan(ledger(a=ledgered), text)).services["a"] for ledgered in (values, odd))
    assert original.shape == pytest.approx(moved.shape, abs=1e-9)
    assert original.noise == moved.noise


@pytest.mark.slow
def test_a_mixed_plan_has_given_and_fitted_services(fit_cache: Path) -> None:
    baseline = fit_baseline(read(ROOT / "scenarios" / "shop-chain.yaml"), fit_cache)
    bread, lunch = baseline.services["bread"], baseline.services["lunch"]
    assert (bread.measured, bread.base_year) == ("volume", 2025)
    assert bread.base_price is not None
    assert 3.0 < bread.base_price < 3.5
    assert bread.last_price is not None
    assert lunch.kind == "given"
    assert lunch.forecast is None
    assert np.exp(lunch.shape).sum() == pytest.approx(1)
    assert baseline.data_status["example"] == 60


@pytest.mark.parametrize(
    ("history", "text", "message"),
    [
        ({}, PLAN + "  b: {growth: 2%}\n", "services.b: 'b' is not in ledger.csv, which has a; add its months"),
        ({}, PLAN.replace("  a:", "  b:"), "service: 'a' is not a service of the plan, which has b"),
        ({}, PLAN + "costs: {c: {per_unit: {a: 1 EUR}}}\n", "costs.c.per_unit.a: a cost of each piece needs pieces"),
        (
            {"count": 22},
            PLAN,
            "horizon.from: the history ends in 2020-10 and the plan begins in 2021-01; add 2020-11, 2020-12",
        ),
        ({"first": "2020-07", "count": 6}, PLAN, "services.a.growth: growth is over a whole calendar year"),
        ({"status": "reconstructed"}, PLAN, "services.a.baseline.noise: a history spread from totals is too smooth"),
        (
            {},
            PLAN + "as_of: 2020-12-15\n",
            "on 2020-12-15 the history was known to 2020-11 and the plan begins in 2021-01; for 2020-12 write",
        ),
        ({}, PLAN + "baseline: {level: history}\n", "services.a.baseline.level: 'history' needs 36 actual months"),
        (
            {"status": "reconstructed"},
            PLAN + "baseline: {noise: 5%, level: mixture(50%)}\n",
            "level: 'mixture(50%)' needs actual",
        ),
        (
            {"status": "reconstructed"},
            PLAN.replace("{growth: 0% to 9%}", "{baseline: {noise: 5%}}"),
            "write e.g. 'growth:",
        ),
        ({}, PLAN + "baseline: {mask: [2017-01]}\n", "services.a.baseline.mask: 2017-01 are not in the history"),
    ],
)
def test_a_plan_that_does_not_fit_its_history_is_rejected_with_advice(
    ledger: Ledger, history: dict[str, object], text: str, message: str
) -> None:
    folder = ledger(**history)
    assert any(message in line for line in problems_of_fit(folder, text)), problems_of_fit(folder, text)


def test_a_stated_year_that_differs_from_the_ledger_is_noted(ledger: Ledger) -> None:
    text = PLAN + "stated: {2020: {services: {a: 1 million EUR}}}\n"
    assert "baseline_stated_differs" in [key for key, _ in fit_baseline(plan(ledger(), text)).services["a"].notes]


def test_notes_have_text_in_both_languages(shipped: Baseline) -> None:
    for service in shipped.services.values():
        for key, facts in service.notes:
            assert Translator("en")(key, **dict(facts)) != Translator("vi")(key, **dict(facts))
