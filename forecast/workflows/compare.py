"""From plans or runs to their published comparison, all on the same luck; the same inputs find the same one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.i18n import Language, Translator
from forecast.reports.index_page import write_index
from forecast.runs import repository as runs
from forecast.runs.manifest import RunInputs, comparison_inputs
from forecast.workflows.run import (
    RunRequest,
    build_view,
    fit_request_baseline,
    open_cluster,
    simulate_request,
    simulation_inputs,
)

if TYPE_CHECKING:
    from forecast.analysis.findings import Difference
    from forecast.simulation.simulate import Simulation


def run_comparison(
    orders: Sequence[RunRequest], tell: Callable[[str, str], None] = lambda key, name: None
) -> runs.StoredRun:
    """Play plans on the same luck and publish what differs, as `reports/compare-<names>`; see `compare`.

    `tell` hears the words key of each step and the plan it is about.
    """
    first = orders[0]
    name = "-".join(("compare", *(order.name for order in orders)))
    runs.prepare_reports(first.reports, (name,))
    inputs = comparison_inputs(name, first.language, [order.inputs for order in orders])
    if kept := runs.find_run(first.reports, inputs):
        runs.link_run(first.reports, kept)
    else:
        played = []
        with open_cluster(first) as cluster:
            for order in orders:
                tell("said_playing", order.name)
                played.append(simulate_request(order, fit_request_baseline(order, cluster), cluster=cluster))
        tell("said_drawing", name)
        kept = _publish_comparison(first.reports, inputs, played, [order.inputs for order in orders])
    write_index(first.reports)
    return kept


def compare(
    first: Simulation, *others: Simulation, out: str | Path = "reports", language: Language | None = None
) -> Path:
    """Publish what differs between runs on the same luck; the folder of the comparison.

    ValueError where the runs differ in seed or number of paths or kept no path (`simulate(..., keep=...)`);
    OutputError where it cannot be written.
    """
    played = [first, *others]
    spoken = language or first.scenario.language
    own = [simulation_inputs(run, spoken) for run in played]
    inputs = comparison_inputs("-".join(("compare", *(one.name for one in own))), spoken, own)
    runs.prepare_reports(Path(out), (inputs.name,))
    kept = _publish_comparison(Path(out), inputs, played, own)
    write_index(Path(out))
    return kept.folder


def _publish_comparison(
    reports: Path, inputs: RunInputs, played: Sequence[Simulation], own: Sequence[RunInputs]
) -> runs.StoredRun:
    from forecast.reports import compare as pages

    views = [build_view(run, one) for run, one in zip(played, own, strict=True)]
    differences = _paired_differences(played, [one.name for one in own])
    language: Language = "vi" if inputs.manifest["language"] == "vi" else "en"
    summary = {
        "schema": 2,
        "run_id": inputs.run_id,
        "scenario": inputs.name,
        "seed": played[0].seed,
        "paths": played[0].paths,
        "runs": {view.short_name: view.summary for view in views},
        "differences": [_difference_summary(pair, found) for pair, found in differences.items()],
    }
    words = Translator(language)
    files = {
        "summary.json": runs.json_bytes(summary),
        "report.html": pages.render_comparison_page(views, differences, words),
        "report.pdf": pages.render_comparison_pdf(views, differences, words),
        **{f"figures/{name}.png": drawing.png() for name, drawing in pages.comparison_charts(views, words).items()},
    }
    parameters = {one.name: dict(run.baseline.parameters) for one, run in zip(own, played, strict=True)}
    return runs.publish_run(reports, inputs, files, parameters)


def _paired_differences(played: Sequence[Simulation], names: Sequence[str]) -> dict[tuple[str, str], Difference]:
    """Each later run less the first, on the figure of the first's main target, else the revenue of its first year."""
    from forecast.analysis.comparison import paired_difference
    from forecast.plan.scenario import main_target

    first = played[0]
    target = first.scenario.targets.get(main_target(first.scenario))
    figure = (target.measure, target.period.text) if target else ("revenue", first.bridge_period)
    pairs = zip(played[1:], names[1:], strict=True)
    return {(names[0], name): paired_difference(first, run, *figure) for run, name in pairs}


def _difference_summary(pair: tuple[str, str], found: Difference) -> dict[str, Any]:
    return {
        "first": pair[0],
        "second": pair[1],
        "measure": found.measure,
        "period": found.period,
        "mean": found.mean._asdict(),
        "chances": {name: chance._asdict() for name, chance in found.chances.items()},
    }
