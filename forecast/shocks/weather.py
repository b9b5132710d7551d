"""What storms and floods share: a season, classes, and places that shut for some days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecast.assumption import Assumption, Days, Money, Rate, Share, Weight
from forecast.chance import Floats
from forecast.draws import BLOCK, Draws, Events, Ints
from forecast.effects import Blow, Footprint, Hits, Key, Stage, left_of, multiplied, overlaps, sums
from forecast.noun import ByService, Named, Noun, of_service
from forecast.profile import MonthWeights
from forecast.shocks.shock import Shock
from forecast.terrain import arcs_of


class WeatherClass(Noun):
    """How large an event is."""

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

    def strike(self, name: str, draws: Draws, stage: Stage) -> Blow:
        """Events by season, each of one class; what several take from one month multiplies."""
        rate = np.atleast_2d(draws(self.per_year))
        if stage.climate is not None:
            rate = rate * stage.climate
        events = draws.events(name, rate, self.season, stage.calendar)
        hits, footprint, repair = self._hits(events, draws, stage)
        if stage.terrain is None or footprint is None:
            factors = multiplied(hits, stage.calendar, BLOCK)
        else:
            factors = left_of(footprint, stage.terrain, (stage.calendar.count, BLOCK))
        return Blow(
            factors=factors,
            hits=hits,
            footprint=footprint,
            recovered=self.returning(draws, stage.services),
            within=self.spread(draws),
            cost=repair,
            events=np.bincount(events.path, minlength=BLOCK).astype(float),
        )

    def _class_of(self, events: Events, draws: Draws) -> Ints:
        """(events,) row of each event's class, classes in order of their names."""
        weights = [np.broadcast_to(draws(self.classes[c].weight), BLOCK) for c in sorted(self.classes)]
        steps = np.cumsum(np.array(weights), axis=0)
        mark = events.uniform("class") * steps[-1, events.path]
        return np.asarray((mark >= steps[:-1, events.path]).sum(axis=0))

    def _hits(self, events: Events, draws: Draws, stage: Stage) -> tuple[Hits, Footprint | None, Floats | None]:
        row = self._class_of(events, draws)
        classes = [self.classes[name] for name in sorted(self.classes)]
        reach = _by_class(events, row, [c.reach for c in classes]) * events.of(self.reached(draws))
        end = events.start + _by_class(events, row, [c.days for c in classes])
        event, month, days = overlaps(events.start, end, stage.calendar)
        shut = days / stage.calendar.days[month]
        alike: dict[tuple[object, ...], Floats] = {}
        taken: dict[str, Floats] = {}
        for service in stage.services:
            said = [of_service(c.depth, service) for c in classes]
            drawn = tuple(None if depth is None else (depth.draw, depth.chance) for depth in said)
            if drawn not in alike:
                alike[drawn] = shut * _by_class(events, row, said)[event]
            taken[service] = alike[drawn]
        footprint = None
        weights = dict.fromkeys(stage.services, reach)
        if stage.terrain is not None:
            arcs = arcs_of(reach, events.uniform("first_place"), events.uniform("places"), stage.terrain.count)
            cell = month * BLOCK + events.path[event]
            footprint = Footprint(arcs, np.arange(len(events)), event, cell, taken)
            weights = {service: arcs.weight(before) for service, before in stage.terrain.before.items()}
            reach = arcs.count / stage.terrain.count
        lost = _weighed(taken, weights, event)
        repair = reach * _by_class(events, row, [c.repair_per_place for c in classes])
        hits = Hits(event, month, events.path[event], lost, end, events.path)
        return hits, footprint, self._repair(events, repair, stage)

    def _repair(self, events: Events, per_place: Floats, stage: Stage) -> Floats | None:
        """(months, paths) cost of repair, in the month in which an event begins."""
        if stage.places is None or all(c.repair_per_place is None for c in self.classes.values()):
            return None
        month = np.searchsorted(stage.calendar.edges, events.start, side="right") - 1
        cost = per_place * events.of(stage.places)
        shape = (stage.calendar.count, BLOCK)
        return sums(month * BLOCK + events.path, cost, shape[0] * BLOCK).reshape(shape)


def _weighed(taken: Mapping[str, Floats], weights: Mapping[str, Floats], event: Ints) -> dict[Key, Floats]:
    """(entries,) by service, what each entry takes of all the trade; services that lose alike share one array."""
    alike: dict[tuple[int, bytes], Floats] = {}
    lost: dict[Key, Floats] = {}
    for service, share in taken.items():
        drawn = (id(share), weights[service].tobytes())
        if drawn not in alike:
            alike[drawn] = weights[service][event] * share
        lost["amount", service] = alike[drawn]
    return lost


def _by_class(events: Events, row: Ints, said: Sequence[Assumption | None]) -> Floats:
    """(events,) what each event draws of the assumption of its class; 0 where the class has none."""
    values = np.zeros(len(events))
    for number, assumption in enumerate(said):
        if assumption is not None:
            mine = np.flatnonzero(row == number)
            values[mine] = events.some(mine).draw(assumption)
    return values
