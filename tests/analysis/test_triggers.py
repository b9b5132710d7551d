"""Early warning: closed form, what an alarm is worth, months that tell nothing, and re-forecasts from a level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import forecast
from forecast.analysis.triggers import early_warning, trigger_levels
from tests.support.plans import simulate_plan

MONTHS, MEAN, SD, TARGET = 12, 10.0, 1.0, 120.0


def independent_months(paths: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """(months, paths) independent normals, and whether their sum reaches the target."""
    months = np.random.default_rng(seed).normal(MEAN, SD, (MONTHS, paths))
    return months, months.sum(axis=0) >= TARGET


def exact_level(month: int, chance: float) -> float:
    """Sum of the first months at which the rest reaches the target with a chance."""
    remaining = MONTHS - month
    return TARGET - remaining * MEAN + float(norm.ppf(chance)) * SD * np.sqrt(remaining)


def test_levels_are_those_of_the_closed_form() -> None:
    months, hits = independent_months(100_000)
    levels = trigger_levels(months, hits, (0.5, 0.2))
    for month, (of_month, _) in enumerate(levels, 1):
        for level in of_month:
            if level.level is not None:
                assert level.level.value == pytest.approx(exact_level(month, level.chance), abs=0.25 * SD)
    known_levels = [level for of_month, _ in levels for level in of_month if level.level is not None]
    assert len(known_levels) >= 18


def test_an_outcome_that_less_makes_likelier_has_the_mirrored_levels() -> None:
    months, hits = independent_months(20_000)
    plain = trigger_levels(months, hits, (0.5,))
    mirrored = trigger_levels(-months, hits, (0.5,), rises=False)
    for (first, known), (second, mirrored_known) in zip(plain, mirrored, strict=True):
        assert known == mirrored_known
        if first[0].level is not None and second[0].level is not None:
            assert second[0].level.value == -first[0].level.value
            assert second[0].level.low <= second[0].level.value <= second[0].level.high


def test_an_alarm_counts_what_it_sounds_in_and_what_it_catches() -> None:
    months, hits = independent_months(20_000)
    to_date = months.cumsum(axis=0)
    levels = trigger_levels(months, hits, (0.4,))
    of_month, known = levels[7]
    (level,) = of_month
    assert level.level is not None
    beyond = to_date[7] < level.level.value
    assert level.sounds is not None
    assert level.is_right is not None
    assert level.catches is not None
    assert level.sounds.value == pytest.approx(beyond.mean())
    assert level.is_right.value == pytest.approx((~hits)[beyond].mean())
    assert level.catches.value == pytest.approx((beyond & ~hits).sum() / (~hits).sum())
    assert 0 < levels[0][1] < known < levels[10][1] < 1


def test_few_paths_beyond_a_level_leave_it_untold() -> None:
    months, hits = independent_months(4_096)
    first, _ = trigger_levels(months, hits, (0.05,))[0]
    assert first[0].level is None


def test_books_that_tell_nothing_are_said_to() -> None:
    rng = np.random.default_rng(3)
    months = rng.normal(10, 1, (3, 20_000))
    hits = rng.random(20_000) < 0.6  # whatever the months
    for of_month, known in trigger_levels(months, hits, (0.55,)):
        assert known < 0.02
        for level in of_month:
            assert level.level is None or not level.tells


def test_below_the_level_of_today_it_is_the_all_clear() -> None:
    months = np.random.default_rng(5).normal(MEAN, SD, (MONTHS, 30_000))
    hits = months.sum(axis=0) >= TARGET + 2  # about 28%
    (level,), _ = trigger_levels(months, hits, (0.5,))[6]
    assert level.is_all_clear
    assert level.level is not None
    assert level.level.value == pytest.approx(exact_level(7, 0.5) + 2, abs=0.25)


PLAN = """\
name: Months
currency: VND
as_of: 2026-01-05
horizon: {from: 2026-01, months: 12}
history: ledger.csv
services:
  post: {growth: 0% to 10%, baseline: {level: planner, noise: 3%, persistence: 0%}}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 126 tỷ, required_chance: 60%}
  profit: {measure: margin, period: 2026, at_least: 5%}
