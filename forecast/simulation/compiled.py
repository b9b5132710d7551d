"""The plan as blocks need it, compiled once from a scenario and its baseline, then sent to every worker.

Only this module and `simulate` know a `Scenario`. Records that need no resolving (shocks, initiatives, costs, targets)
are those of the plan; what depends on several of its keys, or on the history, is resolved here (`model/inputs`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from forecast.files.cache import Cache
from forecast.files.fingerprint import code_digest, environment_versions, to_jsonable
from forecast.periods import Calendar, first_day, format_month, parse_period
from forecast.plan.accounts import ledger_accounts
from forecast.plan.assumption import Assumption
from forecast.plan.data_files import data_files
from forecast.plan.geography import read_places
from forecast.plan.initiatives import Initiative
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import AnyShock, Drift, Event
from forecast.plan.targets import Target
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.closed_year import find_closed_year
from forecast.simulation.compiled_inputs import changes_by_year, compile_baseline, compile_costs, compile_workforce
from forecast.simulation.earlier import EarlierTime, compile_earlier_time
from forecast.simulation.model.closed_months import ClosedMonths
from forecast.simulation.model.conditioning.cells import LearnedCells, learned_cells
from forecast.simulation.model.conditioning.conditioning import ClosedLesson, Conditioning
from forecast.simulation.model.inputs import (
    BaselineInputs,
    CostInputs,
    WorkforceInputs,
)
from forecast.simulation.places.outputs import MAX_PLACES_IN_DETAIL, PlaceOutputs
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.simulation.sampling.yearly_draws import YearlyDraws
from forecast.stats.copula import CorrelatedGroup, build_correlated_groups
from forecast.timeseries.baseline import Baseline
from forecast.timeseries.place_shares import weight_by_ledger

__all__ = [
    "ALL_CAUSES",
    "HORIZON_PERIOD",
    "CompiledPlan",
    "FigureKey",
    "bridge_period",
    "compile_plan",
    "figure_key",
    "output_periods",
    "run_key",
]

MAX_BATCH_BLOCKS = 4
"""Most blocks that are simulated together: a quarter of the calls, and the arrays still lie near the cache."""

MAX_BATCH_MONTHS = 96
"""Months of services, and four for each event, up to which a plan's blocks are simulated so many at a time."""

HORIZON_PERIOD = "horizon"
"""The period of the accounts of losses."""

ALL_CAUSES = "causes"
"""Step of all drifts, initiatives and shocks together, which is known in every path."""

FigureKey = tuple[str, str]
"""A figure: (measure, period), both as they are written."""


@dataclass(frozen=True)
class OutputPeriod:
    """A period whose figures are recorded in every path."""

    period: str
    """As written."""
    calendar: Calendar
    is_month: bool = False
    """True for a single month of the fan, of which only what is charted month by month is recorded."""


