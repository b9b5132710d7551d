"""What is read of a plan in every path: its periods, its months, and what is told of its places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from forecast.periods import Calendar, month_text
from forecast.plan.geography import read_places
from forecast.plan.scenario import Scenario, main_of
from forecast.plan.shocks import Drift
from forecast.plan.targets import Target
from forecast.simulation.places.outputs import FEW, PlaceGauges
from forecast.simulation.sampling.random_streams import BLOCK
from forecast.stats.copula import Group, groups_of
from forecast.timeseries.baseline import Baseline
from forecast.timeseries.place_shares import weighed_by_ledger

BATCH = 4
"""Most blocks that are played together: a quarter of the calls, and still near the cache."""

SMALL = 96
"""Months of services, and four for each event, up to which a plan's blocks are played so many at a time."""

FigureKey = tuple[str, str]
"""A figure: (measure, period), both as they are written."""


@dataclass(frozen=True)
class Gauge:
    """A period whose figures are read in every path."""

    period: str
    calendar: Calendar
    monthly: bool = False
    """Whether it is a single month of the fan: only what is drawn month by month is read."""


def gauges_of(scenario: Scenario) -> tuple[Gauge, ...]:
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
        periods[f"{month_text(horizon.first)} to {month_text(horizon.last)}"] = horizon
    months = [Gauge(month_text(month), Calendar(month, 1), monthly=True) for month in horizon.months]
    single = {gauge.period for gauge in months}
    return tuple(Gauge(text, calendar) for text, calendar in periods.items()) + tuple(
        gauge for gauge in months if gauge.period in single - periods.keys()
    )


def place_gauges_of(scenario: Scenario) -> PlaceGauges | None:
    """What is read of the places: the main target's period, the whole years, and what targets of places ask for."""
    if scenario.places is None or scenario.places.file is None:
        return None
    equal = scenario.places.weights is not None
    terrain = read_places(scenario.places.file, scenario.service_names, equal)
    if (ledger := scenario.places.ledger) is not None:
        horizon = scenario.horizon.calendar
        terrain = weighed_by_ledger(terrain, scenario.places.file, ledger, scenario.service_names, horizon)
    asked = [target for _, target in sorted(scenario.targets.items()) if target.place is not None]
    periods = {gauge.period: gauge.calendar for gauge in gauges_of(scenario) if not gauge.monthly}
    wanted = {target.period.text for target in asked}
    target = scenario.targets.get(main_of(scenario))
    main = next(iter(periods)) if target is None else target.period.text
    read = [main, *(text for text in periods if text != main and (text in wanted or periods[text].count % 12 == 0))]
    told = {target.place for target in asked if target.place is not None}
    if terrain.count <= FEW:
        told.update(terrain.places)
    return PlaceGauges(terrain, scenario.places.noise, tuple((t, periods[t]) for t in read), frozenset(told))


@dataclass(frozen=True)
class Deck:
    """All that a block is played from; the same deck and blocks give the same bytes."""

    scenario: Scenario
    baseline: Baseline
    seed: int
    paths: int
    groups: Mapping[str, Group]
    gauges: tuple[Gauge, ...]
    bridge: str
    """Period of the steps from last year to the forecast."""
    places: PlaceGauges | None = None
    """What is read of the places, where they are listed."""

    @property
    def bridge_gauge(self) -> Gauge:
        """The gauge of that period."""
        return next(gauge for gauge in self.gauges if gauge.period == self.bridge)

    @property
    def causes(self) -> tuple[str, ...]:
        """The shocks that may take from the trade of places, in order."""
        return tuple(name for name, one in sorted(self.scenario.shocks.items()) if not isinstance(one, Drift))

    @property
    def batch(self) -> int:
        """Blocks that are played together; which they are changes nothing in any path."""
        if self.places is not None:
            return 1
        horizon = self.scenario.horizon.calendar
        events = sum(one.events_per_year for one in self.scenario.shocks.values()) * horizon.count / 12
        size = horizon.count * len(self.scenario.services) + 4 * events
        return BATCH if size <= SMALL else BATCH // 2 if size <= 2 * SMALL else 1

    def paths_of(self, blocks: range) -> int:
        """Paths of some blocks that count; the last may be cut."""
        return min(BLOCK * len(blocks), self.paths - blocks.start * BLOCK)


def figure_of(target: Target, basis: str, figures: Mapping[FigureKey, object]) -> FigureKey:
    """The figure of a target on a basis; the gap is left out on the basis of the parts, where there is one."""
    at = f"@{target.place}" if target.place else ""
    parts = (f"{target.measure}:parts{at}", target.period.text)
    return parts if basis == "parts" and parts in figures else (f"{target.measure}{at}", target.period.text)


def deck_of(scenario: Scenario, baseline: Baseline, paths: int | None = None, seed: int | None = None) -> Deck:
    """All that the blocks are played from; ValueError for a number of paths that is none."""
    gauges = gauges_of(scenario)
    count = scenario.paths if paths is None else paths
    if count < 1:
        raise ValueError("a run needs at least one path")
    return Deck(
        scenario=scenario.model_copy(update={"readings": {}}),
        baseline=baseline,
        seed=scenario.seed if seed is None else seed,
        paths=count,
        groups=_groups(scenario, baseline),
        gauges=gauges,
        bridge=_bridge_period(scenario, gauges),
        places=place_gauges_of(scenario),
    )


def _bridge_period(scenario: Scenario, gauges: tuple[Gauge, ...]) -> str:
    """That of the first revenue target, else the first period that is read."""
    for name in sorted(scenario.targets):
        if scenario.targets[name].measure == "revenue" and scenario.targets[name].place is None:
            return str(scenario.targets[name].period.text)
    return gauges[0].period


def _groups(scenario: Scenario, baseline: Baseline) -> dict[str, Group]:
    """By name, what is correlated with it; a service's wander moves as its months do."""
    freedom = None if scenario.copula == "gaussian" else float(scenario.copula[2:-1])
    said = {name: (entry.between, entry.rank) for name, entry in scenario.correlations.items()}
    groups = groups_of(said, freedom)
    surprises = {f"services.{service}" for service in scenario.services}
    if baseline.correlation is not None and not surprises & groups.keys() and len(surprises) > 1:
        taught = Group.from_correlation(tuple(sorted(surprises)), baseline.correlation)
        groups.update(dict.fromkeys(taught.names, taught))
    for name in sorted(surprises & groups.keys()):
        groups[f"{name}.wander"] = _wandering(groups[name])
    return groups


def _wandering(group: Group) -> Group:
    names = tuple(f"{name}.wander" for name in group.names)
    return replace(group, names=names, common=f"{group.common}.wander" if group.common else "")
