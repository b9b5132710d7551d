"""`forecast backtest`: ask the baseline of a plan from months of the past, and score it by what came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import Option, command, session_of
from forecast.cli.options import Reader, read_options, some
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import progress
from forecast.files.paths import shown
from forecast.i18n import Words

MOST_ORIGINS = 120


@command("backtest")
@click.option("--origins", cls=Option, metavar="N")
@some("--set", "--out", "--lang", "--json", "--quiet")
@click.argument("scenario")
@click.pass_context
def backtest(ctx: click.Context, /, scenario: str, **typed: Any) -> None:
    """Ask the baseline of a plan from months of the past, and score it by what came."""
    from forecast.plan.loading.loader import read_plan
    from forecast.timeseries.evaluation.backtest import ORIGINS
    from forecast.workflows.backtest import Trial, run_trial
    from forecast.workflows.run import reports_folder

    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    origins = reader.whole("--origins", typed["origins"], 1, MOST_ORIGINS, str(ORIGINS))
    reader.finish()
    session.speak_as(scenario)
    plan = read_plan(Path(scenario), settings=asked.settings or None).scenario
    session.spoken = asked.language or plan.language
    reports = (asked.out or reports_folder(plan)).absolute()
    trial = Trial(plan, origins or ORIGINS, session.spoken, reports)
    about = {"scenario": Path(plan.file).stem}
    with progress(session.words, quiet=asked.quiet) as watch:
        kept = run_trial(trial, lambda done, total: watch.step("said_backtesting", done=done + 1, total=total, **about))
    summary = kept.summary()
    if asked.json:
        print_json({"run_dir": str(kept.folder), "summary": summary})
        return
    report = session.words("said_report", path=shown(reports / kept.scenario / "report.html"))
    print_lines(*_lines(summary, session.words), report)


def _lines(summary: dict[str, Any], words: Words) -> list[str]:
    """A table of text for each service, and for all of them; the reason where one is not scored."""
    tables = [(name, one["models"], one["why"]) for name, one in summary["services"].items()]
    if summary["every"]:
        tables.append((words("backtest_every"), summary["every"], ""))
    lines: list[str] = []
    for name, models, why in tables:
        lines += [why] if models is None else _table(name, models, words)
    return lines


def _table(name: str, models: dict[str, Any], words: Words) -> list[str]:
    from forecast.reports.backtest import COLUMNS, cells_of, model_text
    from forecast.timeseries.evaluation.scores import BLEND, Score

    rows = [(name, *(words(f"backtest_{key}") for key in COLUMNS))]
    for model, facts in models.items():
        label = words("backtest_blend_short") if model == BLEND else model_text(model, words)
        rows.append((f"  {label}", *cells_of(Score(**facts), words)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [_row(row, widths) for row in rows]


def _row(row: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = row
    cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
    return "  ".join(cells)