@dataclass(frozen=True)
class CompiledPlan:
    """All that a block is simulated from; the same plan and blocks give the same bytes."""

    seed: int
    paths: int
    baseline: BaselineInputs
    shocks: Mapping[str, AnyShock]
    """By name, in the order in which they act; so are the initiatives."""
    earlier: EarlierTime
    """Time before the horizon that counts, with the shocks of the history that still act."""
    initiatives: Mapping[str, Initiative]
    costs: CostInputs
    workforce: WorkforceInputs | None
    climate_shape: float | None
    """Shape of each year's gamma factor on the rates of storms and floods; None without a climate."""
    place_count: Assumption | None
    """Number of places, where they are not listed."""
    places: PlaceOutputs | None
    """Outputs of the places, where they are listed."""
    groups: Mapping[str, CorrelatedGroup]
    """By name, what is correlated with it."""
    yearly: YearlyDraws
    """Draws of growths, prices and costs that change from year to year."""
    periods: tuple[OutputPeriod, ...]
    bridge_period: str
    """Period of the steps from last year to the forecast."""
    targets: Mapping[str, Target]
    main_target: str
    """Name of the target whose story a page tells; empty without targets."""
    trigger_values: tuple[tuple[FigureKey, float], ...] = field(default=())
    """Figures that call for a decision, and the value at which they do."""
    closed: ClosedMonths = field(default_factory=ClosedMonths)
    """Booked figures of the months that are simulated."""
    learned: LearnedCells = field(default_factory=LearnedCells)
    """Booked figures that teach the open months."""
    closed_events: Mapping[str, Event] = field(default_factory=dict)
    """By dotted name, dated events of the history that act in the whole years that are simulated."""
    gives_back: bool = True
    """True where losses to events of the history may come back; not where growth is over the year as it stands."""
    conditioning: Conditioning | None = None
    """Update of the open months by the closed ones; None where none is closed."""
    lesson: ClosedLesson | None = None
    """Fit of the closed months to the plan; None where none is closed."""
    resampled: frozenset[str] = frozenset()
    """Names of streams that have other random numbers than those of the seed."""
    adds_volumes: bool = True
    """False where the volumes of the services count unlike things."""

    @property
    def horizon(self) -> Calendar:
        """The months that are simulated."""
        return self.baseline.horizon

    @property
    def services(self) -> tuple[str, ...]:
        """Names in the order in which they are summed."""
        return tuple(self.baseline.services)

    @property
    def bridge_output(self) -> OutputPeriod:
        """The output period of the bridge."""
        return next(output for output in self.periods if output.period == self.bridge_period)

    @property
    def causes(self) -> tuple[str, ...]:
        """Names of the shocks that may take from the trade of places."""
        of_plan = (name for name, shock in self.shocks.items() if not isinstance(shock, Drift))
        return tuple(sorted((*self.earlier.past_shocks, *of_plan)))

    @property
    def batch_blocks(self) -> int:
        """Blocks that are simulated together; which they are changes nothing in any path."""
        if self.places is not None:
            return 1
        months = self.horizon.count + self.earlier.months
        events = sum(shock.events_per_year for shock in self.shocks.values()) * months / 12
        size = months * len(self.services) + 4 * events
        if size <= MAX_BATCH_MONTHS:
            return MAX_BATCH_BLOCKS
        return MAX_BATCH_BLOCKS // 2 if size <= 2 * MAX_BATCH_MONTHS else 1

    def count_paths(self, blocks: range) -> int:
        """Paths of some blocks that count; the last block may be cut."""
        return min(PATHS_PER_BLOCK * len(blocks), self.paths - blocks.start * PATHS_PER_BLOCK)


def figure_key(target: Target, basis: str, figures: Mapping[FigureKey, object]) -> FigureKey:
    """Find the figure of a target on a basis.

    Parameters
    ----------
    target : Target
        Of the plan.
    basis : str
        `stated`, or `parts` to leave out the gap between a stated total and the services, where there is one.
    figures : mapping
        By figure that is recorded.

    Returns
    -------
    FigureKey
        (measure, period).
    """
    place = f"@{target.place}" if target.place else ""
    parts = (f"{target.measure}:parts{place}", target.period.text)
    return parts if basis == "parts" and parts in figures else (f"{target.measure}{place}", target.period.text)


def run_key(scenario: Scenario, baseline: Baseline, seed: int, paths: int, precision: float | None) -> str:
    """Name of a run by all that its numbers come from: a run of the same name may go on where another stopped.

    Parameters
    ----------
    scenario : Scenario
        The plan; its other assumption cases do not count.
    baseline : Baseline
        Fits of its history.
    seed : int
        Of the random numbers.
    paths : int
        Number of paths that are asked for.
    precision : float, optional
        Half the width of the interval at which the run stops; None where it does not.

    Returns
    -------
    str
        Hash of the meaning of the plan, its data files, the fits, the figures above and the code.

    Raises
    ------
    InputError
        When a data file of the plan cannot be read.
    """
    plan = to_jsonable(scenario.model_copy(update={"cases": {}}))
    content = (plan, to_jsonable(baseline), data_files(scenario), seed, paths, precision)
    return Cache.key("chunks", *content, code_digest(), environment_versions())


