"""A published run is complete or absent, is found by its inputs, and is verified against its manifest."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from forecast.errors import CheckError, OutputError
from forecast.files import atomic
from forecast.runs import repository
from tests.support.stored_runs import make_inputs, publish_example


def test_a_run_is_published_with_hashes_of_its_outputs(tmp_path: Path) -> None:
    kept = publish_example(tmp_path, "aaaa1111")
    assert (tmp_path / "shop" / "report.html").read_bytes() == b"<html>"
    manifest = json.loads((tmp_path / "shop" / "manifest.json").read_text())
    assert sorted(manifest["outputs"]) == ["figures/fan.png", "report.html", "summary.json"]
    assert manifest["parameters"] == {"bread": {"phi": 0.5}}
    assert repository.verify(tmp_path / "shop").folder == kept.folder


def test_a_newer_run_replaces_the_link_and_keeps_the_older_run(tmp_path: Path) -> None:
    publish_example(tmp_path, "aaaa1111", report=b"old")
    publish_example(tmp_path, "bbbb2222", report=b"new")
    assert (tmp_path / "shop" / "report.html").read_bytes() == b"new"
    assert (tmp_path / ".runs" / "aaaa1111" / "report.html").read_bytes() == b"old"
    assert repository.prune_runs(tmp_path) == ("aaaa1111",)
    assert [kept.run_id for kept in repository.all_runs(tmp_path)] == ["bbbb2222"]
    assert repository.verify(tmp_path / "shop").run_id == "bbbb2222"


def test_a_file_names_the_run_where_links_are_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(1314, "a privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", no_links)
    publish_example(tmp_path, "aaaa1111")
    assert (tmp_path / "shop").read_text() == ".runs/aaaa1111\n"
    assert repository.verify(tmp_path / "shop").run_id == "aaaa1111"
    publish_example(tmp_path, "bbbb2222")
    assert repository.open_run(tmp_path / "shop").run_id == "bbbb2222"
    assert repository.prune_runs(tmp_path) == ("aaaa1111",)


@pytest.mark.parametrize("scenario", ["shop", "plan.2021", "Tết"])
def test_a_run_shown_by_a_pointer_is_not_pruned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: str) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "symlink", no_links)
    run = publish_example(tmp_path, "aaaa1111", scenario=scenario)
    assert repository.prune_runs(tmp_path) == ()
    assert repository.open_run(tmp_path / scenario).folder == run.folder
    assert run.shown_folder == run.folder  # nothing is below a pointer
    monkeypatch.undo()
    shown = publish_example(tmp_path, "bbbb2222", scenario=scenario)
    assert shown.shown_folder == tmp_path / scenario  # a link, in the pointer's place


def test_another_failure_of_a_link_is_an_error_and_keeps_both_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_example(tmp_path, "aaaa1111")

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "symlink", broken)
    with pytest.raises(OutputError, match="Input/output error"):
        publish_example(tmp_path, "bbbb2222")
    assert repository.verify(tmp_path / "shop").run_id == "aaaa1111"
    assert {run.run_id for run in repository.all_runs(tmp_path)} == {"aaaa1111", "bbbb2222"}


def test_a_run_with_files_of_somebody_is_neither_pruned_nor_replaced(tmp_path: Path) -> None:
    older = publish_example(tmp_path, "aaaa1111").folder
    publish_example(tmp_path, "bbbb2222")
    (older / "figures" / "notes.txt").write_text("mine")
    os.symlink("/etc", older / "link")
    assert repository.prune_runs(tmp_path) == ()
    run = repository.find_run(tmp_path, make_inputs("aaaa1111"))
    assert run is not None
    assert repository.foreign_files(run) == ("figures/notes.txt", "link")
    assert publish_example(tmp_path, "aaaa1111").set_aside is None
    assert (older / "figures" / "notes.txt").read_text() == "mine"


def test_pruning_stays_in_its_folder(tmp_path: Path) -> None:
    outside = publish_example(tmp_path / "others", "cccc3333").folder
    publish_example(tmp_path / "reports", "aaaa1111")
    runs = tmp_path / "reports" / ".runs"
    os.symlink(outside, runs / "cccc3333")
    shutil.copytree(outside, runs / "copy of a run")
    shutil.copytree(outside, runs / "dddd4444")  # its manifest names another run
    assert [run.run_id for run in repository.all_runs(tmp_path / "reports")] == ["aaaa1111"]
    assert repository.prune_runs(tmp_path / "reports") == ()
    assert outside.is_dir()
    assert {"copy of a run", "dddd4444"} < {path.name for path in runs.iterdir()}


def test_a_folder_without_a_manifest_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of runs may have 100,000 entries of others: each is asked once for a manifest, and no more."""
    publish_example(tmp_path, "aaaa1111")
    for number in range(50):
        (tmp_path / ".runs" / f"{number:08x}").mkdir()
        (tmp_path / f"{number}.txt").write_text("a note")
    opened, read = [], []
    open_run, read_text = repository.open_run, Path.read_text
    monkeypatch.setattr(repository, "open_run", lambda folder: opened.append(folder) or open_run(folder))  # type: ignore[func-returns-value]
    monkeypatch.setattr(Path, "read_text", lambda path, **more: read.append(path) or read_text(path, **more))  # type: ignore[func-returns-value]
    assert [run.run_id for run in repository.all_runs(tmp_path)] == ["aaaa1111"]
    assert repository.linked_run_ids(tmp_path) == {"aaaa1111"}
    assert len(opened) == 1
    assert read == []


