"""Temporal disaggregation keeps every total, and reproduces R's tempdisagg."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.arrays import Floats
from forecast.stats.disaggregation import (
    DISAGGREGATION_METHODS,
    denton,
    denton_cholette,
    disaggregate_by_regression,
    round_to_totals,
)
from tests.support import swisspharma

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


def test_totals_proportional_to_the_indicator_keep_its_shape() -> None:
    indicator = np.random.default_rng(1).uniform(1, 2, 36)
    assert denton_cholette(7 * indicator.reshape(3, 12).sum(axis=1), indicator) == pytest.approx(7 * indicator)


def test_a_flat_indicator_of_one_year_gives_twelfths() -> None:
    assert denton_cholette(np.array([120.0]), np.ones(12)) == pytest.approx(np.full(12, 10.0))


def test_months_are_smooth_across_years() -> None:
    months = denton_cholette(np.array([100.0, 200.0]), np.ones(24))
    assert np.abs(np.diff(months, 2)).max() < 0.2


def test_denton_cholette_minimises_squared_changes() -> None:
    rng = np.random.default_rng(3)
    indicator, amounts = rng.uniform(1, 2, 24), np.array([20.0, 31.0])
    months = denton_cholette(amounts, indicator)
    aside = rng.normal(0, 0.1, 24)
    aside -= np.repeat(aside.reshape(2, 12).mean(axis=1), 12)
    changes = [np.sum(np.diff(series / indicator) ** 2) for series in (months, months + aside, months - aside)]
    assert changes[0] == min(changes)


def test_an_indicator_must_be_positive_and_complete() -> None:
    for totals_, indicator in (([1.0], np.zeros(12)), ([1.0, 2.0], np.ones(13)), ([1.0], np.full(12, np.nan))):
        with pytest.raises(ValueError):
            denton_cholette(np.array(totals_), indicator)


def with_constant(*columns: Floats) -> Floats:
    return np.column_stack([np.ones(len(columns[0])), *columns])


def first_and_last(values: Floats) -> tuple[list[float], list[float]]:
    return list(values[:5]), list(values[-3:])


def test_chow_lin_reproduces_the_coefficients_of_r() -> None:
    result = disaggregate_by_regression(
        swisspharma.SALES,
        with_constant(swisspharma.EXPORTS),
        "chow-lin",
        per=4,
        before=swisspharma.LEAD_QUARTERS,
        min_rho=-1,
    )
    # td(sales.a ~ exports.q, truncated.rho = -1), tempdisagg's own vignette
    assert [round(float(value), 5) for value in result.coefficients] == [12.31579, 0.01341]
    assert result.rho == pytest.approx(-0.30695, abs=5e-6)


@pytest.mark.parametrize(
    ("name", "indicators"),
    [("chow-lin", (swisspharma.EXPORTS,)), ("chow-lin, two indicators", (swisspharma.EXPORTS, swisspharma.IMPORTS))],
)
def test_chow_lin_reproduces_the_quarters_of_r(name: str, indicators: tuple[Floats, ...]) -> None:
    result = disaggregate_by_regression(
        swisspharma.SALES, with_constant(*indicators), "chow-lin", per=4, before=swisspharma.LEAD_QUARTERS
    )
    assert result.rho == 0  # R truncates it there too
    for mine, theirs in zip(first_and_last(result.months), swisspharma.R_QUARTERS[name], strict=True):
        assert mine == pytest.approx(theirs, rel=1e-9)


def test_fernandez_and_litterman_reproduce_the_quarters_of_r() -> None:
    columns = with_constant(swisspharma.EXPORTS, swisspharma.IMPORTS)
    fernandez = disaggregate_by_regression(
        swisspharma.SALES, columns, "fernandez", per=4, before=swisspharma.LEAD_QUARTERS
    )
    assert list(fernandez.months[:7]) == pytest.approx(swisspharma.R_FERNANDEZ, abs=1e-9)
    chow_lin = disaggregate_by_regression(
        swisspharma.SALES, columns, "chow-lin", per=4, before=swisspharma.LEAD_QUARTERS, min_rho=-1
    )
    assert list(chow_lin.months[:7]) == pytest.approx(swisspharma.R_CHOW_LIN, abs=1e-7)
    litterman = disaggregate_by_regression(
        swisspharma.SALES,
        columns,
        "litterman",
        per=4,
        before=swisspharma.LEAD_QUARTERS,
        min_rho=-1,
        criterion="squares",
    )
    # the squares are so flat there that R stops 2e-5 away
    assert list(litterman.months[:7]) == pytest.approx(swisspharma.R_LITTERMAN, abs=1e-4)


def test_denton_reproduces_the_quarters_of_r() -> None:
    ones = np.ones(4 * len(swisspharma.SALES))
    exports = swisspharma.EXPORTS[swisspharma.LEAD_QUARTERS : swisspharma.LEAD_QUARTERS + len(ones)]
    for name, quarters in (
        ("denton", denton(swisspharma.SALES, ones)),
        ("denton-cholette", denton_cholette(swisspharma.SALES, ones)),
        ("denton-cholette, exports", denton_cholette(swisspharma.SALES, exports)),
    ):
        for mine, theirs in zip(first_and_last(quarters), swisspharma.R_QUARTERS[name], strict=True):
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
    indicators = with_constant(rng.uniform(1, 2, count))
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
        errors = totals - known @ b
        loss = len(totals) * np.log(errors @ inverse @ errors) + np.linalg.slogdet(small)[1]
        return loss, indicators @ b + wide @ sums.T @ inverse @ errors

    result = disaggregate_by_regression(totals, indicators, residuals, per=per)  # type: ignore[arg-type]
    best = 0.0 if residuals == "fernandez" else min(np.linspace(0, 0.999, 2000), key=lambda rho: written_out(rho)[0])
    assert result.rho == pytest.approx(best, abs=6e-4)
    assert result.months == pytest.approx(written_out(result.rho)[1], rel=1e-7)


def test_an_impossible_regression_is_rejected() -> None:
    with pytest.raises(ValueError, match="more totals"):
        DISAGGREGATION_METHODS["chow-lin"](np.array([1.0, 2.0]), np.ones(24))
    with pytest.raises(ValueError, match="fill"):
        disaggregate_by_regression(np.ones(3), np.ones((11, 1)), "fernandez", per=4)
