"""Worker processes give the answers and the errors that one process gives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forecast.engines.processes import ProcessEngine, _deferred_signals
from forecast.engines.serial import SerialEngine
from forecast.errors import InputError, OutputError
from tests.support.engine_jobs import environment_variable, fail_at_third_job, square
from tests.support.plans import ROOT
from tests.support.processes import is_alive, wait_until_found


def test_processes_give_the_serial_results_in_order() -> None:
    jobs = range(2, 12)
    assert list(ProcessEngine(2).map(square, 3, jobs)) == list(SerialEngine().map(square, 3, jobs))
    assert list(ProcessEngine(2).map(square, 3, range(0))) == []


def test_workers_use_one_thread_without_changing_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert list(ProcessEngine(2).map(environment_variable, "OMP_NUM_THREADS", range(1))) == ["1"]
    assert "OMP_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    ("data", "raised"), [("die", OutputError), ("disk", OutputError), ("input", InputError), ("memory", MemoryError)]
)
def test_errors_of_a_worker_process_are_raised(data: str, raised: type[Exception]) -> None:
    with pytest.raises(raised) as caught:
        list(ProcessEngine(2).map(fail_at_third_job, data, range(8)))
    if isinstance(caught.value, OutputError):
        assert caught.value.code == ("worker_died" if data == "die" else "disk_full")


SCRIPT = """
import os, pathlib, sys, time
from functools import partial
from multiprocessing.connection import Connection
from forecast.cli.signals import raise_on_signals
from forecast.engines.background import run_in_background
from forecast.engines.processes import ProcessEngine, _deferred_signals
from tests.support.engine_jobs import send_half_of_an_answer
here = pathlib.Path(sys.argv[1])
def work(data, job):
    (here / f"worker.{os.getpid()}").touch()
    if sys.argv[3] == "sleeps":
        time.sleep(60)
    return send_half_of_an_answer(partial(time.sleep, 60))
if __name__ == "__main__":
    with raise_on_signals():
        if sys.argv[2] == "processes":
            list(ProcessEngine(2).map(work, 0, range(2)))
        with run_in_background(partial(work, 0, 0)) as job:
            job.result()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", ["sleeps", "answers"])
@pytest.mark.parametrize(("engine", "workers"), [("processes", 2), ("background", 1)])
def test_no_worker_outlives_its_parent(
    tmp_path: Path, engine: str, workers: int, busy: str, number: signal.Signals
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(tmp_path), engine, busy]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=here) as parent:
        begun = wait_until_found(lambda: files if len(files := list(tmp_path.glob("worker.*"))) == workers else None)
        parent.send_signal(number)
        try:
            parent.wait(15)
        finally:
            parent.kill()
    numbers = [int(worker.suffix[1:]) for worker in begun]
    assert wait_until_found(lambda: not any(is_alive(process) for process in numbers) or None)


def test_a_signal_waits_until_the_workers_have_started() -> None:
    """A worker whose parent leaves in the middle of its start would print a traceback of its own."""
    reached: list[bool] = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in a job of a shell

    def start_workers() -> None:
        with _deferred_signals():
            signal.raise_signal(signal.SIGINT)
            reached.append(True)

    try:
        with pytest.raises(KeyboardInterrupt):
            start_workers()
        assert reached == [True]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
