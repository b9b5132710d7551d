"""The round of a month: what it writes, in which order, and what it says of months that do not come in order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecast.errors import InputError, OutputError
from forecast.files.locks import hold_lock
from forecast.periods import parse_month
from forecast.runs.lock_files import read_locks
from forecast.runs.locks import LOCKED_LEVELS, Lock, locks_folder
from forecast.workflows.lock import LockRequest, lock_plan
from forecast.workflows.roll import RolledMonth, RollRequest, roll_month
from forecast.workflows.run import RunCallbacks
from tests.support.locked_project import edit
from tests.support.rolled_project import amount, book, write_rolled_project, write_sheet
from tests.support.undrawn import draw_only

PATHS = 300


@pytest.fixture(scope="module", autouse=True)
def _no_drawing() -> Iterator[None]:
    """Pages and figures are other tests' subject: their files are empty here."""
    with pytest.MonkeyPatch.context() as patch:
        draw_only(patch)
        yield


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose plan is locked."""
    folder = tmp_path_factory.mktemp("year")
    lock_plan(LockRequest(write_rolled_project(folder), paths=PATHS))
    return folder


@pytest.fixture(scope="module")
def rolled(locked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with January rolled from its rows."""
    folder = tmp_path_factory.mktemp("january") / "year"
    shutil.copytree(locked, folder, symlinks=True)
    book(folder, 1)
    roll(folder)
    return folder


