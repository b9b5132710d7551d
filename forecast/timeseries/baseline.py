"""The baseline of each service: its months over the calendar of the plan, as the history alone forecasts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.engines.engine import Engine
from forecast.errors import raise_if_problems
from forecast.history.booked_months import BookedMonth, BookedMonths
from forecast.history.ledger import History
from forecast.i18n import Note
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.accounts import read_plan_history
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline_notes import fitted_notes, given_notes, month_notes
from forecast.timeseries.booked_notes import booked_notes
from forecast.timeseries.censored_months import fill_empty_years, means_from_zero, month_scale
from forecast.timeseries.checks import check_baselines, check_history
from forecast.timeseries.ensemble.cache import fit_with_cache, store_fits
from forecast.timeseries.ensemble.ensemble import (
    Ensemble,
    Fit,
    FitTask,
    HistoryKind,
    holiday_for_currency,
    mean_month_size,
)
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.ensemble.pinned import COMBINATION_KEY, PinnedFits, restore_pinned, serialise_fit
from forecast.timeseries.estimate_errors import BaseYearEstimates, EstimateError, base_year_estimates, estimate_errors
from forecast.timeseries.interventions import Intervention, build_intervention, modelled_drivers
from forecast.timeseries.models.base import Forecast, MonthScale, TimeSeries
from forecast.timeseries.models.outliers import clean, impute
from forecast.timeseries.models.recent_shift import RecentShift, recent_shift
from forecast.timeseries.year_width import PlannedYear, width_notes

__all__ = [
    "Baseline",
    "ServiceBaseline",
    "fit_baseline",
    "fit_tasks",
    "history_kind",
    "unfitted_notes",
]

MONTHS_PER_CORRECTION = 20
"""Months among which one that is not above zero counts as a correction of the books [C]."""
ANNUAL_QUANTILE_DRAWS = 4_000
"""Draws behind the annual quantiles of the history alone."""
ANNUAL_QUANTILE_SEED = 20210111
"""Seed of those draws; they are for show and share no random number with the simulation."""
MIN_BASE_SHARE = 1e-6
"""Least total of a year, as a share of the sum of its months' sizes, that the months are shares of."""


@dataclass(frozen=True)
class ServiceBaseline:
    """Baseline of one service before any shock or initiative of the plan."""

    service: str
    kind: Literal["actual", "reconstructed", "given"]
    measured: Literal["revenue", "volume"]
    base_year: int | None
    """The last full calendar year of the history."""
    base_total: float
    """Sum of the measure in that year; in the last twelve months where no year is full; 0 where given."""
    base_undisturbed: float
    """Sum of the measure in that year without the dated shocks of the history; 0 where given."""
    base_weights: Floats
    """(12,): shares of the months in that sum; sums to 1, some below 0 where months are."""
    base_price: float | None
    """Mean price of that year, revenue / volume; None without prices."""
    last_price: float | None
    """Price of the last month; None without prices."""
    scale: MonthScale
    """Scale of the simulated months."""
    shape: Floats
    """(months of the calendar,): undisturbed months: season, holiday, trend. On `log` logs of which only differences
    count, else in the unit of the measure."""
    month_size: float
    """Mean size of the months of the history, their signs left out; 1 on `log`."""
    forecast: Forecast | None
    """Forecast of the history alone, by the combination of models; None where given."""
    recent_shift: RecentShift | None
    """A level shift that `forecast` takes to stay, and that may not; None without one."""
    known_months: int
    """First months of the calendar, which the history holds."""
    noise: float | None
    """Standard deviation of one month's residual as a share of `month_size`, in logs on `log`; None where reconstructed
    or given."""
    persistence: float | None
    """Correlation of neighbouring residuals; None where reconstructed or given."""
    weights: Mapping[str, float]
    """Model -> weight in the combination."""
    mase: float | None
    """Mean absolute scaled error of the combination at past origins; None without any."""
    coverage80: float | None
    """Share of past months inside the 80% interval of the combination; None without any."""
    coverage95: float | None
    checks: tuple[OriginCheck, ...]
    """Forecast of the combination and actual at past origins."""
    masked_actual: Mapping[int, float]
    """Month of the history that is masked -> its figure as booked; empty where given."""
    annual_quantiles: Mapping[int, tuple[float, float, float]]
    """Year -> P10, P50, P90 of its total by the history alone."""
    notes: tuple[Note, ...]
    """Notes for the reader on the history of the service."""
    base_estimates: BaseYearEstimates | None = None
    """Estimates among the months of the base year, whose error widens its total."""

    @property
    def month_sizes(self) -> Floats:
        """(months of the calendar,): the undisturbed months without their signs; only ratios count."""
        return np.exp(self.shape) if self.scale == "log" else np.abs(self.shape)


