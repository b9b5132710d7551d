"""`reports/index.html`: the runs of a folder on one page."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from forecast.files import atomic
from forecast.i18n import Language, Translator
from forecast.reports.templating import page_translators, render_template
from forecast.runs import ownership, repository
from forecast.runs.listing import ListedRun, PlanRuns, listed_runs, runs_by_plan
from forecast.runs.repository import StoredRun

__all__ = ["write_index"]


def write_index(reports: Path) -> None:
    """List the runs of a folder in its `index.html`, in the language of the newest run.

    Parameters
    ----------
    reports : folder of the reports

    Raises
    ------
    OutputError : the file cannot be written, is somebody's, or another process holds the folder for too long
    """
    with repository.lock_reports(reports):
        ownership.check_index(reports)
        stored_runs = list(repository.all_runs(reports))
        language: Language = "vi" if stored_runs and stored_runs[0].manifest.get("language") == "vi" else "en"
        atomic.write_file(
            reports / ownership.INDEX_NAME, render_index(stored_runs, repository.linked_run_ids(reports), language)
        )


def render_index(stored_runs: Sequence[StoredRun], linked: Collection[str], language: Language) -> bytes:
    """`reports/index.html`: one file that lists the runs and opens offline."""
    groups = runs_by_plan(listed_runs(stored_runs, linked))
    by_kind: dict[str, list[PlanRuns]] = {"run": [], "compare": [], "backtest": []}
    for group in groups:
        by_kind.get(str(group.newest.run.manifest.get("kind")), by_kind["run"]).append(group)
    pages = [{"t": t, "title": t("runs_title")} for t in page_translators(Translator(language))]
    shared = {
        "plans": by_kind["run"],
        "comparisons": by_kind["compare"],
        "backtests": by_kind["backtest"],
        "command_word": command_word,
    }
    return render_template("index.html.jinja", pages, shared, more_style="index.css")


def command_word(row: ListedRun) -> str:
    """The plan of a run as a word of a command, in the folder of the project; empty for a backtest or a lock."""
    is_plan = row.run.manifest.get("kind") == "run" and row.plan.file and "lock" not in row.run.manifest
    return shlex.quote(row.plan.file) if is_plan else ""
