"""From the history to the baseline: what each service's months would be if nothing but the past spoke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.engines.engine import Engine
from forecast.files.csv import raise_if_problems
from forecast.history.ledger import History, read_history
from forecast.periods import SEASON_MONTHS, Calendar, format_month
from forecast.plan.scenario import Scenario
from forecast.timeseries.checks import check_baselines, check_history
from forecast.timeseries.ensemble.cache import fit_with_cache, store_fits
from forecast.timeseries.ensemble.ensemble import Ensemble, Fit, FitTask, HistoryKind, Note, holiday_for_currency
from forecast.timeseries.ensemble.interval_calibration import OriginCheck
from forecast.timeseries.ensemble.pinned import COMBINATION_KEY, PinnedFits, restore_pinned, serialise_fit
from forecast.timeseries.interventions import Intervention, build_intervention
from forecast.timeseries.models.base import Forecast, TimeSeries
from forecast.timeseries.models.outliers import clean, impute

MONTHS_PER_CORRECTION = 20
"""Months among which one that is not above zero is read as a correction of the books [C]."""
ANNUAL_QUANTILE_DRAWS = 4_000
"""Draws behind what the models say of a year."""
ANNUAL_QUANTILE_SEED = 20210111
"""Seed of those draws; they are for show and meet no other draw."""
MIN_TRAILING_ZERO_MONTHS = 3
"""Months of zero at the end of a history that are said."""
MAX_NAMED_MONTHS = 6
"""Months that a note names before it counts the rest."""
MIN_STATED_DIFFERENCE = 0.005
"""Share by which a stated figure may differ from the ledger before it is said."""


@dataclass(frozen=True)
class ServiceBaseline:
    """What the history, or the planner, says of one service before any shock or initiative of the plan."""

    service: str
    kind: Literal["actual", "reconstructed", "given"]
    measured: Literal["revenue", "volume"]
    base_year: int | None
    """The last whole calendar year of the history."""
    base_total: float
    """Its sum, of what is measured; of the last twelve months where no year is whole; 0 where given."""
    base_weights: Floats
    """(12,), shares of the months of that year had the dated shocks of the history not happened; sums to 1."""
    base_price: float | None
    """Mean price of that year, revenue / volume; None without prices."""
    last_price: float | None
    shape: Floats
    """(months of the calendar,), log of the undisturbed profile: season, festival, trend; only differences count."""
    forecast: Forecast | None
    """What the history alone says, the blend of the models; None where given."""
    noise: float | None
    """Standard deviation of one month's log surprise; None where reconstructed or given."""
    persistence: float | None
    weights: Mapping[str, float]
    """Model -> weight in the blend."""
    mase: float | None
    coverage80: float | None
    """Share of past months inside the 80% interval that the blend would have said; None where not judged."""
    coverage95: float | None
    checks: tuple[OriginCheck, ...]
    """What the blend would have said at past months, and what came."""
    annual_quantiles: Mapping[int, tuple[float, float, float]]
    """Year -> P10, P50, P90 of its total by the history alone."""
    notes: tuple[Note, ...]
    """Keys of sentences in `i18n/messages/data.toml`, with their facts."""


@dataclass(frozen=True)
class Baseline:
    """The baselines of all services over the calendar years that touch the horizon."""

    calendar: Calendar
    services: Mapping[str, ServiceBaseline]
    correlation: Floats | None
    """(services, services), by sorted name; None when the history may not teach it."""
    data_status: Mapping[str, int]
    """Months of the history by status; a month is as weak as its weakest service."""
    digest: str
    """SHA-256 of the history file; empty without one."""
    parameters: Mapping[str, Any]
    """Service -> model -> fitted numbers, as JSON takes them; under `blend` all that `--reuse-fit` needs."""