def compile_plan(
    scenario: Scenario,
    baseline: Baseline,
    paths: int | None = None,
    seed: int | None = None,
    periods: Sequence[str] = (),
    resampled: frozenset[str] = frozenset(),
) -> CompiledPlan:
    """Compile a plan: all that its blocks are simulated from.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    baseline : Baseline
        Fits of its history.
    paths : int, optional
        Number of paths; that of the plan by default.
    seed : int, optional
        Of the random numbers; that of the plan by default.
    periods : sequence of str
        Periods that are recorded too.
    resampled : frozenset of str
        Names of streams that have other random numbers.

    Returns
    -------
    CompiledPlan
        The plan, before anything is learned from closed months.

    Raises
    ------
    ValueError
        The number of paths is below 1.
    """
    count = scenario.paths if paths is None else paths
    if count < 1:
        raise ValueError("a run needs at least one path")
    closed_year = find_closed_year(scenario, baseline)
    told_periods = closed_year.periods if closed_year is not None else ()
    groups = _correlated_groups(scenario, baseline)
    earlier = _compile_earlier_time(scenario, baseline)
    inputs = compile_baseline(scenario, baseline, earlier.months)
    return CompiledPlan(
        seed=scenario.seed if seed is None else seed,
        paths=count,
        baseline=inputs,
        shocks=dict(sorted(scenario.shocks.items())),
        earlier=earlier,
        initiatives=dict(sorted(scenario.initiatives.items())),
        costs=compile_costs(scenario),
        workforce=compile_workforce(scenario, scenario.workforce, baseline) if scenario.workforce else None,
        climate_shape=scenario.climate.shape if scenario.climate else None,
        place_count=scenario.places.count if scenario.places else None,
        places=compile_place_outputs(scenario),
        groups=groups,
        yearly=_yearly_draws(scenario, groups),
        periods=_with_periods(output_periods(scenario), (*told_periods, *periods)),
        bridge_period=bridge_period(scenario),
        targets=dict(scenario.targets),
        main_target=scenario.main_target,
        trigger_values=_trigger_values(scenario),
        closed=ClosedMonths.from_books(baseline.booked),
        learned=_learned_cells(scenario, baseline, inputs),
        closed_events=_closed_events(scenario, baseline),
        gives_back=scenario.growth_over == "underlying",
        resampled=resampled,
        adds_volumes=_has_one_volume_unit(scenario, baseline),
    )


def _with_periods(periods: tuple[OutputPeriod, ...], more: Sequence[str]) -> tuple[OutputPeriod, ...]:
    """Output periods with others, whose figures are recorded in full; those of single months stand last."""
    recorded = {output.period for output in periods if not output.is_month}
    added = [text for text in dict.fromkeys(more) if text not in recorded]
    return (
        *(output for output in periods if not output.is_month),
        *(OutputPeriod(text, parse_period(text)) for text in added),
        *(output for output in periods if output.is_month and output.period not in added),
    )


def _has_one_volume_unit(scenario: Scenario, baseline: Baseline) -> bool:
    """True where the volumes of all services that have one count the same things."""
    counted = [name for name, service in baseline.services.items() if service.measured == "volume"]
    return len(scenario.volume_units(counted)) < 2


def output_periods(scenario: Scenario) -> tuple[OutputPeriod, ...]:
    """Find the periods whose figures a run records.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    tuple of OutputPeriod
        The whole years of the horizon, the periods of targets and triggers, the horizon, and each month.
    """
    horizon = scenario.horizon.calendar
    periods: dict[str, Calendar] = {}
    for year in horizon.years:
        whole_year = Calendar(12 * year, 12)
        if whole_year.first >= horizon.first and whole_year.last <= horizon.last:
            periods[str(year)] = whole_year
    for name in sorted(scenario.targets):
        periods[scenario.targets[name].period.text] = scenario.targets[name].period.calendar
    for name in sorted(scenario.decisions):
        trigger = scenario.decisions[name].trigger
        if trigger is not None:
            periods[trigger.period.text] = trigger.period.calendar
    if not periods:
        periods[f"{format_month(horizon.first)} to {format_month(horizon.last)}"] = horizon
    months = [OutputPeriod(format_month(month), Calendar(month, 1), is_month=True) for month in horizon.months]
    single_months = {output.period for output in months}
    return tuple(OutputPeriod(text, calendar) for text, calendar in periods.items()) + tuple(
        output for output in months if output.period in single_months - periods.keys()
    )


def compile_place_outputs(scenario: Scenario) -> PlaceOutputs | None:
    """Outputs of the places: the main target's period, the whole years, and what targets of places ask for."""
    if scenario.places is None or scenario.places.file is None:
        return None
    equal = scenario.places.weights is not None
    geography = read_places(scenario.places.file, scenario.service_names, equal)
    if (ledger := scenario.places.ledger) is not None:
        horizon = scenario.horizon.calendar
        accounts = ledger_accounts(scenario)
        geography = weight_by_ledger(geography, ledger, scenario.service_names, accounts, horizon)
    place_targets = [target for _, target in sorted(scenario.targets.items()) if target.place is not None]
    periods = {output.period: output.calendar for output in output_periods(scenario) if not output.is_month}
    required = {target.period.text for target in place_targets}
    target = scenario.targets.get(scenario.main_target)
    main = next(iter(periods)) if target is None else target.period.text
    others = (text for text in periods if text != main and (text in required or periods[text].count % 12 == 0))
    detailed = {target.place for target in place_targets if target.place is not None}
    if geography.count <= MAX_PLACES_IN_DETAIL:
        detailed.update(geography.places)
    in_order = tuple((text, periods[text]) for text in (main, *others))
    return PlaceOutputs(geography, scenario.places.noise, in_order, frozenset(detailed))


