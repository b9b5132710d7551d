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
from forecast.simulation.model.impacts import DriverKey, EventLosses, Footprint, Impact, SimulationContext, sum_by_cell
from forecast.simulation.model.shocks.shock import reached_share, recovered_shares, recovery_days, select_rows
from forecast.simulation.sampling.events import EventSet, sample_events
from forecast.simulation.sampling.random_streams import Sampler


def weather_impact(shock: Weather, name: str, draws: Sampler, context: SimulationContext) -> Impact:
    """Events by season, each of one class; the losses of several events in one month multiply."""
    events = _events(shock, name, draws, context)
    classified = _classify(shock, events, draws)
    reach = classified.draw([size.reach for size in classified.classes]) * events.values_of_paths(
        reached_share(shock, draws)
    )
    end = events.start + classified.draw([size.days for size in classified.classes])
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
        arcs = locate_ranges(reach, events.uniform("first_place"), events.uniform("places"), context.geography.count)
        footprint = Footprint(arcs, np.arange(len(events)), event, cell, place_losses)
        reach = arcs.count / context.geography.count
        lost = _weigh(place_losses, _arc_weights(footprint, context.geography), event)
        factors = _place_factors(footprint, context.geography, context.shape)
    return Impact(
        factors=factors,
        losses=EventLosses(event, cell, select_rows(lost), end, events.path),
        footprint=footprint,
        recovered=recovered_shares(shock, draws, context.services),
        within=recovery_days(shock, draws),
        cost=_repair_cost(classified, reach, context),
        event_counts=np.bincount(events.path, minlength=context.paths).astype(float),
    )


def _events(shock: Weather, name: str, draws: Sampler, context: SimulationContext) -> EventSet:
    """Events of the horizon, at a rate that the climate of each year multiplies."""
    rate = np.atleast_2d(draws(shock.per_year))
    if context.climate is not None:
        rate = rate * context.climate
    return sample_events(draws, name, rate, shock.season, context.calendar)


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


def _classify(shock: Weather, events: EventSet, draws: Sampler) -> _ClassifiedEvents:
    """Draw the class of each event by the weights of the classes."""
    classes = [shock.classes[name] for name in sorted(shock.classes)]
    if len(classes) == 1:
        return _ClassifiedEvents(events, classes, None)
    weights = [np.broadcast_to(draws(size.weight), draws.paths) for size in classes]
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
    """By service, (entries,) share of the month that a hit place loses; services of one depth share an array."""
    shared: dict[tuple[object, ...], Floats] = {}
    losses: dict[str, Floats] = {}
    for service in services:
        depths = [for_service(size.loss_share, service) for size in classified.classes]
        draws = tuple(None if depth is None else (depth.stream_name, depth.distribution) for depth in depths)
        if draws not in shared:
            shared[draws] = share_of_month * classified.draw(depths).take(event)
        losses[service] = shared[draws]
    return losses


def _arc_weights(footprint: Footprint, terrain: Geography) -> dict[str, Floats]:
    """By service, (events,) weight of the places of each arc; services of one weighting share an array."""
    shared = {id(before): footprint.ranges.weight(before) for before in terrain.cumulative_weight.values()}
    return {service: shared[id(before)] for service, before in terrain.cumulative_weight.items()}


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


def _place_factors(footprint: Footprint, terrain: Geography, shape: tuple[int, int]) -> dict[DriverKey, Floats]:
    """Factors of events that hit listed places: the weighted mean over the places of what remains in each."""
    pieces = overlap_ranges(
        footprint.cell, footprint.ranges.select(footprint.range_index), footprint.loss_shares, terrain.count
    )
    shared: dict[tuple[int, int], Floats] = {}
    factors: dict[DriverKey, Floats] = {}
    for service, remaining in pieces.factors.items():
        before = terrain.cumulative_weight[service]
        arrays = (id(remaining), id(before))
        if arrays not in shared:
            lost = sum_by_cell(pieces.cell, pieces.weight(before) * (1 - remaining), shape[0] * shape[1])
            shared[arrays] = np.maximum(0.0, 1 - lost).reshape(shape)
        factors["amount", service] = shared[arrays]
    return factors


def _repair_cost(classified: _ClassifiedEvents, reach: Floats, context: SimulationContext) -> Floats | None:
    """(months, paths) cost of repair in the month in which an event begins; None without places or costs.

    `reach` (events,) is the share of the places that each event hits.
    """
    per_place = [size.repair_per_place for size in classified.classes]
    if context.places is None or all(cost is None for cost in per_place):
        return None
    events = classified.events
    month = np.searchsorted(context.calendar.edges, events.start, side="right") - 1
    cost = reach * classified.draw(per_place) * events.values_of_paths(context.places)
    cell = month * context.paths + events.path
    return sum_by_cell(cell, cost, context.calendar.count * context.paths).reshape(context.shape)
