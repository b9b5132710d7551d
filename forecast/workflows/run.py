"""From a plan to its published report: play it, find what it says, draw it, and let `reports/` show it.

The same inputs find the same run: where it is on disk whole, it is shown again and nothing is played.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.engines import LOCAL, create_engine
from forecast.engines.background import run_in_background
from forecast.engines.engine import Engine
from forecast.i18n import Language, Translator
from forecast.plan.data_files import project_folder
from forecast.reports.index_page import write_index
from forecast.runs import repository as runs
from forecast.runs.manifest import RunInputs, run_inputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.analysis.findings import CaseRow
    from forecast.plan.scenario import Scenario
    from forecast.reports.content.context import RunView
    from forecast.simulation.checkpoint import Checkpoint
    from forecast.simulation.simulate import Precision, Simulation
    from forecast.timeseries.baseline import Baseline
    from forecast.timeseries.ensemble.pinned import PinnedFits

StageCallback = Callable[[str], None]
"""Told the words key of each step as it begins."""
PathsCallback = Callable[[int, int], None]
"""Told how many paths are done, and how many there are."""
CheckpointCallback = Callable[[str, int], None]
"""Told the words key of what happened to the paths that were kept, and how many they are."""

CSV_QUANTILE_LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Of quantiles.csv."""


@dataclass(frozen=True)
class RunRequest:
    """A plan to play, and where its report goes."""

    scenario: Scenario
    seed: int
    paths: int
    language: Language
    reports: Path
    precision: float | None = None
    """Half the width of the interval of the main target's chance at which it stops; None for all paths."""
    engine: str = LOCAL
    """See `engine_of`."""
    workers: int = 1
    pinned_fits: PinnedFits | None = None
    """What was fitted elsewhere; None to fit."""

    @property
    def cache(self) -> Path:
        """Where its fits are kept: those that are pinned have a folder of their own."""
        return fits_folder() / f"pinned-{self.pinned_fits.digest[:16]}" if self.pinned_fits else fits_folder()

    @property
    def inputs(self) -> RunInputs:
        """What goes in."""
        asked = {"seed": self.seed, "paths": self.paths}
        pin = self.pinned_fits.digest if self.pinned_fits else ""
        return run_inputs(self.scenario, **asked, language=self.language, pinned_digest=pin, precision=self.precision)

    @property
    def name(self) -> str:
        """Of the folder that shows the newest run."""
        return Path(self.scenario.file).stem or "plan"


def reports_folder(scenario: Scenario) -> Path:
    """`reports` in the folder of the plan's project."""
    return project_folder(scenario.file) / "reports"


def fits_folder() -> Path:
    """Where fits are kept between runs: FORECAST_CACHE, else the user's cache folder."""
    if own := os.environ.get("FORECAST_CACHE"):
        return Path(own)
    local = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(local) if local else Path.home() / ".cache") / "forecast"
    except RuntimeError:  # nobody's home: a user without a name
        return Path(tempfile.gettempdir()) / "forecast"


def run_plan(
    order: RunRequest,
    step: StageCallback = lambda key: None,
    played: PathsCallback | None = None,
    say: CheckpointCallback = lambda key, paths: None,
) -> tuple[runs.StoredRun, bool]:
    """Play a plan and publish its report; whether it was found instead. OutputError before playing if it cannot.

    A long run that is stopped keeps the paths that are done, and goes on from them when it is ordered again.
    """
    runs.prepare_reports(order.reports, (order.name,))
    inputs = order.inputs
    if kept := runs.find_run(order.reports, inputs):
        runs.link_run(order.reports, kept)
        write_index(order.reports)
        return kept, True
    with open_cluster(order) as cluster:
        step("said_fitting")
        baseline = fit_request_baseline(order, cluster)
        with run_in_background(partial(_simulate_request_cases, order)) as aside:
            step("said_playing")
            checkpoint = _open_checkpoint(order, baseline, say)
            run = simulate_request(order, baseline, played, cluster, checkpoint)
            step("said_drawing")
            from forecast.reports import html_page, pdf_page  # noqa: F401 - loaded while the cases are still played

            kept = _publish_report(run, order.reports, inputs, order.language, aside.result())
            checkpoint.delete()
            return kept, False


@contextmanager
def open_cluster(order: RunRequest) -> Iterator[Engine | None]:
    """The cluster that an order asks for, to its end; None where it is this machine alone."""
    if order.engine == LOCAL:
        yield None
        return
    with closing(create_engine(order.workers, order.engine)) as cluster:
        yield cluster


def _open_checkpoint(order: RunRequest, baseline: Baseline, say: CheckpointCallback) -> Checkpoint:
    """Where the finished spans of an order are kept, beside the fits."""
    from forecast.simulation.checkpoint import Checkpoint

    made_of = (order.seed, order.paths, order.precision)
    return Checkpoint.for_run(fits_folder() / "spans", order.scenario, baseline, *made_of, say=say)


def _simulate_request_cases(order: RunRequest) -> tuple[CaseRow, ...]:
    from forecast.analysis.cases import simulate_cases

    return simulate_cases(order.scenario, paths=order.paths, seed=order.seed, cache=order.cache)


def fit_request_baseline(order: RunRequest, cluster: Engine | None = None) -> Baseline:
    """Fit the baseline of an order, or restore it."""
    from forecast.timeseries.baseline import fit_baseline

    return fit_baseline(order.scenario, cache=order.cache, pinned_fits=order.pinned_fits, engine=cluster)


