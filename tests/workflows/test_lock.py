"""Locking a plan: what is simulated is what is locked, and of two who lock at once one is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forecast.errors import InputError, LockError, OutputError
from forecast.runs.lock_files import read_locks, write_lock
from forecast.runs.locks import Lock, lock_file, locks_folder
from forecast.workflows.lock import LockRequest, lock_plan, next_version
from forecast.workflows.run import RunCallbacks
from forecast.workflows.verify_lock import verify_lock
from tests.support.command_line import BAKERY_PLAN
from tests.support.locked_project import edit
from tests.support.locks import append_lock, build_lock


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "scenarios" / "plan.yaml"
    path.parent.mkdir()
    path.write_text(BAKERY_PLAN)
    return path


def names(folder: Path) -> list[str]:
    return [lock.name for lock in read_locks(folder)]


def at_simulation(action: object) -> RunCallbacks:
    """Callbacks that act once, when the paths begin to be simulated."""
    return RunCallbacks(on_stage=lambda key: action() if key == "said_playing" and callable(action) else None)


def test_whoever_locks_second_is_told_and_writes_nothing(plan: Path) -> None:
    folder = locks_folder(plan.parents[1])
    with pytest.raises(OutputError) as caught:
        lock_plan(LockRequest(plan, paths=300), at_simulation(lambda: append_lock(folder, name="theirs")))
    assert caught.value.code == "lock_overtaken"
    assert names(folder) == ["theirs"]
    assert not (plan.parents[1] / "reports" / "locked-plan").exists()


def test_of_many_writers_at_once_one_wins(tmp_path: Path) -> None:
    def write(number: int) -> bool:
        try:
            write_lock(tmp_path, build_lock(name=f"plan-{number}", seed=number))
        except OutputError as error:
            assert error.code == "lock_overtaken"  # noqa: PT017 - most of the writers are told
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1
    assert len(names(tmp_path)) == 1


def test_a_file_that_changes_meanwhile_changes_nothing_in_the_lock(plan: Path) -> None:
    before = plan.read_text()
    action = at_simulation(lambda: edit(plan, "at_least: 60 million VND", "at_least: 1 million VND"))
    result = lock_plan(LockRequest(plan, paths=300), action)
    assert result.lock.sources["scenarios/plan.yaml"] == before
    assert result.lock.targets["revenue"].at_least == 60_000_000
    (change,) = verify_lock(result.file).changes
    assert (change.name, change.line) == ("targets.revenue.at_least", 7)


def test_nothing_is_simulated_for_a_broken_chain(plan: Path) -> None:
    folder = locks_folder(plan.parents[1])
    append_lock(folder)
    append_lock(folder, name="second")
    lock_file(folder, "plan").unlink()
    with pytest.raises(LockError):
        lock_plan(LockRequest(plan), at_simulation(pytest.fail))


def test_a_plan_that_only_inherits_revises_revises_nothing(plan: Path) -> None:
    folder = locks_folder(plan.parents[1])
    append_lock(folder, name="approved")
    plan.write_text("revises: approved\n" + BAKERY_PLAN)
    month = plan.parent / "month.yaml"
    month.write_text("extends: plan.yaml\n")
    assert lock_plan(LockRequest(month, paths=300)).lock.revises == ""


def test_a_name_that_not_every_disk_takes_is_refused(plan: Path) -> None:
    odd = plan.with_name("plan:1.yaml")
    plan.rename(odd)
    with pytest.raises(InputError, match="--as"):
        lock_plan(LockRequest(odd))
    with pytest.raises(InputError, match="rename it"):
        lock_plan(LockRequest(odd, name="plan"))


def chain(*links: tuple[str, int, str]) -> list[Lock]:
    return [build_lock(name=name, version=version, supersedes=before) for name, version, before in links]


VERSIONS = {
    "first": ([], "plan", ("plan", 1, "")),
    "second": ([("plan", 1, "")], "plan", ("plan-v2", 2, "plan")),
    "third": ([("plan", 1, ""), ("plan-v2", 2, "plan")], "plan", ("plan-v3", 3, "plan-v2")),
    "by the name of a version": ([("plan", 1, ""), ("plan-v2", 2, "plan")], "plan-v2", ("plan-v3", 3, "plan-v2")),
    "a name of its own": ([("plan-v2", 1, "")], "plan-v2", ("plan-v2-v2", 2, "plan-v2")),
    "the name is another's": ([("plan-v2", 1, ""), ("plan", 1, "")], "plan", ("plan-v3", 2, "plan")),
    "others do not count": ([("2025-01", 1, ""), ("2025-02", 1, "")], "2025-03", ("2025-03", 1, "")),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_the_next_version_of_a_name(case: str) -> None:
    links, name, expected = VERSIONS[case]
    assert next_version(chain(*links), name) == expected
