"""Causes that lead from an earlier state of a plan to its state now, each with all causes before it.

Their order: events that were named since, initiatives, changed assumptions, and closed months as booked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from forecast.analysis.earlier_forecasts import PlanState, named_events, with_events
from forecast.analysis.year_findings import VarianceKind
from forecast.files.fingerprint import to_jsonable
from forecast.plan.initiatives import Initiative
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Scenario
from forecast.timeseries.baseline import Baseline, ServiceBaseline

__all__ = ["VarianceCause", "variance_causes"]

MAX_CHANGED_ENTRIES = 8
"""Changed services, costs and shocks that have a step each; more of them are one step together."""
ENTRY_TABLES = ("services", "costs", "shocks")
"""Tables of a plan whose changed entries have a step each."""
WITHOUT_FIGURES = frozenset(
    ("name", "language", "paths", "seed", "cases", "decisions", "notes", "as_of", "file", "history", "initiatives")
)
"""Fields of a plan that move no figure, or that have steps of their own."""


class VarianceCause(NamedTuple):
    """A cause, and the plan with it and with all causes before it."""

    kind: VarianceKind
    name: str
    state: PlanState


def variance_causes(before: PlanState, now: PlanState) -> list[VarianceCause]:
    """List the causes from one state of a plan to another.

    Parameters
    ----------
    before, now : PlanState
        The earlier state, and the state now.

    Returns
    -------
    list of VarianceCause
        In order; the last, what was booked, has the figures of `now`.
    """
    causes = list(_event_causes(before, now))
    causes += _initiative_causes(causes[-1].state if causes else before, now)
    causes += _entry_causes(causes[-1].state if causes else before, now)
    state = causes[-1].state if causes else before
    if not _has_same_figures(state, now):
        baseline = replace(
            now.baseline,
            booked=state.baseline.booked,
            last_known_month=state.baseline.last_known_month,
            estimate_errors=state.baseline.estimate_errors,
        )
        scenario = now.scenario.model_copy(update={"as_of": state.scenario.as_of})
        causes.append(VarianceCause("assumption", "rest", PlanState(scenario, baseline)))
    return [*causes, VarianceCause("actual", "", now)]


def _event_causes(before: PlanState, now: PlanState) -> Iterator[VarianceCause]:
    """Each event that was named, changed or withdrawn since, and each shock of the plan that is no longer possible."""
    state = before
    events = named_events(before.scenario)
    known_now = named_events(now.scenario)
    for name in sorted(events.keys() | known_now.keys()):
        if to_jsonable(events.get(name)) == to_jsonable(known_now.get(name)):
            continue
        events = {key: event for key, event in events.items() if key != name}
        if name in known_now:
            events[name] = known_now[name]
        state = PlanState(with_events(state.scenario, events), state.baseline)
        yield VarianceCause("event", f"history.shocks.{name}", state)
    for name in sorted(before.scenario.shocks.keys() - now.scenario.shocks.keys()):
        shocks = {key: shock for key, shock in state.scenario.shocks.items() if key != name}
        state = _with_table(state, "shocks", shocks)
        yield VarianceCause("event", f"shocks.{name}", state)


def _initiative_causes(state: PlanState, now: PlanState) -> Iterator[VarianceCause]:
    """Each changed initiative, in an order in which all that one needs is there; else they are one cause together."""
    current, target = dict(state.scenario.initiatives), now.scenario.initiatives
    changed = [
        name
        for name in sorted(current.keys() | target.keys())
        if to_jsonable(current.get(name)) != to_jsonable(target.get(name))
    ]
    while changed:
        step = next((name for name in changed if _is_complete(_with_entry(current, target, name))), None)
        names = changed if step is None else [step]
        for name in names:
            current = _with_entry(current, target, name)
        changed = [name for name in changed if name not in names]
        state = _with_table(state, "initiatives", current)
        yield VarianceCause("initiative", f"initiatives.{names[0]}" if len(names) == 1 else "initiatives", state)


def _with_entry(
    current: Mapping[str, Initiative], target: Mapping[str, Initiative], name: str
) -> dict[str, Initiative]:
    """A table with one entry as another has it."""
    entries = {key: entry for key, entry in current.items() if key != name}
    return {**entries, name: target[name]} if name in target else entries


def _is_complete(initiatives: Mapping[str, Initiative]) -> bool:
    return all({*entry.needs, *entry.excludes} <= initiatives.keys() for entry in initiatives.values())


def _entry_causes(state: PlanState, now: PlanState) -> Iterator[VarianceCause]:
    """Each changed service with its history, cost and shock; none where they are many or the names are others."""
    changed = [
        (table, name)
        for table in ENTRY_TABLES
        for name in sorted(getattr(now.scenario, table))
        if _is_changed(state, now, table, name)
    ]
    has_same_names = all(
        getattr(state.scenario, table).keys() == getattr(now.scenario, table).keys() for table in ("services", "costs")
    )
    if len(changed) > MAX_CHANGED_ENTRIES or not has_same_names:
        return
    for table, name in changed:
        entries = {**getattr(state.scenario, table), name: getattr(now.scenario, table)[name]}
        state = _with_table(state, table, entries)
        if table == "services":
            services = {**state.baseline.services, name: now.baseline.services[name]}
            state = PlanState(state.scenario, replace(state.baseline, services=services))
        yield VarianceCause("assumption", f"{table}.{name}", state)


def _is_changed(state: PlanState, now: PlanState, table: str, name: str) -> bool:
    before, after = getattr(state.scenario, table).get(name), getattr(now.scenario, table)[name]
    if table == "services" and name in state.baseline.services:
        histories = (state.baseline.services[name], now.baseline.services[name])
        if not _is_same_service(*histories):
            return True
    return bool(to_jsonable(before) != to_jsonable(after))


def _with_table(state: PlanState, table: str, entries: Mapping[str, object]) -> PlanState:
    """A state with other entries of one table of its plan, in the order of their names."""
    ordered = FrozenDict(dict(sorted(entries.items())))
    return PlanState(state.scenario.model_copy(update={table: ordered}), state.baseline)


def _has_same_figures(state: PlanState, now: PlanState) -> bool:
    """True where two states differ in nothing that a figure is made of."""
    return _meaning(state.scenario) == _meaning(now.scenario) and _is_same_baseline(state.baseline, now.baseline)


def _meaning(scenario: Scenario) -> object:
    fields = {field: getattr(scenario, field) for field in type(scenario).model_fields if field not in WITHOUT_FIGURES}
    stated = {year: figures.model_copy(update={"periods": None}) for year, figures in scenario.stated.items()}
    return to_jsonable({**fields, "stated": stated})  # the file of the assigned months moves no figure


def _is_same_baseline(first: Baseline, second: Baseline) -> bool:
    correlations = [to_jsonable(baseline.correlation) for baseline in (first, second)]
    if first.services.keys() != second.services.keys() or correlations[0] != correlations[1]:
        return False
    return all(_is_same_service(service, second.services[name]) for name, service in first.services.items())


def _is_same_service(first: ServiceBaseline, second: ServiceBaseline) -> bool:
    """True where two baselines simulate the same months; their past scores do not count."""
    if first is second:
        return True
    bare = [replace(service, checks=(), notes=(), annual_quantiles={}, weights={}) for service in (first, second)]
    return bool(to_jsonable(bare[0]) == to_jsonable(bare[1]))
