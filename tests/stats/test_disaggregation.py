"""Totals keep their sums to the đồng, their months follow the indicator, and R's reference is reproduced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.arrays import Floats
from forecast.cli import main
from forecast.errors import InputError
from forecast.stats.disaggregation import (
    DISAGGREGATION_METHODS,
    denton,
    denton_cholette,
    disaggregate_by_regression,
    round_to_totals,
)
from forecast.timeseries.reconstruction import Recipe, read_recipe, reconstruct
from tests.support import swisspharma as swiss

totals = st.lists(st.integers(10**6, 10**12), min_size=1, max_size=6)


@given(totals, st.integers(0, 2**32 - 1))
def test_each_year_sums_to_its_total(years: list[int], seed: int) -> None:
    indicator = np.random.default_rng(seed).uniform(0.2, 5.0, 12 * len(years))
    months = denton_cholette(np.array(years, float), indicator)
    assert months.reshape(-1, 12).sum(axis=1) == pytest.approx(years, rel=1e-9)


@given(totals, st.integers(0, 2**32 - 1))
def test_whole_months_sum_to_whole_totals_exactly(years: list[int], seed: int) -> None:
    indicator = np.random.default_rng(seed).uniform(0.8, 1.2, 12 * len(years))
    amounts = np.array(years, float)
    months = round_to_totals(denton_cholette(amounts, indicator), amounts)
    assert np.array_equal(months, np.round(months))
    assert np.array_equal(months.reshape(-1, 12).sum(axis=1), amounts)


def test_totals_that_follow_the_indicator_leave_it_as_it_is() -> None:
    indicator = np.random.default_rng(1).uniform(1, 2, 36)
    assert denton_cholette(7 * indicator.reshape(3, 12).sum(axis=1), indicator) == pytest.approx(7 * indicator)


def test_a_flat_indicator_of_one_year_gives_twelfths() -> None:
    assert denton_cholette(np.array([120.0]), np.ones(12)) == pytest.approx(np.full(12, 10.0))


def test_no_step_is_left_between_two_years() -> None:
    months = denton_cholette(np.array([100.0, 200.0]), np.ones(24))
    assert np.abs(np.diff(months, 2)).max() < 0.2


def test_denton_cholette_is_the_least_of_all_squared_changes() -> None:
    rng = np.random.default_rng(3)
    indicator, amounts = rng.uniform(1, 2, 24), np.array([20.0, 31.0])
    months = denton_cholette(amounts, indicator)
    aside = rng.normal(0, 0.1, 24)
    aside -= np.repeat(aside.reshape(2, 12).mean(axis=1), 12)
    changes = [np.sum(np.diff(series / indicator) ** 2) for series in (months, months + aside, months - aside)]
    assert changes[0] == min(changes)


def test_an_indicator_must_stand_above_zero_and_fill_the_years() -> None:
    for totals_, indicator in (([1.0], np.zeros(12)), ([1.0, 2.0], np.ones(13)), ([1.0], np.full(12, np.nan))):
        with pytest.raises(ValueError):
            denton_cholette(np.array(totals_), indicator)


def constant_and(*columns: Floats) -> Floats:
    return np.column_stack([np.ones(len(columns[0])), *columns])


def ends(values: Floats) -> tuple[list[float], list[float]]:
    return list(values[:5]), list(values[-3:])


def test_chow_lin_gives_the_coefficients_of_r() -> None:
    found = disaggregate_by_regression(
        swiss.SALES, constant_and(swiss.EXPORTS), "chow-lin", per=4, before=swiss.LEAD_QUARTERS, min_rho=-1
    )
    # td(sales.a ~ exports.q, truncated.rho = -1), tempdisagg's own vignette
    assert [round(float(value), 5) for value in found.coefficients] == [12.31579, 0.01341]
    assert found.rho == pytest.approx(-0.30695, abs=5e-6)


@pytest.mark.parametrize(
    ("name", "indicators"),
    [("chow-lin", (swiss.EXPORTS,)), ("chow-lin, two indicators", (swiss.EXPORTS, swiss.IMPORTS))],
)
def test_chow_lin_gives_the_quarters_of_r(name: str, indicators: tuple[Floats, ...]) -> None:
    found = disaggregate_by_regression(
        swiss.SALES, constant_and(*indicators), "chow-lin", per=4, before=swiss.LEAD_QUARTERS
    )
    assert found.rho == 0  # R truncates it there too
    for mine, theirs in zip(ends(found.months), swiss.R_QUARTERS[name], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-9)


def test_fernandez_and_litterman_give_the_quarters_of_r() -> None:
    columns = constant_and(swiss.EXPORTS, swiss.IMPORTS)
    fernandez = disaggregate_by_regression(swiss.SALES, columns, "fernandez", per=4, before=swiss.LEAD_QUARTERS)
    assert list(fernandez.months[:7]) == pytest.approx(swiss.R_FERNANDEZ, abs=1e-9)
    chow_lin = disaggregate_by_regression(
        swiss.SALES, columns, "chow-lin", per=4, before=swiss.LEAD_QUARTERS, min_rho=-1
    )
    assert list(chow_lin.months[:7]) == pytest.approx(swiss.R_CHOW_LIN, abs=1e-7)
    litterman = disaggregate_by_regression(
        swiss.SALES, columns, "litterman", per=4, before=swiss.LEAD_QUARTERS, min_rho=-1, criterion="squares"
    )
    # the squares are so flat there that R stops 2e-5 away
    assert list(litterman.months[:7]) == pytest.approx(swiss.R_LITTERMAN, abs=1e-4)


def test_denton_gives_the_quarters_of_r() -> None:
    ones = np.ones(4 * len(swiss.SALES))
    exports = swiss.EXPORTS[swiss.LEAD_QUARTERS : swiss.LEAD_QUARTERS + len(ones)]
    for name, found in (
        ("denton", denton(swiss.SALES, ones)),
        ("denton-cholette", denton_cholette(swiss.SALES, ones)),
        ("denton-cholette, exports", denton_cholette(swiss.SALES, exports)),
    ):
        for mine, theirs in zip(ends(found), swiss.R_QUARTERS[name], strict=True):
            assert mine == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("method", DISAGGREGATION_METHODS)
@given(seed=st.integers(0, 2**32 - 1), per=st.sampled_from([3, 4, 12]), periods=st.integers(3, 12))
def test_every_method_keeps_every_total(method: str, seed: int, per: int, periods: int) -> None:
    rng = np.random.default_rng(seed)
    totals = 10 ** rng.uniform(3, 12) * rng.uniform(0.5, 2, periods)
    months = DISAGGREGATION_METHODS[method](totals, rng.uniform(0.5, 2, per * periods))
    assert months.reshape(periods, per).sum(axis=1) == pytest.approx(totals, rel=1e-9)


@pytest.mark.parametrize("method", DISAGGREGATION_METHODS)
def test_the_unit_of_the_indicator_changes_nothing(method: str) -> None:
    rng = np.random.default_rng(11)
    totals, indicator = rng.uniform(1, 2, 8), rng.uniform(1, 2, 24)
    assert DISAGGREGATION_METHODS[method](totals, 1e6 * indicator) == pytest.approx(
        DISAGGREGATION_METHODS[method](totals, indicator), rel=1e-6
    )


@pytest.mark.parametrize("residuals", ["chow-lin", "fernandez", "litterman"])
def test_a_regression_is_the_best_linear_unbiased_one(residuals: str) -> None:
    """Against the textbook: the inverse of the covariance written out, and the likelihood on a fine grid."""
    rng = np.random.default_rng(6)
    count, per = 36, 3
    indicators = constant_and(rng.uniform(1, 2, count))
    totals = (indicators @ np.array([2.0, 5.0]) + 0.3 * rng.normal(0, 1, count).cumsum()).reshape(-1, per).sum(axis=1)
    sums = np.kron(np.eye(count // per), np.ones(per))

    def written_out(rho: float) -> tuple[float, Floats]:
        walk = np.eye(count) - np.eye(count, k=-1)
        auto = np.eye(count) - rho * np.eye(count, k=-1)
        if residuals == "chow-lin":
            wide = rho ** np.abs(np.subtract.outer(np.arange(count), np.arange(count))) / (1 - rho**2)
        else:
            wide = np.linalg.inv(walk.T @ auto.T @ auto @ walk)
        small = sums @ wide @ sums.T
        inverse, known = np.linalg.inv(small), sums @ indicators
        b = np.linalg.inv(known.T @ inverse @ known) @ known.T @ inverse @ totals
        left = totals - known @ b
        loss = len(totals) * np.log(left @ inverse @ left) + np.linalg.slogdet(small)[1]
        return loss, indicators @ b + wide @ sums.T @ inverse @ left

    found = disaggregate_by_regression(totals, indicators, residuals, per=per)  # type: ignore[arg-type]
    best = 0.0 if residuals == "fernandez" else min(np.linspace(0, 0.999, 2000), key=lambda rho: written_out(rho)[0])
    assert found.rho == pytest.approx(best, abs=6e-4)
    assert found.months == pytest.approx(written_out(found.rho)[1], rel=1e-7)


def test_a_regression_that_cannot_be_made_says_so() -> None:
    with pytest.raises(ValueError, match="more totals"):
        DISAGGREGATION_METHODS["chow-lin"](np.array([1.0, 2.0]), np.ones(24))
    with pytest.raises(ValueError, match="fill"):
        disaggregate_by_regression(np.ones(3), np.ones((11, 1)), "fernandez", per=4)


PLAN = Path(__file__).parents[2] / "scenarios" / "plan-2021.yaml"


def recipe_in(folder: Path, rows: list[str], **more: object) -> Path:
    """A recipe of quarterly totals of one service."""
    (folder / "totals.csv").write_text("\n".join(["quarter,service,revenue", *rows]) + "\n", encoding="utf-8")
    season = {"postal": {"weights": [1] * 11 + [1.2], "before_tet": 0.2, "holiday": -0.5}}
    written = {"quarterly": "totals.csv", "shocks_of": str(PLAN), "season": season, "to": "months.csv", **more}
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps(written), encoding="utf-8")
    return recipe


QUARTERS = [f"{2019 + n // 4}-Q{n % 4 + 1},postal,{15_000_000_000 + 10**8 * n + n % 4 * 10**9}" for n in range(8)]


def months_of(recipe: Recipe) -> tuple[list[str], Floats]:
    rows = [line.split(",") for line in reconstruct(recipe).splitlines()[1:]]
    return [row[0] for row in rows], np.array([row[2] for row in rows], float)


@pytest.mark.parametrize("method", DISAGGREGATION_METHODS)
def test_quarterly_totals_are_kept_to_the_dong_by_every_method(tmp_path: Path, method: str) -> None:
    months, amounts = months_of(read_recipe(recipe_in(tmp_path, QUARTERS), method))
    assert (months[0], months[-1], len(months)) == ("2019-01", "2020-12", 24)
    assert [f"{total:.0f}" for total in amounts.reshape(8, 3).sum(axis=1)] == [row.split(",")[2] for row in QUARTERS]


def test_the_command_takes_the_method_and_the_recipe_may_name_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "months.csv"
    recipe = recipe_in(tmp_path, QUARTERS)
    assert main(["data", "disaggregate", str(recipe)]) == 0
    usual = made.read_bytes()
    assert main(["data", "disaggregate", str(recipe), "--method", "litterman"]) == 0
    typed = made.read_bytes()
    assert main(["data", "disaggregate", str(recipe_in(tmp_path, QUARTERS, method="litterman"))]) == 0
    assert made.read_bytes() == typed != usual
    assert main(["data", "disaggregate", str(recipe), "--method", "chowlin"]) == 2
    assert "did you mean 'chow-lin'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        (["2019-05,postal,10"], {}, "'2019-05' is not a quarter"),
        (["2019-Q1,postal,10", "2019Q1,postal,11"], {}, "2019-Q1 of 'postal' stands twice"),
        (["2019-Q1,postal,10", "2019-Q4,postal,11"], {}, "no total of 2019-Q2, 2019-Q3"),
        (QUARTERS[:2], {"method": "fernandez"}, "'postal' has 2"),
        (QUARTERS, {"method": "dentn"}, "did you mean 'denton'"),
        (QUARTERS, {"annual": "totals.csv"}, "keep one of them"),
    ],
)
def test_a_recipe_of_quarters_that_is_wrong_says_how_to_mend_it(
    tmp_path: Path, rows: list[str], more: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_recipe(recipe_in(tmp_path, rows, **more))
    assert said in str(raised.value)


def test_a_method_that_leaves_a_month_at_nothing_says_which(tmp_path: Path) -> None:
    rows = [f"2019-Q{n},postal,{total}" for n, total in ((1, 90_000), (2, 3), (3, 80_000), (4, 3))]
    with pytest.raises(InputError) as raised:
        reconstruct(read_recipe(recipe_in(tmp_path, rows), "denton"))
    assert "at or below zero" in str(raised.value)
