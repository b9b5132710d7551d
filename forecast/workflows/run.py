"""From a plan to its published report: simulate it, find what it says, draw it, and let `reports/` show it.

The same inputs find the same run: where it is on disk whole, it is shown again and nothing is simulated. Other
workflows use the pieces: a request, its baseline, its simulation, its cases, its view.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.engines import LOCAL, create_engine
from forecast.engines.background import run_in_background
from forecast.engines.engine import Engine
from forecast.files.cache import cache_folder
from forecast.i18n import Language, Translator
from forecast.plan.data_files import project_folder
from forecast.reports.index_page import write_index
from forecast.runs import repository
from forecast.runs.manifest import RunInputs, run_inputs

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from forecast.analysis.findings import CaseRow
    from forecast.plan.scenario import Scenario
    from forecast.reports.content.context import RunView
    from forecast.simulation.checkpoint import Checkpoint
    from forecast.simulation.compiled import FigureKey
    from forecast.simulation.simulate import ExecutionOptions, Precision, Simulation
    from forecast.timeseries.baseline import Baseline
    from forecast.timeseries.ensemble.pinned import PinnedFits

__all__ = [
    "RunCallbacks",
    "RunRequest",
    "analyse",
    "build_view",
    "plot",
    "report",
    "reports_folder",
    "run_plan",
    "simulate_cases",
]

MAX_CASE_PATHS = 16_384
"""Paths of a case: the first four blocks of its run; their simulation error is printed with them."""


@dataclasses.dataclass(frozen=True)
class RunRequest:
    """A plan to simulate, and where its report goes."""

    scenario: Scenario
    seed: int
    paths: int
    language: Language
    reports: Path
    precision: float | None = None
    """Half the width of the interval of the main target's chance at which it stops; None for all paths."""
    engine: str = LOCAL
    """`local`, `dask`, or `dask:` and the address of a scheduler."""
    workers: int = 1
    """Processes."""
    pinned_fits: PinnedFits | None = None
    """Fits of an earlier run that are used again; None to fit."""
    cache: Path = dataclasses.field(default_factory=cache_folder)
    """Folder in which fits are kept between runs."""
    chances_only: bool = False
    """Whether only chances of targets are read: no path is kept, and no place but districts and those of targets."""

    @classmethod
    def from_simulation(
        cls, run: Simulation, reports: str | Path = "reports", language: Language | None = None
    ) -> RunRequest:
        """The request that a simulation answers; its report goes to `reports`."""
        return cls(
            scenario=run.scenario,
            seed=run.seed,
            paths=run.paths_requested,
            language=language or run.scenario.language,
            reports=Path(reports),
            precision=run.precision.half_width if run.precision else None,
        )

    @cached_property
    def inputs(self) -> RunInputs:
        """Everything that the run is made of, by content; InputError where a data file cannot be read."""
        return run_inputs(
            self.scenario,
            seed=self.seed,
            paths=self.paths,
            language=self.language,
            pinned_digest=self.pinned_fits.digest if self.pinned_fits else "",
            precision=self.precision,
        )

    @property
    def name(self) -> str:
        """Name of the folder that shows the newest run."""
        return Path(self.scenario.file).stem or "plan"

    def with_pinned_fits(self, pinned_fits: PinnedFits) -> RunRequest:
        """The request that uses these fits; they are kept in a folder of their own."""
        cache = cache_folder() / f"pinned-{pinned_fits.digest[:16]}"
        return dataclasses.replace(self, pinned_fits=pinned_fits, cache=cache)

    def for_case(self, case: str) -> RunRequest:
        """The request of a case of the plan: the first paths of the run, simulated in this process."""
        return dataclasses.replace(
            self,
            scenario=self.scenario.cases[case],
            paths=min(self.paths, MAX_CASE_PATHS),
            precision=None,
            engine=LOCAL,
            workers=1,
            pinned_fits=None,
            chances_only=True,
        )


@dataclasses.dataclass(frozen=True)
class RunCallbacks:
    """Functions that a run calls as it proceeds."""

    on_stage: Callable[[str], None] = lambda key: None
    """With the message key of each stage as it begins."""
    on_paths: Callable[[int, int], None] = lambda done, total: None
    """With the paths that are done, and how many there are."""
    on_checkpoint: Callable[[str, int], None] = lambda key, paths: None
    """With the message key of what happened to saved paths, and how many they are."""


_NO_CALLBACKS = RunCallbacks()


def reports_folder(scenario: Scenario) -> Path:
    """Folder of the reports of a plan: `reports` in the folder of its project.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    Path
        The folder; it need not exist.
    """
    return project_folder(scenario.file) / "reports"


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
    repository.prepare_reports(request.reports, (request.name,))
    run = repository.find_run(request.reports, request.inputs) or _simulate_and_publish(request, callbacks)
    return show_run(request.reports, run)


def show_run(reports: Path, run: repository.StoredRun) -> repository.StoredRun:
    """Let `reports/<name>` lead to a run and list it in the index; the same run."""
    if run.is_reused:
        repository.link_run(reports, run)
    write_index(reports)
    return run


def _simulate_and_publish(request: RunRequest, callbacks: RunCallbacks) -> repository.StoredRun:
    from forecast.simulation.simulate import ExecutionOptions

    with open_cluster(request) as cluster:
        callbacks.on_stage("said_fitting")
        baseline = fit_request_baseline(request, cluster)
        with run_in_background(partial(simulate_cases, request)) as cases:
            callbacks.on_stage("said_playing")
            checkpoint = _open_checkpoint(request, baseline, callbacks)
            execution = ExecutionOptions(request.workers, cluster, checkpoint, callbacks.on_paths)
            run = simulate_request(request, baseline, execution)
            callbacks.on_stage("said_drawing")
            from forecast.reports import html_page, pdf_page  # noqa: F401 - loaded while cases are still simulated

            stored = _publish_report(run, request, cases.result())
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


