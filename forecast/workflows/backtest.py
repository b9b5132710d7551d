"""From a plan to its published backtest; the same inputs find the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import InputError, Location, OutputError
from forecast.files.csv_output import positional_text
from forecast.i18n import Language, Translator
from forecast.runs import repository
from forecast.runs.manifest import RunInputs, backtest_inputs
from forecast.workflows.run import raise_failure, show_run

if TYPE_CHECKING:
    from forecast.history.ledger import History
    from forecast.plan.scenario import Scenario
    from forecast.reports.backtest import BacktestView
    from forecast.timeseries.evaluation.backtest import Backtest
    from forecast.timeseries.evaluation.scores import Score

__all__ = ["BacktestRequest", "backtest", "run_backtest"]


@dataclass(frozen=True)
class BacktestRequest:
    """A plan whose baseline is tested on the past, and where its report goes."""

    scenario: Scenario
    origins: int
    """Months of the past from which it forecasts."""
    language: Language
    reports: Path

    @cached_property
    def inputs(self) -> RunInputs:
        """Everything that the backtest is made of, by content; InputError where a data file cannot be read."""
        return backtest_inputs(self.scenario, origins=self.origins, language=self.language)


def backtest(scenario: Scenario, *, origins: int | None = None) -> Backtest:
    """Forecast the past from months of the history, one each quarter, and score it; nothing is written.

    Parameters
    ----------
    scenario : Scenario
        A plan whose services are forecast from a history.
    origins : int, optional
        Months of the past from which it forecasts; 12 by default.

    Returns
    -------
    Backtest
        Forecasts and scores of every service and model.

    Raises
    ------
    InputError
        The plan or its history cannot be read, or no service is forecast from a history.

    Examples
    --------
    >>> import forecast
    >>> result = forecast.backtest(forecast.read("from-ledger.yaml"), origins=1)
    >>> scores = result.to_frame().set_index("model")["mase"]
    >>> bool(scores["blend"] < scores["seasonal_naive"])
    True
    """
    from forecast.timeseries.evaluation.backtest import DEFAULT_ORIGINS, backtest_baseline

    return backtest_baseline(scenario, _read_checked_history(scenario), DEFAULT_ORIGINS if origins is None else origins)


def run_backtest(
    request: BacktestRequest,
    on_origin: Callable[[int, int], None] = lambda done, total: None,
    on_failure: Callable[[OutputError], None] = raise_failure,
) -> repository.StoredRun:
    """Backtest a plan and publish it as `reports/backtest-<name>`, or find the one of the same inputs.

    Parameters
    ----------
    request : BacktestRequest
        The plan, its origins, and where the report goes.
    on_origin : callable
        Called with the origins that are done, and how many there are.
    on_failure : callable
        Called with the reason why the stored backtest cannot be shown; raises it by default.

    Returns
    -------
    StoredRun
        The published backtest; `is_reused` where it was on disk already.

    Raises
    ------
    InputError
        The plan or its history cannot be read, or no service is forecast from a history.
    OutputError
        The report cannot be written; raised before anything is fitted where that is known.
    """
    history = _read_checked_history(request.scenario)
    ledger = request.scenario.history
    if ledger is not None and history.digest not in {row["sha256"] for row in request.inputs.manifest["data"]}:
        raise InputError.of(Location(ledger.file), "", "data_changed")
    repository.prepare_reports(request.reports, (request.inputs.name,))
    run = repository.find_run(request.reports, request.inputs) or _backtest_and_publish(request, history, on_origin)
    return show_run(request.reports, run, on_failure)


def _backtest_and_publish(
    request: BacktestRequest, history: History, on_origin: Callable[[int, int], None]
) -> repository.StoredRun:
    from forecast.reports.backtest import BacktestView
    from forecast.timeseries.evaluation.backtest import backtest_baseline

    result = backtest_baseline(request.scenario, history, request.origins, on_origin)
    view = BacktestView(request.scenario, result, request.inputs.manifest)
    return repository.publish_run(
        request.reports, request.inputs, _render_files(view, Translator(request.language)), {}
    )


def _read_checked_history(scenario: Scenario) -> History:
    from forecast.errors import raise_if_problems
    from forecast.plan.accounts import read_plan_history
    from forecast.timeseries.checks import check_baselines, check_history

    raise_if_problems(check_baselines(scenario))
    if scenario.history is None or all(scenario.baseline_for(name).method != "fit" for name in scenario.service_names):
        raise InputError.of(Location(scenario.file or "<plan>"), "", "backtest_no_history")
    history = read_plan_history(scenario)
    assert history is not None  # checked above
    raise_if_problems(check_history(scenario, history))
    return history


def _render_files(view: BacktestView, t: Translator) -> dict[str, bytes]:
    """Content of every file but the manifest, by name."""
    from forecast.reports.backtest import backtest_charts, render_backtest_page

    frames = {"scores.csv": view.backtest.to_frame(), "sums.csv": view.backtest.sums_to_frame()}
    return {
        "summary.json": repository.json_bytes(summarise_backtest(view, t)),
        **{
            name: frame.to_csv(index=False, float_format=_number_text, lineterminator="\n").encode()
            for name, frame in frames.items()
        },
        "report.html": render_backtest_page(view, t),
        **{f"figures/{name}.png": chart.png() for name, chart in backtest_charts(view, t).items()},
    }


def _number_text(number: Any) -> str:
    """Number of a table, without an exponent."""
    return positional_text(number)


def summarise_backtest(view: BacktestView, t: Translator) -> dict[str, Any]:
    """summary.json: scores by service and model; null with the reason where a service is not scored."""
    from forecast.periods import format_month
    from forecast.reports.backtest import backtest_track_records, service_text
    from forecast.reports.content.sums import summarise_sums

    services, records = {}, backtest_track_records(view.backtest)
    notes = view.notes(t)
    for name, service in view.backtest.services.items():
        reason = None
        if service.reason is not None:
            key, params = service.reason
            reason = t(key, **{**dict(params), "service": service_text(name, view.scenario, t)})
        services[name] = {
            "measured": service.measured,
            "origins": [format_month(origin.first_month) for origin in service.origins],
            "models": _score_summaries(service.scores) if service.scores else None,
            "sums": summarise_sums(service.sum_accuracy(), t) if service.scores else None,
            "masked": [format_month(month) for month in records[name].masked_months],
            "why": reason,
        }
    return {
        "schema": 1,
        "scenario": view.manifest["scenario"],
        "run_id": view.manifest["run_id"],
        "currency": view.scenario.currency,
        "services": services,
        "every": _score_summaries(view.backtest.mean_scores) if view.backtest.mean_scores else None,
        "every_sums": summarise_sums(view.backtest.mean_sums, t) if view.backtest.mean_scores else None,
        **({"notes": notes} if notes else {}),
    }


def _score_summaries(scores: Mapping[str, Score]) -> dict[str, Any]:
    return {name: score.to_dict() for name, score in scores.items()}
