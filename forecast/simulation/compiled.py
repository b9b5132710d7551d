"""What is read of a plan in every path: its periods, its months, and what is told of its places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from forecast.periods import Calendar, format_month
from forecast.plan.geography import read_places
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift
from forecast.plan.targets import Target
from forecast.simulation.places.outputs import MAX_PLACES_IN_DETAIL, PlaceOutputs
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.stats.copula import CorrelatedGroup, build_correlated_groups
from forecast.timeseries.baseline import Baseline
from forecast.timeseries.place_shares import weight_by_ledger

MAX_BATCH_BLOCKS = 4
"""Most blocks that are played together: a quarter of the calls, and still near the cache."""

MAX_BATCH_MONTHS = 96
"""Months of services, and four for each event, up to which a plan's blocks are played so many at a time."""

FigureKey = tuple[str, str]
"""A figure: (measure, period), both as they are written."""


@dataclass(frozen=True)
class OutputPeriod:
    """A period whose figures are read in every path."""

    period: str
    calendar: Calendar
    is_month: bool = False
    """Whether it is a single month of the fan: only what is drawn month by month is read."""


def output_periods(scenario: Scenario) -> tuple[OutputPeriod, ...]:
    """The whole years of the horizon, the periods of targets and triggers, the horizon, and each month."""
    horizon = scenario.horizon.calendar
    periods: dict[str, Calendar] = {}
    for year in horizon.years:
        whole = Calendar(12 * year, 12)
        if whole.first >= horizon.first and whole.last <= horizon.last:
            periods[str(year)] = whole
    for name in sorted(scenario.targets):
        periods[scenario.targets[name].period.text] = scenario.targets[name].period.calendar
    for name in sorted(scenario.decisions):
        trigger = scenario.decisions[name].trigger
        if trigger is not None:
            periods[trigger.period.text] = trigger.period.calendar
    if not periods:
        periods[f"{format_month(horizon.first)} to {format_month(horizon.last)}"] = horizon
    months = [OutputPeriod(format_month(month), Calendar(month, 1), is_month=True) for month in horizon.months]
    single = {gauge.period for gauge in months}
    return tuple(OutputPeriod(text, calendar) for text, calendar in periods.items()) + tuple(
        gauge for gauge in months if gauge.period in single - periods.keys()
    )


def compile_place_outputs(scenario: Scenario) -> PlaceOutputs | None:
    """What is read of the places: the main target's period, the whole years, and what targets of places ask for."""
    if scenario.places is None or scenario.places.file is None:
        return None
    equal = scenario.places.weights is not None
    terrain = read_places(scenario.places.file, scenario.service_names, equal)
    if (ledger := scenario.places.ledger) is not None:
        horizon = scenario.horizon.calendar
        terrain = weight_by_ledger(terrain, scenario.places.file, ledger, scenario.service_names, horizon)
    asked = [target for _, target in sorted(scenario.targets.items()) if target.place is not None]
    periods = {gauge.period: gauge.calendar for gauge in output_periods(scenario) if not gauge.is_month}
    wanted = {target.period.text for target in asked}
    target = scenario.targets.get(scenario.main_target)
    main = next(iter(periods)) if target is None else target.period.text
    read = [main, *(text for text in periods if text != main and (text in wanted or periods[text].count % 12 == 0))]
    told = {target.place for target in asked if target.place is not None}
    if terrain.count <= MAX_PLACES_IN_DETAIL:
        told.update(terrain.places)
    return PlaceOutputs(terrain, scenario.places.noise, tuple((t, periods[t]) for t in read), frozenset(told))


