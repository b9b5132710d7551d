"""Months that are booked inside a plan are exact, and the others follow them (docs/model.md, section 2b)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.periods import format_month
from forecast.simulation.results import Simulation
from forecast.simulation.simulate import ExecutionOptions
from forecast.timeseries.baseline import fit_baseline
from tests.support.closed_year import SEASON, booked_rows, simulate_closed_year, write_closed_year

TWO_SERVICES = "{a: {growth: 0% to 20%}, b: {growth: 3% to 6%}}"
CORRELATED = "correlations: {months: {between: [services.a, services.b], rank: 0.3}}\n"
FLAT = "{" + ", ".join(f"{month}: 1" for month in range(1, 13)) + "}"
PUSH = "initiatives: {push: {chance: 50%, start: 2025-01-01, effect: {volume: {a: 15% to 25%}}}}\n"


def quantiles(run: Simulation, measure: str, period: str = "2025") -> np.ndarray:
    return np.array([run.tally(measure, period).quantile(p).value for p in (0.1, 0.5, 0.9)])


def year_to_march(factor: float) -> list[str]:
    return booked_rows({"a": 1e8 * 1.1 * factor * SEASON[:3]})


@pytest.mark.parametrize(
    "more", ["", PUSH, "shocks: {rivals: {kind: drift, over: 6 months, effect: {volume: {a: -9% to 0%}}}}\n"]
)
def test_closed_months_are_exact_in_every_path(tmp_path: Path, more: str) -> None:
    run = simulate_closed_year(tmp_path, year_to_march(1.03), more=more)
    for number in range(3):
        tally = run.tally("revenue", f"2025-{number + 1:02d}")
        booked = float(f"{1e8 * 1.1 * 1.03 * SEASON[number]:.0f}")
        assert tally.quantile(0.001).value == tally.quantile(0.999).value == booked
    open_month = run.tally("revenue", "2025-04")
    assert open_month.quantile(0.9).value > 1.05 * open_month.quantile(0.1).value


def test_a_year_that_is_all_booked_is_certain(tmp_path: Path) -> None:
    values = 1e8 * 1.1 * SEASON * np.random.default_rng(1).uniform(0.95, 1.05, 12)
    total = sum(float(f"{value:.0f}") for value in values)
    for target, chance in ((total / 1e6 - 0.001, 1.0), (total / 1e6 + 0.001, 0.0)):
        run = simulate_closed_year(tmp_path, booked_rows({"a": values}), target=round(target, 6))
        assert run.chance("year").value == chance
        assert set(run.values("revenue", "2025")) == {total}


@pytest.mark.parametrize("growth", ["0% to 20%", "3% to 6%", "4.5%"])
@pytest.mark.parametrize("more", ["", PUSH])
def test_better_closed_months_never_lower_the_rest(tmp_path: Path, growth: str, more: str) -> None:
    services = f"{{a: {{growth: {growth}}}}}"
    open_part = {}
    for factor in (1.0, 1.01, 1.03, 1.1, 1.2):
        closed = booked_rows({"a": 1e8 * 1.05 * factor * SEASON[:3]})
        run = simulate_closed_year(tmp_path, closed, services, more=more)
        booked = sum(float(row.split(",")[2]) for row in closed)
        open_part[factor] = np.quantile(run.values("revenue", "2025") - booked, (0.1, 0.5, 0.9))
    for factor, values in open_part.items():
        assert (values[1:] >= open_part[1.0][1:] - 1e-6).all(), factor
        if factor <= 1.03:
            assert values[0] >= open_part[1.0][0] - 1e-6


def test_half_of_what_a_quarter_is_above_or_below_reaches_the_rest(tmp_path: Path) -> None:
    """The months are not put back to the year's total: a good quarter raises the months to come."""
    open_part = {}
    for factor in (0.5, 1.0, 1.5):
        closed = booked_rows({"a": 1e8 * factor * SEASON[:3]})
        run = simulate_closed_year(tmp_path, closed, "{a: {growth: 0%}}")
        open_part[factor] = np.median(run.values("revenue", "2025")) - 3e8 * factor * SEASON[:3].mean()
    assert open_part[0.5] < open_part[1.0] < open_part[1.5]
    assert open_part[1.0] == pytest.approx(1e8 * SEASON[3:].sum(), rel=0.005)


