"""A failing future as a plan: assumptions held, random shocks as dated events of what each month lost net.

Nothing in such a plan is random. Its months are those of the plan's own profile, so growths are solved for and losses
are those of the future in money: a first text is read back and simulated, then corrected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.analysis.failure_line import FailureLine, line_figure
from forecast.analysis.failure_modes import FailureFuture, FailureWay
from forecast.arrays import Floats, Ints
from forecast.i18n import Translator
from forecast.periods import SEASON_MONTHS, format_month, parse_period
from forecast.plan.assumption import Assumption
from forecast.plan.labels import display_label
from forecast.plan.plan_text import (
    day_text,
    entry_lines,
    extends_line,
    number_value,
    percent_value,
    quote_text,
    written_amount,
    written_value,
)
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift, Epidemic, Event, Weather
from forecast.plan.workforce import ImpliedHeadcount
from forecast.plan.yearly_changes import draw_in_year, parts_of_change
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.simulate import simulate
from forecast.simulation.single_path import ServiceYear, SinglePath, simulate_path
from forecast.stats.bins import meets
from forecast.timeseries.baseline import Baseline, fit_baseline

if TYPE_CHECKING:
    from forecast.analysis.failure_modes import FailureModes

__all__ = ["FailureScenario", "compose_failure"]

YEAR_TOLERANCE = 1e-6
"""Distance of a year from that of the future, as a share of it, at which its growth is right."""
MIN_EFFECT = 5e-7
"""Least effect of an event that is written."""
MAX_DISTANCE_SHARE = 0.1
"""Distance of the plan's median from the future, as a share of the standard deviation of the measure."""
MIN_FAILING_SHARE = 0.95
"""Share of the plan's paths that lie beyond the line."""


@dataclass(frozen=True)
class FailureScenario:
    """A plan of one failing future."""

    text: str
    """YAML."""
    median: float
    """Median of the measure, when it is simulated."""
    failing: float
    """Share of its paths that fail."""
    is_close: bool
    """True where its median is that of the future and its paths fail."""


@dataclass
class _Draft:
    """Entries of the plan by dotted name, as YAML scalars; None deletes."""

    entries: dict[str, str | None] = field(default_factory=dict)
    years: dict[tuple[str, int], float] = field(default_factory=dict)
    """By service and calendar year, 1 + growth, or the amount that the plan gives."""

    def put(self, name: str, text: str | None) -> None:
        self.entries[name] = text


@dataclass(frozen=True)
class _Writing:
    """A failing future that is written as a plan, and where."""

    scenario: Scenario
    plan: CompiledPlan
    way: FailureWay
    future: FailureFuture
    line: FailureLine
    file: Path
    """Where it will stand."""
    cache: Path | None
    """Folder of stored fits."""

    @property
    def details(self) -> SinglePath:
        """The future in full."""
        return self.future.details


def compose_failure(
    modes: FailureModes, way: FailureWay, scenario: Scenario, plan: CompiledPlan, file: Path, cache: Path | None = None
) -> FailureScenario:
    """Write the typical future of a way to fail as a plan, read it back and simulate it.

    Parameters
    ----------
    modes : FailureModes
        The ways to fail.
    way : FailureWay
        One with a future.
    scenario : Scenario
        The plan.
    plan : CompiledPlan
        The same, compiled, with what its closed months teach.
    file : Path
        File that will hold it; it need not exist.
    cache : Path, optional
        Folder of stored fits.

    Returns
    -------
    FailureScenario
        Its text, and what it comes to.

    Raises
    ------
    InputError
        The text is no plan: its file lies outside the project, or a number cannot be held.
    """
    assert way.future is not None
    writing = _Writing(scenario, plan, way, way.future, modes.line, file, cache)
    draft = _held(writing)
    trial = _Trial.simulate(writing, draft)
    for _ in range(len(scenario.horizon.calendar.years) + 1):
        if not _correct_years(writing, draft, trial):
            break
        trial = _Trial.simulate(writing, draft)
    _put_events(writing, draft, trial.path)
    text = _yaml_text(writing, draft)
    outcome = _Trial.read(writing, text).outcome(modes.line)
    median = float(np.median(outcome))
    failing = float((~meets(outcome, modes.line.line, modes.line.is_below)).mean())
    is_near = abs(median - way.future.value) <= MAX_DISTANCE_SHARE * modes.sd
    return FailureScenario(text, median, failing, is_near and failing >= MIN_FAILING_SHARE)


