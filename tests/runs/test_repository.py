"""A published run is complete or absent, is found by its inputs, and is verified against its manifest."""

from __future__ import annotations

import json
import os
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


def test_a_damaged_run_is_replaced(tmp_path: Path) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    assert repository.find_run(tmp_path, make_inputs("aaaa1111")) is not None
    (folder / "report.html").write_bytes(b"torn")
    assert repository.find_run(tmp_path, make_inputs("aaaa1111")) is None
    publish_example(tmp_path, "aaaa1111")
    assert repository.verify(tmp_path / "shop").run_id == "aaaa1111"
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
    with pytest.raises(OutputError, match="did not make"):
        repository.prepare_reports(tmp_path, ("shop",))
    assert (tmp_path / "shop" / "mine.txt").read_text() == "mine"


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
