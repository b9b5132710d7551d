"""Fixtures of the time-series tests."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits

from forecast.timeseries.models import preload


@pytest.fixture
def quiet_models() -> Iterator[None]:
    """One thread, and no warnings of an optimiser."""
    with warnings.catch_warnings(), threadpool_limits(1):
        preload()
        warnings.simplefilter("ignore")
        yield
