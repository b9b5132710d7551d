"""Reverse stress test: the ways in which a plan fails, one typical future of each, and the most plausible failure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from forecast.analysis.failure_line import FailureLine, failure_line, figure_terms, line_figure, unsplit_reason
from forecast.arrays import Bools, Floats, Floats32, Ints
from forecast.periods import Calendar, first_day, parse_period
from forecast.plan.assumption import Assumption
from forecast.plan.bilingual import Label
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift, Event
from forecast.simulation.compiled import CompiledPlan, FigureKey, compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.model.initiatives import InitiativeOutcome
from forecast.simulation.model.shocks.shock import PathEvent
from forecast.simulation.path_figures import PathFigures
from forecast.simulation.results import Simulation
from forecast.simulation.single_path import SinglePath, realised_years, simulate_path
from forecast.stats.bins import meets
from forecast.stats.copula import HAPPENS_SUFFIX
from forecast.stats.design_point import find_design_point
from forecast.stats.intervals import Z975, Estimate, binomial_interval
from forecast.timeseries.baseline import Baseline

__all__ = [
    "MIN_FAILURES",
    "DesignValue",
    "FailureFuture",
    "FailureModes",
    "FailureWay",
    "LikeliestFailure",
    "chosen_figures",
    "failure_modes",
    "find_failure_modes",
]

MIN_FAILURES = 400
"""Failing futures from which ways are told: a share of 5% of them is then known to within two points."""
MIN_WAY_SHARE = 0.05
"""Share of the failures from which a way is told apart."""
OTHER_WAYS = "other"
NEARLY_ALWAYS = 0.95
"""Share of failing futures from which the ways say little."""
MIN_MOVE = 0.25
"""Standard deviations from which a value of the likeliest failure is listed."""


@dataclass(frozen=True)
class FailureFuture:
    """One failing future, as it was simulated."""

    path: int
    """Number of the path, from 0."""
    value: float
    """Amount of the measure."""
    pieces: Mapping[str, float]
    """By cause, distance from its mean."""
    details: SinglePath
    """Its numbers, events with their days, and initiatives."""
    months: Calendar
    """Months from the first of the plan to the last of the measure: what comes later cannot matter."""
    years: Mapping[str, float]
    """By service whose first year the plan gives as a range, what that year comes to before initiatives and events, in
    the plan's currency."""
    values: tuple[DesignValue, ...]
    """Other numbers that its cause drew once, the furthest from their medians first; nearer ones than a quarter of a
    standard deviation are left out."""

    @property
    def events(self) -> tuple[PathEvent, ...]:
        """Events that begin before the end of the measure's period, in order of their first days."""
        return tuple(event for event in self.details.events if event.start < self.end)

    @property
    def end(self) -> int:
        """Day after the measure's period, as the ordinal of a date."""
        return first_day(self.months.last + 1)

    @property
    def initiatives(self) -> Mapping[str, InitiativeOutcome]:
        """By active initiative, whether it happens and when it starts."""
        return self.details.initiatives

    def growth(self, service: str) -> dict[int, float]:
        """Growth of a service before initiatives and events, by calendar year of the months."""
        of_service = self.details.services[service].growth
        return {year: growth for year, growth in of_service.items() if year in self.months.years}


@dataclass(frozen=True)
class FailureWay:
    """Failing futures that fail by the same cause."""

    cause: str
    """`history`, `initiatives`, a dotted name such as `shocks.floods`, or `other` for rarer causes together."""
    label: Label
    chance: Estimate
    """Share of all futures."""
    share: Estimate
    """Share of the failing futures."""
    pieces: Mapping[str, Estimate]
    """By cause, the mean distance from its mean over all futures, in the unit of the measure."""
    future: FailureFuture | None
    """The failing future nearest to the means of the way; None of other ways."""


@dataclass(frozen=True)
class DesignValue:
    """A value of the likeliest failure."""

    name: str
    """Name of the draw."""
    assumption: Assumption | None
    """None of what may happen or not."""
    value: float
    """In base units; of what may happen or not 1 where it happens, else 0."""
    deviations: float
    """Standard deviations from its middle, on the normal scale."""


@dataclass(frozen=True)
class LikeliestFailure:
    """The most plausible values of the assumptions at which the measure stands at the line, all else as expected."""

    distance: float
    """From the middle of all assumptions, in standard deviations."""
    values: tuple[DesignValue, ...]
    """The furthest first; nearer ones than a quarter of a standard deviation are left out."""


