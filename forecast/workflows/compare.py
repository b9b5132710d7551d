"""From plans or runs to their published comparison, with common random numbers; the same inputs find the same one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.engines.background import run_in_background
from forecast.engines.engine import Engine
from forecast.errors import InputError, OutputError, Problem
from forecast.i18n import Language, Phrase, Translator
from forecast.periods import format_month, parse_period
from forecast.runs import repository
from forecast.runs.manifest import RunInputs, comparison_inputs
from forecast.workflows.cases import fit_request_baseline, simulate_cases
from forecast.workflows.publish import build_view
from forecast.workflows.request import RunRequest
from forecast.workflows.run import open_cluster, raise_failure, show_run, simulate_request

if TYPE_CHECKING:
    from forecast.analysis.cases import SimulatedCase
    from forecast.analysis.findings import Difference
    from forecast.plan.scenario import Scenario
    from forecast.reports.charts.chart import Chart
    from forecast.reports.content.context import RunView
    from forecast.simulation.compiled import FigureKey
    from forecast.simulation.results import Simulation
    from forecast.timeseries.baseline import Baseline

__all__ = ["compare", "run_comparison"]


def run_comparison(
    requests: Sequence[RunRequest],
    on_stage: Callable[[str, str], None] = lambda key, name: None,
    on_failure: Callable[[OutputError], None] = raise_failure,
) -> repository.StoredRun:
    """Simulate plans with common random numbers and publish what differs, as `reports/compare-<names>`.

    Parameters
    ----------
    requests : sequence of RunRequest
        The plans, with one seed and one number of paths; the report goes where the first goes.
    on_stage : callable
        Called with the message key of each stage and the name of its plan.
    on_failure : callable
        Called with the reason why the stored comparison cannot be shown; raises it by default.

    Returns
    -------
    StoredRun
        The published comparison; `is_reused` where it was on disk already.

    Raises
    ------
    InputError
        A plan or its data cannot be read; a later plan has another currency, or not the figure of the first plan's
        main target.
    OutputError
        The report cannot be written; raised before anything is simulated where that is known.
    """
    first = requests[0]
    name = _comparison_name(requests)
    repository.prepare_reports(first.reports, (name,))
    inputs = comparison_inputs(name, first.language, [request.inputs for request in requests])
    run = repository.find_run(first.reports, inputs)
    if run is None:
        _raise_where_not_comparable([request.scenario for request in requests], [request.name for request in requests])
        simulations, cases = _simulate_requests(requests, on_stage)
        on_stage("said_drawing", name)
        run = _publish_comparison(requests, simulations, cases, inputs)
    return show_run(first.reports, run, on_failure)


def compare(
    first: Simulation, *others: Simulation, out: str | Path = "reports", language: Language | None = None
) -> Path:
    """Publish what differs between runs with common random numbers.

    Parameters
    ----------
    first : Simulation
        The run from which the others differ.
    *others : Simulation
        Runs of the same seed and number of paths; every run with paths that were kept (`simulate(..., keep=32_768)`).
    out : str or Path
        Folder of the reports.
    language : {"vi", "en"}, optional
        Language of the report; that of the first plan by default.

    Returns
    -------
    Path
        The folder of the comparison.

    Raises
    ------
    InputError
        A later plan has another currency, or not the figure of the first plan's main target.
    ValueError
        The runs differ in seed or number of paths, or kept no path.
    OutputError
        The report cannot be written.

    Examples
    --------
    >>> import forecast
    >>> hot = forecast.simulate(forecast.read("plan.yaml"), paths=500, keep=500)
    >>> mild = forecast.read("plan.yaml", set={"shocks.heat": None})
    >>> folder = forecast.compare(hot, forecast.simulate(mild, paths=500, keep=500), out="reports")
    >>> (folder / "report.html").exists()
    True
    """
    simulations = [first, *others]
    spoken = language or first.scenario.language
    requests = [RunRequest.from_simulation(run, out, spoken) for run in simulations]
    inputs = comparison_inputs(_comparison_name(requests), spoken, [request.inputs for request in requests])
    repository.prepare_reports(Path(out), (inputs.name,))
    cases = [simulate_cases(request) for request in requests]
    return show_run(Path(out), _publish_comparison(requests, simulations, cases, inputs)).folder


def _comparison_name(requests: Sequence[RunRequest]) -> str:
    return "-".join(("compare", *(request.name for request in requests)))


def _simulate_requests(
    requests: Sequence[RunRequest], on_stage: Callable[[str, str], None]
) -> tuple[list[Simulation], list[tuple[SimulatedCase, ...]]]:
    """The plans and their cases, on two cores: the cases and some of the plans beside this process."""
    from forecast.analysis.monthly import charted_measure
    from forecast.simulation.simulate import ExecutionOptions

    measure = charted_measure(requests[0].scenario)
    with open_cluster(requests[0]) as cluster:
        plans = []
        for request in requests:
            on_stage("said_fitting", request.name)
            plans.append((request, fit_request_baseline(request, cluster)))
        n_here = len(plans) - _count_plans_beside(requests, cluster)
        with run_in_background(partial(_simulate_beside, plans[n_here:], requests, measure)) as job:
            simulations = []
            for request, baseline in plans[:n_here]:
                on_stage("said_playing", request.name)
                execution = ExecutionOptions(request.workers, cluster)
                simulations.append(simulate_request(request, baseline, execution, measure))
            for request in requests[n_here:]:
                on_stage("said_playing", request.name)
            others, cases = job.result()
    return simulations + others, cases


def _count_plans_beside(requests: Sequence[RunRequest], cluster: Engine | None) -> int:
    """Plans that are simulated by one process beside this one: a plan takes about as long as the cases of two.

    None where the chunks of a plan have a cluster or processes of their own.
    """
    from forecast.simulation.simulate import MAX_SERIAL_PATHS

    is_serial = cluster is None and all(
        request.paths <= MAX_SERIAL_PATHS and not (request.scenario.places and request.scenario.places.file)
        for request in requests
    )
    return (len(requests) + 1) // 4 if is_serial else 0


def _simulate_beside(
    plans: Sequence[tuple[RunRequest, Baseline]], requests: Sequence[RunRequest], measure: str
) -> tuple[list[Simulation], list[tuple[SimulatedCase, ...]]]:
    """Some of the plans, with the months of a measure path by path, and the cases of all."""
    simulations = [simulate_request(request, baseline, keep_months=measure) for request, baseline in plans]
    return simulations, [simulate_cases(request) for request in requests]


def _publish_comparison(
    requests: Sequence[RunRequest],
    simulations: Sequence[Simulation],
    cases: Sequence[tuple[SimulatedCase, ...]],
    inputs: RunInputs,
) -> repository.StoredRun:
    from forecast.reports.compare import comparison_charts, render_comparison_page

    names = [request.name for request in requests]
    differences = _paired_differences(simulations, names)
    views = [build_view(*simulated) for simulated in zip(simulations, requests, cases, strict=True)]
    summary = {
        "schema": 2,
        "run_id": inputs.run_id,
        "scenario": inputs.name,
        "seed": simulations[0].seed,
        "paths": simulations[0].paths,
        "runs": {view.short_name: view.summary for view in views},
        "differences": [_difference_summary(pair, difference) for pair, difference in differences.items()],
    }
    t = Translator(requests[0].language)
    with run_in_background(partial(_render_paper, views, differences, t)) as paper:
        files = {
            "summary.json": repository.json_bytes(summary),
            "report.html": render_comparison_page(views, differences, t),
            **{name: chart.png() for name, chart in _figure_files(comparison_charts(views, differences, t))[::2]},
            **paper.result(),
        }
    parameters = {name: dict(run.baseline.parameters) for name, run in zip(names, simulations, strict=True)}
    return repository.publish_run(requests[0].reports, inputs, files, parameters)


def _figure_files(charts: Mapping[str, Chart]) -> list[tuple[str, Chart]]:
    return [(f"figures/{name}.png", chart) for name, chart in charts.items()]


def _render_paper(
    views: Sequence[RunView], differences: Mapping[tuple[str, str], Difference], t: Translator
) -> dict[str, bytes]:
    """The sheet of paper and every second figure, by name: half of the drawing, beside the page."""
    from forecast.reports.compare import comparison_charts
    from forecast.reports.comparison_sheet import render_comparison_pdf

    figures = _figure_files(comparison_charts(views, differences, t))[1::2]
    sheet = render_comparison_pdf(views, differences, t)
    return {"report.pdf": sheet, **{name: chart.png() for name, chart in figures}}


def _paired_differences(simulations: Sequence[Simulation], names: Sequence[str]) -> dict[tuple[str, str], Difference]:
    """Each run less each one before it, on the figure that is compared, first those less the first run."""
    from forecast.analysis.comparison import monthly_differences, paired_difference
    from forecast.analysis.monthly import charted_measure

    first, figure = simulations[0], _compared_figure(simulations[0].scenario)
    _raise_where_not_comparable([run.scenario for run in simulations], names)
    problems = [
        _missing_figure_problem(run.scenario, names[0], first.scenario, figure)
        for run in simulations[1:]
        if figure not in (run.path_sample.figures if run.path_sample else run.tallies)
    ]
    if problems:
        raise InputError(problems)
    differences = {}
    for row, (run, name) in enumerate(zip(simulations, names, strict=True)):
        for other, other_name in zip(simulations[row + 1 :], names[row + 1 :], strict=True):
            difference = paired_difference(run, other, *figure)
            if row == 0:
                months = monthly_differences(run, other, charted_measure(first.scenario))
                difference = dataclasses.replace(difference, months=months)
            differences[name, other_name] = difference
    return differences


def _compared_figure(scenario: Scenario) -> FigureKey:
    """Figure of the first plan's main target, else the revenue of its first year."""
    from forecast.simulation.compiled import bridge_period

    target = scenario.targets.get(scenario.main_target)
    return (target.measure, target.period.text) if target else ("revenue", bridge_period(scenario))


