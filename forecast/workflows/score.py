"""From the locks of a project and its ledger to their scores; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from forecast.analysis.actual_figures import ActualFigures, MeasureParts
from forecast.analysis.forecast_scores import (
    FigureScore,
    LagScore,
    MonthAhead,
    score_by_lag,
    score_figures,
    score_months_ahead,
)
from forecast.analysis.place_actuals import PlaceActuals, place_of
from forecast.analysis.scored_forecasts import (
    Booking,
    ScoredForecasts,
    ScoredLock,
    find_original_plan,
    knowledge_day,
    pair_forecasts,
)
from forecast.analysis.target_chances import ChanceScores, score_chances
from forecast.analysis.value_added import ValueAdded, score_value_added
from forecast.errors import InputError, Location
from forecast.files.paths import display_path
from forecast.history.bookings import LAST_DAY, Bookings, read_bookings
from forecast.history.place_ledger import read_place_ledger
from forecast.i18n.listing import list_names
from forecast.periods import format_month, parse_period
from forecast.plan.accounts import ledger_accounts
from forecast.plan.data_files import path_in_project
from forecast.plan.geography import read_places
from forecast.plan.loading.loader import read_plan
from forecast.plan.scenario import Scenario
from forecast.runs.lock_files import read_locks
from forecast.runs.lock_restore import restored_project
from forecast.runs.locks import Lock, locks_folder
from forecast.stats.chance_scores import MIN_OUTCOMES_FOR_CHANCES

__all__ = [
    "BookingScores",
    "LedgerScores",
    "ProjectScores",
    "RestatedFigure",
    "UnscoredPlace",
    "score_locks",
    "summarise_scores",
]

MAX_LACKING_MONTHS = 6
"""Months that are named one by one."""


@dataclass(frozen=True)
class BookingScores:
    """Scores on one booking."""

    forecasts: ScoredForecasts
    figures: tuple[FigureScore, ...]
    lags: tuple[LagScore, ...]
    months_ahead: tuple[MonthAhead, ...]
    value_added: tuple[ValueAdded, ...]
    chances: ChanceScores


@dataclass(frozen=True)
class RestatedFigure:
    """A figure that was another one after its first booking."""

    measure: str
    period: str
    first: float
    final: float


UnscoredReason = Literal["no_place_ledger", "place_ledger_unreadable", "place_unknown", "place_not_booked"]


@dataclass(frozen=True)
class UnscoredPlace:
    """A target of a place that is not scored, and why."""

    target: str
    place: str
    period: str
    reason: UnscoredReason
    detail: str = ""
    """Problem of the ledger of places, or the months that it lacks."""


@dataclass(frozen=True)
class LedgerScores:
    """Scores of the locks whose plans share a ledger."""

    ledger: str
    """File, from the folder of the project."""
    scenario: Scenario
    """The plan of the newest lock, for the labels."""
    locks: tuple[ScoredLock, ...]
    """The locks that are scored, in the order of their chain."""
    superseded: tuple[str, ...]
    """Locks of which there is a later version; they are left out."""
    first: BookingScores
    final: BookingScores
    without_books: dict[str, tuple[str, ...]]
    """Measure that was forecast -> what of it the ledger has no row of."""
    not_booked: dict[str, tuple[int, ...]]
    """Period that was forecast -> its months that are not booked."""
    with_hindsight: tuple[str, ...]
    """Locks that were made when figures that they forecast were booked already: people may have known them."""
    has_examples: bool
    """True where months are of an example, not of a firm."""
    unscored_places: tuple[UnscoredPlace, ...] = ()
    """Targets of places that are not scored, each once."""
    place_names: Mapping[str, str] = field(default_factory=dict)
    """Code of a place with a forecast -> its name."""

    @property
    def restated(self) -> tuple[RestatedFigure, ...]:
        """Figures whose first and last booking differ, by measure and period."""
        first, final = (
            {(key.measure, key.period): float(value) for key, value in zip(table.keys, table.actual, strict=True)}
            for table in (self.first.forecasts, self.final.forecasts)
        )
        return tuple(
            RestatedFigure(*figure, first[figure], final[figure])
            for figure in sorted(first)
            if figure in final and first[figure] != final[figure]
        )

    @property
    def original_plans(self) -> tuple[str, ...]:
        """Locks that others are compared with as the plan, in the order of their chain."""
        locks = {entry.lock.name: entry.lock for entry in self.locks}
        by_figure: dict[tuple[str, str], list[Lock]] = {}
        for key in self.first.forecasts.keys:
            by_figure.setdefault((key.measure, key.period), []).append(locks[key.lock])
        plans = {
            plan.name for group in by_figure.values() if (plan := find_original_plan(group)) not in (None, group[-1])
        }
        return tuple(name for name in locks if name in plans)

    @property
    def revised_plans(self) -> tuple[str, ...]:
        """Locks that revise a plan."""
        return tuple(entry.lock.name for entry in self.locks if entry.lock.revises)


@dataclass(frozen=True)
class ProjectScores:
    """Scores of every lock of a project."""

    as_of: date | None
    """The day whose knowledge counted; None for all of the ledgers."""
    ledgers: tuple[LedgerScores, ...]
    """By ledger, in the order of their first lock."""
    locked_later: tuple[str, ...]
    """Locks of a later day than `as_of`; they are left out."""
    without_ledger: tuple[str, ...]
    """Locks of plans that name no ledger; they are left out."""


def score_locks(project: Path, as_of: date | None = None) -> ProjectScores:
    """Score every lock of a project by what is booked in its ledger.

    Parameters
    ----------
    project : Path
        Folder of the project, that has `scenarios/locked/`.
    as_of : date, optional
        The day whose knowledge counts: rows that became known later and locks of a later day are as if they were
        absent. All of them by default.

    Returns
    -------
    ProjectScores
        Scores of all forecasts whose period is booked.

    Raises
    ------
    LockError
        A lock was edited, or the chain is broken.
    InputError
        There is no lock, a ledger cannot be read, or no month that was forecast is booked.
    """
    folder = locks_folder(project)
    locks = read_locks(folder)
    if not locks:
        raise InputError.of(Location(display_path(folder)), "", "score_no_lock")
    known = [lock for lock in locks if as_of is None or knowledge_day(lock) <= as_of]
    if not known:
        first = min(map(knowledge_day, locks)).isoformat()
        raise InputError.of(Location(display_path(folder)), "", "score_locked_later", as_of=as_of, first=first)
    with_ledger = [lock for lock in known if lock.ledger is not None]
    if not with_ledger:
        raise InputError.of(Location(display_path(folder)), "", "score_no_ledger", name=known[-1].name)
    ledgers = tuple(_score_ledger(project, group, as_of) for group in _group_by_ledger(with_ledger))
    if not any(scores.first.forecasts.keys for scores in ledgers):
        raise _nothing_booked(project, ledgers)
    return ProjectScores(
        as_of,
        ledgers,
        locked_later=tuple(lock.name for lock in locks if as_of is not None and knowledge_day(lock) > as_of),
        without_ledger=tuple(lock.name for lock in known if lock.ledger is None),
    )


def _group_by_ledger(locks: Iterable[Lock]) -> list[list[Lock]]:
    """The locks of each ledger and currency."""
    groups: dict[tuple[str, str], list[Lock]] = {}
    for lock in locks:
        assert lock.ledger is not None  # the caller left the others out
        groups.setdefault((lock.ledger.file, lock.currency), []).append(lock)
    return list(groups.values())


def _score_ledger(project: Path, locks: Sequence[Lock], as_of: date | None) -> LedgerScores:
    newest = locks[-1]
    assert newest.ledger is not None  # that of the group
    superseded = {lock.supersedes for lock in locks}
    current = [lock for lock in locks if lock.name not in superseded]
    with restored_project(newest.sources, newest.ledger) as restored:
        scenario = read_plan(restored / newest.plan).scenario
        places = _read_places(project, scenario, as_of) if _has_place_targets(current) else ""
    path = display_path(project / newest.ledger.file)
    bookings = read_bookings(path, newest.currency, ledger_accounts(scenario), as_of)
    scored = _with_actuals(current, bookings, None if isinstance(places, str) else places)
    first = _score_booking(scored, "first")
    return LedgerScores(
        ledger=newest.ledger.file,
        scenario=scenario,
        locks=scored,
        superseded=tuple(lock.name for lock in locks if lock.name in superseded),
        first=first,
        final=_score_booking(scored, "final"),
        without_books=_without_books(scored),
        not_booked=_not_booked(scored),
        with_hindsight=_with_hindsight(scored, first.forecasts),
        has_examples=bookings.has_examples,
        unscored_places=tuple(dict.fromkeys(_unscored_places(scored, places))),
        place_names={} if isinstance(places, str) else places.geography.names,
    )


def _has_place_targets(locks: Iterable[Lock]) -> bool:
    return any(target.place for lock in locks for target in lock.targets.values())


def _read_places(project: Path, scenario: Scenario, as_of: date | None) -> PlaceActuals | str:
    """The ledger of places as it is now, of the places of a locked plan; the problem where it cannot be read.

    Empty where the plan names none.
    """
    places = scenario.places
    if places is None or places.file is None or places.ledger is None:
        return ""
    services, accounts = scenario.service_names, ledger_accounts(scenario)
    file = display_path(project / path_in_project(places.ledger, scenario))
    try:
        geography = read_places(places.file, services, places.weights is not None)
        ledger = read_place_ledger(file, services, geography.places, accounts)
    except InputError as error:
        return error.problems[0].message(scenario.language)
    return PlaceActuals(ledger, geography, LAST_DAY if as_of is None else as_of.toordinal())


def _unscored_places(scored: Sequence[ScoredLock], places: PlaceActuals | str) -> Iterator[UnscoredPlace]:
    """Targets of places whose period was open at a lock and that have no actual figure."""
    for entry in scored:
        for name, target in sorted(entry.lock.targets.items()):
            period = parse_period(target.period)
            if not target.place or not entry.open_months(period):
                continue
            figure = (name, target.place, target.period)
            if isinstance(places, str):
                yield UnscoredPlace(*figure, "place_ledger_unreadable" if places else "no_place_ledger", places)
            elif not places.has(target.place):
                yield UnscoredPlace(*figure, "place_unknown")
            elif months := places.months_not_booked(target.place, period):
                yield UnscoredPlace(
                    *figure, "place_not_booked", list_names(map(format_month, months), MAX_LACKING_MONTHS)
                )


def _with_actuals(locks: Sequence[Lock], bookings: Bookings, places: PlaceActuals | None) -> tuple[ScoredLock, ...]:
    """The locks with the actual figures of their measures; plans of the same parts share them."""
    figures: dict[MeasureParts, ActualFigures] = {}
    scored = []
    for lock in locks:
        parts = measure_parts(lock)
        if parts not in figures:
            figures[parts] = ActualFigures(bookings, parts, places)
        scored.append(ScoredLock(lock, figures[parts]))
    return tuple(scored)


def measure_parts(lock: Lock) -> MeasureParts:
    """Services, costs and basis of the plan of a lock, from what it resolved to."""
    names = [name.split(".") for name in lock.effective]
    stated = [steps[1] for steps in names if steps[0] == "stated" and int(steps[1]) < lock.horizon.calendar.years[0]]
    return MeasureParts(
        services=tuple(sorted({steps[1] for steps in names if steps[0] == "services"})),
        costs=tuple(sorted({steps[1] for steps in names if steps[0] == "costs"})),
        counted=tuple(name.partition(".")[2] for name in sorted(lock.quantiles) if name.startswith("volume.")),
        has_gap=bool(stated) and f"stated.{max(stated)}.total" in lock.effective,
        productivity_basis=lock.effective.get("workforce.productivity.basis", "total_revenue"),
    )


def _score_booking(scored: Sequence[ScoredLock], booking: Booking) -> BookingScores:
    table = pair_forecasts(scored, booking)
    return BookingScores(
        table,
        score_figures(table),
        score_by_lag(table),
        score_months_ahead(table),
        score_value_added(table, [entry.lock for entry in scored]),
        score_chances(scored, booking),
    )


def _without_books(scored: Sequence[ScoredLock]) -> dict[str, tuple[str, ...]]:
    """Measure -> inputs of which the ledger has no row, of the measures that have such inputs."""
    missing = {
        measure: entry.actual.inputs_without_books(measure)
        for entry in scored
        for measure in sorted(entry.lock.quantiles)
        if not place_of(measure) and not measure.startswith("growth.")  # no ledger has growth; see `_unscored_places`
    }
    return {measure: inputs for measure, inputs in missing.items() if inputs}


def _not_booked(scored: Sequence[ScoredLock]) -> dict[str, tuple[int, ...]]:
    """Period -> its months that are not booked, of the measures of which the ledger has rows."""
    lacking: dict[str, set[int]] = {}
    for entry in scored:
        for measure, periods in entry.lock.quantiles.items():
            if not place_of(measure) and not entry.actual.inputs_without_books(measure):
                for text in periods:
                    months = entry.actual.months_not_booked(measure, parse_period(text))
                    lacking.setdefault(text, set()).update(months)
    return {text: tuple(sorted(months)) for text, months in sorted(lacking.items()) if months}


def _with_hindsight(scored: Sequence[ScoredLock], table: ScoredForecasts) -> tuple[str, ...]:
    """Locks with a figure that was booked after their day and before they were made, in the order of the chain."""
    by_name = {entry.lock.name: entry for entry in scored}
    names = {key.lock for key in table.keys if by_name[key.lock].is_hindsight(key.measure, parse_period(key.period))}
    return tuple(name for name in by_name if name in names)


def _nothing_booked(project: Path, ledgers: Sequence[LedgerScores]) -> InputError:
    """The error of locks of which no month is booked: it names the first month."""
    scores = ledgers[-1]
    location = Location(display_path(project / scores.ledger))
    months = [month for lacking in scores.not_booked.values() for month in lacking]
    if scores.without_books:
        months += [month for entry in scores.locks for month in entry.open_months(entry.lock.horizon.calendar)]
    if not months:
        return InputError.of(location, "", "score_nothing_open", name=scores.locks[-1].lock.name)
    return InputError.of(location, "", "score_no_actual", month=format_month(min(months)))


def summarise_scores(result: ProjectScores) -> dict[str, Any]:
    """Return the scores for programs.

    Parameters
    ----------
    result : ProjectScores
        The scores of a project.

    Returns
    -------
    dict
        Plain JSON, each figure with its unit of the lock; shares and chances 0 to 1.
    """
    return {
        "schema": 1,
        "as_of": result.as_of.isoformat() if result.as_of else None,
        "outcomes_needed": MIN_OUTCOMES_FOR_CHANCES,
        "locked_later": list(result.locked_later),
        "without_ledger": list(result.without_ledger),
        "ledgers": [_summarise_ledger(scores) for scores in result.ledgers],
    }


def _summarise_ledger(scores: LedgerScores) -> dict[str, Any]:
    return {
        "ledger": scores.ledger,
        "currency": scores.scenario.currency,
        "example": scores.has_examples,
        "plans": list(scores.original_plans),
        "revised_plans": list(scores.revised_plans),
        "locks": [
            {
                "name": entry.lock.name,
                "hash": entry.lock.short_hash,
                "as_of": date.fromordinal(entry.day).isoformat(),
                "last_closed": format_month(entry.last_closed),
            }
            for entry in scores.locks
        ],
        "superseded": list(scores.superseded),
        "first": _summarise_booking(scores.first),
        "final": _summarise_booking(scores.final),
        "restated": [asdict(figure) for figure in scores.restated],
        "without_books": {measure: list(inputs) for measure, inputs in scores.without_books.items()},
        "not_booked": {
            period: [format_month(month) for month in months] for period, months in scores.not_booked.items()
        },
        "with_hindsight": list(scores.with_hindsight),
        "unscored_places": [asdict(place) for place in scores.unscored_places],
    }


def _summarise_booking(scores: BookingScores) -> dict[str, Any]:
    chances = scores.chances
    return {
        "figures": [asdict(figure) for figure in scores.figures],
        "lags": [asdict(score) for score in scores.lags],
        "months_ahead": [
            {**asdict(month), "error": month.error, "inside80": month.is_inside80} for month in scores.months_ahead
        ],
        "value_added": [
            {**asdict(value), "error_added": value.error_added, "crps_added": value.crps_added}
            for value in scores.value_added
        ],
        "chances": [{**asdict(chance), "met": chance.is_met} for chance in chances.chances],
        "outcomes": chances.outcomes,
        "brier": chances.brier,
        "reliability": None
        if chances.reliability is None
        else [{**asdict(part), "observed": part.observed._asdict()} for part in chances.reliability],
        "forecasts": [
            {**asdict(key), "p10": p10, "p50": p50, "p90": p90, "actual": actual}
            for key, (p10, p50, p90), actual in zip(
                scores.forecasts.keys,
                scores.forecasts.intervals80.tolist(),
                scores.forecasts.actual.tolist(),
                strict=True,
            )
        ],
    }
