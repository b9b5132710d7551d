"""`forecast backtest`: ask the baseline of a plan from months of the past, and score it by what came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import Option, command, get_session
from forecast.cli.options import OptionReader, read_common_options, select_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.files.paths import display_path
from forecast.i18n import Translator

MAX_BACKTEST_ORIGINS = 120


@command("backtest")
@click.option("--origins", cls=Option, metavar="N")
@select_options("--set", "--out", "--lang", "--json", "--quiet")
@click.argument("scenario")
@click.pass_context
def backtest_command(ctx: click.Context, /, scenario: str, **typed: Any) -> None:
    """Ask the baseline of a plan from months of the past, and score it by what came."""
    from forecast.plan.loading.loader import read_plan
    from forecast.timeseries.evaluation.backtest import DEFAULT_ORIGINS
    from forecast.workflows.backtest import BacktestRequest, run_backtest
    from forecast.workflows.run import reports_folder

    session = get_session(ctx)
    reader = OptionReader(session)
    asked = read_common_options(reader, typed)
    origins = reader.parse_whole_number("--origins", typed["origins"], 1, MAX_BACKTEST_ORIGINS, str(DEFAULT_ORIGINS))
    reader.raise_problems()
    session.use_plan_language(scenario)
    plan = read_plan(Path(scenario), overrides=asked.overrides or None).scenario
    session.language = asked.language or plan.language
    reports = (asked.out or reports_folder(plan)).absolute()
    trial = BacktestRequest(plan, origins or DEFAULT_ORIGINS, session.language, reports)
    about = {"scenario": Path(plan.file).stem}
    with show_progress(session.t, quiet=asked.quiet) as watch:
        kept = run_backtest(
            trial, lambda done, total: watch.show_step("said_backtesting", done=done + 1, total=total, **about)
        )
    summary = kept.summary()
    if asked.json:
        print_json({"run_dir": str(kept.folder), "summary": summary})
        return
    report = session.t("said_report", path=display_path(reports / kept.scenario / "report.html"))
    print_lines(*_score_lines(summary, session.t), report)


def _score_lines(summary: dict[str, Any], words: Translator) -> list[str]:
    """A table of text for each service, and for all of them; the reason where one is not scored."""
    tables = [(name, one["models"], one["why"]) for name, one in summary["services"].items()]
    if summary["every"]:
        tables.append((words("backtest_every"), summary["every"], ""))
    lines: list[str] = []
    for name, models, why in tables:
        lines += [why] if models is None else _score_table_lines(name, models, words)
    return lines


def _score_table_lines(name: str, models: dict[str, Any], words: Translator) -> list[str]:
    from forecast.reports.backtest import SCORE_COLUMNS, model_text, score_cells
    from forecast.timeseries.evaluation.scores import COMBINATION, Score

    rows = [(name, *(words(f"backtest_{key}") for key in SCORE_COLUMNS))]
    for model, facts in models.items():
        label = words("backtest_blend_short") if model == COMBINATION else model_text(model, words)
        rows.append((f"  {label}", *score_cells(Score(**facts), words)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [_table_line(row, widths) for row in rows]


def _table_line(row: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = row
    cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
    return "  ".join(cells)
