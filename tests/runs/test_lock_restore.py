"""The files of a lock, restored in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.errors import InputError, Location, LockError, OutputError
from forecast.runs.lock_restore import restored_project
from forecast.runs.locks import LockedLedger

LEDGER = LockedLedger(file="data/ledger.csv", digest="0" * 64, rows=("month,service", "2025-01,bánh"))


def test_files_are_as_they_were_and_gone_afterwards() -> None:
    with restored_project({"plans/deep/plan.yaml": "name: x\r\n"}, LEDGER) as project:
        assert (project / "plans" / "deep" / "plan.yaml").read_bytes() == b"name: x\r\n"
        assert (project / "data" / "ledger.csv").read_text(encoding="utf-8") == "month,service\n2025-01,bánh\n"
        assert (project / "scenarios").is_dir()  # so that a plan finds its project there
    assert not project.exists()


@pytest.mark.parametrize("shown", ["", ".", "office/plans"])
def test_problems_do_not_name_the_temporary_folder(shown: str) -> None:
    with pytest.raises(InputError) as caught, restored_project({}, None, shown) as project:
        _refuse(f"{project}/scenarios/plan.yaml")
    (problem,) = caught.value.problems
    expected = "scenarios/plan.yaml" if len(shown) < 2 else f"{shown}/scenarios/plan.yaml"
    assert problem.location == Location(expected, 3, 4)
    assert dict(problem.params)["file"] == expected


def _refuse(path: str) -> None:
    raise InputError.of(Location(path, 3, 4), "name", "no_such_file", file=path)


def test_an_error_keeps_its_kind() -> None:
    with pytest.raises(LockError), restored_project({}, None) as project:
        raise LockError.of(Location(f"{project}/x"), "", "lock_not_json")


def test_files_that_cannot_stand_together_are_an_error() -> None:
    with pytest.raises(OutputError), restored_project({"a": "", "a/b": ""}, None) as project:
        assert isinstance(project, Path)
