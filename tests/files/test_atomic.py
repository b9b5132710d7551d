"""Files and folders are complete or absent, whatever happens to the process or the disk."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast.errors import OutputError
from forecast.files import atomic, locks, temporaries
from forecast.files.cache import cache_folder
from tests.support.plans import ROOT

DEAD_PROCESS = 2**22 + 1
"""No process has this number."""


def raiser(error: Exception) -> Callable[..., None]:
    """A function that raises it, in the place of one of `os`."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


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
        assert temporaries.remove_stale_temporaries(tmp_path, "[a-c]", folders=True) == 3
        assert held.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.txt", "run"]


@pytest.mark.parametrize(
    "name",
    [
        "photos.tmp-{}",
        ".photos.tmp-{}",
        "a.0.tmp-{}",
        ".a.x.tmp-{}",
        ".a.01.tmp-{}",
        ".a.0.tmp-0{}",
        ".a.0.tmp-{}.jpg",
        "..0.tmp-{}",
        ".other.0.tmp-{}",
    ],
)
def test_names_that_no_counter_wrote_stay(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name.format(DEAD_PROCESS)
    folder.mkdir()
    (folder / "photo.jpg").write_text("mine")
    assert temporaries.remove_stale_temporaries(tmp_path, "a|photos", folders=True) == 0
    assert (folder / "photo.jpg").read_text() == "mine"


def test_a_folder_stays_where_only_files_are_written(tmp_path: Path) -> None:
    (tmp_path / f".a.0.tmp-{DEAD_PROCESS}").mkdir()
    assert temporaries.remove_stale_temporaries(tmp_path, "a") == 0
    assert (tmp_path / f".a.0.tmp-{DEAD_PROCESS}").is_dir()


def test_the_sweep_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.jpg").write_text("mine")
    (tmp_path / "swept").mkdir()
    os.symlink(tmp_path / "mine", tmp_path / "swept" / f".a.0.tmp-{DEAD_PROCESS}")
    assert temporaries.remove_stale_temporaries(tmp_path / "swept", "a", folders=True) == 1
    assert (tmp_path / "mine" / "photo.jpg").read_text() == "mine"


def test_a_temporary_name_is_of_nothing_there_and_never_too_long(tmp_path: Path) -> None:
    first = temporaries.temporary_name(tmp_path / "a")
    counter = int(first.name.split(".")[2])
    standing = [tmp_path / f".a.{counter + step}.tmp-{os.getpid()}" for step in (1, 2)]
    for path in standing:
        path.write_text("mine")
    assert temporaries.temporary_name(tmp_path / "a") not in standing
    atomic.write_file(tmp_path / ("ệ" * 85), b"255 bytes")
    assert [path.read_bytes() for path in tmp_path.glob("ệ*")] == [b"255 bytes"]


def test_old_temporary_files_are_removed_whoever_has_their_process_id(tmp_path: Path) -> None:
    young, old = tmp_path / f".a.0.tmp-{os.getppid()}", tmp_path / f".b.0.tmp-{os.getppid()}"
    young.write_text("under way")
    old.write_text("torn")
    os.utime(old, (time.time() - 3600,) * 2)
    assert temporaries.remove_stale_temporaries(tmp_path, ".") == 1
    assert young.exists()


def test_a_link_is_replaced(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert atomic.replace_link(name, tmp_path / "newest")
        assert (tmp_path / "newest").resolve() == (tmp_path / name).resolve()
    assert not temporary_files(tmp_path)


@pytest.mark.parametrize(
    "refusal",
    [
        OSError(errno.EPERM, "Operation not permitted"),
        OSError(errno.ENOTSUP, "Operation not supported"),
        OSError(errno.ENOSYS, "Function not implemented"),
        OSError(1314, "A required privilege is not held by the client"),
        NotImplementedError(),
    ],
)
def test_refused_links_are_told_from_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    monkeypatch.setattr(os, "symlink", raiser(refusal))
    assert not atomic.replace_link("one", tmp_path / "newest")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES, errno.ENAMETOOLONG])
def test_a_link_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(os, "symlink", raiser(OSError(code, os.strerror(code))))
    with pytest.raises(OutputError, match="newest"):
        atomic.replace_link("one", tmp_path / "newest")


