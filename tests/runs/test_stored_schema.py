"""A run on disk is believed only where its schema fits and its digests agree."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import forecast
from forecast.cli import main
from forecast.errors import CheckError, OutputError
from forecast.files.stored_json import DIGESTS_KEY, seal
from forecast.runs import repository
from tests.support.command_line import BAKERY_PLAN
from tests.support.stored_runs import publish_example
from tests.support.undrawn import draw_only

Manifest = dict[str, Any]

EDITS: dict[str, Callable[[Manifest], object]] = {
    "seed": lambda m: m.update(seed=m["seed"] + 1),
    "paths": lambda m: m.update(paths=m["paths"] * 10),
    "data": lambda m: m.update(data=[{"name": "data/other.csv", "size": 1, "sha256": "0" * 64}]),
    "code": lambda m: m.update(code="0" * 64),
    "lines": lambda m: m.update(lines="0" * 64),
    "scenario_hash": lambda m: m.update(scenario_hash="0" * 64),
    "run_id": lambda m: m.update(run_id="0" * 16),
    "language": lambda m: m.update(language="en" if m["language"] == "vi" else "vi"),
    "versions.numpy": lambda m: m["versions"].update(numpy="1.0"),
    "parameters.bread": lambda m: m["parameters"].update(bread={"ets": {"alpha": 0.5}}),
    "outputs.extra.txt": lambda m: m["outputs"].update({"extra.txt": "0" * 64}),
    "note": lambda m: m.update(note="mine"),
    DIGESTS_KEY: lambda m: m.pop(DIGESTS_KEY),
}


@pytest.fixture(scope="module", autouse=True)
def _no_drawing() -> Iterator[None]:
    """Pages and figures are other tests' subject: their files are empty here."""
    with pytest.MonkeyPatch.context() as patch:
        draw_only(patch)
        yield


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports with one real run."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "bakery.yaml").write_text(BAKERY_PLAN)
    assert main(["run", str(folder / "bakery.yaml"), "--paths", "1_000", "--quiet"]) == 0
    return folder / "reports"


def edit_manifest(reports: Path, edit: Callable[[Manifest], object], *, is_sealed: bool = False) -> bytes:
    """Edit the manifest of the run, with the digests of the edited one where `is_sealed`; the bytes before."""
    path = reports / "bakery" / "manifest.json"
    before = path.read_bytes()
    manifest = json.loads(before)
    edit(manifest)
    if is_sealed:
        manifest = seal({key: value for key, value in manifest.items() if key != DIGESTS_KEY})
    path.write_text(json.dumps(manifest))
    return before


@pytest.mark.parametrize("name", EDITS)
def test_verify_names_the_edited_entry_of_a_manifest(
    reports: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "bakery", "--out", str(reports)]) == 0
    capfd.readouterr()
    before = edit_manifest(reports, EDITS[name])
    try:
        code = main(["verify", "bakery", "--out", str(reports), "--json"])
        out, err = capfd.readouterr()
    finally:
        (reports / "bakery" / "manifest.json").write_bytes(before)
    assert code == 3
    assert f"manifest.json ({name})" in err
    assert err.count("\n") == 1
    assert json.loads(out)["error"] == "run_damaged"


@pytest.mark.parametrize("name", ["seed", "paths", "data", "lines", "code", "run_id", "versions.numpy"])
def test_an_edit_with_new_digests_is_not_the_run_of_its_id(reports: Path, name: str) -> None:
    before = edit_manifest(reports, EDITS[name], is_sealed=True)
    try:
        with pytest.raises(CheckError, match=r"manifest\.json \(run_id\)"):
            repository.verify(reports / "bakery")
    finally:
        (reports / "bakery" / "manifest.json").write_bytes(before)


def test_a_summary_of_another_run_is_named(tmp_path: Path) -> None:
    harmed, other = publish_example(tmp_path, "aaaa1111"), publish_example(tmp_path, "bbbb2222")
    content = (other.folder / "summary.json").read_bytes()
    (harmed.folder / "summary.json").write_bytes(content)
    manifest = json.loads((harmed.folder / "manifest.json").read_text())
    manifest["outputs"]["summary.json"] = other.manifest["outputs"]["summary.json"]
    del manifest[DIGESTS_KEY]
    (harmed.folder / "manifest.json").write_text(json.dumps(seal(manifest)))
    with pytest.raises(CheckError, match=r"summary\.json"):
        repository.verify(harmed.folder)


