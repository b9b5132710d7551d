"""Chunks in this process and in a copy of it."""

from __future__ import annotations

import os
from functools import partial

import pytest

from forecast.engines import background
from forecast.engines.pair import PairEngine
from forecast.engines.serial import SerialEngine
from forecast.errors import OutputError
from tests.support.engine_jobs import fail_at_third_job, square


def process_of(context: int, chunk: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("is_safe", [True, False])
@pytest.mark.parametrize("chunks", [0, 1, 2, 3, 6])
def test_the_answers_are_those_of_the_serial_engine(
    monkeypatch: pytest.MonkeyPatch, is_safe: bool, chunks: int
) -> None:
    monkeypatch.setattr(background, "_is_safe_to_fork", lambda: is_safe)
    answers = list(PairEngine().map(square, 3, range(chunks)))
    assert answers == list(SerialEngine().map(square, 3, range(chunks)))
    processes = set(PairEngine().map(process_of, 3, range(chunks)))
    assert len(processes) == min(chunks, 2 if is_safe else 1)


@pytest.mark.parametrize("chunks", [range(2, 4), range(3, 1, -1)])
def test_an_error_is_raised_here_whichever_process_it_happened_in(
    monkeypatch: pytest.MonkeyPatch, chunks: range
) -> None:
    monkeypatch.setattr(background, "_is_safe_to_fork", lambda: True)
    with pytest.raises(OutputError, match="the disk is full"):
        list(PairEngine().map(partial(fail_at_third_job), "disk", chunks))


def test_a_background_job_starts_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "current_process", lambda: type("Child", (), {"daemon": True}))
    with background.run_in_background(partial(process_of, 0, 0)) as job:
        assert job._process is None
        assert job.result() == os.getpid()
