"""Whatever works the spans out, the answers and the errors are the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from forecast.engines import background as aside
from forecast.engines import create_engine
from forecast.engines import dask as dask_engine
from forecast.engines.dask import DaskEngine
from forecast.engines.processes import ProcessEngine
from forecast.engines.serial import SerialEngine
from forecast.errors import InputError, Location, OutputError, Problem


def square(deck: int, span: int) -> tuple[int, int]:
    time.sleep(0.02 if span == 0 else 0)
    return span, deck * span**2


def environment(deck: str, span: int) -> str | None:
    return os.environ.get(deck)


def fault(deck: str, span: int) -> int:
    match deck if span == 3 else "":
        case "die":
            os._exit(9)
        case "disk":
            raise OutputError("disk_full", path="x")
        case "input":
            raise InputError([Problem.of(Location("a.yaml", 2, 3), "at", "disk_full", path="y")])
        case "memory":
            raise MemoryError
    return span


def test_processes_answer_as_one_process_does_and_in_order() -> None:
    spans = range(2, 12)
    assert list(ProcessEngine(2).map(square, 3, spans)) == list(SerialEngine().map(square, 3, spans))
    assert list(ProcessEngine(2).map(square, 3, range(0))) == []


def test_one_worker_is_this_process() -> None:
    assert isinstance(create_engine(1), SerialEngine)
    assert isinstance(create_engine(2), ProcessEngine)


def test_workers_use_one_thread_and_leave_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert list(ProcessEngine(2).map(environment, "OMP_NUM_THREADS", range(1))) == ["1"]
    assert "OMP_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    ("deck", "raised"), [("die", OutputError), ("disk", OutputError), ("input", InputError), ("memory", MemoryError)]
)
def test_what_goes_wrong_in_a_worker_is_raised_here(deck: str, raised: type[Exception]) -> None:
    with pytest.raises(raised) as told:
        list(ProcessEngine(2).map(fault, deck, range(8)))
    if isinstance(told.value, OutputError):
        assert told.value.code == ("worker_died" if deck == "die" else "disk_full")


SCRIPT = """
import os, pathlib, sys, time
from functools import partial
from multiprocessing.connection import Connection
from forecast.cli.signals import raise_on_signals
from forecast.engines.background import run_in_background
from forecast.engines.processes import ProcessEngine
from tests.simulation.test_engines import send_half_of_an_answer
here = pathlib.Path(sys.argv[1])
def work(deck, span):
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
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, str(script), str(tmp_path), engine, busy]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=here) as parent:
        begun = _wait_for(lambda: found if len(found := list(tmp_path.glob("worker.*"))) == workers else None)
        parent.send_signal(number)
        try:
            parent.wait(15)
        finally:
            parent.kill()
    numbers = [int(worker.suffix[1:]) for worker in begun]
    assert _wait_for(lambda: not any(_lives(one) for one in numbers) or None)


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskEngine]:
    """Two worker processes on 127.0.0.1, over TCP."""
    with DaskEngine(workers=2) as engine:
        yield engine


def process_of(deck: int, span: int) -> tuple[int, str | None]:
    time.sleep(0.05)
    return os.getpid(), os.environ.get("OPENBLAS_NUM_THREADS")


def test_a_cluster_answers_as_one_process_does_and_in_order(cluster: DaskEngine) -> None:
    spans = range(2, 12)
    assert list(cluster.map(square, 3, spans)) == list(SerialEngine().map(square, 3, spans))
    assert list(cluster.map(square, 3, range(0))) == []


def test_a_cluster_of_this_machine_listens_to_it_alone_with_one_thread_a_worker(cluster: DaskEngine) -> None:
    import psutil

    answers = list(cluster.map(process_of, 0, range(8)))
    assert len({process for process, _ in answers}) == 2
    assert {threads for _, threads in answers} == {"1"}
    assert os.getpid() not in {process for process, _ in answers}
    assert cluster._cluster is not None
    assert cluster._cluster.scheduler_address.startswith("tcp://")
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    ports = [port for one in family for port in one.net_connections() if port.status == psutil.CONN_LISTEN]
    assert len(ports) >= 3
    assert {port.laddr.ip for port in ports} == {"127.0.0.1"}


