"""Closed months of every kind of service and plan: exact, the open months follow, and the parts add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.workflows.run import analyse
from tests.support.closed_year import SEASON, booked_rows, simulate_closed_year, write_closed_year, write_long_history
from tests.support.signed_ledgers import LEDGERS, ledger_rows

GIVEN = "{a: {baseline: {method: given, annual: 1200 million EUR to 1440 million EUR, noise: 5%}}}"
GIVEN_LIST = (
    "{a: {baseline: {method: given, annual: 'discrete(1200 million EUR at 50%, 1440 million EUR at 50%)', noise: 5%}}}"
)
DISCRETE = "{a: {growth: 'discrete(0% at 50%, 20% at 50%)'}}"
T_COPULA = "copula: t(4)\ncorrelations: {growths: {between: [services.a.growth, services.b.growth], rank: 0.7}}\n"


def median_of_rest(folder: Path, factor: float, services: str, **options: object) -> float:
    closed = booked_rows({"a": 1e8 * 1.1 * factor * SEASON[:4]})
    run = simulate_closed_year(folder, closed, services, **options)  # type: ignore[arg-type]
    for number, row in enumerate(closed):
        tally = run.tally("revenue.a", f"2025-{number + 1:02d}")
        assert tally.quantile(0.01).value == tally.quantile(0.99).value == float(row.split(",")[2])
    booked = sum(float(row.split(",")[2]) for row in closed)
    return float(np.median(run.values("revenue.a", "2025")) - booked)


@pytest.mark.parametrize("services", [GIVEN, GIVEN_LIST, DISCRETE, "{a: {growth: 2% to 18%}}"])
def test_open_months_follow_closed_ones(tmp_path: Path, services: str) -> None:
    low, middle, high = (median_of_rest(tmp_path, factor, services) for factor in (0.95, 1.0, 1.05))
    assert low < middle < high


def test_a_booked_service_moves_another_whose_growth_is_correlated(tmp_path: Path) -> None:
    services = "{a: {growth: 0% to 20%}, b: {growth: 0% to 20%}}"
    medians = []
    for factor in (0.92, 1.08):
        closed = booked_rows({"a": 1.1e8 * factor * SEASON[:5]})
        run = simulate_closed_year(tmp_path, closed, services, names=("a", "b"), more=T_COPULA)
        medians.append(np.median(run.values("revenue.b", "2025")))
    assert medians[1] > 1.02 * medians[0]


@pytest.mark.parametrize("service", ["{a: {}}", "{a: {growth: 0% to 9%, baseline: {level: mixture(50%)}}}"])
def test_the_history_alone_learns_from_closed_months(tmp_path: Path, service: str) -> None:
    medians = []
    for factor in (0.95, 1.05):
        closed = booked_rows({"a": 1e8 * factor * SEASON[:4]})
        run = forecast.simulate(forecast.read(write_long_history(tmp_path, service, closed)), paths=4_096)
        assert run.tally("revenue", "2025-04").quantile(0.9).value == float(closed[3].split(",")[2])
        medians.append(np.median(run.values("revenue", "2025")) - 4e8 * factor * SEASON[:4].mean())
    assert medians[1] > 1.01 * medians[0]


@pytest.mark.slow
def test_a_service_below_zero_learns_from_its_losses(tmp_path: Path) -> None:
    medians = []
    for shift in (-2e7, 2e7):
        closed = booked_rows({"a": -1e8 * SEASON[:5] + shift})
        run = forecast.simulate(forecast.read(write_long_history(tmp_path, "{a: {}}", closed, -1.0)), paths=4_096)
        assert run.tally("revenue", "2025-05").quantile(0.5).value == float(closed[4].split(",")[2])
        medians.append(np.median(run.values("revenue", "2025")))
    assert medians[1] > medians[0] + 5 * 4e7


def test_a_closed_month_of_nothing_is_exact_and_teaches_nothing(tmp_path: Path) -> None:
    values = [*(1.1e8 * SEASON[:2]), 0.0]
    runs = [simulate_closed_year(tmp_path, booked_rows({"a": months})) for months in (values, values[:2])]
    assert runs[0].tally("revenue", "2025-03").quantile(0.9).value == 0
    assert runs[0].lesson is not None
    assert runs[0].lesson.without_lesson == (("revenue.a", 12 * 2025 + 2),)
    open_part = [np.median(run.values("revenue", "2025") - run_month(run, "2025-03")) for run in runs]
    assert open_part[0] == pytest.approx(open_part[1], rel=0.01)


def run_month(run: forecast.Simulation, period: str) -> float:
    return float(run.tally("revenue", period).mean)


def test_cases_are_conditioned_too(tmp_path: Path) -> None:
    more = "cases: {low: {services: {a: {growth: -5% to 5%}}}}\n"
    closed = booked_rows({"a": 1.15e8 * SEASON})
    plan = write_closed_year(tmp_path, closed, more=more)
    frames = analyse(forecast.simulate(forecast.read(plan), paths=2_000, keep=2_000))
    cases = frames["cases"]
    assert set(cases.loc[cases["case"] == "low", "chance"]) == {1.0}


def test_places_add_up_to_the_closed_months(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("place,district,weight\n1,north,2\n2,north,1\n3,south,1\n", encoding="utf-8")
    storms = (
        "places: {file: places.csv, noise: 5%}\n"
        "shocks: {storm: {kind: storm, per_year: 2, season: {9: 1}, classes: "
        "{big: {weight: 1, reach: 40%, days: 9, loss_share: {all: 80%}}}}}\n"
    )
    plan = write_closed_year(tmp_path, booked_rows({"a": 1.1e8 * SEASON}), more=storms)
    frame = forecast.simulate(forecast.read(plan), paths=2_000).to_frame()
    year = frame[(frame["period"] == "2025") & (frame["statistic"] == "mean") & (frame["measure"] == "revenue")]
    total = float(year.loc[year["place"] == "", "value"].iloc[0])
    places = year.loc[year["place"].isin(["1", "2", "3"]), "value"].sum()
    assert places == pytest.approx(total, rel=1e-3)


def write_counted_year(folder: Path, volume: float, price: float) -> Path:
    """The plan with a service that is counted: 2024 of a million pieces at 100 a month, and three closed months."""
    plan = write_closed_year(folder, services="{a: {growth: 0% to 20%, price_change: -5% to 5%}}")
    rows = [f"2024-{month + 1:02d},a,{1e6 * SEASON[month]:.0f},100,actual," for month in range(12)]
    rows += [
        f"2025-{month + 1:02d},a,{1e6 * volume * SEASON[month]:.0f},{100 * price:.4f},actual,2025-{month + 2:02d}-05"
        for month in range(3)
    ]
    (folder / "ledger.csv").write_text(
        "\n".join(["month,service,volume,price,status,booked", *rows, ""]), encoding="utf-8"
    )
    return plan


def test_volume_and_price_are_learned_each_from_its_own_books(tmp_path: Path) -> None:
    medians = {}
    for key, volume, price in (("middle", 1.1, 1.0), ("volume", 1.15, 1.0), ("price", 1.1, 1.04)):
        run = forecast.simulate(forecast.read(write_counted_year(tmp_path, volume, price)), paths=4_096)
        march = run.tally("revenue", "2025-03")
        assert march.quantile(0.01).value == march.quantile(0.99).value
        assert march.mean == pytest.approx(1e6 * volume * SEASON[2] * 100 * price, rel=1e-6)
        open_volume = run.tally("volume.a", "2025").quantile(0.5).value - 1e6 * volume * SEASON[:3].sum()
        open_revenue = run.tally("revenue", "2025").quantile(0.5).value - 1e8 * volume * price * SEASON[:3].sum()
        medians[key] = (open_volume, open_revenue / open_volume)
    assert medians["volume"][0] > 1.02 * medians["middle"][0]
    assert medians["volume"][1] == pytest.approx(medians["middle"][1], rel=0.003)
    assert medians["price"][1] > 1.03 * medians["middle"][1]
    assert medians["price"][0] == pytest.approx(medians["middle"][0], rel=0.003)


@pytest.mark.parametrize(("factor", "low", "high"), [(1.4, 0.9, 1.0), (1.0, 0.0, 0.1)])
def test_closed_months_tell_whose_level_a_mixture_has(tmp_path: Path, factor: float, low: float, high: float) -> None:
    service = "{a: {growth: 35% to 45%, baseline: {level: mixture(50%)}}}"
    closed = booked_rows({"a": 1e8 * factor * SEASON[:4]})
    run = forecast.simulate(forecast.read(write_long_history(tmp_path, service, closed)), paths=4_096, keep=4_096)
    assert run.path_sample is not None
    share = np.mean(run.path_sample.uniforms["services.a.baseline.level"] < 0.5)
    assert low <= share <= high


def test_closed_months_tell_whether_a_recent_shift_stays(tmp_path: Path) -> None:
    """Books at the level before a shift of the last months say that it came back."""
    medians = []
    for factor in (0.72, 1.0):
        plan = write_long_history(tmp_path, "{a: {}}", booked_rows({"a": 1e8 * factor * SEASON[:5]}))
        rows = plan.with_name("ledger.csv").read_text(encoding="utf-8").splitlines()
        moved = [
            ",".join([*row.split(",")[:2], f"{0.7 * float(row.split(',')[2]):.0f}", *row.split(",")[3:]])
            if "2024-06" <= row < "2025"
            else row
            for row in rows
        ]
        plan.with_name("ledger.csv").write_text("\n".join([*moved, ""]), encoding="utf-8")
        run = forecast.simulate(forecast.read(plan), paths=4_096)
        medians.append(run.tally("revenue", "2025-12").quantile(0.5).value)
    assert medians[1] > 1.1 * medians[0]


SUMMER = LEDGERS["seasonal_to_zero"][-12:]
"""Months of the last year of a service whose second half-year is zero."""
GIVEN_SUMMER = (
    "baseline: {method: given, annual: 500 EUR to 900 EUR, shape: [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0], noise: 20%}"
)
MIXED_LEVEL = "growth: 0% to 20%, baseline: {level: mixture(50%)}"
CLOSED_SUMMERS = {
    "a zero where the plan has zero": {7: 0.0},
    "a figure where the plan has zero": {**{month: SUMMER[month - 1] for month in range(2, 7)}, 7: 5.0},
    "that figure alone": {7: 5.0},
    "a whole season of zeros": dict.fromkeys(range(1, 12), 0.0),
    "figures through the season of zeros": {month: 3.0 + SUMMER[month - 1] for month in range(1, 12)},
    "figures below zero": {2: 100.0, 3: -5.0, 7: -3.0},
}


def simulate_ledgers(
    folder: Path, ledgers: dict[str, np.ndarray], closed: dict[str, dict[int, float]], services: str
) -> forecast.Simulation:
    """A plan of 2026 over ledgers of five years, with closed months by service and number of the month."""
    rows = [
        f"2026-{month:02d},{service},{value:.2f},actual,{2026 + month // 12}-{month % 12 + 1:02d}-05"
        for service, months in closed.items()
        for month, value in months.items()
    ]
    rows = ["month,service,revenue,status,booked", *(f"{row}," for row in ledger_rows(ledgers)), *rows, ""]
    (folder / "ledger.csv").write_text("\n".join(rows), encoding="utf-8")
    plan = "name: {en: Year, vi: Năm}\nas_of: 2026-12-20\ncurrency: EUR\nhorizon: {from: 2026-01, months: 12}\n"
    text = f"{plan}history: ledger.csv\nservices: {services}\n"
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    return forecast.simulate(forecast.read(folder / "plan.yaml"), paths=4_096, keep=4_096)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    ("closed", "settings"),
    [
        *((name, "growth: 0% to 20%") for name in CLOSED_SUMMERS),
        *(("figures through the season of zeros", settings) for settings in ("", MIXED_LEVEL, GIVEN_SUMMER)),
    ],
)
def test_closed_months_of_a_season_of_zeros_are_exact_and_never_undefined(
    tmp_path: Path, closed: str, settings: str
) -> None:
    booked = CLOSED_SUMMERS[closed]
    run = simulate_ledgers(tmp_path, {"a": LEDGERS["seasonal_to_zero"]}, {"a": booked}, f"{{a: {{{settings}}}}}")
    assert np.isfinite(run.to_frame()["value"]).all()
    assert run.path_sample is not None
    assert all(np.all((u >= 0) & (u <= 1)) for u in run.path_sample.uniforms.values())
    for month, value in booked.items():
        tally = run.tally("revenue.a", f"2026-{month:02d}")
        assert tally.quantile(0.01).value == tally.quantile(0.99).value == pytest.approx(value, abs=0.005)
    always_zero = range(7, 13) if settings == GIVEN_SUMMER else (1, *range(7, 13))
    without_size = {12 * 2026 + month - 1 for month, value in booked.items() if value > 0 and month in always_zero}
    without_logarithm = {12 * 2026 + month - 1 for month, value in booked.items() if value <= 0}
    if run.lesson is None:
        assert len(without_logarithm) == len(booked)
    else:
        assert {month for _, month in run.lesson.without_size} == without_size
        assert {month for _, month in run.lesson.without_lesson} == without_logarithm


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_service_beside_a_season_of_zeros_still_learns(tmp_path: Path) -> None:
    steady = 100 * np.exp(0.05 * np.random.default_rng(3).standard_normal(60))
    ledgers = {"a": LEDGERS["seasonal_to_zero"], "b": steady}
    medians = []
    for level in (95.0, 120.0):
        closed = {"a": {7: 5.0}, "b": dict.fromkeys(range(1, 8), level)}
        run = simulate_ledgers(tmp_path, ledgers, closed, "{a: {growth: 0% to 20%}, b: {growth: 0% to 20%}}")
        medians.append(run.tally("revenue.b", "2026").quantile(0.5).value - 7 * level)
    assert medians[1] > 1.02 * medians[0]


def test_the_other_months_learn_as_if_a_figure_without_size_were_not_there(tmp_path: Path) -> None:
    ledgers, services = {"a": LEDGERS["seasonal_to_zero"]}, "{a: {growth: 0% to 20%}}"
    usual: dict[int, float] = {2: 130.0, 3: 190.0, 4: 260.0}
    runs = [simulate_ledgers(tmp_path, ledgers, {"a": closed}, services) for closed in (usual, {**usual, 7: 5.0})]
    june = [run.tally("revenue.a", "2026-06") for run in runs]
    assert june[0].mean == june[1].mean
    assert runs[0].lesson is not None
    assert runs[1].lesson is not None
    assert runs[0].lesson.surprise == runs[1].lesson.surprise
    assert runs[1].values("revenue", "2026") == pytest.approx(runs[0].values("revenue", "2026") + 5)