def test_a_link_is_replaced_where_the_system_replaces_no_link_to_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert atomic.replace_link("one", tmp_path / "newest")
    monkeypatch.setattr(os, "replace", raiser(PermissionError(errno.EACCES, "Access is denied")))
    with monkeypatch.context() as windows:
        windows.setattr(os, "name", "nt")
        assert atomic.replace_link("two", tmp_path / "newest")
    assert (tmp_path / "newest").resolve() == tmp_path / "two"
    assert not temporary_files(tmp_path)


def test_a_file_that_is_held_open_is_named_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atomic.write_file(tmp_path / "a.pdf", b"earlier")
    atomic.check_not_held(tmp_path / "a.pdf")
    atomic.check_not_held(tmp_path / "missing.pdf")
    monkeypatch.setattr(os, "replace", raiser(PermissionError(errno.EACCES, "used by another process")))
    for step in (
        lambda: atomic.check_not_held(tmp_path / "a.pdf"),
        lambda: atomic.write_file(tmp_path / "a.pdf", b"newer"),
    ):
        with pytest.raises(OutputError, match=r"a\.pdf.*close the program") as caught:
            step()
        assert caught.value.code == "held_open"
    assert (tmp_path / "a.pdf").read_bytes() == b"earlier"
    assert not temporary_files(tmp_path)


@pytest.mark.parametrize("failing", ["fsync", "rename"])
def test_an_empty_folder_is_filled_or_stays_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    files = {"data/a": b"1", "data/b": b"2", "scenarios/c": b"3"}
    intact, calls = getattr(os, failing), []

    def fail_at_second(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        intact(*arguments)

    monkeypatch.setattr(os, failing, fail_at_second)
    with pytest.raises(OutputError, match="the disk is full"):
        atomic.fill_folder(tmp_path, files)
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    atomic.fill_folder(tmp_path, files)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == set(files)


def test_a_folder_that_was_half_filled_is_emptied_unless_somebody_s_file_is_in_it(tmp_path: Path) -> None:
    files = {"data/a": b"1", "scenarios/c": b"3"}

    def leave_half(content: bytes = b"1") -> None:
        (tmp_path / f".new.0.tmp-{DEAD_PROCESS}" / "scenarios").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "a").write_bytes(content)

    leave_half()
    atomic.empty_unfinished_folder(tmp_path, files)
    assert not list(tmp_path.iterdir())
    for change in (lambda: leave_half(b"changed"), lambda: (tmp_path / "mine").mkdir()):
        leave_half()
        change()
        before = sorted(path for path in tmp_path.rglob("*") if ".tmp-" not in str(path))
        atomic.empty_unfinished_folder(tmp_path, files)
        assert sorted(tmp_path.rglob("*")) == before
    atomic.empty_unfinished_folder(tmp_path, files)
    assert (tmp_path / "data" / "a").read_bytes() == b"1"  # nothing says that it was being filled


def test_stale_copies_of_a_single_name_are_removed(tmp_path: Path) -> None:
    for name in ("a.csv", "ab.csv", "aXcsv"):
        (tmp_path / f".{name}.0.tmp-{DEAD_PROCESS}").write_text("torn")
    assert temporaries.remove_stale_copies(tmp_path / "a.csv") == 1
    assert temporaries.remove_stale_copies(tmp_path / ".") == temporaries.remove_stale_copies(tmp_path / "..") == 0
    assert len(list(tmp_path.iterdir())) == 2


def test_a_lock_is_held_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LOCK_TIMEOUT_SECONDS", 0.1)
    refused = pytest.raises(OutputError, match="another run")
    with locks.hold_lock(tmp_path / "lock"), refused, locks.hold_lock(tmp_path / "lock"):
        pass
    with locks.hold_lock(tmp_path / "lock"):
        pass


def test_a_killed_process_releases_its_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time, pathlib\nfrom forecast.files import locks\n"
        "with locks.hold_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=here) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    with locks.hold_lock(tmp_path / "lock"):
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


def test_a_new_file_never_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "new.json"
    assert atomic.write_new_file(path, b"first")
    assert not atomic.write_new_file(path, b"second")
    assert path.read_bytes() == b"first"
    assert os.listdir(path.parent) == ["new.json"]


def test_a_new_file_is_written_on_a_disk_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*names: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    test_a_new_file_never_replaces_another(tmp_path)
