"""Errors of estimates: learned from earlier estimates and the actual figures that followed, else as the plan says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.history.ledger import History
from forecast.i18n import Note, Phrase, Translator, flatten_phrases
from forecast.i18n.listing import list_names
from forecast.periods import format_month
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario

__all__ = [
    "MIN_ESTIMATE_PAIRS",
    "BaseYearEstimates",
    "EstimateError",
    "base_year_estimates",
    "error_notes",
    "estimate_errors",
    "measures_without_error",
]

MIN_ESTIMATE_PAIRS = 6
"""Earlier estimates with their actual figures from which an error is learned [C]."""
MAX_ESTIMATED_MONTHS = 6
"""Months that a note lists before it counts the others."""


@dataclass(frozen=True)
class EstimateError:
    """Error of an estimate on the log scale: log of the actual figure less log of the estimate is normal."""

    bias: float
    """Its mean; 0 where the plan gives the error."""
    sd: float | Assumption
    """Its standard deviation; an assumption where the plan gives it."""
    pairs: int
    """Earlier estimates with their actual figures."""


@dataclass(frozen=True)
class BaseYearEstimates:
    """Estimates among the months of a base year, and their error."""

    amounts: Floats
    """(12,) in the measure of the service; 0 in months that are no estimates."""
    error: EstimateError


def estimate_errors(scenario: Scenario, history: History) -> dict[str, EstimateError]:
    """Find the error of the estimates of each measure.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger.

    Returns
    -------
    dict of str to EstimateError
        By measure, such as `revenue.postal` or `volume.postal`: of those whose figure is an estimate in some month. A
        measure with too few pairs, in a plan that gives no error, has none.
    """
    given = scenario.history.estimate_error if scenario.history else None
    errors: dict[str, EstimateError] = {}
    for measure in history.estimates.months:
        ratios = list(history.estimates.log_ratios.get(measure, {}).values())
        if len(ratios) >= MIN_ESTIMATE_PAIRS:
            mean = math.fsum(ratios) / len(ratios)
            variance = math.fsum((ratio - mean) ** 2 for ratio in ratios) / (len(ratios) - 1)
            errors[measure] = EstimateError(mean, math.sqrt(variance), len(ratios))
        elif given is not None:
            errors[measure] = EstimateError(0.0, given, len(ratios))
    return errors


def measures_without_error(scenario: Scenario, history: History, months: range) -> list[tuple[str, int, int]]:
    """Find the measures of services that need an error and have none.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger.
    months : range
        From year 0: those that the plan simulates.

    Returns
    -------
    list of (str, int, int)
        Measure as the ledger has it, the first month whose figure is an estimate, and the number of pairs.
    """
    errors = estimate_errors(scenario, history)
    lacking = []
    estimated = history.estimates.months
    for measure, inside in _estimated_months(scenario, history, months):
        kind, _, service = measure.partition(".")
        is_product = kind == "revenue" and bool({f"volume.{service}", f"price.{service}"} & estimated.keys())
        if not is_product and measure not in errors:
            lacking.append((measure, inside[0], len(history.estimates.log_ratios.get(measure, {}))))
    return lacking


def _estimated_months(scenario: Scenario, history: History, months: range) -> Iterator[tuple[str, list[int]]]:
    """Each measure of a service of the plan with an estimate in some months, and which of them; costs have none."""
    for measure, estimated in history.estimates.months.items():
        kind, _, service = measure.partition(".")
        inside = [month for month in estimated if month in months]
        if inside and service in scenario.services and kind != "cost":
            yield measure, inside


def base_year_estimates(scenario: Scenario, history: History, service: str, year: int) -> BaseYearEstimates | None:
    """Find the estimates of a service in its base year.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger.
    service : str
        A service of both.
    year : int
        A calendar year that the history holds.

    Returns
    -------
    BaseYearEstimates, optional
        None where the year has no estimate, or their error is not known: then they count as they are.
    """
    measure = f"volume.{service}" if service in history.volume else f"revenue.{service}"
    calendar = history.service_calendar(service)
    rows = calendar.year_rows(year)
    estimated = np.isin(np.array(calendar.months)[rows], history.estimates.months.get(measure, ()))
    error = estimate_errors(scenario, history).get(measure)
    if error is None or not estimated.any():
        return None
    return BaseYearEstimates(np.where(estimated, history.modelled_series(service)[rows], 0.0), error)


def error_notes(scenario: Scenario, history: History, months: range) -> list[Note]:
    """List the notes on the errors of the estimates of services.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger.
    months : range
        From year 0: those whose estimates are named.

    Returns
    -------
    list of Note
        One for each measure with an estimate, learned or given.
    """
    notes: list[Note] = []
    errors = estimate_errors(scenario, history)
    for measure, inside in _estimated_months(scenario, history, months):
        error = errors.get(measure)
        if error is None:
            continue
        params: dict[str, object] = {"count": error.pairs, "measure": measure, "months": _list_months(inside)}
        if isinstance(error.sd, Assumption):
            key, params["text"] = "estimate_error_given", error.sd.text
        else:
            key = "estimate_error_learned"
            params |= {"ratio": _percent(math.exp(error.bias)), "sd": _percent(error.sd)}
        notes.append((key, tuple(sorted(flatten_phrases(params).items()))))
    return notes


def _percent(share: float) -> Phrase:
    return Phrase(Translator("en").percent(share, 1), Translator("vi").percent(share, 1))


def _list_months(months: list[int]) -> str:
    return list_names(map(format_month, months), MAX_ESTIMATED_MONTHS)
