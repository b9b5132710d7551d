"""Origins inside a panel: what the siblings knew there, and what came."""

from __future__ import annotations

import numpy as np

from forecast.timeseries.panel.origins import MAX_SIBLINGS, sibling_origins
from forecast.timeseries.panel.panel import Panel


def test_origins_hold_what_was_known_and_what_came() -> None:
    values = np.arange(3 * 60, dtype=float).reshape(3, 60)
    origins = sibling_origins(Panel(values, 4), 8)
    assert len(origins) == 3
    for number, origin in enumerate(origins, start=1):
        end = 60 - 8 * number
        assert np.array_equal(origin.panel.values, values[:, :end])
        assert np.array_equal(origin.actual, values[:, end : end + 8])


def test_siblings_have_two_seasons_before_their_origin() -> None:
    panel = Panel.from_series([np.arange(1.0, count + 1) for count in (35, 36, 47, 48, 60, 61)], 12)
    assert [len(origin.actual) for origin in sibling_origins(panel, 12)] == [5, 3, 2]
    assert sibling_origins(Panel(np.ones((4, 35)), 12), 12) == []
    assert [len(origin.actual) for origin in sibling_origins(Panel(np.ones((4, 16)), 1), 8)] == [4]


def test_large_panels_have_fewer_origins() -> None:
    counts = {series: len(sibling_origins(Panel(np.ones((series, 90)), 12), 12)) for series in (100, 300, 700, 1500)}
    assert counts == {100: 3, 300: 2, 700: 1, 1500: 1}
    (origin,) = sibling_origins(Panel(np.arange(1500.0)[:, None] * np.ones(90), 12), 12)
    assert len(origin.actual) == MAX_SIBLINGS
    assert origin.actual[-1, 0] > 1490  # spread over the panel