@dataclass(frozen=True)
class Baseline:
    """The baselines of all services over the calendar years that touch the horizon."""

    calendar: Calendar
    services: Mapping[str, ServiceBaseline]
    correlation: Floats | None
    """(services, services), by sorted name; None when the history cannot teach it."""
    data_status: Mapping[str, int]
    """Months of the history by status; a month has the weakest status of its services."""
    digest: str
    """SHA-256 of the history file; empty without one."""
    parameters: Mapping[str, Any]
    """Service -> model -> fitted numbers as JSON; under `blend` the combination that `--reuse-fit` needs."""
    history_notes: tuple[Note, ...] = ()
    """Notes on the numbers of the history, where a reader should know how they are read."""
    last_known_month: int | None = None
    """Last month of the history, or of the booked months, that is no estimate, from year 0; None without one."""
    booked: BookedMonths = field(default_factory=dict)
    """Figures of the months that are simulated, as the ledger has them on the day of the plan."""
    estimate_errors: Mapping[str, EstimateError] = field(default_factory=dict)
    """By measure, such as `revenue.postal`: error of its estimates, where some month's figure is one."""


def fit_baseline(
    scenario: Scenario, cache: Path | None = None, pinned_fits: PinnedFits | None = None, engine: Engine | None = None
) -> Baseline:
    """Read the history of a plan, fit it and align it to the plan's calendar.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    cache : Path, optional
        Folder of stored fits; a fit found there is not made again.
    pinned_fits : PinnedFits, optional
        Fits to use instead of any other; they are left in `cache` for the cases.
    engine : Engine, optional
        Fits the services where it works; by default in this process.

    Returns
    -------
    Baseline
        The baselines of all services, fitted or given.

    Raises
    ------
    InputError
        Every problem at once: of the plan, then of the history, then of the two together.
    """
    raise_if_problems(check_baselines(scenario))
    names = scenario.service_names
    fitted = [name for name in names if scenario.baseline_for(name).method == "fit"]
    calendar = scenario.horizon.calendar.full_years()
    history = read_plan_history(scenario)
    if history is not None:
        raise_if_problems(check_history(scenario, history))
    if not fitted:
        given = {name: _given_baseline(scenario, name, calendar) for name in names}
        if history is None:
            return Baseline(calendar, given, None, {}, "", {})
        notes = tuple(booked_notes(scenario, history, names))
        booked, errors = _booked_in(history, calendar), estimate_errors(scenario, history)
        return Baseline(calendar, given, None, {}, "", {}, notes, booked=booked, estimate_errors=errors)
    assert history is not None  # checked above
    prepared = {name: _fit_task(scenario, history, name) for name in fitted}
    months = calendar.last - history.calendar.last
    tasks = [task for task, _ in prepared.values()]
    if pinned_fits is None:
        fits = fit_with_cache(tasks, scenario.currency, cache, months, engine)
    else:
        fits = _restore_pinned(pinned_fits, scenario, tasks, months, history.digest, cache)
    services = {
        name: _fitted_baseline(scenario, history, *prepared[name], fits.services[name], calendar)
        if name in prepared
        else _given_baseline(scenario, name, calendar, name in history.services)
        for name in names
    }
    correlation = _expand_correlation(fits.correlation, fitted, names)
    combinations = {task.service: serialise_fit(task, fits, months, history.digest) for task in tasks}
    parameters = {name: {**fits.services[name].parameters, COMBINATION_KEY: combinations[name]} for name in fitted}
    return Baseline(
        calendar,
        services,
        correlation,
        history.months_by_status(),
        history.digest,
        parameters,
        (*history.notes, *booked_notes(scenario, history, _log_services(scenario, tasks))),
        _last_known_month(history),
        _booked_in(history, calendar),
        estimate_errors(scenario, history),
    )


def _log_services(scenario: Scenario, tasks: list[FitTask]) -> list[str]:
    """Services whose months are simulated as logarithms."""
    given = [name for name in scenario.service_names if scenario.baseline_for(name).method == "given"]
    return [*given, *(task.service for task in tasks if task.scale == "log")]