@dataclass(frozen=True)
class FailureModes:
    """Ways in which a plan fails."""

    line: FailureLine
    chance: Estimate
    """Share of the futures that fail."""
    mean: float
    """Mean of the measure over all futures."""
    sd: float
    """Standard deviation of the measure over all futures."""
    paths: int
    failures: int
    ways: tuple[FailureWay, ...]
    """The most frequent first, other ways last; none where too few futures fail to tell."""
    likeliest: LikeliestFailure | None
    """None where the plan fails as expected, or the assumptions alone do not bring it to the line."""
    labels: Mapping[str, Label]
    """By cause."""
    seed: int

    @property
    def is_sure(self) -> bool:
        """True where the measure is the same in every future: its months are closed, or nothing is random."""
        return self.sd == 0

    @property
    def is_told(self) -> bool:
        """True where enough futures fail to tell the ways."""
        return self.failures >= MIN_FAILURES and not self.is_sure

    @property
    def fails_nearly_always(self) -> bool:
        """True where so many futures fail that the ways say little."""
        return self.chance.value > NEARLY_ALWAYS

    @property
    def paths_needed(self) -> int | None:
        """Paths of which enough would fail; None where no path fails."""
        if not self.failures:
            return None
        needed = 1.2 * MIN_FAILURES / self.chance.value
        digits = int(10 ** max(0, math.floor(math.log10(needed)) - 1))
        return math.ceil(needed / digits) * digits


@dataclass(frozen=True)
class _Futures:
    """Futures of a plan, path by path."""

    scenario: Scenario
    baseline: Baseline
    seed: int
    paths: int
    outcome: Floats
    """(paths,)"""
    terms: Mapping[str, Floats]
    """By cause, (paths,); they sum to the outcome."""
    scores: Mapping[str, Floats32]
    """By name of a draw, (first paths,)."""

    @cached_property
    def compiled(self) -> CompiledPlan:
        """The plan with what its closed months teach."""
        return condition_plan(compile_plan(self.scenario, self.baseline, self.paths, self.seed))


def failure_modes(run: Simulation, line: FailureLine | None = None) -> FailureModes | None:
    """Find the ways in which a simulated plan fails, over the paths that it kept.

    Parameters
    ----------
    run : Simulation
        With a sample of its paths.
    line : FailureLine, optional
        From `failure_line`; that of the main target by default.

    Returns
    -------
    FailureModes or None
        None without targets, without kept paths, or for a measure whose failures cannot be told by cause.
    """
    scenario, sample = run.scenario, run.path_sample
    if sample is None or (line is None and not scenario.main_target):
        return None
    line = line or failure_line(scenario)
    if unsplit_reason(scenario, line):
        return None
    figures = PathFigures(
        run.seed,
        len(next(iter(sample.figures.values()))),
        sample.figures,
        {name: np.asarray(ndtri(u), np.float32) for name, u in sample.uniforms.items()},
    )
    return find_failure_modes(scenario, run.baseline, figures, line, run.paths)


def find_failure_modes(
    scenario: Scenario, baseline: Baseline, figures: PathFigures, line: FailureLine, paths: int | None = None
) -> FailureModes:
    """Find the ways in which a plan fails.

    A failing future belongs to the cause whose change lies furthest below its mean (above it for a cost).

    Parameters
    ----------
    scenario : Scenario
        The plan.
    baseline : Baseline
        Its fitted baseline.
    figures : PathFigures
        Of its paths, at least those of `figure_terms`.
    line : FailureLine
        What counts as failing, of a measure that can be split.
    paths : int, optional
        Paths of the run that these are the first of; all of it by default.

    Returns
    -------
    FailureModes
        Without ways where fewer than `MIN_FAILURES` futures fail.
    """
    terms: dict[str, Floats] = {}
    for term in figure_terms(scenario, line, figures.figures):
        values = term.sign * figures.figures[term.key]
        terms[term.cause] = terms[term.cause] + values if term.cause in terms else values
    outcome = figures.figures[line_figure(scenario, line, figures.figures)]
    futures = _Futures(
        scenario, baseline, figures.seed, paths or figures.paths, outcome, dict(sorted(terms.items())), figures.scores
    )
    fails = ~meets(outcome, line.line, line.is_below)
    failures = int(np.count_nonzero(fails))
    return FailureModes(
        line,
        binomial_interval(failures, len(outcome)),
        float(outcome.mean()),
        float(outcome.std()) if np.ptp(outcome) > 0 else 0.0,
        len(outcome),
        failures,
        _find_ways(futures, line, fails) if failures >= MIN_FAILURES and np.ptp(outcome) > 0 else (),
        _likeliest_failure(futures, line),
        {cause: cause_label(scenario, cause) for cause in futures.terms},
        figures.seed,
    )


