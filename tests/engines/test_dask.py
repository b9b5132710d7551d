"""A Dask cluster gives the answers and the errors that one process gives."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from forecast.engines.dask import DaskEngine
from forecast.engines.serial import SerialEngine
from forecast.errors import InputError, OutputError
from tests.support.engine_jobs import fail_at_third_job, process_and_threads, square


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskEngine]:
    """Two worker processes on 127.0.0.1, over TCP."""
    with DaskEngine(workers=2) as engine:
        yield engine


def test_a_cluster_gives_the_serial_results_in_order(cluster: DaskEngine) -> None:
    jobs = range(2, 12)
    assert list(cluster.map(square, 3, jobs)) == list(SerialEngine().map(square, 3, jobs))
    assert list(cluster.map(square, 3, range(0))) == []


def test_a_local_cluster_listens_on_localhost_with_one_thread_a_worker(cluster: DaskEngine) -> None:
    import psutil

    answers = list(cluster.map(process_and_threads, 0, range(8)))
    assert len({process for process, _ in answers}) == 2
    assert {threads for _, threads in answers} == {"1"}
    assert os.getpid() not in {process for process, _ in answers}
    assert cluster._cluster is not None
    assert cluster._cluster.scheduler_address.startswith("tcp://")
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    ports = [port for process in family for port in process.net_connections() if port.status == psutil.CONN_LISTEN]
    assert len(ports) >= 3
    assert {port.laddr.ip for port in ports} == {"127.0.0.1"}


@pytest.mark.parametrize(("data", "raised"), [("disk", OutputError), ("input", InputError), ("memory", MemoryError)])
def test_errors_of_a_cluster_worker_are_raised(cluster: DaskEngine, data: str, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        list(cluster.map(fail_at_third_job, data, range(8)))
    assert list(cluster.map(square, 3, range(3))) == [(0, 0), (1, 3), (2, 12)]  # it works on


def test_a_killed_worker_changes_no_result(cluster: DaskEngine) -> None:
    answers, killed = [], 0
    for job, (process, _) in enumerate(cluster.map(process_and_threads, 0, range(40))):
        if job == 4:
            os.kill(process, signal.SIGKILL)
            killed = process
        answers.append(process)
    assert len(answers) == 40
    assert killed not in answers[10:]  # those under way may have been answered before


def test_a_job_that_kills_every_worker_is_reported(cluster: DaskEngine) -> None:
    with pytest.raises(OutputError) as caught:
        list(cluster.map(fail_at_third_job, "die", range(8)))
    assert caught.value.code == "worker_died"


def test_an_unreachable_scheduler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.engines.dask.CONNECT_SECONDS", 1)
    with (
        DaskEngine("tcp://127.0.0.1:9") as engine,
        pytest.raises(OutputError, match="no Dask scheduler answers") as caught,
    ):
        list(engine.map(square, 3, range(2)))
    assert caught.value.params["address"] == "tcp://127.0.0.1:9"


def test_missing_dask_is_answered_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(OutputError, match=r'pip install "forecast\[cluster\]"'):
        list(DaskEngine(workers=2).map(square, 3, range(2)))


@pytest.mark.parametrize("error", [TimeoutError("x"), OSError("Timed out trying to connect to tcp://127.0.0.1:1")])
def test_a_scheduler_that_no_longer_answers_is_lost(error: OSError) -> None:
    engine = DaskEngine("tcp://127.0.0.1:1")
    with pytest.raises(OutputError) as caught, engine._translate_errors():
        raise error
    assert caught.value.code == "scheduler_lost"


def test_an_error_of_the_system_in_a_task_stays_what_it_is() -> None:
    with pytest.raises(OSError, match="full") as caught, DaskEngine("tcp://127.0.0.1:1")._translate_errors():
        raise OSError(28, "full")
    assert caught.value.errno == 28
