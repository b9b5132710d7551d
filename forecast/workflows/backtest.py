"""From a plan to its published backtest; the same inputs find the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.errors import InputError, Where
from forecast.i18n import Language, Words
from forecast.reports.index_page import write_index
from forecast.runs import repository as runs
from forecast.runs.manifest import backtested

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

    return analysis.backtest(scenario, _history(scenario), analysis.ORIGINS if origins is None else origins)


@dataclass(frozen=True)
class Trial:
    """A plan whose baseline is asked about the past, and where the answer goes."""

    scenario: Scenario
    origins: int
    language: Language
    reports: Path


def run_trial(trial: Trial, tell: Callable[[int, int], None] = lambda done, total: None) -> runs.Kept:
    """Ask, score and publish as `reports/backtest-<name>`; `tell` hears how many origins are done.

    InputError where the plan or its history cannot be read, or no service is forecast from a history; OutputError
    before anything is fitted if the answer could not be written.
    """
    history = _history(trial.scenario)
    inputs = backtested(trial.scenario, origins=trial.origins, language=trial.language)
    runs.prepare(trial.reports, (inputs.name,))
    if kept := runs.find(trial.reports, inputs):
        runs.show(trial.reports, kept)
    else:
        from forecast.reports.backtest import BacktestView
        from forecast.timeseries.evaluation.backtest import backtest

        found = backtest(trial.scenario, history, trial.origins, tell)
        view = BacktestView(trial.scenario, found, inputs.manifest)
        kept = runs.publish(trial.reports, inputs, _files(view, Words(trial.language)), {})
    write_index(trial.reports)
    return kept


def _history(scenario: Scenario) -> History:
    from forecast.files.csv import raise_if_any
    from forecast.history.ledger import read_history
    from forecast.timeseries.checks import check_history, check_plan

    raise_if_any(check_plan(scenario))
    if scenario.history is None or all(scenario.choice(name).method != "fit" for name in scenario.service_names):
        raise InputError.of(Where(scenario.file or "<plan>"), "", "backtest_no_history")
    history = read_history(scenario.history.file, scenario.currency)
    raise_if_any(check_history(scenario, history))
    return history


def _files(view: BacktestView, words: Words) -> dict[str, bytes]:
    from forecast.reports import backtest as pages

    return {
        "summary.json": runs.json_bytes(summary_of(view, words)),
        "scores.csv": _scores(view.found),
        "report.html": pages.page(view, words),
        **{f"figures/{name}.png": drawing.png() for name, drawing in pages.drawings(view, words).items()},
    }


def summary_of(view: BacktestView, words: Words) -> dict[str, Any]:
    """summary.json: scores by service and model, null with the reason where a service cannot be judged."""
    from forecast.periods import month_text
    from forecast.reports.backtest import service_text

    services = {}
    for name, one in view.found.services.items():
        label = service_text(name, view.scenario, words)
        services[name] = {
            "measured": one.measured,
            "origins": [month_text(origin.first) for origin in one.origins],
            "models": _facts(one.scores) if one.scores else None,
            "why": words(one.why[0], **{**dict(one.why[1]), "service": label}) if one.why else None,
        }
    return {
        "schema": 1,
        "scenario": view.manifest["scenario"],
        "run_id": view.manifest["run_id"],
        "currency": view.scenario.currency,
        "services": services,
        "every": _facts(view.found.every) if view.found.every else None,
    }


def _facts(scores: Mapping[str, Score]) -> dict[str, Any]:
    return {name: score.facts() for name, score in scores.items()}


def _scores(found: Backtest) -> bytes:
    """scores.csv: one row a service and model."""
    keys = ("mase", "crps", "msis95", "coverage80", "coverage95", "bias", "months")
    lines = [",".join(("service", "model", *keys))]
    for name, one in found.services.items():
        for model, score in one.scores.items():
            facts = score.facts()
            lines.append(",".join((name, model, *(_cell(facts[key]) for key in keys))))
    return ("\n".join(lines) + "\n").encode()


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"