def test_a_run_that_cannot_be_removed_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for run_id in ("aaaa1111", "bbbb2222", "cccc3333"):
        publish_example(tmp_path, run_id)
    rename = os.rename

    def held(source: Path, target: Path) -> None:
        if source.name == "aaaa1111":
            raise PermissionError(errno.EACCES, "used by another process")
        rename(source, target)

    monkeypatch.setattr(os, "rename", held)
    with pytest.raises(OutputError, match=r"aaaa1111.*used by another process"):
        repository.prune_runs(tmp_path)
    assert {run.run_id for run in repository.all_runs(tmp_path)} == {"aaaa1111", "cccc3333"}


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": "../../others"},
        {"run_id": "/tmp/x"},
        {"run_id": ""},
        {"run_id": 7},
        {"scenario": ".."},
        {"scenario": "../mine"},
        {"scenario": "/tmp/mine"},
        {"scenario": "a/b"},
        {"scenario": ""},
        {"scenario": ["shop"]},
        {"outputs": {"../../mine": "0"}},
        {"outputs": {"/etc/passwd": "0"}},
    ],
)
def test_a_manifest_whose_names_lead_out_is_no_run(tmp_path: Path, change: dict[str, object]) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(OutputError, match="not a run"):
        repository.open_run(folder)
    assert repository.prune_runs(tmp_path) == ()
    assert repository.find_run(tmp_path, make_inputs("aaaa1111")) is None


@pytest.mark.parametrize("change", [{"run_id": "bbbb2222"}, {"scenario": "other"}])
def test_a_run_that_names_itself_otherwise_is_not_reused(tmp_path: Path, change: dict[str, str]) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **change}))
    assert repository.find_run(tmp_path, make_inputs("aaaa1111")) is None


def test_a_link_that_leads_to_itself_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for read in (repository.verify, repository.open_run):
        with pytest.raises(OutputError, match="there is no run here"):
            read(tmp_path / "loop")


def test_verify_follows_no_link_out_of_the_run(tmp_path: Path) -> None:
    folder = publish_example(tmp_path / "reports", "aaaa1111").folder
    (folder / "figures").rename(tmp_path / "figures")
    os.symlink(tmp_path / "figures", folder / "figures")
    with pytest.raises(CheckError, match=r"figures, figures/fan\.png"):
        repository.verify(folder)