@pytest.fixture
def project(locked: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    folder = tmp_path / "copy"
    shutil.copytree(locked, folder, symlinks=True)
    return folder


@pytest.fixture
def january(rolled: Path, tmp_path: Path) -> Path:
    """A copy of the project with January rolled."""
    folder = tmp_path / "copy"
    shutil.copytree(rolled, folder, symlinks=True)
    return folder


def roll(project: Path, month: str = "", *sheets: Path, **more: Any) -> RolledMonth:
    """Roll a month."""
    callbacks = {key: more.pop(key) for key in ("callbacks", "on_prepared", "on_lock") if key in more}
    number = parse_month(month) if month else None
    return roll_month(RollRequest(project, number, sheets, paths=PATHS, **more), **callbacks)


def names(project: Path) -> list[str]:
    return [lock.name for lock in read_locks(locks_folder(project))]


def notes(result: RolledMonth) -> dict[str, dict[str, str]]:
    return {key: dict(params) for key, params in result.prepared.notes}


def refusal(action: Callable[[], object]) -> str:
    """The code of the problem with which an action is refused."""
    with pytest.raises(InputError) as caught:
        action()
    (problem,) = caught.value.problems
    return problem.code


def state(project: Path) -> dict[str, bytes]:
    """Ledger, overlays and locks."""
    files = [*project.glob("data/*.csv"), *project.glob("scenarios/**/*.yaml"), *project.glob("scenarios/**/*.json")]
    return {str(file.relative_to(project)): file.read_bytes() for file in sorted(files)}


def test_a_sheet_becomes_rows_an_overlay_a_lock_and_a_message(project: Path) -> None:
    result = roll(project, "", write_sheet(project, {1: 1.05}), booked=date(2025, 2, 6))
    assert result.prepared.imported is not None
    assert result.prepared.imported.update.row_count == 2
    overlay = (project / "scenarios" / "months" / "2025-01.yaml").read_text(encoding="utf-8")
    assert overlay.splitlines()[1:] == ["extends: ../plan.yaml", "as_of: 2025-02-06"]
    lock = result.locked.lock
    assert (lock.name, lock.as_of, lock.closed_months) == ("2025-01", date(2025, 2, 6), ("2025-01",))
    message = (project / "reports" / "locked-2025-01" / "message.txt").read_text(encoding="utf-8").splitlines()
    assert message == result.locked.run.summary()["message"]
    assert len(message) == 6
    assert message[0] == "Thực hiện 1 tháng + dự báo 11 tháng (1+11), lập ngày 06/02/2025"
    assert f"kế hoạch chốt {round(100 * chances(project, 'plan'))}%" in message[1]
    assert message[3].startswith("  Luỹ kế cao hơn kế hoạch chốt (")
    assert "; không đổi giả định nào" in message[4]
    assert message[5] == f"  Đã chốt: scenarios/locked/2025-01.json, mã băm {lock.short_hash}"


def chances(project: Path, name: str) -> float:
    """Chance of the target as a lock has it."""
    (lock,) = [lock for lock in read_locks(locks_folder(project)) if lock.name == name]
    return lock.chances["revenue"].value


def test_a_lock_has_closed_months_exactly_and_open_ones_with_their_spread(january: Path) -> None:
    lock = read_locks(locks_folder(january))[-1]
    quantiles = lock.quantiles["revenue.water"]
    assert quantiles["2025-01"] == (amount("water", 1, 1.03),) * len(LOCKED_LEVELS)
    assert quantiles["2025-02"][0] < quantiles["2025-02"][-1]
    assert read_locks(locks_folder(january))[0].closed_months == ()


def test_the_next_month_extends_the_last_and_is_compared_with_its_lock(january: Path) -> None:
    last_month = chances(january, "2025-01")
    edit(january / "scenarios" / "months" / "2025-01.yaml", "as_of: 2025-02-05", "as_of: 2025-02-06")
    book(january, 2, 0.9)
    result = roll(january)
    overlay = (january / "scenarios" / "months" / "2025-02.yaml").read_text(encoding="utf-8")
    assert overlay.splitlines()[1:] == ["extends: 2025-01.yaml", "as_of: 2025-03-05"]
    summary = result.locked.run.summary()
    assert [point["lock"] for point in summary["chance_by_month"]] == ["plan", "2025-01", ""]
    assert summary["chance_by_month"][1]["chances"]["revenue"]["chance"] == last_month
    assert summary["chance_by_month"][1]["as_of"] == "2025-02-05"  # as it was locked
    assert f"; tháng trước {round(100 * last_month)}%; kế hoạch chốt" in summary["message"][1]
    assert "thấp hơn dự báo tháng trước" in summary["message"][4]
    assert "locked" in summary["months_table"]["plan_sources"]


def test_the_same_figures_are_not_locked_twice(january: Path) -> None:
    before = state(january)
    result = roll(january, "2025-01")
    assert not result.locked.is_new
    assert result.locked.run.is_reused
    assert state(january) == before


def test_the_same_sheet_again_is_of_the_same_month(january: Path) -> None:
    sheet = write_sheet(january, {1: 1.03})
    before = state(january)
    result = roll(january, "", sheet, booked=date(2025, 2, 5))
    assert (result.locked.lock.name, result.locked.is_new) == ("2025-01", False)
    assert state(january) == before


def test_a_comment_is_no_other_figure_and_an_assumption_is(january: Path) -> None:
    overlay = january / "scenarios" / "months" / "2025-01.yaml"
    overlay.write_text(overlay.read_text(encoding="utf-8") + "# nothing happened\n", encoding="utf-8")
    assert not roll(january, "2025-01").locked.is_new
    overlay.write_text(
        overlay.read_text(encoding="utf-8") + "services: {works: {growth: 1% to 2%}}\n", encoding="utf-8"
    )
    assert roll(january, "2025-01").locked.lock.name == "2025-01-v2"


def test_a_corrected_sheet_moves_the_day_and_supersedes(january: Path) -> None:
    overlay = january / "scenarios" / "months" / "2025-01.yaml"
    edit(overlay, "as_of: 2025-02-05", "as_of: 2025-02-05  # the accountant's day\r")
    result = roll(january, "2025-01", write_sheet(january, {1: 0.97}), booked=date(2025, 2, 10))
    lock = result.locked.lock
    assert (lock.name, lock.version, lock.supersedes) == ("2025-01-v2", 2, "2025-01")
    assert result.prepared.overlay_change == "moved"
    assert overlay.read_bytes().endswith(b"as_of: 2025-02-10  # the accountant's day\r\n")
    assert lock.quantiles["revenue.water"]["2025-01"][0] == amount("water", 1, 0.97)
    assert [point["lock"] for point in result.locked.run.summary()["chance_by_month"]] == ["plan", ""]


def test_a_row_that_was_known_on_the_day_supersedes(january: Path) -> None:
    book(january, 1, 0.97, services=("works",), day="2025-02-05")
    assert roll(january, "2025-01").locked.lock.name == "2025-01-v2"


def test_rows_booked_after_the_day_of_the_overlay_are_named(january: Path) -> None:
    book(january, 1, 0.97, day="2025-02-20")
    result = roll(january, "2025-01")
    assert not result.locked.is_new
    assert notes(result)["roll_note_later_rows"]["last"] == "2025-02-20"


def test_a_month_without_books_and_one_after_it_are_refused(january: Path) -> None:
    before = state(january)
    assert refusal(lambda: roll(january)) == "roll_no_books"
    sheet = write_sheet(january, {3: 1.0})
    assert refusal(lambda: roll(january, "2025-03", sheet, booked=date(2025, 4, 5))) == "roll_forgotten"
    assert state(january) == before


def test_a_booked_month_that_was_never_rolled_is_named(january: Path) -> None:
    book(january, 2)
    book(january, 3)
    result = roll(january, "2025-03")
    assert notes(result)["roll_note_skipped"]["months"] == "2025-02"
    assert result.locked.lock.closed_months == ("2025-01", "2025-02", "2025-03")
    message = result.locked.run.summary()["message"]
    assert "; ngày 05/02/2025 " in message[1]
    assert "tháng trước" not in "".join(message)


def test_a_month_rolled_after_a_later_one_knows_its_own_books_only(january: Path) -> None:
    book(january, 2)
    book(january, 3)
    march = roll(january, "2025-03").locked
    february = roll(january, "2025-02")
    assert notes(february)["roll_note_out_of_order"] == {"months": "2025-03", "day": "2025-03-05"}
    assert february.locked.lock.closed_months == ("2025-01", "2025-02")
    assert [point["lock"] for point in february.locked.run.summary()["chance_by_month"]] == ["plan", "2025-01", ""]
    assert read_locks(locks_folder(january))[-2] == march.lock
    assert roll(january, "2025-03").locked.lock == march.lock


@pytest.mark.parametrize(("months", "code"), [({2: 1.0}, "roll_other_month"), ({1: 1.0, 2: 1.0}, "roll_later_months")])
def test_a_sheet_of_other_months_is_refused(project: Path, months: dict[int, float], code: str) -> None:
    before = state(project)
    sheet = write_sheet(project, months)
    assert refusal(lambda: roll(project, "2025-01", sheet, booked=date(2025, 3, 5))) == code
    assert state(project) == before


def test_a_failed_import_leaves_everything_as_it_was(project: Path) -> None:
    sheet = write_sheet(project, {1: 1.0})
    before = state(project)
    assert refusal(lambda: roll(project, "2025-01", sheet)) == "actuals_booked_missing"
    with pytest.raises(InputError, match="2025-01-30"):
        roll(project, "2025-01", sheet, booked=date(2025, 1, 30))
    edit(project / "scenarios" / "plan.yaml", "growth: -5% to 10%", "growth: -5% to")
    with pytest.raises(InputError):
        roll(project, "2025-01", sheet, booked=date(2025, 2, 5))
    assert (project / "data" / "ledger.csv").read_bytes() == before["data/ledger.csv"]
    assert not list((project / "scenarios").glob("months/*.yaml"))


def test_a_month_that_is_not_over_is_refused(january: Path) -> None:
    book(january, 2, day="2025-02-16", status="estimate")
    assert refusal(lambda: roll(january)) == "roll_month_open"
    assert not (january / "scenarios" / "months" / "2025-02.yaml").exists()


def test_a_service_without_books_leaves_the_month_open(project: Path) -> None:
    book(project, 1, services=("water",))
    result = roll(project)
    assert notes(result)["roll_note_lacking"] == {"services": "works", "month": "2025-01"}
    assert result.locked.lock.closed_months == ()
    message = result.locked.run.summary()["message"]
    assert message[0] == "Chưa khoá sổ tháng nào, lập ngày 05/02/2025"
    assert message[-1].startswith("  Đã chốt: ")
    book(project, 1, services=("works",), day="2025-02-13")
    book(project, 2)
    february = roll(project).locked
    assert february.lock.closed_months == ("2025-01", "2025-02")
    assert february.run.summary()["months_table"]["plan_lock"].startswith("plan (")


def test_months_outside_the_plan_are_refused(project: Path) -> None:
    assert refusal(lambda: roll(project, "2026-01")) == "roll_outside_horizon"
    book(project, 1)
    edit(project / "scenarios" / "plan.yaml", "months: 12", "months: 1")
    edit(project / "scenarios" / "plan.yaml", "period: 2025,", "period: 2025-01,")
    roll(project)
    assert refusal(lambda: roll(project)) == "roll_year_over"


def test_of_two_who_roll_at_once_one_is_told(january: Path) -> None:
    book(january, 2)
    before = state(january)
    with hold_lock(january / "scenarios" / "months" / ".lock"), pytest.raises(OutputError) as caught:
        roll(january)
    assert caught.value.code == "roll_busy"
    assert state(january) == before


def stop() -> None:
    raise KeyboardInterrupt


STOPS: dict[str, dict[str, Any]] = {
    "once the books and the overlay are there": {"on_prepared": lambda prepared: stop()},
    "as it simulates": {"callbacks": RunCallbacks(on_stage=lambda key: stop() if key == "said_playing" else None)},
    "once it is locked": {"on_lock": lambda lock, file: stop()},
    "before the report is there": {"callbacks": RunCallbacks(on_answer=lambda summary: stop())},
}


@pytest.mark.parametrize("moment", STOPS)
def test_a_round_that_was_stopped_goes_on_with_the_same_command(project: Path, moment: str) -> None:
    sheet = write_sheet(project, {1: 1.02})
    with pytest.raises(KeyboardInterrupt):
        roll(project, "", sheet, booked=date(2025, 2, 5), **STOPS[moment])
    stopped = state(project)
    result = roll(project, "", sheet, booked=date(2025, 2, 5))
    assert names(project) == ["plan", "2025-01"]
    assert state(project)["data/ledger.csv"] == stopped["data/ledger.csv"]
    message = (project / "reports" / "locked-2025-01" / "message.txt").read_text(encoding="utf-8")
    assert message.splitlines() == result.locked.run.summary()["message"]
    assert f"kế hoạch chốt {round(100 * chances(project, 'plan'))}%" in message


def test_a_plan_that_is_no_longer_what_was_locked_is_named(january: Path) -> None:
    edit(january / "scenarios" / "plan.yaml", "at_least: 38 tỷ", "at_least: 30 tỷ")
    book(january, 2)
    result = roll(january)
    difference = notes(result)["roll_note_plan_differs"]
    plan = f"kế hoạch chốt {round(100 * chances(january, 'plan'))}% với mức từ 38 tỷ đồng trở lên"
    assert plan in result.locked.run.summary()["message"][1]
    assert difference["key"] == "targets.revenue.at_least"
    assert (difference["old"], difference["new"], difference["line"]) == ("38 tỷ", "30 tỷ", "11")


def test_a_plan_without_a_lock_is_rolled_and_named(tmp_path: Path) -> None:
    plan = write_rolled_project(tmp_path)
    book(tmp_path, 1)
    result = roll(tmp_path)
    assert notes(result) == {"roll_note_not_locked": {"plan": "scenarios/plan.yaml"}}
    assert "; kế hoạch " in result.locked.run.summary()["message"][1]
    other = plan.with_name("other.yaml")
    other.write_text(plan.read_text(encoding="utf-8"), encoding="utf-8")
    book(tmp_path, 2)
    assert refusal(lambda: roll(tmp_path)) == "actuals_which_plan"
    assert refusal(lambda: roll(tmp_path, "", plan=other)) == "roll_other_plan"
    assert roll(tmp_path, "2025-02", plan=plan).locked.lock.name == "2025-02"


def test_a_revised_plan_that_extends_the_last_month_carries_on(january: Path) -> None:
    revised = january / "scenarios" / "revised.yaml"
    revised.write_text(
        "extends: months/2025-01.yaml\nrevises: plan\nas_of: 2025-02-20\ntargets: {revenue: {at_least: 37 tỷ}}\n",
        encoding="utf-8",
    )
    lock_plan(LockRequest(revised, paths=PATHS))
    book(january, 2)
    result = roll(january)
    overlay = (january / "scenarios" / "months" / "2025-02.yaml").read_text(encoding="utf-8")
    assert "extends: ../revised.yaml\n" in overlay
    summary = result.locked.run.summary()
    revenue = next(row for row in summary["months_table"]["rows"] if row["measure"] == "revenue")
    locks = {lock.name: lock for lock in read_locks(locks_folder(january))}
    middle = LOCKED_LEVELS.index(0.5)
    assert revenue["revised_year"] == locks["revised"].quantiles["revenue"]["2025"][middle]
    assert [point["lock"] for point in summary["chance_by_month"]] == ["plan", "2025-01", "revised", ""]


def test_the_year_is_over_when_its_last_month_is_booked(project: Path) -> None:
    for month in range(1, 12):
        book(project, month, 1.2)
    before = roll(project, "2025-11").locked.run.summary()["message"]
    assert "chỉ còn một tháng chưa có sổ: nếu sổ sách đúng" in before[1]
    assert "sai số mô phỏng" in before[1]
    book(project, 12)
    message = roll(project, "2025-12").locked.run.summary()["message"]
    assert message[0] == "Thực hiện 12 tháng + dự báo 0 tháng (12+0), lập ngày 05/01/2026"
    assert "cả năm đã có sổ: nếu sổ sách đúng" in message[1]
    assert message[2].startswith("  Cả năm ")
    assert "kế hoạch quý IV" in message[2]
    assert message[4].startswith("  Cả năm ")
    assert "học từ đó" not in message[4]


def test_the_lock_of_a_month_is_shown_again_as_it_was(january: Path) -> None:
    result = roll(january, "2025-01")
    lock: Lock = result.locked.lock
    shutil.rmtree(january / "reports")
    again = roll(january, "2025-01")
    assert again.locked.lock == lock
    assert not again.locked.run.is_reused
    assert again.locked.run.summary() == result.locked.run.summary()
    assert again.locked.run.summary()["lock"]["same_figures"]


def test_an_estimate_that_is_booked_is_no_changed_assumption(tmp_path: Path) -> None:
    write_rolled_project(tmp_path)
    with (tmp_path / "data" / "ledger.csv").open("a", encoding="utf-8") as ledger:
        for month in range(1, 13):  # flash figures, from which the error is learned
            value = amount("works", month, 0.94 + 0.01 * (month % 7))
            ledger.write(f"2024-{month:02d},revenue.works,{value},estimate,2024-{month:02d}-18,\n")
    book(tmp_path, 1, services=("water",))
    book(tmp_path, 1, 0.8, services=("works",), status="estimate")
    roll(tmp_path)
    book(tmp_path, 1, 0.8, services=("works",), day="2025-02-13")
    book(tmp_path, 2)
    overlay = tmp_path / "scenarios" / "months" / "2025-02.yaml"  # a target moves no figure
    overlay.write_text(
        "extends: 2025-01.yaml\nas_of: 2025-03-05\ntargets: {revenue: {at_least: 37 tỷ}}\n", encoding="utf-8"
    )
    summary = roll(tmp_path).locked.run.summary()
    (change,) = [
        row for row in summary["variance"] if (row["measure"], row["reference"]) == ("revenue", "last_forecast")
    ]
    assert {step["kind"] for step in change["steps"]} == {"actual", "learned"}
    assert summary["message"][4].endswith("; không đổi giả định nào")


def test_an_overlay_is_written_where_its_day_asks_for_what_became_known(tmp_path: Path) -> None:
    plan = write_rolled_project(tmp_path)
    event = "{kind: event, chance: 30%, from: 2025-01-20, until: 2025-01-25, effect: {volume: {water: -20%}}}"
    plan.write_text(f"{plan.read_text(encoding='utf-8')}shocks: {{leak: {event}}}\n", encoding="utf-8")
    sheet, ledger = write_sheet(tmp_path, {1: 0.9}), (tmp_path / "data" / "ledger.csv").read_bytes()
    with pytest.raises(InputError) as caught:
        roll(tmp_path, "", sheet, booked=date(2025, 2, 5))
    assert {problem.code for problem in caught.value.problems} == {"event_already_known", "roll_overlay_asked"}
    assert (tmp_path / "data" / "ledger.csv").read_bytes() == ledger
    overlay = tmp_path / "scenarios" / "months" / "2025-01.yaml"
    overlay.write_text(overlay.read_text(encoding="utf-8") + "shocks: {leak: null}\n", encoding="utf-8")
    assert roll(tmp_path, "", sheet, booked=date(2025, 2, 5)).locked.lock.closed_months == ("2025-01",)


def test_the_plan_of_a_month_is_read_before_anything_is_written(project: Path) -> None:
    (project / "scenarios" / "months").mkdir()
    overlay = project / "scenarios" / "months" / "2025-01.yaml"
    overlay.write_text("extends: ../plan.yaml\nas_of: 2025-02-05\nservices: {water: {growth: fast}}\n")
    before = state(project)
    with pytest.raises(InputError, match="growth"):
        roll(project, "", write_sheet(project, {1: 1.0}), booked=date(2025, 2, 5))
    assert state(project) == before