def chosen_figures(scenario: Scenario, line: FailureLine, keys: Mapping[FigureKey, object]) -> list[FigureKey]:
    """List the figures that `find_failure_modes` reads.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    line : FailureLine
        What counts as failing.
    keys : mapping
        By figure that the plan records.

    Returns
    -------
    list of FigureKey
        The measure, and the terms that add up to it.
    """
    return [line_figure(scenario, line, keys), *(term.key for term in figure_terms(scenario, line, keys))]


def cause_label(scenario: Scenario, cause: str) -> Label:
    """Name of a cause in both languages."""
    from forecast.i18n import Translator

    terms = {"history": "stress_history", "initiatives": "term.initiatives", OTHER_WAYS: "stress_other"}
    if cause in terms:
        return Label(vi=Translator("vi")(terms[cause]), en=Translator("en")(terms[cause]))
    return display_label(scenario, cause)


def _find_ways(futures: _Futures, line: FailureLine, fails: Bools) -> tuple[FailureWay, ...]:
    """The ways of the failing futures, the most frequent first, rarer ones together at the end."""
    causes = list(futures.terms)
    sign = 1 if line.is_below else -1
    rows = np.flatnonzero(fails)
    pieces = np.array([values[rows] - values.mean() for values in futures.terms.values()])
    sd = np.array([values.std() for values in futures.terms.values()])
    worst = np.argmin(sign * pieces, axis=0)
    counts = np.bincount(worst, minlength=len(causes))
    frequent = [n for n in np.argsort(-counts, kind="stable").tolist() if counts[n] >= MIN_WAY_SHARE * len(rows)]
    ways = [_way(futures, line, causes[n], pieces[:, worst == n], rows[worst == n], len(rows), sd) for n in frequent]
    is_other = ~np.isin(worst, frequent)
    if is_other.any():
        ways.append(_way(futures, line, OTHER_WAYS, pieces[:, is_other], rows[is_other], len(rows), None))
    return tuple(ways)


def _way(
    futures: _Futures, line: FailureLine, cause: str, pieces: Floats, rows: Ints, failures: int, sd: Floats | None
) -> FailureWay:
    """A way of the failing paths `rows`, with their pieces (causes, rows); no future without `sd` (causes,)."""
    count, causes = len(rows), list(futures.terms)
    means = pieces.mean(axis=1)
    half = Z975 * pieces.std(axis=1) / math.sqrt(count)
    future = None
    if sd is not None:
        distance = np.divide(pieces - means[:, None], sd[:, None], out=np.zeros_like(pieces), where=sd[:, None] > 0)
        nearest = int(np.argmin(np.square(distance).sum(axis=0)))
        of_future = dict(zip(causes, pieces[:, nearest].tolist(), strict=True))
        future = _future(futures, line, cause, int(rows[nearest]), of_future)
    return FailureWay(
        cause,
        cause_label(futures.scenario, cause),
        binomial_interval(count, len(futures.outcome)),
        binomial_interval(count, failures),
        {
            name: Estimate(float(mean), float(mean - error), float(mean + error))
            for name, mean, error in zip(causes, means, half, strict=True)
        },
        future,
    )


def _future(futures: _Futures, line: FailureLine, cause: str, path: int, pieces: Mapping[str, float]) -> FailureFuture:
    details = simulate_path(futures.compiled, path)
    first = futures.scenario.horizon.calendar.first
    months = Calendar(first, parse_period(line.period).last + 1 - first)
    return FailureFuture(
        path,
        float(futures.outcome[path]),
        pieces,
        details,
        months,
        _given_years(futures, details),
        _own_values(futures, details, cause, months),
    )


def _given_years(futures: _Futures, details: SinglePath) -> dict[str, float]:
    """By service, the first year where the plan gives it and it is not the same in every future."""
    years: dict[str, float] = {}
    for name, service in details.services.items():
        choice = futures.scenario.baseline_for(name)
        if choice.method == "given" and choice.annual is not None:
            total = float(service.undisturbed[:12].sum())
            if not (choice.annual.is_constant and math.isclose(total, choice.annual.value)):
                years[name] = total
    return years