def fit_request_baseline(request: RunRequest, cluster: Engine | None = None) -> Baseline:
    """Fit the baseline of a request, on a cluster or here, or restore it; InputError for a faulty history."""
    from forecast.timeseries.baseline import fit_baseline

    return fit_baseline(request.scenario, cache=request.cache, pinned_fits=request.pinned_fits, engine=cluster)


def simulate_request(request: RunRequest, baseline: Baseline, execution: ExecutionOptions | None = None) -> Simulation:
    """Simulate the plan of a request, a case as any other; keep the first paths unless it asks for chances alone."""
    from forecast.analysis.sensitivity import SENSITIVITY_PATHS
    from forecast.simulation.simulate import simulate

    return simulate(
        request.scenario,
        paths=request.paths,
        seed=request.seed,
        precision=request.precision,
        keep=0 if request.chances_only else SENSITIVITY_PATHS,
        every_place=not request.chances_only,
        baseline=baseline,
        execution=execution,
    )


def simulate_cases(request: RunRequest) -> tuple[CaseRow, ...]:
    """Simulate every other case of a plan with the random numbers of the plan itself.

    Parameters
    ----------
    request : RunRequest
        The plan with its cases.

    Returns
    -------
    tuple of CaseRow
        The chance of each target in each case, in the order of their names.
    """
    from forecast.analysis.cases import evaluate_case

    rows = []
    for name in sorted(request.scenario.cases):
        case = request.for_case(name)
        rows.append(evaluate_case(name, request.scenario, simulate_request(case, fit_request_baseline(case))))
    return tuple(rows)


def analyse(run: Simulation) -> dict[str, pd.DataFrame]:
    """Findings of a simulation as tidy frames, by question.

    Parameters
    ----------
    run : Simulation
        The simulated plan; sensitivity needs paths that were kept (`simulate(..., keep=32_768)`).

    Returns
    -------
    dict of str to DataFrame
        `targets`, `cases`, `months`, `bridge`, `exceedance`, `sensitivity` and `districts`; a frame is empty, with its
        columns, where the plan gives no answer.

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

    return findings_frames(collect_findings(run, simulate_cases(RunRequest.from_simulation(run))))


def plot(run: Simulation, figure: str, *, language: Language | None = None) -> Figure:
    """Draw one figure of the report of a run, for a notebook.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    figure : str
        Name of the figure: `months`.
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
    from forecast.reports.charts.chart import WIDE_TYPE_POINTS
    from forecast.reports.charts.style import chart_style
    from forecast.reports.content.charts import run_charts

    request = RunRequest.from_simulation(run, language=language)
    charts = run_charts(build_view(run, request, simulate_cases(request)), Translator(request.language))
    if figure not in charts:
        raise KeyError(f"there is no figure {figure!r}; there are {', '.join(charts)}")
    with chart_style(WIDE_TYPE_POINTS):
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
    return show_run(request.reports, _publish_report(run, request, simulate_cases(request))).folder


def _publish_report(run: Simulation, request: RunRequest, cases: tuple[CaseRow, ...]) -> repository.StoredRun:
    files = render_files(run, build_view(run, request, cases), Translator(request.language))
    return repository.publish_run(request.reports, request.inputs, files, run.baseline.parameters)


def build_view(run: Simulation, request: RunRequest, cases: tuple[CaseRow, ...]) -> RunView:
    """Collect what the pages of a run are drawn from.

    Parameters
    ----------
    run : Simulation
        The simulated plan.
    request : RunRequest
        The request that it answers: its id and its manifest.
    cases : tuple of CaseRow
        The chances in the other cases of the plan.

    Returns
    -------
    RunView
        The plan, its summary and its findings.
    """
    from forecast.analysis.collect import collect_findings
    from forecast.reports.content.context import RunView
    from forecast.reports.summary import summarise_run

    findings = collect_findings(run, cases)
    summary = {**summarise_run(run, findings), "run_id": request.inputs.run_id, "scenario": request.name}
    if run.precision is not None:
        summary["precision"] = _precision_summary(run, run.precision)
    return RunView(run.scenario, summary, findings, run.baseline, request.inputs.manifest)


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
    from forecast.reports.content.charts import run_charts

    figures = [f"figures/{name}.png" for name in run_charts(view, t)]
    background = ("quantiles.csv", "report.pdf", *figures[::3])
    foreground = ("report.html", *(name for name in figures if name not in background))
    with run_in_background(partial(_render_named_files, run, view, t, background)) as job:
        return {
            "summary.json": repository.json_bytes(view.summary),
            **_render_named_files(run, view, t, foreground),
            **job.result(),
        }


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
    from forecast.simulation.frames import figures_frame, quantiles_table

    table = quantiles_table(figures_frame(run.tallies, _summary_figures(summary)))
    return table.to_csv(index=False, float_format="%.10g", na_rep="nan", lineterminator="\n").encode()


def _summary_figures(summary: Mapping[str, Any]) -> list[FigureKey]:
    """The figures of a summary: years, months, then districts, each once."""
    years = [(measure, period) for measure, by_period in summary["measures"].items() for period in by_period]
    months = [(measure, row["month"]) for measure, rows in summary["months"].items() for row in rows]
    by_place = summary.get("places") or {"districts": [], "period": ""}
    districts = [(f"revenue@{row['code']}", by_place["period"]) for row in by_place["districts"]]
    return list(dict.fromkeys(years + months + districts))
