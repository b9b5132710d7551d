"""Impact of storms and floods: a season, classes of size, and places that shut for some days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.periods import month_overlaps
from forecast.plan.assumption import Assumption
from forecast.plan.geography import Geography
from forecast.plan.record import for_service
from forecast.plan.shocks import Weather, WeatherClass
from forecast.simulation.model.footprints import locate_ranges, overlap_ranges
from forecast.simulation.model.impacts import (
    DriverKey,
    EventLosses,
    Footprint,
    Impact,
    SimulationContext,
    cut_at_zero,
    sum_by_cell,
)
from forecast.simulation.model.shocks.shock import (
    PathEvent,
    reached_share,
    recovered_shares,
    recovery_days,
    select_rows,
)
from forecast.simulation.sampling.events import EventSet, event_years, sample_events
from forecast.simulation.sampling.random_streams import Sampler


def weather_impact(shock: Weather, name: str, sampler: Sampler, context: SimulationContext) -> Impact:
    """Events by season, each of one class; the losses of several events in one month multiply."""
    events = _events(shock, name, sampler, context)
    classified = _classify(shock, events, sampler)
    reach = classified.draw([size.reach for size in classified.classes]) * events.values_of_paths(
        reached_share(shock, sampler)
    )
    end = context.event_ends(events.start, classified.draw([size.days for size in classified.classes]))
    event, month, share_of_month = month_overlaps(events.start, end, context.calendar)
    share_of_month /= context.calendar.days.take(month)
    cell = month * context.paths
    cell += events.path.take(event)
    place_losses = _place_losses(classified, context.services, event, share_of_month)
    footprint = None
    if context.geography is None:
        lost = _weigh(place_losses, dict.fromkeys(context.services, reach), event)
        factors = _independent_factors(cell, lost, context.shape)
    else:
        ranges = locate_ranges(reach, events.uniform("first_place"), events.uniform("places"), context.geography.count)
        footprint = Footprint(ranges, np.arange(len(events)), event, cell, place_losses)
        reach = ranges.count / context.geography.count
        lost = _weigh(place_losses, _range_weights(footprint, context.geography), event)
        factors = _place_factors(footprint, context.geography, context.shape)
    return Impact(
        factors=factors,
        losses=EventLosses(event, cell, select_rows(lost), end, events.path),
        footprint=footprint,
        recovered=recovered_shares(shock, sampler, context.services),
        within=recovery_days(shock, sampler),
        cost=_repair_cost(classified, reach, context),
        event_counts=context.count_events(events.path, end),
    )


def weather_of_path(
    shock: Weather, name: str, sampler: Sampler, context: SimulationContext, path: int
) -> list[PathEvent]:
    """The storms or floods of one path: class, days of a hit place, and share of the trade that each hits."""
    events = _events(shock, name, sampler, context)
    classified = _classify(shock, events, sampler)
    end = context.event_ends(events.start, classified.draw([size.days for size in classified.classes]))
    reach = classified.draw([size.reach for size in classified.classes])
    reach = reach * events.values_of_paths(reached_share(shock, sampler))
    names = sorted(shock.classes)
    class_of_event = np.zeros(len(events), np.intp)
    for number, (rows, _) in enumerate(classified.by_class or []):
        class_of_event[rows] = number
    return [
        PathEvent(name, names[class_of_event[row]], float(events.start[row]), float(end[row]), float(reach[row]))
        for row in np.flatnonzero(events.path == path).tolist()
    ]


def _events(shock: Weather, name: str, sampler: Sampler, context: SimulationContext) -> EventSet:
    """Events at a rate that the climate of each year multiplies."""
    rate = np.atleast_2d(sampler(shock.per_year))
    if context.climate:
        years = event_years(context.calendar, context.first_moment)
        rate = rate * np.array([context.climate[year] for year in years])
    return sample_events(sampler, name, rate, shock.season, context.calendar, context.first_moment)


class _ClassifiedEvents(NamedTuple):
    """Events, each of one class."""

    events: EventSet
    classes: Sequence[WeatherClass]
    """In order of their names."""
    by_class: list[tuple[Ints, EventSet]] | None
    """By class, the rows of its events and these; None where there is one class."""

    def draw(self, assumptions: Sequence[Assumption | None]) -> Floats:
        """(events,) value that each event draws of the assumption of its class; 0 where the class has none."""
        values = np.zeros(len(self.events))
        if self.by_class is None:
            (assumption,) = assumptions
            return values if assumption is None else self.events.draw(assumption).astype(np.float64)
        for (rows, events), assumption in zip(self.by_class, assumptions, strict=True):
            if assumption is not None:
                values[rows] = events.draw(assumption)
        return values


def _classify(shock: Weather, events: EventSet, sampler: Sampler) -> _ClassifiedEvents:
    """Draw the class of each event by the weights of the classes."""
    classes = [shock.classes[name] for name in sorted(shock.classes)]
    if len(classes) == 1:
        return _ClassifiedEvents(events, classes, None)
    weights = [np.broadcast_to(sampler(size.weight), sampler.paths) for size in classes]
    cumulative = np.cumsum(np.array(weights), axis=0)
    mark = events.uniform("class") * events.values_of_paths(cumulative[-1])
    number = np.zeros(len(events), np.int8)
    for step in cumulative[:-1]:
        number += mark >= events.values_of_paths(step)
    rows_by_class = [np.flatnonzero(number == row) for row in range(len(classes))]
    return _ClassifiedEvents(events, classes, [(rows, events.select(rows)) for rows in rows_by_class])


def _place_losses(
    classified: _ClassifiedEvents, services: Sequence[str], event: Ints, share_of_month: Floats
) -> dict[str, Floats]:
    """By service, (entries,) share of the month that a hit place loses; services with the same loss share one array."""
    shared: dict[tuple[object, ...], Floats] = {}
    losses: dict[str, Floats] = {}
    for service in services:
        loss_shares = [for_service(size.loss_share, service) for size in classified.classes]
        streams = tuple(None if a is None else (a.stream_name, a.distribution) for a in loss_shares)
        if streams not in shared:
            shared[streams] = share_of_month * classified.draw(loss_shares).take(event)
        losses[service] = shared[streams]
    return losses


def _range_weights(footprint: Footprint, geography: Geography) -> dict[str, Floats]:
    """By service, (events,) weight of the places of each range; services of one weighting share an array."""
    shared = {id(weight): footprint.ranges.weight(weight) for weight in geography.cumulative_weight.values()}
    return {service: shared[id(weight)] for service, weight in geography.cumulative_weight.items()}


def _weigh(place_losses: Mapping[str, Floats], weights: Mapping[str, Floats], event: Ints) -> dict[DriverKey, Floats]:
    """By service, (entries,) share of all the trade that is lost; services with the same losses share an array."""
    shared: dict[tuple[int, int], Floats] = {}
    lost: dict[DriverKey, Floats] = {}
    for service, share in place_losses.items():
        arrays = (id(share), id(weights[service]))
        if arrays not in shared:
            shared[arrays] = weights[service].take(event) * share
        lost["amount", service] = shared[arrays]
    return lost


def _independent_factors(
    cells: Ints, losses: Mapping[DriverKey, Floats], shape: tuple[int, int]
) -> dict[DriverKey, Floats]:
    """Factors of events that fall independently of one another: the product of 1 - (loss of each).

    `losses` (entries,) are shares of the cells (entries,) of months and paths, `shape`.
    """
    factors: dict[int, Floats] = {}
    for shares in losses.values():
        if id(shares) not in factors:  # services with the same losses share one array
            factor = np.ones(shape)
            np.multiply.at(factor.reshape(-1), cells, 1 - shares)
            factors[id(shares)] = factor
    return {key: factors[id(shares)] for key, shares in losses.items()}


def _place_factors(footprint: Footprint, geography: Geography, shape: tuple[int, int]) -> dict[DriverKey, Floats]:
    """Factors of events that hit listed places: the weighted mean over the places of what remains in each."""
    overlaps = overlap_ranges(
        footprint.cell, footprint.ranges.select(footprint.range_index), footprint.loss_shares, geography.count
    )
    shared: dict[tuple[int, int], Floats] = {}
    factors: dict[DriverKey, Floats] = {}
    for service, remaining in overlaps.factors.items():
        cumulative_weight = geography.cumulative_weight[service]
        arrays = (id(remaining), id(cumulative_weight))
        if arrays not in shared:
            lost = sum_by_cell(overlaps.cell, overlaps.weight(cumulative_weight) * (1 - remaining), shape[0] * shape[1])
            shared[arrays] = cut_at_zero(1 - lost).reshape(shape)
        factors["amount", service] = shared[arrays]
    return factors


def _repair_cost(classified: _ClassifiedEvents, reach: Floats, context: SimulationContext) -> Floats | None:
    """(months, paths) cost of repair in the month in which an event begins; None without places or costs.

    What began before the months of the calendar is paid.

    `reach` (events,) is the share of the places that each event hits.
    """
    per_place = [size.repair_per_place for size in classified.classes]
    if context.places is None or all(cost is None for cost in per_place):
        return None
    events = classified.events
    month = np.searchsorted(context.calendar.edges, events.start, side="right") - 1
    cost = reach * classified.draw(per_place) * events.values_of_paths(context.places)
    inside = np.flatnonzero(month >= 0)
    cell = month[inside] * context.paths + events.path[inside]
    return sum_by_cell(cell, cost[inside], context.calendar.count * context.paths).reshape(context.shape)
