"""`forecast lock`, and locks where `verify`, `run` and `compare` take a name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from forecast._version import __version__
from forecast.cli import main
from forecast.runs.lock_files import read_locks, write_lock
from forecast.runs.locks import lock_file
from tests.support.locked_project import RESTATEMENT, edit, write_project
from tests.support.locks import append_lock
from tests.support.undrawn import draw_only

APPROVAL = ("--approved-by", "Hội đồng quản trị", "--reference", "QĐ 12/QĐ-HĐQT")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose plan is locked once."""
    folder = tmp_path_factory.mktemp("locked")
    plan = write_project(folder)
    assert main(["lock", str(plan), *APPROVAL, "--paths", "2_000", "--quiet"]) == 0
    return folder


@pytest.fixture
def project(locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the locked project, in which one stands; what is run in it is not drawn."""
    draw_only(monkeypatch)
    folder = tmp_path / "copy"
    shutil.copytree(locked, folder, symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def locks_of(project: Path) -> Path:
    return project / "scenarios" / "locked"


def test_a_lock_holds_the_plan_its_data_and_its_figures(project: Path) -> None:
    (lock,) = read_locks(locks_of(project))
    assert (lock.name, lock.version, lock.plan) == ("plan", 1, "scenarios/plan.yaml")
    assert (lock.approved_by, lock.reference) == (APPROVAL[1], APPROVAL[3])
    assert sorted(lock.sources) == ["data/heat.csv", "scenarios/base.yaml", "scenarios/plan.yaml"]
    assert all((project / name).read_text(encoding="utf-8") == text for name, text in lock.sources.items())
    assert lock.effective["services.bread.growth"] == "0% to 5%"
    assert lock.ledger is not None
    assert RESTATEMENT not in lock.ledger.rows
    assert RESTATEMENT in (project / lock.ledger.file).read_text()
    assert lock.ledger.rows[0] == "month,service,revenue,status,booked"
    assert set(lock.fits) == {"bread"}
    assert set(lock.chances) == set(lock.targets) == {"revenue"}
    assert lock.targets["revenue"].at_least == 80_000
    months = {f"2025-{month:02d}" for month in range(1, 13)}
    assert set(lock.quantiles["revenue.bread"]) == {*months, "2025"} == set(lock.history_alone["revenue"])
    assert str(project) not in lock_file(locks_of(project), "plan").read_text(encoding="utf-8")


def test_chances_and_quantiles_agree_with_the_report(project: Path) -> None:
    (lock,) = read_locks(locks_of(project))
    summary = json.loads((project / "reports" / "locked-plan" / "summary.json").read_text(encoding="utf-8"))
    assert lock.chances["revenue"].value == summary["targets"]["revenue"]["chance"]
    year = summary["measures"]["revenue"]["2025"]
    quantiles = dict(zip(lock.quantile_levels, lock.quantiles["revenue"]["2025"], strict=True))
    levels = {"p5": 0.05, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p95": 0.95}
    assert {key: quantiles[level] for key, level in levels.items()} == {key: year[key] for key in levels}


def test_the_pages_of_a_lock_show_its_hash_and_who_approved_it(project: Path) -> None:
    (lock,) = read_locks(locks_of(project))
    reports = project / "reports" / "locked-plan"
    page = (reports / "report.html").read_text(encoding="utf-8")
    for text in ("Locked as plan", lock.short_hash, APPROVAL[1], APPROVAL[3], lock.digest):
        assert text in page
    summary = json.loads((reports / "summary.json").read_text(encoding="utf-8"))
    assert summary["lock"]["hash"] == lock.short_hash
    assert summary["lock"]["same_figures"]
    files = (path for path in reports.rglob("*") if path.is_file())
    temporary = [path for path in files if b"forecast-" in path.read_bytes().replace(b'"forecast-language"', b"")]
    assert temporary == []  # no name of the folder in which it was restored


def test_an_unchanged_plan_verifies(call: Any, project: Path) -> None:
    result = call("verify", "plan")
    assert result.code == 0
    (lock,) = read_locks(locks_of(project))
    approval = "approved by Hội đồng quản trị (QĐ 12/QĐ-HĐQT)"
    for text in (approval, lock.short_hash, "lock 1 of a chain of 1", "still say"):
        assert text in result.text
    assert call("verify", "scenarios/locked/plan.json").out == result.out
    assert "chốt ngày" in call("verify", "plan", "--lang", "vi").out


def test_a_lock_simulated_again_gives_the_same_figures(call: Any, project: Path) -> None:
    for name in ("data/ledger.csv", "data/heat.csv", "scenarios/base.yaml", "scenarios/plan.yaml"):
        (project / name).unlink()  # from the lock alone
    answer = call("verify", "--rerun", "plan", "--json")
    assert json.loads(answer.out)["figures_that_differ"] == []


CHANGES = {
    "a target": ("scenarios/plan.yaml", "80 thousand", "77 thousand", ("targets.revenue.at_least", 3)),
    "a parent": ("scenarios/base.yaml", "0% to 5%", "0% to 9%", ("services.bread.growth", 7)),
    "a CSV": ("data/heat.csv", "-12%", "-9%", ("shocks.heat.effect.volume.bread", 4)),
    "a known month": ("data/ledger.csv", "2024-12,bread,", "2024-12,bread,1", ("revenue.bread 2024-12", 25)),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_after_the_lock_is_named_with_its_key_and_line(call: Any, project: Path, kind: str) -> None:
    file, old, new, (name, line) = CHANGES[kind]
    edit(project / file, old, new)
    result = call("verify", "plan")
    assert result.code == 3
    assert f"{file} DIFFERS from what was approved: {name} " in result.text
    assert f"(line {line})" in result.text
    assert result.err == "plan: 1 differences between the lock and what is there today\n"
    answer = call("verify", "plan", "--json")
    (change,) = json.loads(answer.out)["changes"]
    assert (change["file"], change["name"], change["line"]) == (file, name, line)
    assert change["old"] != change["new"]


def test_later_rows_and_remarks_are_no_change(call: Any, project: Path) -> None:
    with (project / "data" / "ledger.csv").open("a") as ledger:
        ledger.write("2025-01,bread,6100,actual,2025-02-04\n2024-12,bread,1,actual,2025-07-01\n")
    edit(project / "scenarios" / "plan.yaml", "targets:\n", "targets:   # as the board asked\n")
    assert call("verify", "plan").code == 0


def test_a_file_that_is_gone_or_unreadable_is_named(call: Any, project: Path) -> None:
    (project / "data" / "heat.csv").unlink()
    edit(project / "scenarios" / "plan.yaml", "targets:", "targets: [")
    result = call("verify", "plan")
    assert result.code == 3
    assert "data/heat.csv -> (nothing)" in result.out
    assert "cannot be compared: scenarios/plan.yaml:" in result.out


def test_another_program_version_is_named(call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.workflows.verify_lock.__version__", "99.0")
    result = call("verify", "plan")
    assert result.code == 3
    assert "99.0" in result.out


def test_figures_that_do_not_come_out_again_are_named(
    call: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast.timeseries.history_alone.HISTORY_ALONE_SEED", 5)  # as another program might
    monkeypatch.setattr("forecast.workflows.verify_lock.code_digest", lambda: "0" * 64)
    result = call("verify", "--rerun", "plan")
    assert result.code == 3
    assert "history_alone.revenue" in result.out
    assert "files of the program" in result.out


def relock(project: Path, **program: str) -> None:
    """Write the lock as another program would have, with digests that are right."""
    (lock,) = read_locks(locks_of(project))
    lock_file(locks_of(project), "plan").unlink()
    write_lock(locks_of(project), lock.model_copy(update={"program": lock.program.model_copy(update=program)}))


OTHER_PROGRAMS = {
    "another version": ({"version": "0.0.9"}, "locked with forecast 0.0.9; this is forecast"),
    "other files": ({"code": "0" * 64}, "other files of the program under the same version"),
    "both": ({"version": "0.0.9", "code": "0" * 64}, "locked with forecast 0.0.9; this is forecast"),
}


@pytest.mark.parametrize("kind", OTHER_PROGRAMS)
def test_a_lock_of_another_program_is_named(call: Any, project: Path, kind: str) -> None:
    program, text = OTHER_PROGRAMS[kind]
    relock(project, **program)
    result = call("verify", "plan")
    assert result.code == 3
    assert text in result.text
    assert result.err == "plan: 1 differences between the lock and what is there today\n"
    assert "still say" not in result.out
    answer = json.loads(call("verify", "plan", "--json").out)
    assert answer["program"] == {"locked": program.get("version", __version__), "now": __version__, "same": False}
    assert answer["changes"] == []


def test_the_figures_of_a_lock_of_another_program_are_shown(call: Any, project: Path) -> None:
    relock(project, version="0.0.9", code="0" * 64)
    shown = call("run", "plan", "--json", "--quiet")
    assert shown.code == 0
    assert json.loads(shown.out)["summary"]["lock"]["same_figures"]
    result = call("verify", "--rerun", "plan")
    assert result.code == 3  # the program stays another one
    assert "every figure comes out as it was locked" in result.text


def test_a_run_of_a_lock_says_whether_its_figures_are_those_of_the_lock(call: Any, project: Path) -> None:
    (lock,) = read_locks(locks_of(project))
    year = lock.quantiles["revenue"]["2025"]
    quantiles = {**lock.quantiles, "revenue": {**lock.quantiles["revenue"], "2025": tuple(v * 1.01 for v in year)}}
    lock_file(locks_of(project), "plan").unlink()
    program = lock.program.model_copy(update={"version": "0.0.9"})
    write_lock(locks_of(project), lock.model_copy(update={"program": program, "quantiles": quantiles}))
    shown = call("run", "plan", "--json", "--quiet")
    assert shown.code == 0
    assert not json.loads(shown.out)["summary"]["lock"]["same_figures"]
    result = call("verify", "--rerun", "plan")
    assert result.code == 3
    assert "quantiles.revenue.2025" in result.text


def test_an_edited_lock_fails_in_every_command_that_reads_it(call: Any, project: Path) -> None:
    edit(lock_file(locks_of(project), "plan"), APPROVAL[3], "QĐ 13/QĐ-HĐQT")
    for command in (["verify", "plan"], ["run", "plan"], ["lock", "scenarios/plan.yaml"]):
        result = call(*command)
        assert result.code == 3
        assert "reference" in result.err
    assert json.loads(call("verify", "plan", "--json").out)["error"] == "locks_not_whole"


def test_a_removed_lock_is_missed(call: Any, project: Path) -> None:
    append_lock(locks_of(project), name="later")
    lock_file(locks_of(project), "plan").unlink()
    for name in ("plan", "later", "locked-plan"):
        assert call("verify", name).code == 3
    lock_file(locks_of(project), "later").unlink()  # nothing but the report is left
    result = call("verify", "locked-plan")
    assert result.code == 3
    assert "no lock of the project has it" in result.err


def test_verify_names_what_supersedes_and_revises_a_lock(call: Any, project: Path) -> None:
    append_lock(locks_of(project), name="plan-v2", version=2, supersedes="plan")
    append_lock(locks_of(project), name="revised", revises="plan")
    out = call("verify", "plan").out
    assert "lock 1 of a chain of 3" in out
    assert "superseded by plan-v2" in out
    assert "revised by revised" in out


def test_a_second_lock_is_a_new_version_and_names_the_first(call: Any, project: Path) -> None:
    before = lock_file(locks_of(project), "plan").read_bytes()
    edit(project / "scenarios" / "plan.yaml", "extends: base.yaml\n", "extends: base.yaml\nrevises: plan\n")
    answer = call("lock", "scenarios/plan.yaml", "--paths", "300", "--json", "--quiet")
    assert answer.code == 0
    content = json.loads(answer.out)
    assert (content["name"], content["supersedes"], content["revises"]) == ("plan-v2", "plan", "plan")
    assert lock_file(locks_of(project), "plan").read_bytes() == before
    first, second = read_locks(locks_of(project))
    assert second.previous == first.digest
    assert second.approved_by == ""


def test_a_run_of_a_lock_is_found_again_and_ignores_todays_files(call: Any, project: Path) -> None:
    stored = json.loads(call("run", "plan", "--json", "--quiet").out)
    assert Path(stored["run_dir"]) == (project / "reports" / "locked-plan").resolve()
    edit(project / "scenarios" / "base.yaml", "0% to 5%", "40% to 50%")
    edit(project / "data" / "ledger.csv", "2024-12,bread,", "2024-12,bread,1")
    assert json.loads(call("run", "plan", "--json", "--quiet").out) == stored


def test_a_lock_is_compared_with_the_plan_of_today(call: Any, project: Path) -> None:
    edit(project / "scenarios" / "plan.yaml", "80 thousand", "1 thousand")
    result = call("compare", "plan", "scenarios/plan.yaml", "--paths", "2_000", "--json", "--quiet")
    assert result.code == 0
    summary = json.loads(result.out)["summary"]
    assert list(summary["runs"]) == ["locked-plan", "plan"]
    (lock,) = read_locks(locks_of(project))
    assert summary["runs"]["locked-plan"]["targets"]["revenue"]["chance"] == lock.chances["revenue"].value
    assert summary["runs"]["plan"]["targets"]["revenue"]["chance"] == 1


def test_a_lock_with_other_options_is_not_shown_as_the_lock(call: Any, project: Path) -> None:
    answer = json.loads(call("run", "plan", "--paths", "300", "--json", "--quiet").out)
    assert "lock" not in answer["summary"]


REFUSED = {
    "a name with a folder": (("--as", "a/b"), "--as"),
    "a reference alone": (("--reference", "QĐ 1"), "--reference"),
    "two lines": (("--approved-by", "a\nb"), "--approved-by"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_lock_can_hold_is_refused(call: Any, project: Path, kind: str) -> None:
    options, name = REFUSED[kind]
    result = call("lock", "scenarios/plan.yaml", *options)
    assert result.code == 2
    assert name in result.err
    assert [lock.name for lock in read_locks(locks_of(project))] == ["plan"]


def test_a_plan_that_revises_no_lock_is_refused_at_its_line(call: Any, project: Path) -> None:
    edit(project / "scenarios" / "plan.yaml", "extends: base.yaml\n", "extends: base.yaml\nrevises: paln\n")
    result = call("lock", "scenarios/plan.yaml")
    assert result.code == 2
    assert result.err.startswith("scenarios/plan.yaml:2:")
    assert "there are: plan" in result.err


def test_problems_of_the_data_name_todays_files(call: Any, project: Path) -> None:
    ledger = project / "data" / "ledger.csv"
    ledger.write_text("\n".join(ledger.read_text().splitlines()[:4]) + "\n")  # too short to fit
    result = call("lock", "scenarios/plan.yaml")
    assert result.code == 2
    assert "forecast-" not in result.err


def test_only_a_lock_is_simulated_again(call: Any, project: Path) -> None:
    assert call("verify", "--rerun", "nothing").code == 2