@dataclass(frozen=True)
class CompiledPlan:
    """All that a block is played from; the same deck and blocks give the same bytes."""

    scenario: Scenario
    baseline: Baseline
    seed: int
    paths: int
    groups: Mapping[str, CorrelatedGroup]
    periods: tuple[OutputPeriod, ...]
    bridge_period: str
    """Period of the steps from last year to the forecast."""
    places: PlaceOutputs | None = None
    """What is read of the places, where they are listed."""

    @property
    def bridge_output(self) -> OutputPeriod:
        """The gauge of that period."""
        return next(gauge for gauge in self.periods if gauge.period == self.bridge_period)

    @property
    def causes(self) -> tuple[str, ...]:
        """The shocks that may take from the trade of places, in order."""
        return tuple(name for name, one in sorted(self.scenario.shocks.items()) if not isinstance(one, Drift))

    @property
    def batch_blocks(self) -> int:
        """Blocks that are played together; which they are changes nothing in any path."""
        if self.places is not None:
            return 1
        horizon = self.scenario.horizon.calendar
        events = sum(one.events_per_year for one in self.scenario.shocks.values()) * horizon.count / 12
        size = horizon.count * len(self.scenario.services) + 4 * events
        return (
            MAX_BATCH_BLOCKS
            if size <= MAX_BATCH_MONTHS
            else MAX_BATCH_BLOCKS // 2
            if size <= 2 * MAX_BATCH_MONTHS
            else 1
        )

    def count_paths(self, blocks: range) -> int:
        """Paths of some blocks that count; the last may be cut."""
        return min(PATHS_PER_BLOCK * len(blocks), self.paths - blocks.start * PATHS_PER_BLOCK)


def figure_key(target: Target, basis: str, figures: Mapping[FigureKey, object]) -> FigureKey:
    """The figure of a target on a basis; the gap is left out on the basis of the parts, where there is one."""
    at = f"@{target.place}" if target.place else ""
    parts = (f"{target.measure}:parts{at}", target.period.text)
    return parts if basis == "parts" and parts in figures else (f"{target.measure}{at}", target.period.text)


def compile_plan(
    scenario: Scenario, baseline: Baseline, paths: int | None = None, seed: int | None = None
) -> CompiledPlan:
    """All that the blocks are played from; ValueError for a number of paths that is none."""
    gauges = output_periods(scenario)
    count = scenario.paths if paths is None else paths
    if count < 1:
        raise ValueError("a run needs at least one path")
    return CompiledPlan(
        scenario=scenario.model_copy(update={"cases": {}}),
        baseline=baseline,
        seed=scenario.seed if seed is None else seed,
        paths=count,
        groups=_correlated_groups(scenario, baseline),
        periods=gauges,
        bridge_period=_choose_bridge_period(scenario, gauges),
        places=compile_place_outputs(scenario),
    )


def _choose_bridge_period(scenario: Scenario, gauges: tuple[OutputPeriod, ...]) -> str:
    """That of the first revenue target, else the first period that is read."""
    for name in sorted(scenario.targets):
        if scenario.targets[name].measure == "revenue" and scenario.targets[name].place is None:
            return str(scenario.targets[name].period.text)
    return gauges[0].period


def _correlated_groups(scenario: Scenario, baseline: Baseline) -> dict[str, CorrelatedGroup]:
    """By name, what is correlated with it; a service's level_noise moves as its months do."""
    freedom = None if scenario.copula == "gaussian" else float(scenario.copula[2:-1])
    said = {name: (entry.between, entry.rank) for name, entry in scenario.correlations.items()}
    groups = build_correlated_groups(said, freedom)
    surprises = {f"services.{service}" for service in scenario.services}
    if baseline.correlation is not None and not surprises & groups.keys() and len(surprises) > 1:
        taught = CorrelatedGroup.from_correlation(tuple(sorted(surprises)), baseline.correlation)
        groups.update(dict.fromkeys(taught.names, taught))
    for name in sorted(surprises & groups.keys()):
        groups[f"{name}.level_noise"] = _level_noise_group(groups[name])
    return groups


def _level_noise_group(group: CorrelatedGroup) -> CorrelatedGroup:
    names = tuple(f"{name}.level_noise" for name in group.names)
    return replace(group, names=names, common=f"{group.common}.level_noise" if group.common else "")
