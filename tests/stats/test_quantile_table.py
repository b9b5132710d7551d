"""Quantile tables are close to the exact quantiles."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from forecast.stats.quantile_table import QuantileTable


def test_the_normal_table_is_within_its_stated_error() -> None:
    for precision, ends in ((np.float64, [2.0**-55, 1 - 2.0**-53]), (np.float32, [2.0**-24, 1 - 2.0**-24])):
        table = QuantileTable.from_normal_transform(np.dtype(precision), lambda z: z)
        u = np.concatenate([np.random.default_rng(3).random(200_000), [1e-7, 0.001, 0.1, 0.5, 0.9, 0.999], ends])
        u = u.astype(precision)
        assert np.max(np.abs(table(u) - ndtri(u.astype(float)))) < 6e-6
        assert table(u).dtype == precision
        assert np.all(np.diff(table(np.linspace(0.001, 0.999, 50_001).astype(precision))) >= 0)
