"""The exit code of every ending: full disks, closed pipes, signals, faults."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import main
from forecast.cli.signals import StoppedBySignal, raise_on_signals
from forecast.runs import repository
from tests.support.command_line import run_command, start_command
from tests.support.processes import wait_for


@pytest.mark.slow
def test_a_file_size_limit_leaves_the_earlier_report(project: Path) -> None:
    before = repository.verify(project / "reports" / "bakery").run_id

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    plan = project / "scenarios" / "bakery.yaml"
    done = run_command("run", plan, "--paths", "2000", "--seed", "9", preexec_fn=limit)
    assert done.code == 4
    assert len(done.complaints) == 1
    assert "no file of that size" in done.err
    assert repository.verify(project / "reports" / "bakery").run_id == before
    assert not [path for path in (project / "reports").rglob("*") if ".tmp-" in path.name]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_reported_before_simulating(tmp_path: Path, plan: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=False).returncode:
        pytest.skip("no right to mount")
    try:
        (small / "filler").write_bytes(b"x" * 40_000)
        started = time.monotonic()
        done = run_command("run", plan, "--out", small, "--paths", "1_000_000_000")
        assert time.monotonic() - started < 30  # a billion paths would take minutes
    finally:
        subprocess.run(["umount", small], check=True)
    assert done.code == 4
    assert "the disk is full" in done.err
    assert len(done.complaints) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed, whom the mode of a folder stops")
def test_a_read_only_folder_is_reported_before_simulating(
    tmp_path: Path, plan: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder not in (Path("/"), Path("/tmp")):
            folder.chmod(folder.stat().st_mode | 0o055)
    started = time.monotonic()
    process = os.fork()
    if process == 0:
        os.setuid(65534)
        os._exit(main(["run", str(plan), "--out", str(closed), "--paths", "1_000_000_000"]))
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 4
    assert time.monotonic() - started < 30  # a billion paths would take minutes
    errors = capfd.readouterr().err
    assert "may not be written" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["schema"], ["list"]])
def test_a_full_output_is_one_line_and_exit_4(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = run_command(*arguments, stdout=full)
    assert done.code == 4
    assert done.complaints == ["the output cannot be written (No space left on device)"]


def test_a_closed_pipe_is_one_line_and_exit_4() -> None:
    with start_command("schema") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(20) == 4
        assert process.stderr.read().decode().count("\n") == 1


def test_a_closed_output_is_accepted() -> None:
    assert run_command("list", preexec_fn=lambda: os.close(1)).code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("ignored", [False, True])
def test_a_signal_stops_cleanly(plan: Path, number: signal.Signals, code: int, ignored: bool) -> None:
    def as_in_the_background() -> None:
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    process = start_command("run", plan, "--paths", "1_000_000_000", preexec_fn=as_in_the_background)
    wait_for(lambda: (plan.parent / "reports" / ".runs").is_dir())
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == code
    assert err.decode() == "stopped; what was published before is untouched\n"
    assert not list((plan.parent / "reports" / ".runs").glob("*.tmp-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_whose_exception_is_lost_comes_again(number: signal.Signals) -> None:
    class Deleted:
        def __del__(self) -> None:
            signal.raise_signal(number)  # Python drops what a `__del__` raises

    def wait_after_loss() -> None:
        item = Deleted()
        del item
        wait_for(lambda: False)  # in short sleeps: the second signal ends none

    with pytest.raises(StoppedBySignal) as stopped, raise_on_signals():
        wait_after_loss()
    assert stopped.value.exit_code == 128 + number


def test_short_memory_is_exit_4(plan: Path, monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    import forecast.workflows.run

    def short(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(forecast.workflows.run, "run_plan", short)
    done = call("run", plan)
    assert done.code == 4
    assert "memory ran short" in done.err


def test_an_internal_error_is_exit_1_and_says_how_to_see_it(
    plan: Path, monkeypatch: pytest.MonkeyPatch, call: Any
) -> None:
    import forecast.workflows.run

    monkeypatch.setattr(forecast.workflows.run, "run_plan", lambda *_: 1 / 0)
    monkeypatch.delenv("FORECAST_DEBUG", raising=False)
    done = call("run", plan)
    assert done.code == 1
    assert len(done.complaints) == 1
    assert "FORECAST_DEBUG=1" in done.err
    monkeypatch.setenv("FORECAST_DEBUG", "1")
    assert "Traceback" in call("run", plan).err
