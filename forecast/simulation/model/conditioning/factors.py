"""Factors between a booked cell and the month of its service before drifts, initiatives and named events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.initiatives import Initiative
from forecast.plan.shocks import Event
from forecast.simulation.earlier import months_still_recovered
from forecast.simulation.model.conditioning.cells import Cell
from forecast.simulation.model.impacts import DriverKey, Impact, SimulationContext
from forecast.simulation.model.initiatives import simulate_initiatives
from forecast.simulation.model.recovery import Recovery, apply_impacts
from forecast.simulation.model.shocks import impact
from forecast.simulation.sampling.random_streams import Sampler

__all__ = ["CellFactors"]


@dataclass(frozen=True)
class CellFactors:
    """Factors of the cells, computed from what the plan says of drifts, initiatives and events."""

    cells: tuple[Cell, ...]
    years: Calendar
    """The whole years of the plan."""
    horizon: Calendar
    initiatives: Mapping[str, Initiative]
    events: Mapping[str, Event]
    """By dotted name, dated events of the history that act in the whole years."""
    gives_back: bool
    """True where losses to them may come back."""

    def of_drifts(self, drifts: Sequence[Impact]) -> list[Floats]:
        """By cell, (paths,) or (1,) factor of drifts, of which (months, paths) or (months, 1) of the horizon."""
        skipped = self.horizon.first - self.years.first
        rows = []
        for cell in self.cells:
            factor: Floats = np.ones(1)
            for key in _drift_keys(cell):
                for drift in drifts:
                    if (values := drift.factors.get(key)) is not None and cell.row >= skipped:
                        factor = factor * _row(values, cell.row - skipped)
            rows.append(factor)
        return rows

    @property
    def takes_revenue(self) -> bool:
        """True where an initiative takes from other services, in proportion to their revenue."""
        return any(initiative.takes_from for initiative in self.initiatives.values())

    def of_initiatives(
        self, sampler: Sampler, context: SimulationContext, revenue: Mapping[str, Floats]
    ) -> list[Floats]:
        """By cell, (paths,) or (1,) factor of initiatives.

        `revenue` by service are the middles of the months of the horizon; they count where `takes_revenue`.
        """
        last = max(cell.row for cell in self.cells)
        months = Calendar(self.years.first, last + 1)
        skipped = self.horizon.first - self.years.first
        # cannibalisation takes a share of the donor's size; before the horizon no initiative of the plan acts
        revenue = {
            name: np.concatenate([np.repeat(values[:1], skipped, axis=0), values])[: last + 1]
            for name, values in revenue.items()
        }
        effects = simulate_initiatives(self.initiatives, sampler, replace(context, calendar=months), revenue)
        rows = []
        for cell in self.cells:
            factor: Floats = np.ones(1)
            for driver in _drivers(cell):
                if (values := effects.factors.get((driver, cell.service))) is not None:
                    factor = factor * _row(values, cell.row)
            rows.append(factor)
        return rows

    def of_events(self, sampler: Sampler, context: SimulationContext, central: Mapping[str, Floats]) -> list[Floats]:
        """By cell, (paths,) or (1,) share that the named events left, what came back included.

        `central` (whole years, paths or 1) are the middles of the amounts, on which losses come back.
        """
        services = {cell.service for cell in self.cells}
        if not self.events:
            return [np.ones(1)] * len(self.cells)
        last = max(cell.row for cell in self.cells)
        earlier = months_still_recovered(self.events.values(), self.years.first) if self.gives_back else 0
        horizon = Calendar(self.years.first, last + 1)
        surroundings = replace(
            context, calendar=Calendar(horizon.first - earlier, horizon.count + earlier), earlier=earlier
        )
        impacts = {name: impact(event, name, sampler, surroundings) for name, event in self.events.items()}
        remaining = {
            name: self._remaining(name, central[name], impacts, horizon, earlier, sampler.paths)
            for name in sorted(services)
        }
        rows = []
        for cell in self.cells:
            if not cell.is_price:
                rows.append(remaining[cell.service][cell.row])
                continue
            factor: Floats = np.ones(1)
            for each in impacts.values():
                if (values := each.factors.get(("price", cell.service))) is not None:
                    factor = factor * _row(values, cell.row + earlier)
            rows.append(factor)
        return rows

    def _remaining(
        self, service: str, central: Floats, impacts: Mapping[str, Impact], horizon: Calendar, earlier: int, paths: int
    ) -> Floats:
        """(months, paths) or (months, 1) share that the events left of the amount of a service; of its revenue too."""
        acting = {
            name: each
            for name, each in impacts.items()
            if {("amount", service), ("price", service)} & each.factors.keys()
        }
        if not acting:
            return np.ones((horizon.count, 1))
        rows = np.arange(-earlier, horizon.count)
        months = np.broadcast_to(central[np.where(rows < 0, rows % 12, rows)], (len(rows), paths))
        shocked = apply_impacts(months, service, acting, earlier=earlier)
        amount = shocked.amount
        if self.gives_back:
            for name, loss in shocked.net_losses.items():
                recovered = Recovery(acting[name], horizon, paths, earlier, earlier).recover(service, loss)
                np.add.at(amount.reshape(-1), recovered.cell, recovered.amount)
        counted = {cell.service for cell in self.cells if cell.is_price}
        share = np.divide(amount, months, out=np.ones_like(amount), where=months != 0)[earlier:]
        if service not in counted:
            for each in acting.values():
                if (values := each.factors.get(("price", service))) is not None:
                    share = share * (values[earlier:] if len(values) > 1 else values)
        return np.asarray(share)


def _drivers(cell: Cell) -> tuple[str, ...]:
    """Drivers of an initiative that act on a cell."""
    if cell.is_price:
        return ("price", "revenue")
    return ("volume",) if cell.measure.startswith("volume.") else ("volume", "price", "revenue")


def _drift_keys(cell: Cell) -> tuple[DriverKey, ...]:
    if cell.is_price:
        return (("price", cell.service),)
    is_counted = cell.measure.startswith("volume.")
    return (("amount", cell.service),) if is_counted else (("amount", cell.service), ("price", cell.service))


def _row(values: Floats, row: int) -> Floats:
    """(paths,) or (1,) of one month of (months or 1, paths)."""
    return np.asarray(values[row] if len(values) > 1 else values[0])