def _booked_in(history: History, calendar: Calendar) -> dict[str, dict[int, BookedMonth]]:
    """The booked figures of the calendar years of a plan; later ones are of other plans."""
    inside = {
        measure: {month: figure for month, figure in figures.items() if month in calendar.months}
        for measure, figures in history.booked.items()
    }
    return {measure: figures for measure, figures in inside.items() if figures}


def _last_known_month(history: History) -> int | None:
    """The last month up to which no service has an estimate at the end of its history; None where all are estimates."""
    estimates = max(_trailing_estimates(history.status[service]) for service in history.services)
    return history.calendar.last - estimates if estimates < history.calendar.count else None


def _trailing_estimates(status: tuple[str, ...]) -> int:
    """Months at the end of a history that are estimates."""
    return next((n for n, each in enumerate(reversed(status)) if each != "estimate"), len(status))


def _restore_pinned(
    pin: PinnedFits, scenario: Scenario, tasks: list[FitTask], months: int, history_digest: str, cache: Path | None
) -> Ensemble:
    """The pinned fits, which are left in the folder `cache` too."""
    fits = restore_pinned(pin, tasks, months, history_digest)
    if cache is not None:
        store_fits(tasks, scenario.currency, cache, fits)
    return fits


def _expand_correlation(correlation: Floats | None, fitted: list[str], names: tuple[str, ...]) -> Floats | None:
    """(services, services): correlation of all services, 0 for those that are given."""
    if correlation is None or len(fitted) == len(names):
        return correlation
    expanded = np.eye(len(names))
    rows = [names.index(name) for name in fitted]
    expanded[np.ix_(rows, rows)] = correlation
    return expanded


def fit_tasks(scenario: Scenario, history: History) -> list[FitTask]:
    """List the fits of a plan by a history, which may be cut.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History
        Its ledger, or the start of it.

    Returns
    -------
    list of FitTask
        One for each fitted service that the history holds.
    """
    names = (name for name in scenario.service_names if scenario.baseline_for(name).method == "fit")
    return [_fit_task(scenario, history, name)[0] for name in names if name in history.services]


def unfitted_notes(scenario: Scenario, history: History | None) -> list[Note]:
    """List the notes that need no fit.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    history : History or None
        Its ledger, which agrees with the plan (`check_history`).

    Returns
    -------
    list of Note
        By service: outlying months, corrections, level shifts, what growth counts from, and a year whose months are
        noisier than its range is wide; then those on the booked months of the plan.
    """
    notes = [] if history is None else _history_notes(scenario, history)
    for service in scenario.service_names:
        if scenario.baseline_for(service).method == "given":
            notes += width_notes(scenario, service, _given_year(scenario, service))
    return notes


def _history_notes(scenario: Scenario, history: History) -> list[Note]:
    """Notes on the services that the history holds."""
    notes: list[Note] = []
    tasks = fit_tasks(scenario, history)
    for task in tasks:
        year, rows = _base_year(task.series.calendar)
        notes += month_notes(scenario, history, task, year)
        if year is not None and task.kind == "reconstructed":
            months = np.maximum(history.modelled_series(task.service)[rows], 0.0)
            first = scenario.horizon.calendar.years[0]
            notes += width_notes(scenario, task.service, PlannedYear(first, "log", months, 1.0, 0.0, 0.0, 0.0))
    return [*notes, *booked_notes(scenario, history, _log_services(scenario, tasks))]


def history_kind(history: History, service: str) -> HistoryKind:
    """Classify the history of a service.

    Parameters
    ----------
    history : History
        The ledger.
    service : str
        Name of the service.

    Returns
    -------
    {"actual", "reconstructed"}
        Reconstructed when any month is; an estimate or an example counts as actual.
    """
    return "reconstructed" if "reconstructed" in history.status[service] else "actual"


def _fit_task(scenario: Scenario, history: History, service: str) -> tuple[FitTask, Intervention]:
    """The cleaned series of a service without the dated shocks, and those shocks."""
    assert scenario.history is not None
    calendar = history.service_calendar(service)
    shocks = build_intervention(scenario.history.shocks, service, calendar, modelled_drivers(history, service))
    measured = history.modelled_series(service)
    undisturbed = shocks.remove_from(measured)
    unknown = np.isin(calendar.months, scenario.baseline_for(service).mask) & ~shocks.masked
    nonpositive = (undisturbed <= 0) | (measured <= 0)
    first_row = scenario.horizon.calendar.full_years().first - calendar.first
    is_log = _are_corrections(nonpositive) and not nonpositive[max(0, first_row) :].any()
    unknown |= nonpositive & is_log
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(unknown, np.nan, np.log(undisturbed) if is_log else undisturbed)
    holiday = holiday_for_currency(scenario.currency)
    source = TimeSeries(calendar, values, shocks.masked | unknown, holiday, is_log=is_log)
    kind = history_kind(history, service)
    series = clean(source) if kind == "actual" else impute(source)
    return FitTask(service, kind, "log" if is_log else "raw", series), shocks