costs: {rent: {per_month: 9.5 tỷ to 10.5 tỷ}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan with three years of history."""
    folder = tmp_path_factory.mktemp("months")
    rows = [
        f"{year}-{month:02d},post,{10_000_000_000 + 10_000_000 * month},actual"
        for year in (2023, 2024, 2025)
        for month in range(1, 13)
    ]
    (folder / "ledger.csv").write_text("month,service,revenue,status\n" + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return folder


def test_ratios_are_watched_by_what_is_booked(project: Path) -> None:
    run = forecast.simulate(forecast.read(project / "plan.yaml"), paths=8_192, keep=8_192)
    warning = early_warning(run, "profit")
    assert warning is not None
    assert warning.measure == "profit"
    assert [month.month for month in warning.months] == [f"2026-{month:02d}" for month in range(1, 12)]


@pytest.mark.slow
def test_a_reforecast_from_a_printed_level_has_the_printed_chance(project: Path) -> None:
    run = forecast.simulate(forecast.read(project / "plan.yaml"), paths=32_768, keep=32_768)
    warning = early_warning(run, "revenue", (0.5,))
    assert warning is not None
    assert run.path_sample is not None
    june = warning.months[5]
    level = june.levels[0].level
    assert level is not None
    months = np.array([run.path_sample.figures["revenue", f"2026-{month:02d}"] for month in range(1, 7)])
    nearest = np.argsort(np.abs(months.sum(axis=0) - level.value))[:8]
    chances = []
    ledger = (project / "ledger.csv").read_text(encoding="utf-8")
    for row, path in enumerate(nearest):
        folder = project / f"at-{row}"
        folder.mkdir()
        booked = "".join(f"2026-{month + 1:02d},post,{months[month, path]:.0f},actual\n" for month in range(6))
        (folder / "ledger.csv").write_text(ledger + booked, encoding="utf-8")
        (folder / "plan.yaml").write_text(PLAN.replace("2026-01-05", "2026-07-02"), encoding="utf-8")
        chances.append(forecast.simulate(forecast.read(folder / "plan.yaml"), paths=4_096).chance("revenue").value)
    assert np.mean(chances) == pytest.approx(0.5, abs=0.06)


@pytest.mark.slow
def test_the_interval_of_a_level_covers_at_its_rate() -> None:
    covered = []
    for seed in range(100):
        months, hits = independent_months(32_768, seed)
        for month in (6, 9):
            level = trigger_levels(months[:MONTHS], hits, (0.5,))[month - 1][0][0].level
            if level is not None:
                covered.append(level.low <= exact_level(month, 0.5) <= level.high)
    assert 0.9 <= np.mean(covered) <= 0.995


PERSISTENT = """\
name: A level and its noise
currency: VND
horizon: {from: 2026-01, months: 12}
services:
  sure: {baseline: {method: given, annual: "normal(60 tỷ, 6 tỷ)", shape: flat}}
  noisy: {baseline: {method: given, annual: 60 tỷ, shape: flat, noise: 40%, persistence: 0%}}
targets: {revenue: {measure: revenue, period: 2026, at_least: 121 tỷ}}
"""


def test_a_reforecast_knows_what_the_level_came_by(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PERSISTENT, encoding="utf-8")
    run = forecast.simulate(forecast.read(tmp_path / "plan.yaml"), paths=32_768, keep=32_768)
    warning = early_warning(run, "revenue", (0.5,))
    assert warning is not None
    assert run.path_sample is not None
    figures = run.path_sample.figures
    (june,) = warning.months[5].levels
    assert june.level is not None
    assert june.reforecast is not None
    # by the end of June the level of the first service is known, of the second its six months: closed form by path
    by_month = {
        name: np.array([figures[f"revenue.{name}", f"2026-{month:02d}"] for month in range(1, 13)])
        for name in ("sure", "noisy")
    }
    to_date = sum(months[:6].sum(axis=0) for months in by_month.values())
    open_months = by_month["noisy"][6:].sum(axis=0)
    expected = 2 * by_month["sure"][:6].sum(axis=0) + by_month["noisy"][:6].sum(axis=0) + open_months.mean()
    chances = norm.cdf((expected - 121e9) / open_months.std())
    nearest = np.argsort(np.abs(to_date - june.level.value))[:400]
    low, high = np.quantile(chances[nearest], [0.1, 0.9])
    assert june.reforecast[0] == pytest.approx(low, abs=0.05)
    assert june.reforecast[1] == pytest.approx(high, abs=0.05)
    assert high - low > 0.15


def test_of_one_sum_a_reforecast_knows_no_more() -> None:
    run = simulate_plan(ONE_NOISY_SERVICE, paths=32_768, keep=32_768)
    warning = early_warning(run, "revenue", (0.5,))
    assert warning is not None
    (june,) = warning.months[5].levels
    assert june.reforecast is not None
    assert june.reforecast == pytest.approx((0.5, 0.5), abs=0.05)


ONE_NOISY_SERVICE = """
name: Noise alone
horizon: {from: 2026-01, months: 12}
services: {a: {baseline: {method: given, annual: 120 tỷ, shape: flat, noise: 10%, persistence: 0%}}}
targets: {revenue: {measure: revenue, period: 2026, at_least: 119 tỷ}}
"""