def test_a_horizon_inside_the_year_gives_the_answer_of_the_year(tmp_path: Path) -> None:
    of_year = simulate_closed_year(tmp_path / "year", year_to_march(1.06))
    part = simulate_closed_year(
        tmp_path / "part", year_to_march(1.06), start="2025-04", months=9, period="2025-Q4", target=330
    )
    for month in range(4, 13):
        period = f"2025-{month:02d}"
        assert np.array_equal(quantiles(part, "revenue", period), quantiles(of_year, "revenue", period))


def test_rows_known_later_change_nothing(tmp_path: Path) -> None:
    known = year_to_march(1.02)
    later = ["2025-04,a,1,actual,2025-05-05", "2025-03,a,9,actual,2025-05-05", "2025-12,a,-7,actual,2026-01-05"]
    runs = [simulate_closed_year(tmp_path, rows, as_of="2025-04-10") for rows in (known, known + later)]
    assert np.array_equal(runs[0].values("revenue", "2025"), runs[1].values("revenue", "2025"))


def test_nothing_closed_is_the_plan_itself(tmp_path: Path) -> None:
    plan = simulate_closed_year(tmp_path, as_of="2025-01-20")
    with_later = simulate_closed_year(tmp_path, year_to_march(1.5), as_of="2025-01-20")
    assert np.array_equal(plan.values("revenue", "2025"), with_later.values("revenue", "2025"))
    assert with_later.lesson is None


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rows = booked_rows({"a": 1.1e8 * SEASON[:4], "b": 1.04e8 * SEASON[:4]})
    options = {"services": TWO_SERVICES, "names": ("a", "b"), "more": CORRELATED}
    runs = [simulate_closed_year(tmp_path, order, **options) for order in (rows, rows[4:] + rows[:4])]
    assert np.array_equal(runs[0].values("revenue", "2025"), runs[1].values("revenue", "2025"))


def test_more_paths_and_workers_keep_the_first_paths(tmp_path: Path) -> None:
    rows = booked_rows({"a": 1.1e8 * SEASON[:4], "b": 1.04e8 * SEASON[:2]})
    mixture = "{a: {growth: 0% to 20%}, b: {growth: 'discrete(0% at 50%, 12% at 50%)'}}"
    plan = write_closed_year(tmp_path, rows, mixture, names=("a", "b"), more=CORRELATED + PUSH)
    scenario = forecast.read(plan)
    few = forecast.simulate(scenario, paths=4_096, keep=4_096)
    many = forecast.simulate(scenario, paths=30_000, keep=4_096)
    assert np.array_equal(few.draws("revenue", "2025"), many.draws("revenue", "2025"))
    two = forecast.simulate(scenario, paths=30_000, execution=ExecutionOptions(engine=None, workers=2))
    assert two.chance("year") == many.chance("year")


def test_a_service_without_books_follows_those_that_have_them(tmp_path: Path) -> None:
    options = {"services": TWO_SERVICES, "names": ("a", "b"), "more": CORRELATED.replace("0.3", "0.8")}
    months = []
    for factor in (0.95, 1.0, 1.05):
        run = simulate_closed_year(tmp_path, booked_rows({"a": 1.1e8 * factor * SEASON[:3]}), **options)
        months.append(run.tally("revenue.b", "2025-03").quantile(0.5).value)
    assert months[0] < months[1] < months[2]


@pytest.mark.parametrize(("factor", "low", "high"), [(1.0, 0.0, 0.15), (1.2, 0.85, 1.0)])
def test_closed_months_tell_whether_an_initiative_happened(
    tmp_path: Path, factor: float, low: float, high: float
) -> None:
    closed = booked_rows({"a": 1e8 * 1.04 * factor * SEASON[:6]})
    run = simulate_closed_year(tmp_path, closed, "{a: {growth: 3% to 5%}}", more=PUSH)
    assert run.path_sample is not None
    assert low <= run.path_sample.occurrences["initiatives.push"].mean() <= high


