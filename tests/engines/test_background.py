"""Work in the background."""

from __future__ import annotations

import os
import time
from functools import partial

import pytest

from forecast.engines import background
from forecast.errors import OutputError
from tests.support.engine_jobs import fail_at_third_job, send_half_of_an_answer, square
from tests.support.processes import is_alive


def test_background_work_returns_and_raises_like_direct_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for safe in (True, False):
        monkeypatch.setattr(background, "_is_safe_to_fork", lambda safe=safe: safe)
        with (
            background.run_in_background(partial(square, 3, 4)) as work,
            background.run_in_background(partial(fail_at_third_job, "disk", 3)) as failing_work,
        ):
            assert work.result() == (4, 48)
            with pytest.raises(OutputError, match="the disk is full"):
                failing_work.result()


def test_background_work_that_dies_is_reported_and_unneeded_work_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_is_safe_to_fork", lambda: True)
    with (
        background.run_in_background(partial(fail_at_third_job, "die", 3)) as work,
        pytest.raises(OutputError, match="ended from outside"),
    ):
        work.result()
    started = time.monotonic()
    with background.run_in_background(partial(time.sleep, 60)) as work:
        assert work._process is not None
        child = work._process.pid
    assert child is not None
    assert not is_alive(child)
    assert time.monotonic() - started < 5


def test_a_worker_that_dies_in_the_middle_of_an_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_is_safe_to_fork", lambda: True)
    with (
        background.run_in_background(partial(send_half_of_an_answer, partial(os._exit, 9))) as work,
        pytest.raises(OutputError, match="ended from outside"),
    ):
        work.result()
