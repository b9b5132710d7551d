"""From a request to its published run: fit the baseline, simulate the plan and its cases, and publish.

The same inputs find the same run: where it is on disk whole, it is shown again and nothing is simulated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.engines import LOCAL, create_engine
from forecast.engines.background import run_in_background
from forecast.engines.engine import Engine
from forecast.errors import OutputError
from forecast.files.cache import cache_folder
from forecast.i18n import Language, Translator
from forecast.plan.checks.size import require_memory
from forecast.reports.index_page import write_index
from forecast.runs import repository
from forecast.workflows.cases import fit_request_baseline, simulate_cases
from forecast.workflows.decisions import add_decisions
from forecast.workflows.publish import build_view, publish_report
from forecast.workflows.request import RunRequest
from forecast.workflows.year_references import open_year_references

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forecast.simulation.checkpoint import Checkpoint
    from forecast.simulation.results import Simulation
    from forecast.simulation.simulate import ExecutionOptions
    from forecast.timeseries.baseline import Baseline

__all__ = ["RunCallbacks", "analyse", "plot", "report", "run_plan"]


def raise_failure(failure: OutputError) -> None:
    """Raise what failed after a run was stored."""
    raise failure


@dataclasses.dataclass(frozen=True)
class RunCallbacks:
    """Functions that a run calls as it proceeds."""

    on_stage: Callable[[str], None] = lambda key: None
    """With the message key of each stage as it begins."""
    on_paths: Callable[[int, int], None] = lambda done, total: None
    """With the paths that are done, and how many there are."""
    on_checkpoint: Callable[[str, int], None] = lambda key, paths: None
    """With the message key of what happened to saved paths, and how many they are."""
    on_answer: Callable[[Mapping[str, Any]], None] = lambda summary: None
    """With the summary as soon as it is known: before anything is drawn, and before the run is on disk."""
    on_failure: Callable[[OutputError], None] = raise_failure
    """With the reason why a stored run cannot be shown, as its link or the index cannot be written; raises it."""


_NO_CALLBACKS = RunCallbacks()


def run_plan(request: RunRequest, callbacks: RunCallbacks = _NO_CALLBACKS) -> repository.StoredRun:
    """Simulate a plan and publish its report, or find the run of the same inputs.

    A long run that is stopped keeps the paths that are done, and goes on from them at the next request.

    Parameters
    ----------
    request : RunRequest
        The plan, its paths and seed, and where the report goes.
    callbacks : RunCallbacks
        Functions that are called as the run proceeds.

    Returns
    -------
    StoredRun
        The published run; `is_reused` where it was on disk already.

    Raises
    ------
    InputError
        The plan or its data cannot be read.
    OutputError
        The report cannot be written; raised before anything is simulated where that is known.
    """
    require_memory(request.scenario, request.paths)
    repository.prepare_reports(request.reports, (request.name,))
    run = repository.find_run(request.reports, request.inputs)
    if run is None:
        run = simulate_and_publish(request, callbacks)
    else:
        callbacks.on_answer(run.summary())
    return show_run(request.reports, run, callbacks.on_failure)


def show_run(
    reports: Path, run: repository.StoredRun, on_failure: Callable[[OutputError], None] = raise_failure
) -> repository.StoredRun:
    """Let `reports/<name>` lead to a run and list it in the index; the same run, which is kept if that fails."""
    try:
        repository.link_run(reports, run)
        write_index(reports)
    except OutputError as failure:
        on_failure(failure)
    return run


def simulate_and_publish(
    request: RunRequest,
    callbacks: RunCallbacks,
    on_simulated: Callable[[RunRequest, Simulation], RunRequest] = lambda request, run: request,
) -> repository.StoredRun:
    """Simulate a plan and publish its report; the request that `on_simulated` returns says as what."""
    from forecast.analysis.collect import collect_findings
    from forecast.simulation.simulate import ExecutionOptions

    with open_cluster(request) as cluster:
        callbacks.on_stage("said_fitting")
        baseline = fit_request_baseline(request, cluster)
        with run_in_background(partial(simulate_cases, request)) as cases:
            callbacks.on_stage("said_playing")
            checkpoint = _open_checkpoint(request, baseline, callbacks)
            execution = ExecutionOptions(request.workers, cluster, checkpoint, callbacks.on_paths)
            run = simulate_request(request, baseline, execution)
            with open_year_references(request.scenario, baseline, request.cache, request.locks) as references:
                findings = collect_findings(run, references=references)  # while the cases are still simulated
            request = on_simulated(request, run)
            view = build_view(run, request, cases.result(), findings)
        callbacks.on_answer(view.summary)
        if request.decides:
            callbacks.on_stage("said_deciding")
        view = add_decisions(view, run, request)
        callbacks.on_stage("said_drawing")
        stored = publish_report(run, request, view)
        checkpoint.delete()
        return stored


@contextmanager
def open_cluster(request: RunRequest) -> Iterator[Engine | None]:
    """The cluster that a request names, until the block ends; None where it is this machine alone."""
    if request.engine == LOCAL:
        yield None
        return
    with closing(create_engine(request.workers, request.engine)) as cluster:
        yield cluster


def _open_checkpoint(request: RunRequest, baseline: Baseline, callbacks: RunCallbacks) -> Checkpoint:
    """The store of the finished chunks of a request, beside the fits."""
    from forecast.simulation.checkpoint import Checkpoint
    from forecast.simulation.compiled import run_key

    key = run_key(request.scenario, baseline, request.seed, request.paths, request.precision)
    return Checkpoint(cache_folder() / "spans", key, callbacks.on_checkpoint)


def simulate_request(
    request: RunRequest, baseline: Baseline, execution: ExecutionOptions | None = None, keep_months: str = ""
) -> Simulation:
    """Simulate the plan of a request and keep its first paths, of the months of one measure too."""
    from forecast.analysis.sensitivity import SENSITIVITY_PATHS
    from forecast.simulation.simulate import simulate

    return simulate(
        request.scenario,
        paths=request.paths,
        seed=request.seed,
        precision=request.precision,
        keep=SENSITIVITY_PATHS,
        keep_months=keep_months,
        baseline=baseline,
        execution=execution,
    )


def analyse(run: Simulation) -> dict[str, pd.DataFrame]:
    """Findings of a simulation as tidy frames, by question.

    Parameters
    ----------
    run : Simulation
        The simulated plan; sensitivity needs paths that were kept (`simulate(..., keep=32_768)`).

    Returns
    -------
    dict of str to DataFrame
        `targets`, `cases`, `months`, `bridge`, `exceedance`, `sensitivity` and `districts`, and of closed months
        `months_table`, `variance` and `chance_by_month`; a frame is empty, with its columns, where the plan gives no
        answer.

    Examples
    --------
    >>> import forecast
    >>> findings = forecast.analyse(forecast.simulate(forecast.read("plan.yaml"), paths=4_096, keep=4_096))
    >>> findings["sensitivity"]["assumption"].tolist()[0]
    'services.bread.baseline.annual'
    >>> findings["months"]["p50"].idxmin()
    6
    """
    from forecast.analysis.collect import collect_findings
    from forecast.analysis.frames import findings_frames

    request = RunRequest.from_simulation(run)
    with open_year_references(run.scenario, run.baseline, request.cache) as references:
        return findings_frames(collect_findings(run, simulate_cases(request), references))


def plot(run: Simulation, figure: str, *, language: Language | None = None) -> Figure:
    """Draw one figure of the report of a run, for a notebook.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    figure : str
        Name of the figure: `months`, `history` (booked months and the forecast), `dots` (the year as 50 outcomes),
        `bridge` (steps from last year to the forecast), `exceedance` (the chance of each level), `tornado` (effect of
        each assumption), `fifths` (chance of the target at both ends of each input), `failure_modes` (ways in which it
        is missed), `early_warning` (levels of the year to date), `cases` (other assumption cases), `chance_by_month`
        (of closed months), `districts`; `calibration` and `fan_actual-SERVICE` where the history was tested. The report
        of a run has those that its plan allows; `tornado`, `fifths`, `failure_modes` and `early_warning` need paths
        that were kept.
    language : {"vi", "en"}, optional
        Language of its texts; that of the plan by default.

    Returns
    -------
    Figure
        The figure, as matplotlib has it.

    Raises
    ------
    KeyError
        There is no such figure; the message names those that there are.

    Examples
    --------
    >>> import forecast
    >>> figure = forecast.plot(forecast.simulate(forecast.read("plan.yaml"), paths=500), "months")
    >>> len(figure.axes) > 0
    True
    """
    from forecast.reports.charts.chart import PAGE_TYPE_POINTS
    from forecast.reports.charts.style import chart_style
    from forecast.reports.content.charts import run_charts

    request = RunRequest.from_simulation(run, language=language)
    view = add_decisions(build_view(run, request, simulate_cases(request)), run, request)
    charts = run_charts(view, Translator(request.language))
    if figure not in charts:
        raise KeyError(f"there is no figure {figure!r}; there are {', '.join(charts)}")
    with chart_style(PAGE_TYPE_POINTS):
        return charts[figure].figure()


def report(run: Simulation, out: str | Path = "reports", *, language: Language | None = None) -> Path:
    """Publish the report of a run.

    Parameters
    ----------
    run : Simulation
        The simulated plan; the tornado needs paths that were kept (`simulate(..., keep=32_768)`).
    out : str or Path
        Folder of the reports; `out/<name of the plan>` leads to the report.
    language : {"vi", "en"}, optional
        Language of the report; that of the plan by default.

    Returns
    -------
    Path
        The folder of the run.

    Raises
    ------
    OutputError
        The report cannot be written.

    Examples
    --------
    >>> import forecast
    >>> folder = forecast.report(forecast.simulate(forecast.read("plan.yaml"), paths=500), "reports")
    >>> sorted(path.name for path in folder.iterdir())
    ['figures', 'manifest.json', 'quantiles.csv', 'report.html', 'report.pdf', 'summary.json']
    """
    request = RunRequest.from_simulation(run, out, language)
    repository.prepare_reports(request.reports, (request.name,))
    view = add_decisions(build_view(run, request, simulate_cases(request)), run, request)
    return show_run(request.reports, publish_report(run, request, view)).folder
