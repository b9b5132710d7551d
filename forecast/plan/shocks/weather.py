"""What storms and floods share: a season, classes, and places that shut for some days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.periods import overlaps
from forecast.plan.assumption import Assumption, Days, Money, Rate, Share, Weight
from forecast.plan.record import ByService, Label, Named, Noun, of_service
from forecast.plan.shocks.shock import Shock
from forecast.plan.weights import MonthWeights
from forecast.simulation.model.footprints import arcs_of
from forecast.simulation.model.impacts import (
    EventLosses,
    Footprint,
    Impact,
    Key,
    SimulationContext,
    left_of,
    multiplied,
    sums,
    taking,
)
from forecast.simulation.sampling.events import Events, sample_events
from forecast.simulation.sampling.random_streams import Draws


class WeatherClass(Noun):
    """How large an event is."""

    label: Label | None = None
    """What people read."""
    weight: Weight
    """Of this class among its neighbours."""
    reach: Share
    """Share of the places that it hits."""
    days: Days
    """Days for which a hit place is shut."""
    depth: ByService[Share]
    """Share of a shut place's trade that is lost."""
    repair_per_place: Money | None = None
    """Cost of repair in each place that is hit."""


class Weather(Shock):
    """Events that shut some places for some days."""

    per_year: Rate
    """Events a year, before the months are weighed."""
    season: MonthWeights
    """Weights of the months in which events fall."""
    classes: Named[WeatherClass]

    @property
    def events_per_year(self) -> float:
        """At the middle of its range."""
        return self.per_year.value

    def strike(self, name: str, draws: Draws, context: SimulationContext) -> Impact:
        """Events by season, each of one class; what several take from one month multiplies."""
        rate = np.atleast_2d(draws(self.per_year))
        if context.climate is not None:
            rate = rate * context.climate
        events = sample_events(draws, name, rate, self.season, context.calendar)
        hits, lost, footprint, repair = self._hits(events, draws, context)
        shape = (context.calendar.count, context.paths)
        if context.terrain is None or footprint is None:
            factors = multiplied(hits.cell, lost, shape)
        else:
            factors = left_of(footprint, context.terrain, shape)
        return Impact(
            factors=factors,
            losses=hits,
            footprint=footprint,
            recovered=self.returning(draws, context.services),
            within=self.spread(draws),
            cost=repair,
            events=np.bincount(events.path, minlength=context.paths).astype(float),
        )

    def _by_class(self, events: Events, draws: Draws) -> _Classed:
        """The events and, by class in order of their names, those that are of it."""
        if len(self.classes) == 1:
            return _Classed(events, None)
        weights = [np.broadcast_to(draws(self.classes[c].weight), draws.paths) for c in sorted(self.classes)]
        steps = np.cumsum(np.array(weights), axis=0)
        mark = events.uniform("class") * events.of(steps[-1])
        row = np.zeros(len(events), np.int8)
        for step in steps[:-1]:
            row += mark >= events.of(step)
        rows = [np.flatnonzero(row == number) for number in range(len(weights))]
        return _Classed(events, [(mine, events.some(mine)) for mine in rows])

    def _hits(
        self, events: Events, draws: Draws, context: SimulationContext
    ) -> tuple[EventLosses, dict[Key, Floats], Footprint | None, Floats | None]:
        """What each event takes, whole and by month; where it falls, and what repair costs."""
        classed = self._by_class(events, draws)
        classes = [self.classes[name] for name in sorted(self.classes)]
        reach = classed.draw([c.reach for c in classes]) * events.of(self.reached(draws))
        end = events.start + classed.draw([c.days for c in classes])
        event, month, shut = overlaps(events.start, end, context.calendar)
        shut /= context.calendar.days.take(month)
        taken = _taken(classes, classed, context.services, event, shut)
        cell = month * context.paths
        cell += events.path.take(event)
        footprint = None
        weights = dict.fromkeys(context.services, reach)
        if context.terrain is not None:
            arcs = arcs_of(reach, events.uniform("first_place"), events.uniform("places"), context.terrain.count)
            footprint = Footprint(arcs, np.arange(len(events)), event, cell, taken)
            alike = {id(before): arcs.weight(before) for before in context.terrain.before.values()}
            weights = {service: alike[id(before)] for service, before in context.terrain.before.items()}
            reach = arcs.count / context.terrain.count
        lost = _weighed(taken, weights, event)
        repair = None
        if context.places is not None and any(c.repair_per_place is not None for c in classes):
            repair = self._repair(events, reach * classed.draw([c.repair_per_place for c in classes]), context)
        return EventLosses(event, cell, taking(lost), end, events.path), lost, footprint, repair

    @staticmethod
    def _repair(events: Events, per_place: Floats, context: SimulationContext) -> Floats:
        """(months, paths) cost of repair, in the month in which an event begins."""
        assert context.places is not None  # where nobody counts the places, nothing is repaired
        month = np.searchsorted(context.calendar.edges, events.start, side="right") - 1
        cost = per_place * events.of(context.places)
        shape = (context.calendar.count, context.paths)
        return sums(month * context.paths + events.path, cost, shape[0] * context.paths).reshape(shape)


class _Classed(NamedTuple):
    """Events, each of one class."""

    events: Events
    of_class: list[tuple[Ints, Events]] | None
    """By class, the rows of its events and these; none where there is one class."""

    def draw(self, said: Sequence[Assumption | None]) -> Floats:
        """(events,) what each event draws of the assumption of its class; 0 where the class has none."""
        values = np.zeros(len(self.events))
        if self.of_class is None:
            (alone,) = said
            return values if alone is None else self.events.draw(alone).astype(np.float64)
        for (mine, own), assumption in zip(self.of_class, said, strict=True):
            if assumption is not None:
                values[mine] = own.draw(assumption)
        return values


def _taken(
    classes: Sequence[WeatherClass], classed: _Classed, services: Sequence[str], event: Ints, shut: Floats
) -> dict[str, Floats]:
    """(entries,) by service, what is taken where an event falls; services that lose alike share one array."""
    alike: dict[tuple[object, ...], Floats] = {}
    taken: dict[str, Floats] = {}
    for service in services:
        said = [of_service(c.depth, service) for c in classes]
        names = tuple(None if depth is None else (depth.draw, depth.chance) for depth in said)
        if names not in alike:
            alike[names] = shut * classed.draw(said).take(event)
        taken[service] = alike[names]
    return taken


def _weighed(taken: Mapping[str, Floats], weights: Mapping[str, Floats], event: Ints) -> dict[Key, Floats]:
    """(entries,) by service, what each entry takes of all the trade; services that lose alike share one array."""
    alike: dict[tuple[int, int], Floats] = {}
    lost: dict[Key, Floats] = {}
    for service, share in taken.items():
        both = (id(share), id(weights[service]))
        if both not in alike:
            alike[both] = weights[service].take(event) * share
        lost["amount", service] = alike[both]
    return lost