@pytest.mark.parametrize("harm", ["change", "remove", "add"])
def test_verify_names_the_changed_file(tmp_path: Path, harm: str) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    match harm:
        case "change":
            (folder / "report.html").write_bytes(b"forged")
        case "remove":
            (folder / "report.html").unlink()
        case "add":
            (folder / "report.html.bak").write_bytes(b"")
    with pytest.raises(CheckError, match=r"report\.html"):
        repository.verify(tmp_path / "shop")


def test_a_damaged_run_is_replaced_and_kept(tmp_path: Path) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    assert repository.find_run(tmp_path, make_inputs("aaaa1111")) is not None
    (folder / "report.html").write_bytes(b"torn")
    assert repository.find_run(tmp_path, make_inputs("aaaa1111")) is None
    for number in (1, 2):
        (folder / "report.html").write_bytes(b"my words")
        set_aside = publish_example(tmp_path, "aaaa1111").set_aside
        assert set_aside == tmp_path / ".runs" / f"aaaa1111.changed-{number}"
        assert (set_aside / "report.html").read_bytes() == b"my words"
        assert repository.verify(tmp_path / "shop").run_id == "aaaa1111"
    assert repository.prune_runs(tmp_path) == ()
    assert not [path for path in tmp_path.rglob("*") if ".tmp-" in path.name]


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (b"", "not_a_run"),
        (b"[1]", "not_a_run"),
        (b"\xff", "not_a_run"),
        (b'{"schema": 1}', "other_schema"),
        (b'{"schema": true}', "not_a_run"),
        (b'{"schema": 2}', "not_a_run"),
        (b"[" * 100_000, "not_a_run"),
        (b'{"schema": 99, "run_id": "a", "scenario": "s", "outputs": {}}', "other_schema"),
    ],
)
def test_a_foreign_or_incompatible_manifest_is_rejected(tmp_path: Path, manifest: bytes, code: str) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    with pytest.raises(OutputError) as caught:
        repository.open_run(tmp_path)
    assert caught.value.code == code


def test_a_foreign_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    repository.prepare_reports(tmp_path / "reports")
    (tmp_path / "shop").rename(tmp_path / "reports" / "shop")
    with pytest.raises(OutputError, match="did not make"):
        repository.prepare_reports(tmp_path / "reports", ("shop",))
    assert (tmp_path / "reports" / "shop" / "mine.txt").read_text() == "mine"


def test_a_full_disk_keeps_the_earlier_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_example(tmp_path, "aaaa1111")
    written = atomic.write_files

    def half(folder: Path, files: dict[str, bytes]) -> None:
        written(folder, dict(list(files.items())[:1]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "write_files", half)
    with pytest.raises(OutputError, match="the disk is full"):
        publish_example(tmp_path, "bbbb2222")
    assert repository.verify(tmp_path / "shop").run_id == "aaaa1111"
    assert sorted(path.name for path in (tmp_path / ".runs").iterdir()) == [".lock", "aaaa1111"]


def test_a_run_is_found_by_path_scenario_or_start_of_its_id(tmp_path: Path) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    for text in (str(folder), "shop", "aaaa1"):
        assert repository.open_run(repository.resolve_run_path(text, tmp_path)).run_id == "aaaa1111"
    with pytest.raises(OutputError, match="no run here"):
        repository.open_run(repository.resolve_run_path("cccc", tmp_path))


def test_a_damaged_run_that_a_viewer_holds_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    replace = os.replace

    def held(source: Path, target: Path) -> None:
        if target.name == "fan.png":
            raise PermissionError(errno.EACCES, "used by another process")
        replace(source, target)

    monkeypatch.setattr(os, "replace", held)
    assert repository.find_run(tmp_path, make_inputs("aaaa1111")) is not None  # it need not be written
    (folder / "report.html").write_bytes(b"torn")
    with pytest.raises(OutputError, match=r"fan\.png.*close the program"):
        repository.find_run(tmp_path, make_inputs("aaaa1111"))
