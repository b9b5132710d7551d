"""From a simulation to its published report: the view that pages are drawn from, and every file of the run."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from forecast.engines.background import run_in_background
from forecast.errors import InputError, Location, Problem
from forecast.files.csv_output import positional_text
from forecast.i18n import LANGUAGES, Translator
from forecast.plan.data_files import path_in_project
from forecast.runs import repository
from forecast.runs.lock_files import read_locks
from forecast.runs.month_locks import lock_month
from forecast.workflows.request import RunRequest
from forecast.workflows.year_references import open_year_references

if TYPE_CHECKING:
    from forecast.analysis.cases import SimulatedCase
    from forecast.analysis.findings import Findings
    from forecast.reports.content.context import RunView
    from forecast.runs.locks import Lock
    from forecast.runs.manifest import RunInputs
    from forecast.simulation.compiled import FigureKey
    from forecast.simulation.results import Precision, Simulation
    from forecast.simulation.side_by_side import TargetPaths

__all__ = ["MESSAGE_NAME", "build_view", "raise_if_data_changed"]

MESSAGE_NAME = "message.txt"
"""The message of a month, beside its report."""


def publish_report(run: Simulation, request: RunRequest, view: RunView) -> repository.StoredRun:
    """Publish the report of a run and return where it lies; OutputError where it cannot be written."""
    files = render_files(run, view, Translator(request.language))
    return repository.publish_run(request.reports, request.inputs, files, run.baseline.parameters)


def build_view(
    run: Simulation, request: RunRequest, cases: tuple[SimulatedCase, ...], findings: Findings | None = None
) -> RunView:
    """Collect what the pages of a run are drawn from.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    request : RunRequest
        The request that it answers: its id and its manifest.
    cases : tuple of SimulatedCase
        The other cases of the plan.
    findings : Findings, optional
        Those of the run without its cases, where they are collected already.

    Returns
    -------
    RunView
        The plan, its summary and its findings.

    Raises
    ------
    InputError
        A data file was another one when it was simulated.
    """
    from forecast.analysis.collect import add_cases, collect_findings
    from forecast.reports.content.context import RunView
    from forecast.reports.content.glyphs import glyph_notes
    from forecast.reports.content.month_message import message_lines
    from forecast.reports.summary import summarise_run

    raise_if_data_changed(run, request.inputs)
    if findings is None:
        with open_year_references(run.scenario, run.baseline, request.cache, request.locks) as references:
            findings = collect_findings(run, references=references)
    findings = add_cases(findings, run, cases)
    summary = {**summarise_run(run, findings), "run_id": request.inputs.run_id, "scenario": request.name}
    if request.lock is not None:
        summary["lock"] = _lock_summary(request.lock, run)
    if run.precision is not None:
        summary["precision"] = _precision_summary(run, run.precision)
    view = RunView(run.scenario, summary, findings, run.baseline, request.inputs.manifest)
    summary["plan"] = _plan_summary(view)
    if request.lock is not None and lock_month(request.lock) is not None:
        locks = {} if request.locks is None else {lock.name: lock for lock in read_locks(request.locks)}
        summary["message"] = message_lines(view, locks, Translator(request.language))
    if notes := glyph_notes(run.scenario, request.language, _drawn_names(view)):
        summary["notes"] = [{"key": key, "params": dict(params)} for key, params in notes]
    return view


def _plan_summary(view: RunView) -> dict[str, Any]:
    """File, name and labels of the targets of a plan in both languages: for the list of runs."""
    from forecast.reports.content.text import target_text

    translators = [Translator(language) for language in LANGUAGES]
    scenario = view.scenario
    return {
        "file": path_in_project(scenario.file, scenario),
        "name": {t.language: scenario.name.in_language(t.language) for t in translators},
        "targets": {
            row.name: {t.language: target_text(row, view, t) for t in translators} for row in view.findings.targets
        },
    }


def _lock_summary(lock: Lock, run: Simulation) -> dict[str, Any]:
    """The lock whose figures a run shows; its figures are compared, for another program may simulate others."""
    from forecast.analysis.locked_figures import differing_figures, locked_figures

    keys = ("name", "version", "locked_at", "locked_by", "approved_by", "reference")
    is_same = not differing_figures(lock, locked_figures(run))
    return {**{key: getattr(lock, key) for key in keys}, "hash": lock.short_hash, "same_figures": is_same}


def _drawn_names(view: RunView) -> list[str]:
    """Names beside the labels of the plan: of its file, of districts and of the places of targets."""
    districts = view.findings.districts.rows if view.findings.districts is not None else ()
    places = [*(row.name for row in districts), *(row.place_name for row in view.findings.targets)]
    return [path_in_project(view.scenario.file, view.scenario), *places]


def raise_if_data_changed(run: Simulation | TargetPaths, inputs: RunInputs) -> None:
    """Check that the data files that a plan was simulated with are those that name its run.

    Parameters
    ----------
    run : Simulation or TargetPaths
        The simulated plan, or one of its cases.
    inputs : RunInputs
        Inputs of the run that is published.

    Raises
    ------
    InputError
        A file changed between one reading and the other.
    """
    history, places, geography = run.scenario.history, run.scenario.places, run.geography
    simulated = [(history and history.file, run.baseline.digest)]
    if places is not None and geography is not None:
        simulated += [(places.file, geography.digest), (places.ledger, geography.ledger_digest)]
    digests = {row["name"]: row["sha256"] for row in inputs.manifest["data"]}
    problems = [
        Problem.of(Location(file), "", "data_changed")
        for file, digest in simulated
        if file and digest and digests.get(path_in_project(file, run.scenario)) != digest
    ]
    if problems:
        raise InputError(problems)


def _precision_summary(run: Simulation, goal: Precision) -> dict[str, Any]:
    chance = run.chance(goal.target)
    half_width = (chance.high - chance.low) / 2
    return {
        "target": goal.target,
        "asked": goal.half_width,
        "reached": half_width,
        "met": half_width <= goal.half_width,
        "paths_asked": run.paths_requested,
    }


def render_files(run: Simulation, view: RunView, t: Translator) -> dict[str, bytes]:
    """Content of every file of a published run but its manifest, by name; half is rendered beside this process."""
    from forecast.reports import html_page, pdf_page  # noqa: F401 - loaded once, for this process and the other
    from forecast.reports.content.charts import run_charts

    figures = [f"figures/{name}.png" for name in run_charts(view, t)]
    background = ("quantiles.csv", "report.pdf", *figures[::3])
    foreground = ("report.html", *(name for name in figures if name not in background))
    with run_in_background(partial(_render_named_files, run, view, t, background)) as job:
        return {
            "summary.json": repository.json_bytes(view.summary),
            **_message_files(view),
            **_render_named_files(run, view, t, foreground),
            **job.result(),
        }


def _message_files(view: RunView) -> dict[str, bytes]:
    """The message of a month; none for other runs."""
    lines = view.summary.get("message")
    return {} if lines is None else {MESSAGE_NAME: "".join(f"{line}\n" for line in lines).encode()}


def _render_named_files(run: Simulation, view: RunView, t: Translator, names: Sequence[str]) -> dict[str, bytes]:
    """Content of the files of these names."""
    from forecast.reports.content.charts import run_charts
    from forecast.reports.html_page import render_run_page
    from forecast.reports.pdf_page import render_run_pdf

    charts = run_charts(view, t)
    renderers: dict[str, Callable[[], bytes]] = {
        "quantiles.csv": lambda: quantiles_csv(run, view.summary),
        "report.html": lambda: render_run_page(view, t),
        "report.pdf": lambda: render_run_pdf(view, t),
        **{f"figures/{name}.png": chart.png for name, chart in charts.items()},
    }
    return {name: renderers[name]() for name in names}


def quantiles_csv(run: Simulation, summary: Mapping[str, Any]) -> bytes:
    """quantiles.csv of the figures of a summary: measure, period, p, value, low and high of its simulation error."""
    from forecast.simulation.frames import QuantileRow, quantile_rows

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")  # the same bytes as of pandas, which takes .16 s of CPU to load
    writer.writerow(QuantileRow._fields)
    for measure, period, *numbers in quantile_rows(run.tallies, _summary_figures(summary)):
        writer.writerow([measure, period, *map(positional_text, numbers)])
    return text.getvalue().encode()


def _summary_figures(summary: Mapping[str, Any]) -> list[FigureKey]:
    """The figures of a summary: years, months, then districts, each once."""
    years = [(measure, period) for measure, by_period in summary["measures"].items() for period in by_period]
    months = [(measure, row["month"]) for measure, rows in summary["months"].items() for row in rows]
    by_place = summary.get("places") or {"districts": [], "period": ""}
    districts = [(f"revenue@{row['code']}", by_place["period"]) for row in by_place["districts"]]
    return list(dict.fromkeys(years + months + districts))
