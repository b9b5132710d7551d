"""Files and folders are complete or absent, whatever happens to the process or the disk."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from forecast.errors import OutputError
from forecast.files import atomic
from forecast.files.cache import cache_folder
from tests.support.plans import ROOT

DEAD_PROCESS = 2**22 + 1
"""No process has this number."""


def temporary_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if ".tmp-" in path.name)


def test_a_file_is_replaced_without_temporary_files(tmp_path: Path) -> None:
    atomic.write_file(tmp_path / "deep" / "a.txt", b"one")
    atomic.write_file(tmp_path / "deep" / "a.txt", b"two")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.txt"]
    assert (tmp_path / "deep" / "a.txt").read_bytes() == b"two"


def test_a_failed_write_keeps_the_earlier_file(tmp_path: Path) -> None:
    atomic.write_file(tmp_path / "a.txt", b"earlier")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(OutputError) as caught:
            atomic.write_file(tmp_path / "a.txt", b"x" * 20_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.code == "file_limit"
    assert "a.txt" in str(caught.value)
    assert (tmp_path / "a.txt").read_bytes() == b"earlier"
    assert not temporary_files(tmp_path)


def test_a_folder_appears_only_when_complete(tmp_path: Path) -> None:
    with atomic.new_folder(tmp_path / "run") as folder:
        atomic.write_files(folder, {"a": b"1", "figures/b": b"2"})
        assert not (tmp_path / "run").exists()
    assert (tmp_path / "run" / "figures" / "b").read_bytes() == b"2"
    assert not temporary_files(tmp_path)


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with atomic.new_folder(tmp_path / "run") as folder:
            atomic.write_files(folder, {"a": b"1"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())


def test_the_first_of_two_folders_of_one_name_stays(tmp_path: Path) -> None:
    with atomic.new_folder(tmp_path / "run") as second:
        atomic.write_files(second, {"a": b"second"})
        with atomic.new_folder(tmp_path / "run") as first:
            atomic.write_files(first, {"a": b"first"})
    assert (tmp_path / "run" / "a").read_bytes() == b"first"
    assert not temporary_files(tmp_path)


def test_temporary_files_of_dead_processes_are_removed(tmp_path: Path) -> None:
    (tmp_path / f".a.0.tmp-{DEAD_PROCESS}").write_text("torn")
    (tmp_path / f".b.0.tmp-{DEAD_PROCESS}").mkdir()
    (tmp_path / f".b.0.tmp-{DEAD_PROCESS}" / "inside").write_text("torn")
    os.symlink("nowhere", tmp_path / f".c.0.tmp-{DEAD_PROCESS}")
    (tmp_path / "kept.txt").write_text("kept")
    with atomic.new_folder(tmp_path / "run") as held:
        assert atomic.remove_stale_temporaries(tmp_path) == 3
        assert held.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.txt", "run"]


def test_old_temporary_files_are_removed_whoever_has_their_process_id(tmp_path: Path) -> None:
    young, old = tmp_path / f".a.0.tmp-{os.getppid()}", tmp_path / f".b.0.tmp-{os.getppid()}"
    young.write_text("under way")
    old.write_text("torn")
    os.utime(old, (time.time() - 3600,) * 2)
    assert atomic.remove_stale_temporaries(tmp_path) == 1
    assert young.exists()


def test_a_link_is_replaced(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert atomic.replace_link(tmp_path / name, tmp_path / "newest")
        assert (tmp_path / "newest").resolve() == (tmp_path / name).resolve()
    assert not temporary_files(tmp_path)


def test_a_lock_is_held_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "LOCK_TIMEOUT_SECONDS", 0.1)
    refused = pytest.raises(OutputError, match="another run")
    with atomic.hold_lock(tmp_path / "lock"), refused, atomic.hold_lock(tmp_path / "lock"):
        pass
    with atomic.hold_lock(tmp_path / "lock"):
        pass


def test_a_killed_process_releases_its_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\nfrom forecast.files import atomic\n"
        "with atomic.hold_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=here) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    with atomic.hold_lock(tmp_path / "lock"):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed, whom the mode of a folder stops")
def test_a_read_only_folder_is_rejected(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder not in (Path("/"), Path("/tmp")):
            folder.chmod(folder.stat().st_mode | 0o055)
    process = os.fork()
    if process == 0:
        try:
            os.setuid(65534)
            atomic.check_writable(closed)
        except OutputError as caught:
            os._exit(4 if caught.code == "not_writable" else 5)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 4


def test_the_cache_is_where_it_is_asked_for_else_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_CACHE", "elsewhere")
    assert cache_folder() == Path("elsewhere")
    monkeypatch.delenv("FORECAST_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/somebody")
    assert cache_folder() == Path("/var/cache/somebody/forecast")


def test_a_user_without_a_home_keeps_the_cache_with_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORECAST_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where the system does not know the user
    assert cache_folder() == Path(tempfile.gettempdir()) / "forecast"
