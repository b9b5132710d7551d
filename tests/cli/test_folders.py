"""The folder one stands in changes nothing, and names of plans are names."""

from __future__ import annotations

import getpass
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import main
from tests.support.command_line import BAKERY_PLAN, run_command

CALLS = {
    "the project": ("project", "scenarios/plan.yaml"),
    "the folder of the plans": ("project/scenarios", "plan.yaml"),
    "another folder of the project": ("project/data", "../scenarios/plan.yaml"),
    "a folder beside it": ("beside", "../project/scenarios/plan.yaml"),
    "the root": ("/", "{}/project/scenarios/plan.yaml"),
    "a link to the project": ("link", "scenarios/plan.yaml"),
    "a path through a link": (".", "link/scenarios/plan.yaml"),
    "a link to the plans": (".", "plans/plan.yaml"),
}


def published(folder: Path) -> dict[str, bytes]:
    """Content of every file of the reports of a project, by name, and the reports removed."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "reports" / ".runs").rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
    shutil.rmtree(folder / "reports")
    return files


@pytest.mark.slow
def test_a_run_is_the_same_bytes_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    for folder in (project / "scenarios", project / "data", tmp_path / "beside"):
        folder.mkdir(parents=True)
    (project / "scenarios" / "base.yaml").write_text(BAKERY_PLAN)
    (project / "scenarios" / "plan.yaml").write_text("extends: base.yaml\nas_of: 2026-01-05\n")
    (tmp_path / "link").symlink_to(project)
    (tmp_path / "plans").symlink_to(project / "scenarios")
    outputs = {}
    for name, (folder, plan) in CALLS.items():
        monkeypatch.chdir(tmp_path / folder)
        arguments = ["--paths", "1000", "--quiet", "--set", "services.bread.growth=1% to 3%"]
        assert main(["run", plan.format(tmp_path), *arguments]) == 0
        outputs[name] = published(project)
    first = outputs["the project"]
    assert {path.rpartition("/")[2] for path in first} >= {"manifest.json", "summary.json", "report.html", "report.pdf"}
    for name, files in outputs.items():
        assert {path for path in {*files, *first} if files.get(path) != first.get(path)} == set(), name
    (summary,) = (json.loads(content) for path, content in first.items() if path.endswith("summary.json"))
    assert {row["where"].partition(":")[0] for row in summary["assumptions"]} == {"scenarios/base.yaml", "--set"}
    for path, content in first.items():
        for private in (str(tmp_path), str(Path.home()) + "/", f"/home/{getpass.getuser()}"):
            assert private.encode() not in content, path


def test_complaints_name_the_file_as_it_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for folder in ("scenarios", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "scenarios" / "plan.yaml").write_text(BAKERY_PLAN + "other: 1\n")
    for folder, plan in (
        (".", "scenarios/plan.yaml"),
        ("scenarios", "plan.yaml"),
        ("data", f"{tmp_path}/scenarios/plan.yaml"),
    ):
        monkeypatch.chdir(tmp_path / folder)
        assert main(["check", plan]) == 2
        assert capfd.readouterr().err.startswith(f"{plan}:9:1: ")


@pytest.mark.usefixtures("undrawn")
def test_list_and_verify_find_the_reports_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "bakery.yaml").write_text(BAKERY_PLAN)
    assert main(["run", str(tmp_path / "scenarios" / "bakery.yaml"), "--paths", "1000", "--quiet"]) == 0
    for folder in (tmp_path, tmp_path / "scenarios"):
        monkeypatch.chdir(folder)
        capfd.readouterr()
        assert main(["verify", "bakery"]) == 0
        assert main(["list", "--json"]) == 0
        out = capfd.readouterr().out
        assert [run["scenario"] for run in json.loads(out[out.index("{") :])["runs"]] == ["bakery"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", ["tet:2026", "~x", "~", "a b", "https", "C", "Tết 2026", "-x", "#1"])
def test_a_name_with_a_colon_or_a_tilde_is_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Any, name: str
) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / f"{name}.yaml").write_text(BAKERY_PLAN)
    (tmp_path / "scenarios" / "child.yaml").write_text(f"extends: '{name}.yaml'\npaths: 1000\n")
    monkeypatch.chdir(tmp_path / "scenarios")
    dashes = ["--"] if name.startswith("-") else []
    assert call("check", *dashes, f"{name}.yaml").err == ""
    assert call("run", "--paths", "1000", "--quiet", *dashes, f"{name}.yaml").code == 0
    assert call("check", "child.yaml").code == 0
    assert call("verify", tmp_path / "reports" / name).code == 0


@pytest.mark.parametrize(
    "text", ["C:plan.yaml", "C:/plan.yaml", "https://a/b.yaml", "file:x.yaml", "~/x.yaml", "~me/x.yaml"]
)
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, call: Any, text: str) -> None:
    (tmp_path / "plan.yaml").write_text(f"extends: '{text}'\n")
    done = call("check", tmp_path / "plan.yaml")
    assert (done.code, "outside the project" in done.err) == (2, True)


@pytest.mark.slow
def test_a_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bakery.yaml").write_text(BAKERY_PLAN)
    gone = tmp_path / "gone"
    calls = (["list"], ["check", "bakery.yaml"], ["run", "bakery.yaml"], ["verify", "bakery"], ["new", "x"])
    for arguments in calls:
        gone.mkdir()
        done = run_command(*arguments, cwd=gone, preexec_fn=gone.rmdir)
        assert done.code in (2, 4), arguments
        assert len(done.complaints) == 1, done.err
        assert "fault of its own" not in done.err
    gone.mkdir()
    assert run_command("check", tmp_path / "bakery.yaml", cwd=gone, preexec_fn=gone.rmdir).code == 0