@dataclass(frozen=True)
class _Trial:
    """A text that was read back."""

    scenario: Scenario
    baseline: Baseline
    plan: CompiledPlan

    @classmethod
    def read(cls, writing: _Writing, text: str) -> _Trial:
        from forecast.plan.loading.loader import read_plan

        scenario = read_plan(writing.file, text=text).scenario
        baseline = fit_baseline(scenario, writing.cache)
        return cls(scenario, baseline, condition_plan(compile_plan(scenario, baseline, seed=writing.plan.seed)))

    @classmethod
    def simulate(cls, writing: _Writing, draft: _Draft) -> _Trial:
        return cls.read(writing, _yaml_text(writing, draft))

    @property
    def path(self) -> SinglePath:
        """Its first path; all are alike."""
        return simulate_path(self.plan, 0)

    def outcome(self, line: FailureLine) -> Floats:
        """(paths,) the measure in the first block."""
        run = simulate(
            self.scenario, paths=PATHS_PER_BLOCK, keep=PATHS_PER_BLOCK, seed=self.plan.seed, baseline=self.baseline,
            every_place=False,
        )  # fmt: skip
        assert run.path_sample is not None
        figures = run.path_sample.figures
        return figures[line_figure(self.scenario, line, figures)]


# --- what is held


def _held(writing: _Writing) -> _Draft:
    """Everything that is known of the future, before growths and events are corrected."""
    draft, scenario = _Draft(), writing.scenario
    if scenario.cases:
        draft.put("cases", None)
    if scenario.correlations:
        draft.put("correlations", None)
    for name, text in _held_assumptions(writing):
        draft.put(name, text)
    for name, service in writing.details.services.items():
        _hold_service(writing, draft, name, service)
    for name, outcome in writing.details.initiatives.items():
        if scenario.initiatives[name].chance is not None:
            draft.put(f"initiatives.{name}.chance", "100%" if outcome.happens else "0%")
    _hold_people(writing, draft)
    for name, shock in scenario.shocks.items():
        _hold_shock(writing, draft, f"shocks.{name}", shock)
    past = scenario.history.shocks if scenario.history else {}
    for name, shock in past.items():
        _hold_shock(writing, draft, f"history.shocks.{name}", shock)
    return draft


def _held_assumptions(writing: _Writing) -> Iterator[tuple[str, str]]:
    """Name and text of every number of the plan that the future drew; growths and shocks have their own rules."""
    scenario, uniforms = writing.scenario, writing.details.uniforms
    changes = scenario.yearly_changes
    of_changes = {part.name for change in changes.values() for part in parts_of_change(change)}
    for assumption in scenario.uncertain_assumptions():
        uniform = uniforms.get(assumption.stream_name)
        if assumption.name in of_changes or uniform is None:  # drawn event by event, and none comes
            continue
        if assumption.name.startswith("initiatives.") and assumption.name.endswith(".chance"):
            continue
        yield assumption.name, written_value(assumption, _value(assumption, uniform), scenario.currency)
    for name, change in changes.items():
        if name.endswith(".growth") or all(part.is_constant for part in parts_of_change(change)):
            continue
        yield from _held_years(writing, name)


def _held_years(writing: _Writing, name: str) -> Iterator[tuple[str, str]]:
    """A yearly change, year by year; in one line where the plan has one year."""
    scenario, uniforms = writing.scenario, writing.details.uniforms
    years = scenario.years_of_change(name)
    for year in years:
        change = scenario.yearly_changes[name]
        assumption = change if isinstance(change, Assumption) else change[str(year)]
        stream, drawn_year = draw_in_year(assumption, year)
        uniform = uniforms.get(f"{stream}.{drawn_year}", uniforms.get(stream))
        value = assumption.value if assumption.is_constant or uniform is None else _value(assumption, uniform)
        yield _year_key(name, year, len(years)), written_value(assumption, value, scenario.currency)


def _year_key(name: str, year: int, years: int) -> str:
    return name if years == 1 else f"{name}.{year}"


def _value(assumption: Assumption, uniform: float) -> float:
    return float(assumption.distribution.transform_uniform(np.array([uniform]))[0])


def _hold_service(writing: _Writing, draft: _Draft, name: str, service: ServiceYear) -> None:
    """The years of a service with the surprises of their months: what they grew by, and no noise."""
    choice, key = writing.scenario.baseline_for(name), f"services.{name}"
    if choice.method == "given":
        draft.years[name, writing.plan.baseline.calendar.years[0]] = float(service.undisturbed[:SEASON_MONTHS].sum())
    elif writing.plan.baseline.services[name].level != "planner":
        draft.put(f"{key}.baseline.level", "planner")
    for year in _growth_years(writing, name):
        if year in service.growth:
            draft.years[name, year] = 1 + service.growth[year]
    _put_years(writing, draft)
    draft.put(f"{key}.baseline.noise", "0%")
    if choice.level_noise is not None:
        draft.put(f"{key}.baseline.level_noise", "0%")