def _are_corrections(nonpositive: NDArray[np.bool_]) -> bool:
    """True where the months (months,) not above zero are few, each between two above: corrections of the books."""
    adjacent = bool(np.any(nonpositive[1:] & nonpositive[:-1]))
    max_count = max(1, len(nonpositive) // MONTHS_PER_CORRECTION)
    return not adjacent and int(nonpositive.sum()) <= max_count and not nonpositive.all()


def _fitted_baseline(
    scenario: Scenario, history: History, task: FitTask, shocks: Intervention, fit: Fit, calendar: Calendar
) -> ServiceBaseline:
    """The baseline of a service with a fit."""
    service, months = task.service, task.series.calendar
    measured = history.modelled_series(service)
    undisturbed = _without_shocks(task, shocks.remove_from(measured))
    scale = month_scale(task, measured)
    mean = fit.mean if scale != "censored" else means_from_zero(fit, measured, months, calendar)
    forecast, shape = _align_to_calendar(task, replace(fit, mean=mean), measured, undisturbed, calendar, scale)
    shift, known_months = recent_shift(task.series), _known_months(task, calendar)
    year, rows = _base_year(months)
    base = undisturbed[rows] if scale == "raw" else np.maximum(undisturbed[rows], 0.0)
    has_shares = year is not None and abs(base.sum()) > MIN_BASE_SHARE * np.abs(base).sum()
    weights = base / base.sum() if has_shares else _monthly_shares(shape, scale)
    if scale == "censored":
        shape = fill_empty_years(shape, weights)
    price = history.price.get(service)
    months_of_year = np.exp(shape[:SEASON_MONTHS]) if scale == "log" else shape[:SEASON_MONTHS]
    planned = PlannedYear(
        calendar.years[0],
        scale,
        months_of_year,
        mean_month_size(task),
        fit.noise or 0.0,
        fit.persistence or 0.0,
        float(base.sum()),
    )
    base_revenue, base_total = float(history.revenue[service][rows].sum()), float(measured[rows].sum())
    return ServiceBaseline(
        service=service,
        kind=task.kind,
        measured="volume" if service in history.volume else "revenue",
        base_year=year,
        base_total=base_total,
        base_undisturbed=float(base.sum()),
        base_weights=weights,
        base_price=None if price is None else _mean_price(price[rows], measured[rows]),
        last_price=None if price is None else float(price[-1]),
        scale=scale,
        shape=shape,
        month_size=mean_month_size(task),
        forecast=forecast,
        recent_shift=shift,
        known_months=known_months,
        noise=fit.noise,
        persistence=fit.persistence,
        weights=fit.weights,
        mase=fit.mase,
        coverage80=fit.coverage80,
        coverage95=fit.coverage95,
        checks=fit.checks,
        masked_actual={months.first + int(row): float(measured[row]) for row in np.flatnonzero(task.series.masked)},
        annual_quantiles=_annual_quantiles(forecast, shift, known_months, calendar),
        notes=(
            *fitted_notes(scenario, history, task, year, base_revenue),
            *fit.notes,
            *(() if year is None else width_notes(scenario, service, planned)),
        ),
        base_estimates=None if year is None else base_year_estimates(scenario, history, service, year),
    )


def _mean_price(price: Floats, volume: Floats) -> float:
    """Mean price of some months, by the size of their volumes."""
    sizes = np.abs(volume)
    return float(np.abs(price * volume).sum() / sizes.sum() if sizes.sum() > 0 else price.mean())


def _without_shocks(task: FitTask, undisturbed: Floats) -> Floats:
    """(months,): the undisturbed months, and the estimates of those that are masked for another reason."""
    source = task.series.source
    if source is None:
        return undisturbed
    estimated = task.series.masked & (~source.masked | np.isnan(source.values))
    values = np.exp(task.series.values) if task.scale == "log" else task.series.values
    return np.where(estimated, values, undisturbed)


def _given_baseline(scenario: Scenario, service: str, calendar: Calendar, in_history: bool = False) -> ServiceBaseline:
    """The baseline of a service whose year the planner gives."""
    planned = _given_year(scenario, service)
    weights = planned.shape / planned.shape.sum()
    with np.errstate(divide="ignore"):  # a month without trade
        shape: Floats = np.log(weights)[np.array(calendar.months) % SEASON_MONTHS]
    return ServiceBaseline(
        service=service,
        kind="given",
        measured="revenue",
        base_year=None,
        base_total=0.0,
        base_undisturbed=0.0,
        base_weights=weights,
        base_price=None,
        last_price=None,
        scale="log",
        shape=shape,
        month_size=1.0,
        forecast=None,
        recent_shift=None,
        known_months=0,
        noise=None,
        persistence=None,
        weights={},
        mase=None,
        coverage80=None,
        coverage95=None,
        checks=(),
        masked_actual={},
        annual_quantiles={},
        notes=(
            *given_notes(scenario, service, calendar, in_history),
            *width_notes(scenario, service, planned),
        ),
    )


def _given_year(scenario: Scenario, service: str) -> PlannedYear:
    """The first year of a service whose year the planner gives."""
    shape = scenario.baseline_for(service).shape
    months = np.array(shape.values if shape and shape.values else [1.0] * SEASON_MONTHS)
    return PlannedYear(scenario.horizon.calendar.years[0], "log", months, 1.0, 0.0, 0.0, 0.0)


def _align_to_calendar(
    task: FitTask, fit: Fit, measured: Floats, undisturbed: Floats, calendar: Calendar, scale: MonthScale
) -> tuple[Forecast, Floats]:
    """Forecast and undisturbed shape over the calendar; months that the history holds are as they were."""
    history = task.series.calendar
    if scale == "log":
        measured, undisturbed = (np.log(np.where(values > 0, values, 1.0)) for values in (measured, undisturbed))
    mean, shape = np.zeros(calendar.count), np.zeros(calendar.count)
    factor = np.zeros((calendar.count, calendar.count))
    n_known = _known_months(task, calendar)
    steps = calendar.count - n_known
    mean[n_known:] = shape[n_known:] = fit.mean[:steps]
    factor[n_known:, n_known:] = fit.cholesky[:steps, :steps]
    for row in range(n_known):
        history_row = calendar.first + row - history.first
        if history_row >= 0:
            mean[row], shape[row] = measured[history_row], undisturbed[history_row]
        else:  # before the history began: as the same month a year later
            mean[row] = shape[row] = fit.mean[(row - n_known) % SEASON_MONTHS]
    return Forecast(mean, factor, scale), np.maximum(shape, 0.0) if scale == "censored" else shape


def _known_months(task: FitTask, calendar: Calendar) -> int:
    """Number of first months of the calendar that the history holds."""
    return max(0, task.series.calendar.last + 1 - calendar.first)


def _base_year(months: Calendar) -> tuple[int | None, slice]:
    """The last full calendar year and its rows; without one, None and the rows of the last twelve months."""
    year = (months.last + 1) // SEASON_MONTHS - 1
    if SEASON_MONTHS * year < months.first:
        return None, slice(max(0, months.count - SEASON_MONTHS), months.count)
    return year, months.year_rows(year)


def _monthly_shares(shape: Floats, scale: MonthScale) -> Floats:
    """(12,): shares of the months in the first calendar year of a shape, by size where some may be below zero."""
    first = shape[:SEASON_MONTHS]
    months = np.exp(first - first.max()) if scale == "log" else np.abs(first)
    return np.asarray(months / months.sum() if months.sum() > 0 else np.full(SEASON_MONTHS, 1 / SEASON_MONTHS), float)


def _annual_quantiles(
    forecast: Forecast, shift: RecentShift | None, known_months: int, calendar: Calendar
) -> dict[int, tuple[float, float, float]]:
    """Year -> P10, P50 and P90 of its total by the history alone, from draws of its own."""
    rng = np.random.default_rng(ANNUAL_QUANTILE_SEED)
    z = rng.standard_normal((calendar.count, ANNUAL_QUANTILE_DRAWS))
    deviations = np.zeros_like(z)
    if shift is not None:
        uniforms = rng.random((3, ANNUAL_QUANTILE_DRAWS))
        deviations[known_months:] = shift.deviations(uniforms, calendar.count - known_months)
    values = forecast.transform_normal(z, deviations)
    quantiles = {}
    for year in calendar.years:
        low, median, high = np.quantile(values[calendar.year_rows(year)].sum(axis=0), (0.1, 0.5, 0.9))
        quantiles[year] = (float(low), float(median), float(high))
    return quantiles