def _raise_where_not_comparable(scenarios: Sequence[Scenario], names: Sequence[str]) -> None:
    """InputError where a later plan has another currency than the first, or not the period that is compared."""
    from forecast.simulation.compiled import output_periods

    first, figure = scenarios[0], _compared_figure(scenarios[0])
    problems = []
    for scenario in scenarios[1:]:
        if scenario.currency != first.currency:
            params = {"first": names[0], "currency": first.currency, "other": scenario.currency}
            problems.append(Problem.of(scenario.location_of("currency"), "currency", "compare_currency", **params))
        elif figure[1] not in {output.period for output in output_periods(scenario) if not output.is_month}:
            problems.append(_missing_figure_problem(scenario, names[0], first, figure))
    if problems:
        raise InputError(problems)


def _missing_figure_problem(scenario: Scenario, name: str, first: Scenario, figure: FigureKey) -> Problem:
    """Problem of a plan that lacks the figure that is compared with the first plan, of a name."""
    from forecast.reports.content.text import measure_text, period_text

    params: dict[str, object] = {
        "first": name,
        "measure": Phrase(*(measure_text(figure[0], first, Translator(language)) for language in ("en", "vi"))),
        "period": Phrase(*(period_text(figure[1], Translator(language)) for language in ("en", "vi"))),
    }
    months, horizon = parse_period(figure[1]), scenario.horizon.calendar
    if horizon.first <= months.first and months.last <= horizon.last:
        return Problem.of(scenario.location_of("targets"), "targets", "compare_no_figure", **params)
    params |= {"start": format_month(horizon.first), "end": format_month(horizon.last)}
    return Problem.of(scenario.location_of("horizon.from"), "horizon", "compare_other_months", **params)


def _difference_summary(pair: tuple[str, str], difference: Difference) -> dict[str, Any]:
    return {
        "first": pair[0],
        "second": pair[1],
        "measure": difference.measure,
        "period": difference.period,
        "mean": difference.mean._asdict(),
        "months": [dataclasses.asdict(month) for month in difference.months],
        "chances": {name: chance._asdict() for name, chance in difference.chances.items()},
    }