def simulate_request(
    order: RunRequest,
    baseline: Baseline,
    played: PathsCallback | None = None,
    cluster: Engine | None = None,
    checkpoint: Checkpoint | None = None,
) -> Simulation:
    """Simulate an order, its first paths kept for the analyses."""
    from forecast.analysis.sensitivity import SENSITIVITY_PATHS
    from forecast.simulation.simulate import ExecutionOptions, simulate

    return simulate(
        order.scenario,
        paths=order.paths,
        seed=order.seed,
        precision=order.precision,
        keep=SENSITIVITY_PATHS,
        baseline=baseline,
        execution=ExecutionOptions(order.workers, cluster, checkpoint, played or (lambda done, to_do: None)),
    )


def plot(run: Simulation, figure: str, *, language: Language | None = None) -> Figure:
    """One figure of the report of a run, for a notebook; KeyError names the figures that there are."""
    from forecast.reports.charts.chart import WIDE_TYPE_POINTS
    from forecast.reports.charts.style import chart_style
    from forecast.reports.content.charts import run_charts

    spoken = language or run.scenario.language
    view = build_view(run, simulation_inputs(run, spoken))
    known = run_charts(view, Translator(spoken))
    if figure not in known:
        raise KeyError(f"there is no figure {figure!r}; there are {', '.join(known)}")
    with chart_style(WIDE_TYPE_POINTS):
        return known[figure].figure()


def simulation_inputs(run: Simulation, language: Language) -> RunInputs:
    """What went into a run that is at hand."""
    half = run.precision.half_width if run.precision else None
    return run_inputs(run.scenario, seed=run.seed, paths=run.paths_requested, precision=half, language=language)


def report(run: Simulation, out: str | Path = "reports", *, language: Language | None = None) -> Path:
    """Publish the report of a run under `out`; the folder of the run. OutputError where it cannot be written."""
    spoken = language or run.scenario.language
    inputs = simulation_inputs(run, spoken)
    runs.prepare_reports(Path(out), (inputs.name,))
    return _publish_report(run, Path(out), inputs, spoken).folder


def _publish_report(
    run: Simulation,
    reports: Path,
    inputs: RunInputs,
    language: Language,
    cases: tuple[CaseRow, ...] | None = None,
) -> runs.StoredRun:
    view = build_view(run, inputs, cases)
    kept = runs.publish_run(reports, inputs, render_files(run, view, Translator(language)), run.baseline.parameters)
    write_index(reports)
    return kept


def build_view(run: Simulation, inputs: RunInputs, cases: tuple[CaseRow, ...] | None = None) -> RunView:
    """What the pages of a run are drawn from; `cases` where they are played already."""
    from forecast.analysis.collect import collect_findings
    from forecast.reports.content.context import RunView
    from forecast.reports.summary import summarise_run

    findings = collect_findings(run, cases=cases, cache=fits_folder())
    summary = {**summarise_run(run, findings), "run_id": inputs.run_id, "scenario": inputs.name}
    if run.precision is not None:
        summary["precision"] = _precision_summary(run, run.precision)
    return RunView(run.scenario, summary, findings, run.baseline, inputs.manifest)


def _precision_summary(run: Simulation, wanted: Precision) -> dict[str, Any]:
    chance = run.chance(wanted.target)
    half = (chance.high - chance.low) / 2
    facts = {"target": wanted.target, "asked": wanted.half_width, "reached": half}
    return {**facts, "met": half <= wanted.half_width, "paths_asked": run.paths_requested}


def render_files(run: Simulation, view: RunView, words: Translator) -> dict[str, bytes]:
    """Every file of a published run but its manifest; half of the drawing is done beside this process."""
    from forecast.reports.content.charts import run_charts

    figures = [f"figures/{name}.png" for name in run_charts(view, words)]
    with run_in_background(partial(_render_named_files, view, words, ("report.pdf", *figures[::3]))) as other_half:
        rest = [name for name in figures if name not in figures[::3]]
        return {
            "summary.json": runs.json_bytes(view.summary),
            "quantiles.csv": quantiles_csv(run, view.summary),
            **_render_named_files(view, words, ("report.html", *rest)),
            **other_half.result(),
        }


def _render_named_files(view: RunView, words: Translator, names: Sequence[str]) -> dict[str, bytes]:
    """The files of these names."""
    from forecast.reports.content.charts import run_charts
    from forecast.reports.html_page import render_run_page
    from forecast.reports.pdf_page import render_run_pdf

    whole = {"report.html": render_run_page, "report.pdf": render_run_pdf}
    known = run_charts(view, words)
    return {name: whole[name](view, words) if name in whole else known[Path(name).stem].png() for name in names}


def quantiles_csv(run: Simulation, summary: Mapping[str, Any]) -> bytes:
    """quantiles.csv: measure, period, p, value and the 95% interval of its simulation error."""
    lines = ["measure,period,p,value,low,high"]
    for measure, period in _measure_periods(summary):
        tally = run.tally(measure, period)
        for p in CSV_QUANTILE_LEVELS:
            found = tally.quantile(p)
            figures = ",".join(f"{float(value):.10g}" for value in found)
            lines.append(f"{measure},{period},{p:g},{figures}")
    return ("\n".join(lines) + "\n").encode()


def _measure_periods(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    years = [(measure, period) for measure, by_period in summary["measures"].items() for period in by_period]
    months = [(measure, row["month"]) for measure, rows in summary["months"].items() for row in rows]
    places = summary.get("places") or {"districts": [], "period": ""}
    districts = [(f"revenue@{row['code']}", places["period"]) for row in places["districts"]]
    return list(dict.fromkeys(years + months + districts))