def _own_values(futures: _Futures, details: SinglePath, cause: str, months: Calendar) -> tuple[DesignValue, ...]:
    """Numbers of a cause that are drawn once a path, but for years and starts, which are told by themselves."""
    values = []
    for name, uniform in details.uniforms.items():
        assumption = None if name.endswith(HAPPENS_SUFFIX) else _assumption_of(futures.scenario, name)
        if assumption is None or not name.startswith(f"{cause}.") or not _is_own(futures, name, details, months):
            continue
        value = float(assumption.distribution.transform_uniform(np.array([uniform]))[0])
        values.append(DesignValue(name, assumption, value, float(ndtri(uniform))))
    far = (each for each in values if abs(each.deviations) >= MIN_MOVE)
    return tuple(sorted(far, key=lambda each: (-abs(each.deviations), each.name)))


def _is_own(futures: _Futures, name: str, details: SinglePath, months: Calendar) -> bool:
    """True of a number that acts in this future and that no other line of its story tells."""
    keys = name.split(".")
    if keys[-1].isdigit() and int(keys[-1]) not in months.years:
        return False
    if keys[0] == "initiatives":
        return details.initiatives[keys[1]].happens and keys[-1] not in ("chance", "start")
    if keys[0] == "shocks":
        is_dated = isinstance(futures.scenario.shocks[keys[1]], Event)
        happens = any(event.shock == ".".join(keys[:2]) for event in details.events)
        return isinstance(futures.scenario.shocks[keys[1]], Drift) or (
            is_dated and happens and keys[-1] not in ("chance", "from", "until")
        )
    return ".growth" not in name and ".baseline." not in name


def _likeliest_failure(futures: _Futures, line: FailureLine) -> LikeliestFailure | None:
    """The design point of the assumptions that are drawn once a path."""
    names = [name for name, score in futures.scores.items() if len(score) and score.std() > 0]
    if not names:
        return None
    scores = np.array([futures.scores[name] for name in names])
    outcome = futures.outcome[: scores.shape[1]]
    point = find_design_point(scores, outcome, line.line, is_below=line.is_below)
    if point is None:
        return None
    listed = [n for n in np.argsort(-np.abs(point.moves), kind="stable").tolist() if abs(point.moves[n]) >= MIN_MOVE]
    values = [_design_value(futures.scenario, names[n], float(point.scores[n]), float(point.moves[n])) for n in listed]
    years = _years_at(futures, {value.name: value.value for value in values if value is not None})
    return LikeliestFailure(
        point.distance,
        tuple(replace(value, value=years.get(value.name, value.value)) for value in values if value is not None),
    )


def _years_at(futures: _Futures, drawn: Mapping[str, float]) -> dict[str, float]:
    """By draw of a growth or of a given year, what the year comes to on average where the draw has some value."""
    years: dict[str, float] = {}
    for name, (assumption, values, realised) in realised_years(futures.compiled).items():
        if name in drawn:
            offset = 0.0 if assumption.dimension == "money" else 1.0
            slope, intercept = np.polyfit(np.log(offset + values), np.log(offset + realised), 1)
            years[name] = math.exp(intercept + slope * math.log(offset + drawn[name])) - offset
    return years


def _design_value(scenario: Scenario, name: str, score: float, moves: float) -> DesignValue | None:
    """A draw in the unit of its assumption; None of a draw that is no assumption."""
    if name.endswith(HAPPENS_SUFFIX):
        entry = _chance_of(scenario, name.removesuffix(HAPPENS_SUFFIX))
        happens = entry is not None and ndtr(score) < entry.value
        return DesignValue(name, None, float(happens), moves)
    assumption = _assumption_of(scenario, name)
    if assumption is None:
        return None
    return DesignValue(name, assumption, float(assumption.distribution.ppf(np.array([ndtr(score)]))[0]), moves)


def _chance_of(scenario: Scenario, name: str) -> Assumption | None:
    by_name = {assumption.name: assumption for assumption in scenario.assumptions()}
    return by_name.get(f"{name}.chance")


def _assumption_of(scenario: Scenario, name: str) -> Assumption | None:
    """The assumption of a draw; of a change that is one for all years, that of each year."""
    by_stream = {assumption.stream_name: assumption for assumption in scenario.uncertain_assumptions()}
    change, _, year = name.rpartition(".")
    return by_stream.get(name) or (by_stream.get(change) if year.isdigit() else None)
