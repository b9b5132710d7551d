"""`forecast backtest`: forecast months of the past, and score the forecasts by what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.commands.run import raise_first
from forecast.cli.group import Option, command, complete_files, get_session
from forecast.cli.option_types import LanguageChoice, WholeNumber
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.progress import show_progress
from forecast.cli.text_table import table_lines
from forecast.errors import OutputError
from forecast.files.csv_output import CsvReader
from forecast.files.paths import display_path, plan_name
from forecast.i18n import Translator

MAX_BACKTEST_ORIGINS = 120


@command("backtest")
@click.option("--origins", cls=Option, metavar="N", type=WholeNumber(1, MAX_BACKTEST_ORIGINS, "12"))
@click.option("--csv-for", cls=Option, metavar="vi|en", type=LanguageChoice())
@common_options("--set", "--out", "--lang", "--json", "--quiet")
@click.argument("scenario", shell_complete=complete_files)
@click.pass_context
def backtest_command(
    ctx: click.Context, /, scenario: str, origins: int | None, csv_for: CsvReader | None, **params: Any
) -> None:
    """Forecast months of the past with the baseline of a plan, and score the forecasts by what happened."""
    from forecast.cli.run_summary import print_set_aside, report_line
    from forecast.plan.loading.loader import read_plan
    from forecast.timeseries.evaluation.backtest import DEFAULT_ORIGINS
    from forecast.workflows.backtest import BacktestRequest, run_backtest
    from forecast.workflows.csv_copies import write_csv_copy
    from forecast.workflows.request import reports_folder

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    session.use_plan_language(scenario)
    plan = read_plan(Path(scenario), overrides=options.overrides or None).scenario
    session.language = options.language or plan.language
    reports = (options.out or reports_folder(plan)).absolute()
    request = BacktestRequest(plan, origins or DEFAULT_ORIGINS, session.language, reports)
    name = plan_name(plan.file)
    failures: list[OutputError] = []
    with show_progress(session.t, quiet=options.quiet) as display:
        run = run_backtest(
            request,
            lambda done, total: display.show_step("said_backtesting", scenario=name, done=done + 1, total=total),
            failures.append,
        )
    print_set_aside(run, session.t)
    copies = [] if csv_for is None else [write_csv_copy(run, reports, "scores.csv", csv_for)]
    summary = run.summary()
    if options.json:
        table = {"table": str(copies[0])} if copies else {}
        print_json({"run_dir": str(run.folder), "summary": summary, **table})
    else:
        notes = [session.t("said_note", text=text) for text in summary.get("notes", ())]
        print_lines(*_score_lines(summary, session.t), *notes, report_line(run, session.t))
        print_lines(*(session.t("said_csv", path=display_path(copy)) for copy in copies))
    raise_first(failures)


def _score_lines(summary: dict[str, Any], t: Translator) -> list[str]:
    """Tables of text for each service, and for all of them; the reason where one is not scored."""
    from forecast.reports.content.track_record import masked_notes

    lines: list[str] = []
    for name, service in summary["services"].items():
        if service["models"] is None:
            lines.append(service["why"])
            continue
        lines += _score_table_lines(name, service["models"], t) + _sum_table_lines(service["sums"], t)
        lines += masked_notes(len(service["masked"]), t)
    if summary["every"]:
        lines += _score_table_lines(t("backtest_every"), summary["every"], t)
        lines += _sum_table_lines(summary["every_sums"], t)
    return lines


def _score_table_lines(name: str, models: dict[str, Any], t: Translator) -> list[str]:
    from forecast.reports.backtest import SCORE_COLUMNS, model_text, score_cells
    from forecast.timeseries.evaluation.scores import COMBINATION, Score

    rows = [(name, *(t(f"backtest_{key}") for key in SCORE_COLUMNS))]
    for model, score in models.items():
        label = t("backtest_blend_short") if model == COMBINATION else model_text(model, t)
        rows.append((f"  {label}", *score_cells(Score(**score), t)))
    return table_lines(rows)


def _sum_table_lines(sums: list[dict[str, Any]], t: Translator) -> list[str]:
    """A row for single months and for each length of sums, and the reason of each length without scores."""
    from forecast.reports.content.sums import sum_rows
    from forecast.timeseries.evaluation.sums import SumAccuracy

    accuracies = [SumAccuracy(**{key: value for key, value in entry.items() if key != "why"}) for entry in sums]
    heads, *rows = sum_rows(accuracies, t)
    table = [(t("sums_head"), *heads[1:]), *((f"  {length}", *cells) for length, *cells in rows)]
    return table_lines(table) + [entry["why"] for entry in sums if entry["why"]]