def test_the_year_grows_over_the_books_of_the_year_before(tmp_path: Path) -> None:
    closed = booked_rows({"a": 1.3e8 * SEASON})
    run = simulate_closed_year(tmp_path, closed, "{a: {growth: {2025: 30%, 2026: 0%}}}", months=24)
    assert quantiles(run, "revenue", "2026")[1] == pytest.approx(1.3 * 12e8, rel=0.005)


def test_booked_costs_and_people_are_exact(tmp_path: Path) -> None:
    more = (
        "costs: {wages: {per_person_month: 1 million EUR}, power: {of_revenue: {a: 10% to 20%}}}\n"
        "workforce: {headcount: 90 people to 110 people, productivity: {basis: total_revenue}}\n"
    )
    plan = write_closed_year(tmp_path, more=more)
    rows = [line.split(",") for line in (tmp_path / "ledger.csv").read_text(encoding="utf-8").splitlines()[1:]]
    lines = ["month,measure,value,status,booked"]
    lines += [f"{month},revenue.{name},{value},{status},{day}" for month, name, value, status, day in rows]
    lines += [
        "2025-01,revenue.a,110000000,actual,2025-02-05",
        "2025-01,cost.power,12345678,actual,2025-02-05",
        "2025-01,headcount,95,actual,2025-02-05",
    ]
    (tmp_path / "ledger.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    run = forecast.simulate(forecast.read(plan), paths=2_000)
    cost = run.tally("cost", "2025-01")
    assert cost.quantile(0.01).value == cost.quantile(0.99).value == 12_345_678 + 95e6
    assert run.tally("cost", "2025-02").quantile(0.9).value > run.tally("cost", "2025-02").quantile(0.1).value


def test_events_begin_after_the_closed_months(tmp_path: Path) -> None:
    storms = (
        f"shocks: {{storm: {{kind: storm, per_year: 20, season: {FLAT}, recovered: {{all: 0%}}, classes: "
        "{big: {weight: 1, reach: 50%, days: 5, loss_share: {all: 90%}}}}}\n"
    )
    run = simulate_closed_year(tmp_path, booked_rows({"a": 1.1e8 * SEASON[:6]}), more=storms, as_of="2025-07-05")
    assert run.path_sample is not None
    assert run.path_sample.occurrences["shocks.storm"].mean() == pytest.approx(20 * 179 / 365, rel=0.05)


def test_a_named_event_teaches_what_is_left_after_it(tmp_path: Path) -> None:
    values = 1e8 * 1.1 * SEASON[:4]
    values[2] *= 0.7
    named = (
        "{file: ledger.csv, shocks: {leak: {kind: event, from: 2025-03-01, until: 2025-03-31, "
        "effect: {volume: {a: -32% to -28%}}}}}"
    )
    open_part = {}
    for key, closed, history in (
        ("undisturbed", 1e8 * 1.1 * SEASON[:4], "ledger.csv"),
        ("named", values, named),
        ("unnamed", values, "ledger.csv"),
    ):
        run = simulate_closed_year(tmp_path, booked_rows({"a": closed}), history=history)
        assert run.tally("revenue", "2025-03").mean == float(f"{closed[2]:.0f}")
        open_part[key] = np.median(run.values("revenue", "2025")) - closed.sum()
    assert open_part["named"] == pytest.approx(open_part["undisturbed"], rel=0.01)
    assert open_part["unnamed"] < open_part["undisturbed"]
    assert open_part["unnamed"] > 0.93 * open_part["undisturbed"]  # at arm's length


def test_a_surprising_month_teaches_in_full_once_it_is_called_ordinary(tmp_path: Path) -> None:
    values = 1e8 * 1.1 * SEASON[:4]
    values[3] *= 0.75
    medians, lessons = [], []
    for history in ("ledger.csv", "{file: ledger.csv, ordinary: {revenue.a: [2025-04]}}"):
        run = simulate_closed_year(tmp_path, booked_rows({"a": values}), history=history)
        medians.append(np.median(run.values("revenue", "2025")))
        assert run.lesson is not None
        lessons.append([format_month(cell.month) for cell in run.lesson.surprising])
    assert "2025-04" in lessons[0]
    assert "2025-04" not in lessons[1]
    assert medians[1] < medians[0]


def test_the_growth_that_is_reported_is_that_of_the_paths(tmp_path: Path) -> None:
    run = simulate_closed_year(tmp_path, year_to_march(1.0))
    growth = run.values("growth.a", "2025")
    assert np.allclose(growth, run.values("revenue", "2025") / (1e8 * SEASON.sum()) - 1, rtol=1e-9)
    plan = simulate_closed_year(tmp_path, as_of="2025-01-20")
    width = np.ptp(np.quantile(growth, (0.1, 0.9)))
    assert width < 0.75 * np.ptp(np.quantile(plan.values("revenue", "2025"), (0.1, 0.9))) / (1e8 * SEASON.sum())


def test_no_closed_month_is_fitted(tmp_path: Path) -> None:
    """A month that teaches by conditioning teaches no season, no noise and no correlation."""
    fits = [
        fit_baseline(forecast.read(write_closed_year(tmp_path / str(n), year_to_march(factor)))).services["a"]
        for n, factor in enumerate((0.8, 1.3))
    ]
    assert fits[0].noise == fits[1].noise
    assert np.array_equal(fits[0].shape, fits[1].shape)
    assert fits[0].base_total == fits[1].base_total


@pytest.mark.parametrize(("closed", "comes_back"), [(3, True), (6, False)])
def test_what_a_named_flood_took_comes_back_once(tmp_path: Path, closed: int, comes_back: bool) -> None:
    """Half of a March that lost 40% comes back in April and May: in open months it is added, in closed ones booked."""
    flood = (
        "{{file: ledger.csv, shocks: {{flood: {{kind: event, from: 2025-03-01, until: 2025-03-31, "
        "effect: {{volume: {{a: -40%}}}}, recovered: {{a: {share}}}, within: 2 months}}}}}}"
    )
    values = 1e8 * 1.1 * SEASON[:closed]
    values[2] *= 0.6
    open_parts = {}
    for share in ("0%", "50%"):
        booked = values.copy()
        if closed > 4 and share == "50%":
            booked[3:5] += 0.5 * 0.4 * 1.1e8 * SEASON[2] / 2
        run = simulate_closed_year(tmp_path, booked_rows({"a": booked}), history=flood.format(share=share))
        assert run.lesson is not None
        assert run.lesson.surprising == ()
        open_parts[share] = np.median(run.values("revenue", "2025")) - booked.sum()
    returned = 0.5 * 0.4 * 1.1e8 * SEASON[2] if comes_back else 0.0
    assert open_parts["50%"] - open_parts["0%"] == pytest.approx(returned, abs=0.004 * open_parts["0%"])


def test_a_plan_of_many_closed_cells_can_be_solved(tmp_path: Path) -> None:
    """Three years closed of a plan of four, with a service that is sure: more cells than the plan has doubts."""
    rows = [row for year in (2025, 2026, 2027) for row in booked_rows({"a": 1.1e8 * SEASON, "b": 1e8 * SEASON}, year)]
    services = "{a: {growth: 0% to 9%}, b: {growth: 0%, baseline: {noise: 0%, level_noise: 0%}}}"
    run = simulate_closed_year(tmp_path, rows, services, names=("a", "b"), months=48, as_of="2028-02-01")
    assert run.tally("revenue.a", "2027").quantile(0.9).value == pytest.approx(1.1e8 * SEASON.sum())
    assert np.isfinite(run.tally("revenue", "2028").mean)


@pytest.mark.parametrize(
    ("ordinary", "code"),
    [
        ("{revenue.b: [2025-02]}", "ordinary_unknown"),
        ("{volume.a: [2025-02]}", "ordinary_unknown"),
        ("{revenue.a: [2026-02]}", "ordinary_outside"),
    ],
)
def test_a_month_that_cannot_be_ordinary_is_refused(tmp_path: Path, ordinary: str, code: str) -> None:
    history = f"{{file: ledger.csv, ordinary: {ordinary}}}"
    with pytest.raises(forecast.InputError) as error:
        simulate_closed_year(tmp_path, year_to_march(1.0), history=history)
    (problem,) = error.value.problems
    assert problem.code == code
    assert problem.location.line == 5