def _put_years(writing: _Writing, draft: _Draft) -> None:
    """Write what sets the years of the services: growths, or the year that is given."""
    for (service, year), value in draft.years.items():
        years = _growth_years(writing, service)
        if year in years:
            draft.put(_year_key(f"services.{service}.growth", year, len(years)), percent_value(value - 1))
        else:
            annual = writing.scenario.baseline_for(service).annual
            assert annual is not None  # it gives the first year
            text = written_value(annual, value, writing.scenario.currency)
            draft.put(f"services.{service}.baseline.annual", text)


def _growth_years(writing: _Writing, service: str) -> range:
    """Calendar years whose growth is written: all but one that is given."""
    years = writing.plan.baseline.calendar.years
    is_given = writing.scenario.baseline_for(service).method == "given"
    return range(years[0] + is_given, years[-1] + 1)


def _hold_people(writing: _Writing, draft: _Draft) -> None:
    """The number of people, where the plan draws it around the one that it implies."""
    workforce = writing.scenario.workforce
    if workforce is None or not isinstance(workforce.headcount, ImpliedHeadcount):
        return
    if workforce.headcount.spread is not None and writing.details.headcount is not None:
        draft.entries.pop("workforce.headcount.spread", None)
        draft.put("workforce.headcount", f"{number_value(writing.details.headcount)} people")


def _hold_shock(writing: _Writing, draft: _Draft, name: str, shock: object) -> None:
    """A dated event as it went; storms, floods and epidemics are switched off, for their months are written."""
    if isinstance(shock, Epidemic):
        draft.put(f"{name}.waves_per_year", "0")
    elif isinstance(shock, Weather):
        draft.put(f"{name}.per_year", "0")
    elif isinstance(shock, Event):
        event = next((event for event in writing.details.events if event.shock == name), None)
        if shock.chance is not None:
            draft.put(f"{name}.chance", "0%" if event is None else "100%")
        if event is not None and not shock.from_.is_constant:
            draft.put(f"{name}.from", day_text(event.start))
        if event is not None and not shock.until.is_constant:
            draft.put(f"{name}.until", day_text(event.end - 1))


def _correct_years(writing: _Writing, draft: _Draft, trial: _Trial) -> bool:
    """Correct the first year of each service that is not that of the future; False where none was to correct.

    Open months of a year are in proportion to its growth, or to the amount that is given, whatever the profile and the
    base are. They are those of the measure's period, or in a year without one all.
    """
    calendar, simulated, is_corrected = writing.plan.baseline.calendar, trial.path, False
    for name, service in writing.details.services.items():
        for year in calendar.years:
            rows = _open_rows(writing, year)
            wanted, reached = (float(each.undisturbed[rows].sum()) for each in (service, simulated.services[name]))
            if not len(rows) or reached == 0 or abs(wanted / reached - 1) < YEAR_TOLERANCE:
                continue
            if (name, year) in draft.years:
                draft.years[name, year] *= wanted / reached
                is_corrected = True
            break  # later years grow over this one
    _put_years(writing, draft)
    return is_corrected