def fit_baseline(
    scenario: Scenario, cache: Path | None = None, pinned_fits: PinnedFits | None = None, engine: Engine | None = None
) -> Baseline:
    """Read the history, fit it or restore its fit from the folder `cache`, and lay it on the plan's calendar.

    With a `pinned_fits` nothing is fitted: what it holds is used, and left in `cache` for the cases.
    With an `engine` it is fitted there.

    InputError with every complaint at once: in the plan, then in the history, then where the two do not meet.
    """
    raise_if_problems(check_baselines(scenario))
    names = scenario.service_names
    fitted = [name for name in names if scenario.baseline_for(name).method == "fit"]
    calendar = scenario.horizon.calendar.full_years()
    if not fitted:
        given = {name: _given_baseline(scenario, name, calendar) for name in names}
        return Baseline(calendar, given, None, {}, "", {})
    assert scenario.history is not None  # checked above
    history = read_history(scenario.history.file, scenario.currency)
    raise_if_problems(check_history(scenario, history))
    tasks = {name: _fit_task(scenario, history, name) for name in fitted}
    months = calendar.last - history.calendar.last
    to_fit = [task for task, _ in tasks.values()]
    if pinned_fits is None:
        fits = fit_with_cache(to_fit, scenario.currency, cache, months, engine)
    else:
        fits = _restore_pinned(pinned_fits, scenario, to_fit, months, history.digest, cache)
    services = {
        name: _fitted_baseline(scenario, history, *tasks[name], fits.services[name], calendar)
        if name in tasks
        else _given_baseline(scenario, name, calendar, name in history.services)
        for name in names
    }
    correlation = (
        fits.correlation if len(fitted) == len(names) else _expand_correlation(fits.correlation, fitted, names)
    )
    blends = {name: serialise_fit(tasks[name][0], fits, months, history.digest) for name in fitted}
    parameters = {name: {**fits.services[name].parameters, COMBINATION_KEY: blends[name]} for name in fitted}
    return Baseline(calendar, services, correlation, history.months_by_status(), history.digest, parameters)


def _restore_pinned(
    pin: PinnedFits, scenario: Scenario, tasks: list[FitTask], months: int, history: str, cache: Path | None
) -> Ensemble:
    fits = restore_pinned(pin, tasks, months, history)
    if cache is not None:
        store_fits(tasks, scenario.currency, cache, fits)
    return fits


def _expand_correlation(correlation: Floats | None, fitted: list[str], names: tuple[str, ...]) -> Floats | None:
    """The correlation of all services, those that are given standing alone."""
    if correlation is None:
        return None
    wide = np.eye(len(names))
    rows = [names.index(name) for name in fitted]
    wide[np.ix_(rows, rows)] = correlation
    return wide


def fit_tasks(scenario: Scenario, history: History) -> list[FitTask]:
    """What is to be fitted of a plan by this history, which may be a shorter one: the services that it holds."""
    names = (name for name in scenario.service_names if scenario.baseline_for(name).method == "fit")
    return [_fit_task(scenario, history, name)[0] for name in names if name in history.services]


def history_kind(history: History, service: str) -> HistoryKind:
    """Reconstructed when any month is; an estimate or an example counts as actual."""
    return "reconstructed" if "reconstructed" in history.status[service] else "actual"


def _fit_task(scenario: Scenario, history: History, service: str) -> tuple[FitTask, Intervention]:
    """What is to be fitted of a service: its months with the dated shocks taken out, and which of them are masked."""
    assert scenario.history is not None
    calendar = history.service_calendar(service)
    drivers = ("volume",) if service in history.volume else ("volume", "price", "revenue")
    shocks = build_intervention(scenario.history.shocks, service, calendar, drivers)
    measured = history.modelled_series(service)
    calm = shocks.remove_from(measured)
    unknown = np.isin(calendar.months, scenario.baseline_for(service).mask) & ~shocks.masked
    below = (calm <= 0) | (measured <= 0)
    early = scenario.horizon.calendar.full_years().first - calendar.first
    positive = _are_isolated(below) and not below[max(0, early) :].any()
    unknown |= below & positive
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(unknown, np.nan, np.log(calm) if positive else calm)
    festival = holiday_for_currency(scenario.currency)
    source = TimeSeries(calendar, values, shocks.masked | unknown, festival, is_log=positive)
    kind = history_kind(history, service)
    past = clean(source) if kind == "actual" else impute(source)
    return FitTask(service, kind, "log" if positive else "raw", past), shocks