def _compile_earlier_time(scenario: Scenario, baseline: Baseline) -> EarlierTime:
    past_shocks = scenario.history.shocks if scenario.history else {}
    gives_back = scenario.growth_over == "underlying"
    known_until = _first_unknown_moment(scenario, baseline)
    return compile_earlier_time(scenario.shocks, past_shocks, scenario.horizon.calendar, known_until, gives_back)


def _learned_cells(scenario: Scenario, baseline: Baseline, inputs: BaselineInputs) -> LearnedCells:
    errors = {
        measure: (error.bias, error.sd if isinstance(error.sd, float) else error.sd.value)
        for measure, error in baseline.estimate_errors.items()
    }
    ordinary = scenario.history.ordinary_months if scenario.history else ()
    return learned_cells(inputs, baseline.booked, errors, ordinary)


def _closed_events(scenario: Scenario, baseline: Baseline) -> Mapping[str, Event]:
    """By dotted name, dated events of the history that act in the whole years, or are still recovered in them."""
    if not baseline.booked:
        return {}
    past_shocks = scenario.history.shocks if scenario.history else {}
    gives_back = scenario.growth_over == "underlying"
    return compile_earlier_time({}, past_shocks, baseline.calendar, -math.inf, gives_back).past_shocks


def _first_unknown_moment(scenario: Scenario, baseline: Baseline) -> float:
    """Ordinal day after the day of the plan, else after the last known month of the history; else minus infinity.

    Never before the end of the last closed month.
    """
    last_closed = ClosedMonths.from_books(baseline.booked).last_month
    closed = -math.inf if last_closed is None else float(first_day(last_closed + 1))
    if scenario.as_of is not None:
        return max(closed, scenario.as_of.toordinal() + 1.0)
    known = baseline.last_known_month
    return max(closed, -math.inf if known is None else float(first_day(known + 1)))


def _yearly_draws(scenario: Scenario, groups: Mapping[str, CorrelatedGroup]) -> YearlyDraws:
    """The first year of each draw; what is correlated has one first year, so that each year is correlated as asked."""
    first_years: dict[str, int] = {}
    for name in scenario.yearly_changes:
        for year, assumption in changes_by_year(scenario, name).items():
            stream, drawn_year = draw_in_year(assumption, year)
            first_years[stream] = min(drawn_year, first_years.get(stream, drawn_year))
    by_group = {
        stream: min(first_years[member] for member in group.names if member in first_years)
        for stream in first_years
        if (group := groups.get(stream)) is not None
    }
    return YearlyDraws({**first_years, **by_group}, scenario.correlation_of_years.value)


def _trigger_values(scenario: Scenario) -> tuple[tuple[FigureKey, float], ...]:
    triggers = (decision.trigger for _, decision in sorted(scenario.decisions.items()))
    return tuple(
        ((trigger.measure, trigger.period.text), limit.value)
        for trigger in triggers
        if trigger is not None and (limit := trigger.below or trigger.above) is not None
    )


def bridge_period(scenario: Scenario) -> str:
    """Find the period of the steps from last year to the forecast.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    str
        Period of the main target where it is one of revenue, else of the first revenue target, else the first output
        period; as written.
    """
    for name in scenario.targets_by_priority:
        if scenario.targets[name].measure == "revenue" and scenario.targets[name].place is None:
            return str(scenario.targets[name].period.text)
    return output_periods(scenario)[0].period


def _correlated_groups(scenario: Scenario, baseline: Baseline) -> dict[str, CorrelatedGroup]:
    """By name, what is correlated with it; a service's level noise moves as its months do."""
    df = None if scenario.copula == "gaussian" else float(scenario.copula[2:-1])
    entries = {name: (entry.between, entry.rank) for name, entry in scenario.correlations.items()}
    groups = build_correlated_groups(entries, df)
    residuals = {f"services.{service}" for service in scenario.services}
    if baseline.correlation is not None and not residuals & groups.keys() and len(residuals) > 1:
        estimated = CorrelatedGroup.from_correlation(tuple(sorted(residuals)), baseline.correlation)
        groups.update(dict.fromkeys(estimated.names, estimated))
    for name in sorted(residuals & groups.keys()):
        groups[f"{name}.level_noise"] = _level_noise_group(groups[name])
    return groups


def _level_noise_group(group: CorrelatedGroup) -> CorrelatedGroup:
    names = tuple(f"{name}.level_noise" for name in group.names)
    return replace(group, names=names, common=f"{group.common}.level_noise" if group.common else "")
