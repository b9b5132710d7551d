"""A published run is whole or absent, is found again by what went in, and is checked against its manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from forecast.errors import CheckError, OutputError
from forecast.files import atomic as store
from forecast.plan.loading.loader import read_text
from forecast.reports import index_page
from forecast.runs import manifest as identity
from forecast.runs import repository as runs
from forecast.runs.manifest import RunInputs

PLAN = """
name: Shop
horizon: {from: 2026-01, months: 12}
services:
  bread:
    label: {en: Bread, vi: Bánh mì}
    growth: {value: 2% to 4%, source: our books, grade: B}
    baseline: {method: given, annual: 60 million VND, shape: flat}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 60 million VND}
"""
SUMMARY = {"targets": {"revenue": {"chance": 0.41}}}


def inputs(run_id: str, scenario: str = "shop", **more: object) -> RunInputs:
    return RunInputs(run_id, {"schema": 1, "run_id": run_id, "kind": "run", "scenario": scenario, **more})


def publish(reports: Path, run_id: str, scenario: str = "shop", report: bytes = b"<html>") -> runs.StoredRun:
    files = {"report.html": report, "summary.json": runs.json_bytes(SUMMARY), "figures/fan.png": b"png"}
    return runs.publish_run(reports, inputs(run_id, scenario, paths=1000, seed=1), files, {"phi": 0.5})


def identify(text: str, **more: object) -> str:
    asked = {"seed": 1, "paths": 1000, "language": "en", **more}
    return identity.run_inputs(read_text(text), **asked).run_id  # type: ignore[arg-type]


def test_a_run_is_shown_under_its_scenario_with_a_hash_of_each_output(tmp_path: Path) -> None:
    kept = publish(tmp_path, "aaaa1111")
    assert (tmp_path / "shop" / "report.html").read_bytes() == b"<html>"
    manifest = json.loads((tmp_path / "shop" / "manifest.json").read_text())
    assert sorted(manifest["outputs"]) == ["figures/fan.png", "report.html", "summary.json"]
    assert manifest["parameters"] == {"phi": 0.5}
    assert runs.verify(tmp_path / "shop").folder == kept.folder


def test_a_newer_run_takes_the_name_and_the_older_one_stays(tmp_path: Path) -> None:
    publish(tmp_path, "aaaa1111", report=b"old")
    publish(tmp_path, "bbbb2222", report=b"new")
    assert (tmp_path / "shop" / "report.html").read_bytes() == b"new"
    assert (tmp_path / ".runs" / "aaaa1111" / "report.html").read_bytes() == b"old"
    assert runs.prune_runs(tmp_path) == ("aaaa1111",)
    assert [kept.run_id for kept in runs.all_runs(tmp_path)] == ["bbbb2222"]
    assert runs.verify(tmp_path / "shop").run_id == "bbbb2222"


def test_without_links_a_file_names_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(1314, "a privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", no_links)
    publish(tmp_path, "aaaa1111")
    assert (tmp_path / "shop").read_text() == ".runs/aaaa1111\n"
    assert runs.verify(tmp_path / "shop").run_id == "aaaa1111"
    publish(tmp_path, "bbbb2222")
    assert runs.open_run(tmp_path / "shop").run_id == "bbbb2222"
    assert runs.prune_runs(tmp_path) == ("aaaa1111",)


@pytest.mark.parametrize("harm", ["change", "remove", "add"])
def test_verify_names_the_file_that_is_not_as_it_was_written(tmp_path: Path, harm: str) -> None:
    folder = publish(tmp_path, "aaaa1111").folder
    match harm:
        case "change":
            (folder / "report.html").write_bytes(b"forged")
        case "remove":
            (folder / "report.html").unlink()
        case "add":
            (folder / "report.html.bak").write_bytes(b"")
    with pytest.raises(CheckError, match=r"report\.html"):
        runs.verify(tmp_path / "shop")


def test_a_damaged_run_is_not_found_again_but_made_anew(tmp_path: Path) -> None:
    folder = publish(tmp_path, "aaaa1111").folder
    assert runs.find_run(tmp_path, inputs("aaaa1111")) is not None
    (folder / "report.html").write_bytes(b"torn")
    assert runs.find_run(tmp_path, inputs("aaaa1111")) is None
    publish(tmp_path, "aaaa1111")
    assert runs.verify(tmp_path / "shop").run_id == "aaaa1111"
    assert not [path for path in tmp_path.rglob("*") if ".tmp-" in path.name]


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (b"", "not_a_run"),
        (b"[1]", "not_a_run"),
        (b"\xff", "not_a_run"),
        (b'{"schema": 1}', "not_a_run"),
        (b"[" * 100_000, "not_a_run"),
        (b'{"schema": 99, "run_id": "a", "scenario": "s", "outputs": {}}', "other_schema"),
    ],
)
def test_a_foreign_or_older_store_is_refused(tmp_path: Path, manifest: bytes, code: str) -> None:
    (tmp_path / "manifest.json").write_bytes(manifest)
    with pytest.raises(OutputError) as told:
        runs.open_run(tmp_path)
    assert told.value.code == code


def test_a_folder_that_forecast_did_not_make_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="did not make"):
        runs.prepare_reports(tmp_path, ("shop",))
    assert (tmp_path / "shop" / "mine.txt").read_text() == "mine"


def test_a_full_disk_leaves_the_earlier_run_and_no_stray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "aaaa1111")
    written = store.write_files

    def half(folder: Path, files: dict[str, bytes]) -> None:
        written(folder, dict(list(files.items())[:1]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_files", half)
    with pytest.raises(OutputError, match="the disk is full"):
        publish(tmp_path, "bbbb2222")
    assert runs.verify(tmp_path / "shop").run_id == "aaaa1111"
    assert sorted(path.name for path in (tmp_path / ".runs").iterdir()) == [".lock", "aaaa1111"]


def test_the_index_lists_every_run_and_holds_nothing_that_acts(tmp_path: Path) -> None:
    publish(tmp_path, "aaaa1111", scenario="shop")
    publish(tmp_path, "bbbb2222", scenario="<script>alert(1)<script>")
    index_page.write_index(tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert page.count("<tr>") == 3
    assert "41%" in page
    assert ".runs/aaaa1111/report.html" in page
    assert "<script" not in page
    assert "&lt;script" in page


def test_a_run_is_named_by_its_path_its_scenario_or_the_start_of_its_id(tmp_path: Path) -> None:
    folder = publish(tmp_path, "aaaa1111").folder
    for text in (str(folder), "shop", "aaaa1"):
        assert runs.open_run(runs.resolve_run_path(text, tmp_path)).run_id == "aaaa1111"
    with pytest.raises(OutputError, match="no run here"):
        runs.open_run(runs.resolve_run_path("cccc", tmp_path))


def test_the_same_inputs_find_the_same_run() -> None:
    assert identify(PLAN) == identify(PLAN)


@pytest.mark.parametrize(
    "changed",
    [
        PLAN.replace("2% to 4%", "2% to 5%"),
        PLAN.replace("our books", "a guess"),
        PLAN.replace("Bánh mì", "Bánh mỳ"),
        PLAN + "\nseed: 2\n",
        "# a line above moves every line that the report prints\n" + PLAN,
    ],
)
def test_another_plan_is_another_run(changed: str) -> None:
    assert identify(changed) != identify(PLAN)


def test_another_seed_number_of_paths_or_language_is_another_run() -> None:
    ids = {identify(PLAN), identify(PLAN, seed=2), identify(PLAN, paths=2000), identify(PLAN, language="vi")}
    assert len(ids) == 4


def test_a_comment_changes_the_lines_and_not_the_meaning() -> None:
    hashes = {
        identity.run_inputs(read_text(text), seed=1, paths=10, language="en").manifest["scenario_hash"]
        for text in (PLAN, "# a comment\n" + PLAN)
    }
    assert len(hashes) == 1


def test_the_data_go_in_by_content(tmp_path: Path) -> None:
    rows = ["month,service,revenue,status"] + [f"2025-{month:02d},bread,5000000,actual" for month in range(1, 13)]
    text = PLAN.replace("    baseline: {method: given, annual: 60 million VND, shape: flat}\n", "")
    text += "history: {file: history.csv}\n"
    found = []
    for cell in ("5000000", "5000001"):
        (tmp_path / "history.csv").write_text("\n".join([*rows[:-1], rows[-1].replace("5000000", cell)]) + "\n")
        scenario = read_text(text, tmp_path)
        found.append(identity.run_inputs(scenario, seed=1, paths=10, language="en"))
    assert found[0].run_id != found[1].run_id
    (data,) = found[0].manifest["data"]
    assert data["name"] == "history.csv"
    assert data["size"] == (tmp_path / "history.csv").stat().st_size