def _are_isolated(below: NDArray[np.bool_]) -> bool:
    """Whether the months that are not above zero are so few, each between two that are, that they are corrections."""
    together = bool(np.any(below[1:] & below[:-1]))
    return not together and int(below.sum()) <= max(1, len(below) // MONTHS_PER_CORRECTION) and not below.all()


def _fitted_baseline(
    scenario: Scenario, history: History, task: FitTask, shocks: Intervention, fit: Fit, calendar: Calendar
) -> ServiceBaseline:
    service, months = task.service, task.series.calendar
    measured = history.modelled_series(service)
    calm = _without_shocks(task, shocks.remove_from(measured))
    forecast, shape = _align_to_calendar(task, fit, measured, calm, calendar)
    year, rows = _base_year(months)
    shares = np.maximum(calm[rows], 0.0)
    weights = shares / shares.sum() if year is not None and shares.sum() > 0 else _monthly_shares(shape)
    price = history.price.get(service)
    revenue = float(history.revenue[service][rows].sum())
    return ServiceBaseline(
        service=service,
        kind=task.kind,
        measured="volume" if service in history.volume else "revenue",
        base_year=year,
        base_total=float(measured[rows].sum()),
        base_weights=weights,
        base_price=None if price is None else revenue / float(measured[rows].sum()),
        last_price=None if price is None else float(price[-1]),
        shape=shape,
        forecast=forecast,
        noise=fit.noise,
        persistence=fit.persistence,
        weights=fit.weights,
        mase=fit.mase,
        coverage80=fit.coverage80,
        coverage95=fit.coverage95,
        checks=fit.checks,
        annual_quantiles=_annual_quantiles(forecast, calendar),
        notes=(*_fitted_notes(scenario, history, task, year, revenue), *fit.notes),
    )


def _without_shocks(task: FitTask, calm: Floats) -> Floats:
    """The months without the dated shocks, and those that teach nothing as they are estimated, (months,)."""
    source = task.series.source
    if source is None:
        return calm
    estimates = task.series.masked & (~source.masked | np.isnan(source.values))
    values = np.exp(task.series.values) if task.scale == "log" else task.series.values
    return np.where(estimates, values, calm)


def _given_baseline(scenario: Scenario, service: str, calendar: Calendar, in_history: bool = False) -> ServiceBaseline:
    """A service whose year the planner gives."""
    choice = scenario.baseline_for(service)
    weights = np.array(choice.shape.values if choice.shape and choice.shape.values else [1.0] * SEASON_MONTHS)
    weights = weights / weights.sum()
    with np.errstate(divide="ignore"):  # a month without trade
        shape: Floats = np.log(weights)[np.array(calendar.months) % SEASON_MONTHS]
    return ServiceBaseline(
        service=service,
        kind="given",
        measured="revenue",
        base_year=None,
        base_total=0.0,
        base_weights=weights,
        base_price=None,
        last_price=None,
        shape=shape,
        forecast=None,
        noise=None,
        persistence=None,
        weights={},
        mase=None,
        coverage80=None,
        coverage95=None,
        checks=(),
        annual_quantiles={},
        notes=_given_notes(scenario, service, calendar, in_history),
    )


def _align_to_calendar(
    task: FitTask, fit: Fit, measured: Floats, calm: Floats, calendar: Calendar
) -> tuple[Forecast, Floats]:
    """The forecast and the undisturbed shape over the calendar; months that the history holds are as they were."""
    history = task.series.calendar
    if task.scale == "log":
        measured, calm = (np.log(np.where(values > 0, values, 1.0)) for values in (measured, calm))
    mean, shape = np.zeros(calendar.count), np.zeros(calendar.count)
    root = np.zeros((calendar.count, calendar.count))
    ahead = max(0, history.last + 1 - calendar.first)
    steps = calendar.count - ahead
    mean[ahead:] = shape[ahead:] = fit.mean[:steps]
    root[ahead:, ahead:] = fit.cholesky[:steps, :steps]
    for row in range(ahead):
        at = calendar.first + row - history.first
        if at >= 0:
            mean[row], shape[row] = measured[at], calm[at]
        else:  # before the history began: as the same month a year later
            later = (row - ahead) % SEASON_MONTHS
            mean[row] = shape[row] = fit.mean[later]
    if task.scale == "raw":
        shape = np.log(np.maximum(shape, 1e-6 * max(float(np.abs(shape).max()), 1e-300)))
    return Forecast(mean, root, task.scale), shape


def _base_year(months: Calendar) -> tuple[int | None, slice]:
    """The last whole calendar year and its rows; without one, the rows of the last twelve months."""
    year = (months.last + 1) // SEASON_MONTHS - 1
    if SEASON_MONTHS * year < months.first:
        return None, slice(max(0, months.count - SEASON_MONTHS), months.count)
    return year, months.year_rows(year)


def _monthly_shares(shape: Floats) -> Floats:
    """Shares of the months in the first calendar year of a shape, (12,)."""
    raw: Floats = np.exp(shape[:SEASON_MONTHS] - shape[:SEASON_MONTHS].max())
    return np.asarray(raw / raw.sum(), float)


def _annual_quantiles(forecast: Forecast, calendar: Calendar) -> dict[int, tuple[float, float, float]]:
    """P10, P50 and P90 of each year by the history alone, from draws of its own."""
    z = np.random.default_rng(ANNUAL_QUANTILE_SEED).standard_normal((calendar.count, ANNUAL_QUANTILE_DRAWS))
    values = forecast.transform_normal(z)
    found = {}
    for year in calendar.years:
        low, middle, high = np.quantile(values[calendar.year_rows(year)].sum(axis=0), (0.1, 0.5, 0.9))
        found[year] = (float(low), float(middle), float(high))
    return found


def _fitted_notes(scenario: Scenario, history: History, task: FitTask, year: int | None, revenue: float) -> list[Note]:
    """What a reader must know of a service's history."""
    service = task.service
    notes: list[Note] = []
    if task.kind == "reconstructed":
        notes.append(("baseline_not_believed", (("service", service),)))
    if task.scale == "raw":
        notes.append(("baseline_not_above_zero", (("service", service),)))
    notes += _outlier_notes(task)
    zeros = _trailing_zeros(history.modelled_series(service))
    if zeros >= MIN_TRAILING_ZERO_MONTHS:
        notes.append(("baseline_stopped", (("count", str(zeros)), ("service", service))))
    if service in history.leading_zero_months:
        notes.append(
            ("baseline_late_start", (("count", str(history.leading_zero_months[service])), ("service", service)))
        )
    estimates = history.status[service].count("estimate")
    if estimates:
        notes.append(("baseline_estimates", (("count", str(estimates)), ("service", service))))
    stated = scenario.stated.get(str(year))
    said = stated.services.get(service) if stated else None
    if said is not None and abs(said.value - revenue) > MIN_STATED_DIFFERENCE * abs(said.value):
        facts = {"ledger": f"{revenue:.0f}", "service": service, "stated": f"{said.value:.0f}", "year": str(year)}
        notes.append(("baseline_stated_differs", tuple(sorted(facts.items()))))
    return notes


def _trailing_zeros(measured: Floats) -> int:
    sold = np.flatnonzero(measured)
    return len(measured) - 1 - int(sold[-1]) if len(sold) else len(measured)


def _outlier_notes(task: FitTask) -> list[Note]:
    """Which months were taken for slips or corrections, and from which the level moved."""
    past, source = task.series, task.series.source
    if source is None:
        return []
    found: list[Note] = []
    for row, step in past.level_shifts:
        level = 1.0 if past.is_log else abs(float(np.nanmedian(source.values[:row])))
        share = np.expm1(step) if past.is_log else step / max(level, 1e-12)
        month = format_month(past.calendar.first + row)
        facts = (("month", month), ("service", task.service), ("share", f"{share:+.0%}"))
        found.append(("baseline_level_moved", facts))
    corrections = source.masked & np.isnan(source.values) if task.scale == "log" else np.zeros(0, bool)
    for key, rows in (("baseline_odd_months", past.masked & ~source.masked), ("baseline_corrections", corrections)):
        if rows.any():
            found.append((key, (("months", _months_text(past.calendar, rows)), ("service", task.service))))
    return found


def _months_text(calendar: Calendar, rows: NDArray[np.bool_]) -> str:
    """The first few months of these rows, and how many more."""
    months = [format_month(calendar.first + int(row)) for row in np.flatnonzero(rows)]
    return ", ".join(months[:MAX_NAMED_MONTHS]) + (
        f", … (+{len(months) - MAX_NAMED_MONTHS})" if len(months) > MAX_NAMED_MONTHS else ""
    )


def _given_notes(scenario: Scenario, service: str, calendar: Calendar, in_history: bool) -> tuple[Note, ...]:
    """What is written of a given service and changes nothing."""
    own = scenario.services[service]
    grows = own.growth is not None or own.price_change is not None
    said = (
        ("baseline_given_has_history", in_history),
        ("baseline_given_grows_later", grows and len(calendar.years) == 1),
    )
    return tuple((key, (("service", service),)) for key, holds in said if holds)