@pytest.mark.parametrize(("deck", "raised"), [("disk", OutputError), ("input", InputError), ("memory", MemoryError)])
def test_what_goes_wrong_in_a_cluster_is_raised_here(cluster: DaskEngine, deck: str, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        list(cluster.map(fault, deck, range(8)))
    assert list(cluster.map(square, 3, range(3))) == [(0, 0), (1, 3), (2, 12)]  # it works on


def test_a_worker_that_is_killed_changes_no_answer(cluster: DaskEngine) -> None:
    answers, killed = [], 0
    for span, (process, _) in enumerate(cluster.map(process_of, 0, range(40))):
        if span == 4:
            os.kill(process, signal.SIGKILL)
            killed = process
        answers.append(process)
    assert len(answers) == 40
    assert killed not in answers[10:]  # those under way may have been answered before


def test_work_that_kills_every_worker_is_told(cluster: DaskEngine) -> None:
    with pytest.raises(OutputError) as told:
        list(cluster.map(fault, "die", range(8)))
    assert told.value.code == "worker_died"


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_engine, "CONNECT_SECONDS", 1)
    with (
        DaskEngine("tcp://127.0.0.1:9") as engine,
        pytest.raises(OutputError, match="no Dask scheduler answers") as told,
    ):
        list(engine.map(square, 3, range(2)))
    assert told.value.params["address"] == "tcp://127.0.0.1:9"


def test_without_dask_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(OutputError, match=r'pip install "forecast\[cluster\]"'):
        list(DaskEngine(workers=2).map(square, 3, range(2)))


def test_the_name_of_an_engine_is_what_the_command_line_takes() -> None:
    joined = create_engine(2, "dask:tcp://10.0.0.5:8786")
    assert isinstance(joined, DaskEngine)
    assert joined.address == "tcp://10.0.0.5:8786"
    with pytest.raises(ValueError, match="ray"):
        create_engine(2, "ray")


def test_work_beside_answers_and_raises_as_work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for safe in (True, False):
        monkeypatch.setattr(aside, "_is_safe_to_fork", lambda safe=safe: safe)
        with (
            aside.run_in_background(partial(square, 3, 4)) as one,
            aside.run_in_background(partial(fault, "disk", 3)) as other,
        ):
            assert one.result() == (4, 48)
            with pytest.raises(OutputError, match="the disk is full"):
                other.result()


def test_work_beside_that_dies_is_told_and_work_not_asked_for_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "_is_safe_to_fork", lambda: True)
    with (
        aside.run_in_background(partial(fault, "die", 3)) as work,
        pytest.raises(OutputError, match="ended from outside"),
    ):
        work.result()
    started = time.monotonic()
    with aside.run_in_background(partial(time.sleep, 60)) as work:
        assert work._process is not None
        child = work._process.pid
    assert child is not None
    assert not _lives(child)
    assert time.monotonic() - started < 5


def send_half_of_an_answer(then: Callable[[], object]) -> bytes:
    """An answer that is sent half, in a worker."""
    send = Connection._send  # type: ignore[attr-defined]

    def send_half(self: Connection, buffer: memoryview, *rest: object) -> None:
        is_answer = len(buffer) > 1_000
        send(self, buffer[: len(buffer) // 2] if is_answer else buffer, *rest)
        if is_answer:
            then()

    Connection._send = send_half  # type: ignore[attr-defined]
    return bytes(100_000)


def test_a_worker_that_dies_in_the_middle_of_an_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "_is_safe_to_fork", lambda: True)
    with (
        aside.run_in_background(partial(send_half_of_an_answer, partial(os._exit, 9))) as work,
        pytest.raises(OutputError, match="ended from outside"),
    ):
        work.result()


def _wait_for(found: Callable[[], Any], seconds: float = 15) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (answer := found()) is not None:
            return answer
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