def _open_rows(writing: _Writing, year: int) -> Ints:
    """Rows of a year that no book has closed: those of the measure's period, or all where it has none there."""
    calendar = writing.plan.baseline.calendar
    months = np.array(calendar.months)
    last, period = writing.plan.closed.last_month, parse_period(writing.line.period)
    is_open = (months // SEASON_MONTHS == year) & (months > (-1 if last is None else last))
    in_period = is_open & (months >= period.first) & (months <= period.last)
    return np.flatnonzero(in_period if in_period.any() else is_open)


# --- events


def _put_events(writing: _Writing, draft: _Draft, trial: SinglePath) -> None:
    """A dated event for each month in which a random shock changed anything, net of what came back."""
    scenario, details = writing.scenario, writing.details
    random = [f"shocks.{name}" for name, shock in sorted(scenario.shocks.items()) if _is_random(shock)]
    effects: dict[tuple[str, int], dict[tuple[str, str], float]] = {}
    for service, year in details.services.items():
        for name, changes in net_changes(year, trial.services[service], random).items():
            for row in np.flatnonzero(np.abs(changes) >= MIN_EFFECT).tolist():
                effects.setdefault((name, row), {})["volume", service] = float(changes[row])
    for name in random:
        for (driver, service), factor in details.drivers.get(name, {}).items():
            for row in np.flatnonzero(np.abs(factor - 1) >= MIN_EFFECT).tolist():
                effects.setdefault((name, row), {})[driver, service] = float(factor[row] - 1)
    for (name, row), changes_by_driver in sorted(effects.items()):
        _put_event(writing, draft, name, row, changes_by_driver)
    if scenario.costs:
        for name in random:
            _put_repairs(writing, draft, name)


def _is_random(shock: object) -> bool:
    return not isinstance(shock, Drift | Event)


def net_changes(year: ServiceYear, trial: ServiceYear, random: list[str]) -> dict[str, Floats]:
    """By random shock, (months,) change of the trial's amount that takes as much as the shock took net of the future.

    Dated events stay in the plan; their factors are those of the future. What a shock takes is what it leaves, then
    what comes back of it, in order of the names; a month that has nothing left can lose nothing.
    """
    dated = np.prod([factor for name, factor in year.factors.items() if name not in random], axis=0)
    amount, reached = year.before_events * dated, trial.before_events * dated
    amount, reached = np.abs(amount), np.abs(reached)  # months below zero lose and gain shares of their size
    remaining = amount * np.prod([year.factors[name] for name in random if name in year.factors], axis=0)
    changes: dict[str, Floats] = {}
    returned = np.zeros(len(amount))
    for name in random:
        if name not in year.factors:
            continue
        more = returned + year.returned.get(name, 0.0)
        back = np.divide(
            remaining + more, remaining + returned, out=np.ones(len(remaining)), where=remaining + returned > 0
        )
        after = amount * year.factors[name] * back
        next_reached = np.maximum(reached + after - amount, 0.0)
        changes[name] = np.divide(next_reached, reached, out=np.ones(len(remaining)), where=reached > 0) - 1
        amount, reached, returned = after, next_reached, more
    return changes


def _put_event(writing: _Writing, draft: _Draft, name: str, row: int, changes: Mapping[tuple[str, str], float]) -> None:
    month = writing.scenario.horizon.calendar.first + row
    key = _event_key(writing.scenario, name, month)
    draft.put(f"{key}.kind", "event")
    draft.put(f"{key}.label", _label(writing.scenario, name, "stress_event_label", month))
    draft.put(f"{key}.from", format_month(month))
    draft.put(f"{key}.until", format_month(month))
    for (driver, service), change in sorted(changes.items()):
        path = f"{key}.effect.{driver}.{service}" if service else f"{key}.effect.{driver}"
        draft.put(path, percent_value(max(change, -1.0)))


def _event_key(scenario: Scenario, name: str, month: int) -> str:
    key = f"{name}_{format_month(month).replace('-', '_')}"
    while key.removeprefix("shocks.") in scenario.shocks:
        key += "_net"
    return key


def _label(scenario: Scenario, name: str, sentence: str, month: int) -> str:
    """A label in both languages, as YAML."""
    from forecast.reports.content.text import period_text

    label = display_label(scenario, name)
    texts = {
        t.language: t(sentence, name=label.in_language(t.language), month=period_text(format_month(month), t))
        for t in (Translator("en"), Translator("vi"))
    }
    return f"{{en: {quote_text(texts['en'])}, vi: {quote_text(texts['vi'])}}}"


def _put_repairs(writing: _Writing, draft: _Draft, name: str) -> None:
    """Costs of repair, each in its month: an initiative is what has a dated cost and no effect."""
    repairs = writing.details.repairs.get(name)
    if repairs is None:
        return
    for row in np.flatnonzero(repairs > 0).tolist():
        month = writing.scenario.horizon.calendar.first + row
        key = f"initiatives.repair_{name.removeprefix('shocks.')}_{format_month(month).replace('-', '_')}"
        draft.put(f"{key}.label", _label(writing.scenario, name, "stress_repair_label", month))
        draft.put(f"{key}.start", format_month(month))
        draft.put(f"{key}.effect", "{}")
        draft.put(f"{key}.cost.once", written_amount(float(repairs[row]), writing.scenario.currency))


# --- text


def _yaml_text(writing: _Writing, draft: _Draft) -> str:
    """The plan as YAML, with what it is in its first lines."""
    scenario, way = writing.scenario, writing.way
    names = {
        t.language: t(
            "stress_scenario_name", way=way.label.in_language(t.language), plan=scenario.name.in_language(t.language)
        )
        for t in (Translator("en"), Translator("vi"))
    }
    t = Translator(scenario.language)
    head = [
        f"# {t('stress_scenario_comment', path=writing.future.path, seed=writing.plan.seed)}",
        extends_line(Path(scenario.file), writing.file.parent),
        f"name: {{en: {quote_text(names['en'])}, vi: {quote_text(names['vi'])}}}",
    ]
    return "\n".join([*head, *entry_lines(draft.entries)]) + "\n"
