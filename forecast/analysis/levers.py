"""Levers of a plan: everything that one could change, one at a time, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from forecast.periods import first_day
from forecast.plan.assumption import Assumption
from forecast.plan.initiatives import Initiative
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift, Effects, Epidemic, Event, Weather, WeatherClass
from forecast.plan.variant import Variant
from forecast.plan.yearly_changes import parts_of_change
from forecast.stats.distributions import Constant

__all__ = ["Lever", "LeverChange", "LeverKind", "fixed_levers", "lever_variant", "moving_levers", "variant_within"]

LeverKind = Literal["decide", "earn", "outside"]
"""Whose a lever is: ours to decide (initiatives), to be earned (growth), or outside our control (shocks)."""
LeverChange = Literal["certain", "certain_early", "early", "moved", "open_months", "without"]
"""Kind of change: an initiative is certain, starts at the early end of its range, or both; a range is moved; the months
that are not closed take more by a share; a shock acts without its worst part."""
NEEDED_GROWTH = "NeededGrowth"
"""Name of the initiative that stands for more in the open months; a planner's names have no capitals."""
EARLY_QUANTILE = 0.1
"""The early end of the range of a start."""


@dataclass(frozen=True)
class Lever:
    """One thing that could be changed."""

    names: tuple[str, ...]
    """Dotted names of what it changes: `initiatives.x`, `services.post.growth`, `shocks.floods.classes.wide`."""
    kind: LeverKind
    change: LeverChange
    variant: Variant = field(default_factory=Variant)
    """The change; empty where it has a size (`moved`, `open_months`), for which see `lever_variant`."""
    streams: tuple[str, ...] = ()
    """Names of the draws that a `moved` one moves together."""

    @property
    def is_of_several(self) -> bool:
        """True where it stands for several initiatives together."""
        return len(self.names) > 1


def fixed_levers(scenario: Scenario, open_from: int | None = None) -> tuple[Lever, ...]:
    """List the levers that are on or off: initiatives, and shocks without their worst part.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    open_from : int, optional
        First month, from year 0, that is not closed: what lies before it cannot be changed; the first month of the
        horizon by default.

    Returns
    -------
    tuple of Lever
        Initiatives in the order of their names, all of them together, then shocks.
    """
    first = scenario.horizon.calendar.first if open_from is None else open_from
    initiatives = {
        name: entry
        for name, entry in sorted(scenario.initiatives.items())
        if entry.active and _latest_start(entry) >= first_day(first)
    }
    return (*_initiative_levers(initiatives, first), *_shock_levers(scenario))


def _latest_start(initiative: Initiative) -> float:
    """Latest day, an ordinal, on which it may start."""
    return initiative.start.distribution.bounds[1]


def _initiative_levers(initiatives: Mapping[str, Initiative], first: int) -> Iterator[Lever]:
    unsure = [name for name, entry in initiatives.items() if entry.chance is not None]
    early = {name: day for name, entry in initiatives.items() if (day := _early_day(entry.start, first)) is not None}
    for name in initiatives:
        if name in unsure:
            yield _initiative_lever((name,), "certain", early={})
        if name in early:
            yield _initiative_lever((name,), "certain_early" if name in unsure else "early", {name: early[name]})
    if len(unsure) > 1:
        yield _initiative_lever(tuple(unsure), "certain", early={})
    names = tuple(name for name in initiatives if name in unsure or name in early)
    if len(names) > 1 and early:
        yield _initiative_lever(names, "certain_early", early)


def _initiative_lever(names: Sequence[str], change: LeverChange, early: Mapping[str, float]) -> Lever:
    variant = Variant(
        switched=FrozenDict(dict.fromkeys(names, True)),
        held=FrozenDict({f"initiatives.{name}.start": day for name, day in early.items()}),
    )
    return Lever(tuple(f"initiatives.{name}" for name in names), "decide", change, variant)


def _early_day(start: Assumption, first: int) -> float | None:
    """The early end of the range of a start, in no closed month; None where it is sure, or says nothing of its own."""
    if start.is_constant or start.same_as:
        return None
    return max(float(start.distribution.ppf(np.array([EARLY_QUANTILE]))[0]), float(first_day(first)))


def moving_levers(scenario: Scenario, open_from: int | None = None) -> tuple[Lever, ...]:
    """List the levers that can be moved: the growth of each service, or the year that is given for it.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    open_from : int, optional
        First month, from year 0, that is not closed, where months are closed: then what is left to earn is the open
        months of each service.

    Returns
    -------
    tuple of Lever
        In the order of the names; none for a service whose level the history alone sets, unless months are closed.
    """
    if open_from is not None:
        return tuple(Lever((f"services.{name}",), "earn", "open_months") for name in scenario.service_names)
    levers = []
    for name, service in sorted(scenario.services.items()):
        choice = scenario.baseline_for(name)
        if choice.method == "given" and choice.annual is not None:
            levers.append(_moving_lever(f"services.{name}.baseline.annual", (choice.annual,)))
        elif service.growth is not None and scenario.is_level_planned(name):
            levers.append(_moving_lever(f"services.{name}.growth", parts_of_change(service.growth)))
    return tuple(levers)