def test_a_copy_elsewhere_is_verified_under_any_name(reports: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(reports / "bakery", tmp_path / "sent by mail")
    assert repository.verify(tmp_path / "sent by mail").scenario == "bakery"


WRONG: dict[str, Callable[[Manifest], object]] = {
    "seed as text": lambda m: m.update(seed="7"),
    "seed as a truth": lambda m: m.update(seed=True),
    "seed below zero": lambda m: m.update(seed=-1),
    "a fraction of a path": lambda m: m.update(paths=0.5),
    "a scenario outside": lambda m: m.update(scenario="../../etc"),
    "an output outside": lambda m: m["outputs"].update({"../../../etc/passwd": "0" * 64}),
    "an absolute output": lambda m: m["outputs"].update({"/etc/passwd": "0" * 64}),
    "outputs as a list": lambda m: m.update(outputs=[]),
    "an unknown kind": lambda m: m.update(kind="other"),
    "an unknown language": lambda m: m.update(language="fr"),
    "another key": lambda m: m.update(more=1),
    "a key less": lambda m: m.pop("code"),
    "data without size": lambda m: m.update(data=[{"name": "a", "sha256": "0" * 64}]),
    "an id of other letters": lambda m: m.update(run_id="../../x"),
    "deep parameters": lambda m: m["parameters"].update(a=json.loads('{"a":' * 40 + "1" + "}" * 40)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_manifest_of_another_schema_is_no_run(reports: Path, name: str) -> None:
    before = edit_manifest(reports, WRONG[name], is_sealed=True)
    try:
        with pytest.raises(OutputError, match="not a run of forecast"):
            repository.open_run(reports / "bakery")
        assert list(repository.all_runs(reports)) == []
    finally:
        (reports / "bakery" / "manifest.json").write_bytes(before)


@pytest.mark.parametrize(
    "edit",
    [
        lambda s: s["targets"]["revenue"].update(chance=5.0),
        lambda s: s["targets"]["revenue"].update(chance="0.4"),
        lambda s: s["targets"]["revenue"].pop("low"),
        lambda s: s.update(targets=[]),
        lambda s: s.update(paths=None),
        lambda s: s.update(currency=7),
        lambda s: s.update(schema=1),
    ],
)
def test_a_forged_summary_is_simulated_again(
    reports: Path, edit: Callable[[Manifest], object], capfd: pytest.CaptureFixture[str]
) -> None:
    import hashlib

    folder = (reports / "bakery").resolve()
    files = {path: path.read_bytes() for path in (folder / "summary.json", folder / "manifest.json")}
    summary = json.loads(files[folder / "summary.json"])
    edit(summary)
    (folder / "summary.json").write_text(json.dumps(summary))
    digest = hashlib.sha256((folder / "summary.json").read_bytes()).hexdigest()
    edit_manifest(reports, lambda m: m["outputs"].update({"summary.json": digest}), is_sealed=True)
    assert main(["list", "--out", str(reports)]) == 0
    assert main(["run", str(reports.parent / "bakery.yaml"), "--paths", "1_000", "--quiet"]) == 0
    assert "fault of its own" not in capfd.readouterr().err
    assert {path: path.read_bytes() for path in files} == files


@pytest.mark.parametrize("name", ["manifest.json", "summary.json", "report.html"])
@pytest.mark.parametrize("what", ["pipe", "folder", "link", "device"])
def test_what_is_no_regular_file_of_a_run_is_refused_at_once(tmp_path: Path, name: str, what: str) -> None:
    folder = publish_example(tmp_path, "aaaa1111").folder
    (folder / name).rename(tmp_path / "moved")
    match what:
        case "pipe":
            os.mkfifo(folder / name)
        case "folder":
            (folder / name).mkdir()
        case "link":
            (folder / name).symlink_to(tmp_path / "moved")
        case "device":
            (folder / name).symlink_to("/dev/zero")
    with pytest.raises((CheckError, OutputError)):
        repository.verify(folder)
    assert main(["list", "--out", str(tmp_path)]) == 0


def test_a_time_that_no_clock_shows_is_listed(reports: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = (reports / "bakery").resolve()
    before = folder.stat()
    os.utime(folder, (10**14, 10**14))
    try:
        assert main(["list", "--out", str(reports)]) == 0
        assert "bakery" in capfd.readouterr().out
    finally:
        os.utime(folder, (before.st_atime, before.st_mtime))


@pytest.mark.slow
def test_every_kind_of_run_fits_its_schema(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(BAKERY_PLAN)
    scenario = forecast.read(tmp_path / "plan.yaml")
    run = forecast.simulate(scenario, paths=500, keep=500)
    other = forecast.simulate(forecast.read(tmp_path / "plan.yaml", set={"name": "Other"}), paths=500, keep=500)
    for folder in (forecast.report(run, tmp_path / "a"), forecast.compare(run, other, out=tmp_path / "b")):
        assert repository.verify(folder).summary()["run_id"] == folder.name
