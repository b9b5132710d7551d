"""Values of cells in few rows: the same distances and sums as with a row for each cell."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.simulation.model.conditioning.gain import CellValues, Gain


def test_values_of_cells_in_few_rows_are_those_of_all_cells() -> None:
    rng = np.random.default_rng(3)
    paths = 50
    shared, other = 21 + rng.standard_normal(paths), rng.standard_normal(paths)
    parts = [
        (np.array([-21.0]), shared),
        (np.array([-20.5]), shared),
        (np.array([0.3]), None),
        (rng.standard_normal(paths), None),
        (rng.standard_normal(paths), other),
        (np.array([1.0]), np.array([2.0])),
    ]
    values = CellValues.from_parts(parts, paths)
    cells = np.array([np.broadcast_to(of_cell if part is None else of_cell + part, paths) for of_cell, part in parts])
    assert len(values.rows) == 3
    assert np.abs(values.rows).max() < 6
    assert values.constants[:, None] + values.is_in_row @ values.rows == pytest.approx(cells, abs=1e-12)
    loadings, root = rng.standard_normal((6, 4)), rng.standard_normal((4, 4))
    gain = Gain.from_covariance(loadings, root @ root.T, np.eye(6))
    columns = np.array([3, 17, 18])
    distances = values.distances(values.distance_root(gain), columns)
    assert distances == pytest.approx(gain.distances(cells)[columns], rel=1e-9)


def test_cells_that_no_path_changes_have_one_distance() -> None:
    values = CellValues.from_parts([(np.array([2.0]), None), (np.array([0.5]), None)], 7)
    gain = Gain.from_covariance(np.eye(2), np.eye(2), np.zeros((2, 2)))
    assert values.rows.shape == (0, 7)
    assert values.distances(values.distance_root(gain), slice(0, 4)) == pytest.approx(np.full(4, 4.25))
