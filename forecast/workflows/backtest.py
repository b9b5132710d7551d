"""From a plan to its published backtest; the same inputs find the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import InputError, Location
from forecast.i18n import Language, Translator
from forecast.reports.index_page import write_index
from forecast.runs import repository as runs
from forecast.runs.manifest import backtest_inputs

if TYPE_CHECKING:
    from forecast.history.ledger import History
    from forecast.plan.scenario import Scenario
    from forecast.reports.backtest import BacktestView
    from forecast.timeseries.evaluation.backtest import Backtest
    from forecast.timeseries.evaluation.scores import Score


def backtest(scenario: Scenario, *, origins: int | None = None) -> Backtest:
    """Ask the baseline of a plan from months of its past, one each quarter, and score it; nothing is written.

    InputError where the plan or its history cannot be read, or no service is forecast from a history.
    """
    from forecast.timeseries.evaluation import backtest as analysis

    return analysis.backtest_baseline(
        scenario, _read_checked_history(scenario), analysis.DEFAULT_ORIGINS if origins is None else origins
    )


@dataclass(frozen=True)
class BacktestRequest:
    """A plan whose baseline is asked about the past, and where the answer goes."""

    scenario: Scenario
    origins: int
    language: Language
    reports: Path


def run_backtest(trial: BacktestRequest, tell: Callable[[int, int], None] = lambda done, total: None) -> runs.StoredRun:
    """Ask, score and publish as `reports/backtest-<name>`; `tell` hears how many origins are done.

    InputError where the plan or its history cannot be read, or no service is forecast from a history; OutputError
    before anything is fitted if the answer could not be written.
    """
    history = _read_checked_history(trial.scenario)
    inputs = backtest_inputs(trial.scenario, origins=trial.origins, language=trial.language)
    runs.prepare_reports(trial.reports, (inputs.name,))
    if kept := runs.find_run(trial.reports, inputs):
        runs.link_run(trial.reports, kept)
    else:
        from forecast.reports.backtest import BacktestView
        from forecast.timeseries.evaluation.backtest import backtest_baseline

        found = backtest_baseline(trial.scenario, history, trial.origins, tell)
        view = BacktestView(trial.scenario, found, inputs.manifest)
        kept = runs.publish_run(trial.reports, inputs, _render_files(view, Translator(trial.language)), {})
    write_index(trial.reports)
    return kept


def _read_checked_history(scenario: Scenario) -> History:
    from forecast.files.csv import raise_if_problems
    from forecast.history.ledger import read_history
    from forecast.timeseries.checks import check_baselines, check_history

    raise_if_problems(check_baselines(scenario))
    if scenario.history is None or all(scenario.baseline_for(name).method != "fit" for name in scenario.service_names):
        raise InputError.of(Location(scenario.file or "<plan>"), "", "backtest_no_history")
    history = read_history(scenario.history.file, scenario.currency)
    raise_if_problems(check_history(scenario, history))
    return history


def _render_files(view: BacktestView, words: Translator) -> dict[str, bytes]:
    from forecast.reports import backtest as pages

    return {
        "summary.json": runs.json_bytes(summarise_backtest(view, words)),
        "scores.csv": _scores_csv(view.backtest),
        "report.html": pages.render_backtest_page(view, words),
        **{f"figures/{name}.png": drawing.png() for name, drawing in pages.backtest_charts(view, words).items()},
    }


def summarise_backtest(view: BacktestView, words: Translator) -> dict[str, Any]:
    """summary.json: scores by service and model, null with the reason where a service cannot be judged."""
    from forecast.periods import format_month
    from forecast.reports.backtest import service_text

    services = {}
    for name, one in view.backtest.services.items():
        label = service_text(name, view.scenario, words)
        services[name] = {
            "measured": one.measured,
            "origins": [format_month(origin.first_month) for origin in one.origins],
            "models": _score_summaries(one.scores) if one.scores else None,
            "why": words(one.reason[0], **{**dict(one.reason[1]), "service": label}) if one.reason else None,
        }
    return {
        "schema": 1,
        "scenario": view.manifest["scenario"],
        "run_id": view.manifest["run_id"],
        "currency": view.scenario.currency,
        "services": services,
        "every": _score_summaries(view.backtest.mean_scores) if view.backtest.mean_scores else None,
    }


def _score_summaries(scores: Mapping[str, Score]) -> dict[str, Any]:
    return {name: score.to_dict() for name, score in scores.items()}


def _scores_csv(found: Backtest) -> bytes:
    """scores.csv: one row a service and model."""
    keys = ("mase", "crps", "msis95", "coverage80", "coverage95", "bias", "months")
    lines = [",".join(("service", "model", *keys))]
    for name, one in found.services.items():
        for model, score in one.scores.items():
            facts = score.to_dict()
            lines.append(",".join((name, model, *(_format_cell(facts[key]) for key in keys))))
    return ("\n".join(lines) + "\n").encode()


def _format_cell(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"
