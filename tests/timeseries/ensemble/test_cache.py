"""A stored fit is used again only where nothing that it depends on has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grimp
import numpy as np
import pytest

from forecast.files.cache import Cache
from forecast.periods import Calendar, parse_month
from forecast.timeseries.ensemble.cache import _cache_key, restore_fits, store_fits
from forecast.timeseries.ensemble.cross_validation import cross_validate
from forecast.timeseries.ensemble.ensemble import FITTING_CODE, Ensemble, Fit, FitTask
from forecast.timeseries.models import MODELS
from forecast.timeseries.models.base import TimeSeries
from forecast.timeseries.models.moving_holidays import NO_HOLIDAY
from forecast.timeseries.models.outliers import clean
from tests.support.plans import ROOT

NO_FIGURES = ("_version", "arrays", "engines", "errors", "files", "i18n", "stats.stored_arrays")
"""Modules below the fits that move none of their figures: aliases, errors, checks, and who works where."""
MONTHS = 60
OUTLIER_ROW = 50


def test_the_version_of_a_fit_covers_all_code_that_it_computes_with() -> None:
    graph = grimp.build_graph("forecast", cache_dir=None)
    covered = {module for module in graph.modules if is_below(module, FITTING_CODE)}
    below = {upstream for module in covered for upstream in graph.find_upstream_modules(module)}
    assert sorted(module for module in below - covered if not is_below(module, NO_FIGURES)) == []


def test_every_part_of_the_version_is_there() -> None:
    package = ROOT / "forecast"
    assert [part for part in FITTING_CODE if not (package / part).exists()] == []


@pytest.mark.parametrize("changed", ["outlier", "nothing"])
def test_the_size_of_an_outlier_is_part_of_the_key(tmp_path: Path, changed: str) -> None:
    stored, asked = task(1.5), task(2.5 if changed == "outlier" else 1.5)
    assert np.array_equal(stored.series.values, asked.series.values)  # the outlier is estimated in both
    assert np.array_equal(stored.series.masked, asked.series.masked)
    fit = Fit(np.zeros(3), np.eye(3), {"ets": 1.0}, None, None, None, (), None, None, {}, ())
    store_fits([stored], "USD", tmp_path, Ensemble({"a": fit}, None))
    assert (restore_fits([asked], "USD", tmp_path) is None) == (changed == "outlier")


def test_an_origin_sees_the_size_of_an_outlier() -> None:
    """So that two histories with one cleaned series have two fits."""
    naive = {"seasonal_naive": MODELS["seasonal_naive"], "regression": MODELS["regression"]}
    small, large = (cross_validate(naive, task(size).series) for size in (1.5, 2.5))
    differs = [
        not np.array_equal(a.forecasts["regression"].mean, b.forecasts["regression"].mean)
        for a, b in zip(small, large, strict=True)
    ]
    assert any(differs)


def task(outlier: float) -> FitTask:
    rng = np.random.default_rng(5)
    values = 5 + 0.2 * np.sin(np.arange(MONTHS) * np.pi / 6) + rng.normal(0, 0.03, MONTHS)
    values[OUTLIER_ROW] += outlier
    source = TimeSeries(Calendar(parse_month("2016-01"), MONTHS), values, np.zeros(MONTHS, bool), NO_HOLIDAY)
    return FitTask("a", "actual", "log", clean(source))


def is_below(module: str, parts: tuple[str, ...]) -> bool:
    names = tuple("forecast." + part.removesuffix(".py").replace("/", ".") for part in parts)
    return module in names or module.startswith(tuple(f"{name}." for name in names))


STORED = Fit(np.zeros(3), np.eye(3), {"ets": 1.0}, 0.9, 0.8, 0.95, (), 0.1, 0.5, {"ets": {"alpha": 0.1}}, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"mean": np.array([0.0, np.nan, 0.0])},
        {"mean": np.zeros(4)},
        {"mean": np.zeros(3, np.float32)},
        {"mean": np.zeros((3, 1))},
        {"mean": np.array(["a", "b", "c"])},
        {"cholesky": np.full((3, 3), np.inf)},
        {"cholesky": np.diag([1.0, -1.0, 1.0])},
        {"cholesky": np.ones((3, 3))},
        {"weights": {"ets": 0.4}},
        {"weights": {"ets": 2.0, "theta": -1.0}},
        {"mase": -1.0},
        {"mase": "0.9"},
        {"coverage80": 1.2},
        {"noise": -0.1},
        {"persistence": 2.0},
        {"parameters": {"ets": {"alpha": "a"}}},
        {"notes": (("no_such_sentence", ()),)},
        {"checks": ({"first_month": 1, "mean": [1.0], "sd": [-1.0], "actual": [None]},)},
        {"checks": ({"first_month": 1, "mean": [1.0], "sd": [1.0, 2.0], "actual": [None]},)},
        {"more": 1},
    ],
)
def test_a_stored_fit_that_no_fit_can_be_is_made_again(tmp_path: Path, wrong: dict[str, Any]) -> None:
    asked = task(1.5)
    store_fits([asked], "USD", tmp_path, Ensemble({"a": STORED}, None))
    assert restore_fits([asked], "USD", tmp_path) is not None
    cache, key = Cache(tmp_path), _cache_key([asked], "USD")
    entry = cache.get(key)
    assert entry is not None
    arrays = {f"{name}:a": wrong.get(name, entry.arrays[f"{name}:a"]) for name in ("mean", "cholesky")}
    fields = {
        **entry.metadata["a"],
        **{name: value for name, value in wrong.items() if name not in ("mean", "cholesky")},
    }
    assert cache.put(key, {"a": fields}, arrays)
    assert restore_fits([asked], "USD", tmp_path) is None
