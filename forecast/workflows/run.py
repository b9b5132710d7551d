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

from forecast.engines import LOCAL, Engine, beside, engine_of
from forecast.i18n import Language, Words
from forecast.plan.data_files import project_folder
from forecast.reports.index_page import write_index
from forecast.runs import repository as runs
from forecast.runs.manifest import Inputs, inputs_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from forecast.analysis.findings import ReadingRow
    from forecast.plan.scenario import Scenario
    from forecast.reports.content.context import RunView
    from forecast.simulation.checkpoint import Checkpoint
    from forecast.simulation.simulate import Precision, Simulation
    from forecast.timeseries.baseline import Baseline
    from forecast.timeseries.ensemble.pinned import Pin

Step = Callable[[str], None]
"""Told the words key of each step as it begins."""
Played = Callable[[int, int], None]
"""Told how many paths are done, and how many there are."""
Say = Callable[[str, int], None]
"""Told the words key of what happened to the paths that were kept, and how many they are."""

PROBABILITIES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Of quantiles.csv."""


@dataclass(frozen=True)
class Order:
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
    pin: Pin | None = None
    """What was fitted elsewhere; None to fit."""

    @property
    def cache(self) -> Path:
        """Where its fits are kept: those that are pinned have a folder of their own."""
        return fits_folder() / f"pinned-{self.pin.digest[:16]}" if self.pin else fits_folder()

    @property
    def inputs(self) -> Inputs:
        """What goes in."""
        asked = {"seed": self.seed, "paths": self.paths}
        pin = self.pin.digest if self.pin else ""
        return inputs_of(self.scenario, **asked, language=self.language, pin=pin, precision=self.precision)

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


def run_order(
    order: Order,
    step: Step = lambda key: None,
    played: Played | None = None,
    say: Say = lambda key, paths: None,
) -> tuple[runs.Kept, bool]:
    """Play a plan and publish its report; whether it was found instead. OutputError before playing if it cannot.

    A long run that is stopped keeps the paths that are done, and goes on from them when it is ordered again.
    """
    runs.prepare(order.reports, (order.name,))
    inputs = order.inputs
    if kept := runs.find(order.reports, inputs):
        runs.show(order.reports, kept)
        write_index(order.reports)
        return kept, True
    with cluster_of(order) as cluster:
        step("said_fitting")
        baseline = baseline_of_order(order, cluster)
        with beside(partial(_readings, order)) as aside:
            step("said_playing")
            checkpoint = _checkpoint_of(order, baseline, say)
            run = play(order, baseline, played, cluster, checkpoint)
            step("said_drawing")
            from forecast import reports as pages  # noqa: F401 - loaded while the readings are still played

            kept = _publish(run, order.reports, inputs, order.language, aside.result())
            checkpoint.forget()
            return kept, False


@contextmanager
def cluster_of(order: Order) -> Iterator[Engine | None]:
    """The cluster that an order asks for, to its end; None where it is this machine alone."""
    if order.engine == LOCAL:
        yield None
        return
    with closing(engine_of(order.workers, order.engine)) as cluster:
        yield cluster


def _checkpoint_of(order: Order, baseline: Baseline, say: Say) -> Checkpoint:
    """Where the finished spans of an order are kept, beside the fits."""
    from forecast.simulation.checkpoint import Checkpoint

    made_of = (order.seed, order.paths, order.precision)
    return Checkpoint.of(fits_folder() / "spans", order.scenario, baseline, *made_of, say=say)


def _readings(order: Order) -> tuple[ReadingRow, ...]:
    from forecast.analysis.cases import readings_of

    return readings_of(order.scenario, paths=order.paths, seed=order.seed, cache=order.cache)


def baseline_of_order(order: Order, cluster: Engine | None = None) -> Baseline:
    """Fit the baseline of an order, or restore it."""
    from forecast.timeseries.baseline import baseline_of

    return baseline_of(order.scenario, cache=order.cache, pin=order.pin, engine=cluster)


def play(
    order: Order,
    baseline: Baseline,
    played: Played | None = None,
    cluster: Engine | None = None,
    checkpoint: Checkpoint | None = None,
) -> Simulation:
    """Simulate an order, its first paths kept for the analyses."""
    from forecast.analysis.sensitivity import KEEP
    from forecast.simulation.simulate import Course, simulate

    return simulate(
        order.scenario,
        paths=order.paths,
        seed=order.seed,
        precision=order.precision,
        keep=KEEP,
        baseline=baseline,
        course=Course(order.workers, cluster, checkpoint, played or (lambda done, to_do: None)),
    )


def plot(run: Simulation, figure: str, *, language: Language | None = None) -> Figure:
    """One figure of the report of a run, for a notebook; KeyError names the figures that there are."""
    from forecast.reports.charts.style import style
    from forecast.reports.content.charts import TYPE_WIDE, drawings

    spoken = language or run.scenario.language
    view = view_of(run, inputs_of_run(run, spoken))
    known = drawings(view, Words(spoken))
    if figure not in known:
        raise KeyError(f"there is no figure {figure!r}; there are {', '.join(known)}")
    with style(TYPE_WIDE):
        return known[figure].figure()


def inputs_of_run(run: Simulation, language: Language) -> Inputs:
    """What went into a run that is at hand."""
    half = run.precision.half if run.precision else None
    return inputs_of(run.scenario, seed=run.seed, paths=run.asked, precision=half, language=language)


def report(run: Simulation, out: str | Path = "reports", *, language: Language | None = None) -> Path:
    """Publish the report of a run under `out`; the folder of the run. OutputError where it cannot be written."""
    spoken = language or run.scenario.language
    inputs = inputs_of_run(run, spoken)
    runs.prepare(Path(out), (inputs.name,))
    return _publish(run, Path(out), inputs, spoken).folder


def _publish(
    run: Simulation,
    reports: Path,
    inputs: Inputs,
    language: Language,
    readings: tuple[ReadingRow, ...] | None = None,
) -> runs.Kept:
    view = view_of(run, inputs, readings)
    kept = runs.publish(reports, inputs, files_of(run, view, Words(language)), run.baseline.parameters)
    write_index(reports)
    return kept


def view_of(run: Simulation, inputs: Inputs, readings: tuple[ReadingRow, ...] | None = None) -> RunView:
    """What the pages of a run are drawn from; `readings` where they are played already."""
    from forecast.analysis.collect import find
    from forecast.reports.content.context import RunView
    from forecast.reports.summary import summary_of

    findings = find(run, readings=readings, cache=fits_folder())
    summary = {**summary_of(run, findings), "run_id": inputs.run_id, "scenario": inputs.name}
    if run.precision is not None:
        summary["precision"] = _precision_facts(run, run.precision)
    return RunView(run.scenario, summary, findings, run.baseline, inputs.manifest)


def _precision_facts(run: Simulation, wanted: Precision) -> dict[str, Any]:
    chance = run.chance(wanted.target)
    half = (chance.high - chance.low) / 2
    facts = {"target": wanted.target, "asked": wanted.half, "reached": half}
    return {**facts, "met": half <= wanted.half, "paths_asked": run.asked}


def files_of(run: Simulation, view: RunView, words: Words) -> dict[str, bytes]:
    """Every file of a published run but its manifest; half of the drawing is done beside this process."""
    from forecast.reports.content.charts import drawings

    figures = [f"figures/{name}.png" for name in drawings(view, words)]
    with beside(partial(_drawn, view, words, ("report.pdf", *figures[::3]))) as other_half:
        rest = [name for name in figures if name not in figures[::3]]
        return {
            "summary.json": runs.json_bytes(view.summary),
            "quantiles.csv": quantiles(run, view.summary),
            **_drawn(view, words, ("report.html", *rest)),
            **other_half.result(),
        }


def _drawn(view: RunView, words: Words, names: Sequence[str]) -> dict[str, bytes]:
    """The files of these names."""
    from forecast import reports as pages
    from forecast.reports.content.charts import drawings

    whole = {"report.html": pages.page, "report.pdf": pages.pdf.pdf}
    known = drawings(view, words)
    return {name: whole[name](view, words) if name in whole else known[Path(name).stem].png() for name in names}


def quantiles(run: Simulation, summary: Mapping[str, Any]) -> bytes:
    """quantiles.csv: measure, period, p, value and the 95% interval of its simulation error."""
    lines = ["measure,period,p,value,low,high"]
    for measure, period in _periods(summary):
        tally = run.tally(measure, period)
        for p in PROBABILITIES:
            found = tally.quantile(p)
            figures = ",".join(f"{float(value):.10g}" for value in found)
            lines.append(f"{measure},{period},{p:g},{figures}")
    return ("\n".join(lines) + "\n").encode()


def _periods(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    years = [(measure, period) for measure, by_period in summary["measures"].items() for period in by_period]
    months = [(measure, row["month"]) for measure, rows in summary["months"].items() for row in rows]
    places = summary.get("places") or {"districts": [], "period": ""}
    districts = [(f"revenue@{row['code']}", places["period"]) for row in places["districts"]]
    return list(dict.fromkeys(years + months + districts))
