"""What holds for every test, and fixtures that several packages share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.support.closed_plans import ClosedPlan

settings.register_profile("shared", deadline=None)  # a machine that others use, too, is slow at times
settings.load_profile("shared")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each worker whole files in a row, and what another has not begun at the end: few fixtures are made twice."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


@pytest.fixture(scope="session", autouse=True)
def _fits_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fit a ledger once a session: a fit that asks for no cache and no engine uses one that all workers share."""
    from forecast.timeseries import baseline

    base = tmp_path_factory.getbasetemp()
    fits = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "fits"
    fit_with_cache = baseline.fit_with_cache

    def fit_once(tasks: Any, currency: str, folder: Path | None, months: int, engine: Any) -> Any:
        shared = fits if folder is None and engine is None else folder
        return fit_with_cache(tasks, currency, shared, months, engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baseline, "fit_with_cache", fit_once)
        yield


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Chunks of two blocks, histograms from few paths on, processes at once, and a checkpoint after every chunk."""
    from forecast.simulation import checkpoint, chunks
    from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK

    monkeypatch.setattr(chunks, "BLOCKS_PER_CHUNK", 2)
    monkeypatch.setattr(chunks, "MAX_EXACT_PATHS", PATHS_PER_BLOCK)
    monkeypatch.setattr("forecast.simulation.simulate.MAX_SERIAL_PATHS", 0)
    monkeypatch.setattr(checkpoint, "MIN_SECONDS_BETWEEN_WRITES", 0.0)
    monkeypatch.setattr(checkpoint, "MIN_SECONDS_TO_SAVE", 0.0)
    monkeypatch.setattr(checkpoint, "MAX_WRITING_SHARE", 1e9)
    monkeypatch.setenv("FORECAST_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def march(tmp_path_factory: pytest.TempPathFactory) -> ClosedPlan:
    """A small plan with three closed months, read from the overlay of March."""
    from tests.support.closed_plans import make_closed_plan

    return make_closed_plan(tmp_path_factory.mktemp("march"))