def _moving_lever(name: str, parts: Sequence[Assumption]) -> Lever:
    return Lever((name,), "earn", "moved", streams=tuple(dict.fromkeys(part.stream_name for part in parts)))


def lever_variant(lever: Lever, scenario: Scenario, step: float, open_from: int) -> Variant:
    """Make the variant in which a lever has a size.

    Parameters
    ----------
    lever : Lever
        A `moved` one or one of the `open_months`; any other has its own variant, whatever the step.
    scenario : Scenario
        The plan.
    step : float
        Of a `moved` one in units of `Assumption.move_unit`; of `open_months` the share by which they take more.
    open_from : int
        First month, from year 0, that is not closed.

    Returns
    -------
    Variant
        The change.
    """
    if lever.change == "moved":
        parts = {a.stream_name: a for a in scenario.assumptions() if a.stream_name in lever.streams}
        return Variant(moved=FrozenDict({stream: step * part.move_unit for stream, part in sorted(parts.items())}))
    if lever.change != "open_months":
        return lever.variant
    service = lever.names[0].partition(".")[2]
    more = Assumption(f"{lever.names[0]}.open_months", "", Constant(step), "effect", "none")
    start = Assumption("open_months.start", "", Constant(float(first_day(open_from))), "day", "none")
    added = Initiative.model_construct(start=start, effect=Effects(revenue=FrozenDict({service: more})))
    entries = FrozenDict({**scenario.initiatives, NEEDED_GROWTH: added})
    source = scenario.model_copy(update={"initiatives": entries})
    return Variant(replaced=frozenset({f"initiatives.{NEEDED_GROWTH}"}), source=source)


def _shock_levers(scenario: Scenario) -> Iterator[Lever]:
    for name, shock in sorted(scenario.shocks.items()):
        match shock:
            case Weather():
                worst = max(sorted(shock.classes), key=lambda each: _class_size(shock.classes[each]))
                part = f"shocks.{name}.classes.{worst}"
                yield _held_lever(part, shock.classes[worst].days.stream_name)
            case Epidemic():
                for part, regime in (("hard", shock.hard), ("upstream", shock.upstream)):
                    if regime is not None:
                        yield _held_lever(f"shocks.{name}.{part}", regime.chance.stream_name)
                        break
                else:
                    yield _removed_lever(scenario, name)
            case Event() | Drift():
                yield _removed_lever(scenario, name)


def _class_size(size: WeatherClass) -> float:
    """Expected loss of one event of a class, in days of the whole trade."""
    losses = [share.value for share in size.loss_share.values()]
    return size.reach.value * size.days.value * (max(losses) if losses else 0.0)


def _held_lever(name: str, stream: str) -> Lever:
    return Lever((name,), "outside", "without", Variant(held=FrozenDict({stream: 0.0})))


def _removed_lever(scenario: Scenario, name: str) -> Lever:
    others = FrozenDict({each: shock for each, shock in scenario.shocks.items() if each != name})
    source = scenario.model_copy(update={"shocks": others})
    variant = Variant(replaced=frozenset({f"shocks.{name}"}), source=source)
    return Lever((f"shocks.{name}",), "outside", "without", variant)


def _shock_names(scenario: Scenario) -> list[str]:
    return [f"shocks.{name}" for name in scenario.shocks]


def variant_within(variant: Variant, scenario: Scenario) -> Variant:
    """Keep the part of a variant that another case of the plan has names for.

    Parameters
    ----------
    variant : Variant
        Changes of the plan.
    scenario : Scenario
        The case.

    Returns
    -------
    Variant
        Without the draws, initiatives and shocks that the case lacks.
    """
    streams = {assumption.stream_name for assumption in scenario.assumptions()}
    return Variant(
        resampled=variant.resampled,
        held=FrozenDict({name: value for name, value in variant.held.items() if name in streams}),
        moved=FrozenDict({name: step for name, step in variant.moved.items() if name in streams}),
        switched=FrozenDict({name: on for name, on in variant.switched.items() if name in scenario.initiatives}),
        replaced=frozenset(
            name for name in variant.replaced if name in (f"initiatives.{NEEDED_GROWTH}", *_shock_names(scenario))
        ),
        source=variant.source,
    )
