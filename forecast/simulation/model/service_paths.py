"""Paths of the services: baseline, then drifts, initiatives and shocks, then recovery.

The order is that of docs/model.md, section 1. Each step records its change, so that the steps from last year to the
forecast sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.plan.shocks import dotted_shock
from forecast.simulation.model.baseline_paths import BaselinePaths
from forecast.simulation.model.impacts import Impact, signed_factor
from forecast.simulation.model.initiatives import InitiativeEffects
from forecast.simulation.model.recovery import LossAccount, RecoveredLoss, Recovery, ShockedPaths, apply_impacts


class ServicePaths:
    """One service through the steps; arrays are (months, paths)."""

    def __init__(
        self,
        amount: Floats,
        price: Floats | None,
        rows: slice,
        earlier: Floats | None = None,
        *,
        may_be_negative: bool = True,
    ) -> None:
        self.amount = amount
        self.may_be_negative = may_be_negative
        """False where the scale of the months is known to be above zero."""
        self.earlier = amount[:0] if earlier is None else earlier
        """(months, paths) amount of the months before the horizon whose losses still come back."""
        self.price = price
        """Revenue of one unit of the amount; None where the amount is revenue."""
        self.step_rows = rows
        """Months whose steps are recorded."""
        self.steps: dict[str, Floats] = {}
        """By step, its change of the revenue of those months, (paths,) or (1,)."""
        self.loss_account: LossAccount | None = None
        self.unshocked = amount
        """The amount before shocks, (months, paths), with the earlier months before it."""
        self.recovered: Mapping[str, RecoveredLoss] = {}
        """By shock, its recovered loss."""
        self.baseline_revenue = self._recorded_revenue = self._step_revenue()
        """Revenue of those months before any step."""

    @cached_property
    def revenue(self) -> Floats:
        """(months, paths) once all steps are done."""
        return self.amount if self.price is None else self.amount * self.price

    def recorded_revenue(self, rows: slice) -> Floats | None:
        """(paths,) or (1,) revenue of some months, where it is at hand: of the recorded months, without prices."""
        return self._recorded_revenue if self.price is None and rows == self.step_rows else None

    def apply_factors(
        self, step: str, amount: Floats | None, price: Floats | None, revenue_factor: Floats | None = None
    ) -> None:
        """Multiply by the factors of one step; `revenue_factor` acts on revenue alone."""
        if amount is None and price is None and revenue_factor is None:
            return
        self.amount = self.amount if amount is None else self.amount * self._signed_factor(amount)
        for factor in (price, revenue_factor):
            if factor is not None:
                self._change_price(factor)
        self._record_step(step, self._step_revenue())

    def apply_shocks(self, service: str, impacts: Mapping[str, Impact], paths: int) -> ShockedPaths | None:
        """Multiply by the factors of the shocks, in order of their names; None where no shock acts on the amount."""
        n_earlier = len(self.earlier)
        self.unshocked = self._join_earlier_months(paths)
        prices: dict[str, Floats | None] = {}
        revenue_after: dict[str, Floats] = {}
        for name, impact in sorted(impacts.items()):
            price = impact.factors.get(("price", service))
            if price is not None:
                self._change_price(price)
            if price is not None or self._affects_amount(service, impact):
                prices[name], revenue_after[name] = self.price, np.zeros(paths)

        def record_revenue(name: str, first: int, remaining: Floats) -> None:
            if name in revenue_after:
                price, revenue = prices[name], revenue_after[name]
                for month, row in enumerate(remaining, first - n_earlier):
                    if self.step_rows.start <= month < self.step_rows.stop:
                        revenue += row if price is None else row * price[month]

        shocked = None
        if revenue_after:
            shocked = apply_impacts(
                self.unshocked, service, impacts, record_revenue, n_earlier, may_be_negative=self.may_be_negative
            )
            self.amount = shocked.amount[n_earlier:]
        for name, revenue in revenue_after.items():
            self._record_step(dotted_shock(name), revenue)
        return shocked if any(self._affects_amount(service, impact) for impact in impacts.values()) else None

    def _change_price(self, factor: Floats) -> None:
        """Multiply the revenue of one unit by a factor."""
        factor = self._signed_factor(factor)
        self.price = factor if self.price is None else self.price * factor

    def _signed_factor(self, factor: Floats) -> Floats:
        return signed_factor(factor, self.amount) if self.may_be_negative else factor

    def _join_earlier_months(self, paths: int) -> Floats:
        """(months, paths) the amount, with the earlier months before it."""
        amount = np.broadcast_to(self.amount, (len(self.amount), paths))
        if not len(self.earlier):
            return amount
        return np.concatenate([np.broadcast_to(self.earlier, (len(self.earlier), paths)), amount])

    @staticmethod
    def _affects_amount(service: str, impact: Impact) -> bool:
        return ("amount", service) in impact.factors

    def add_recovered(self, shocked: ShockedPaths) -> None:
        """Add the recovered losses, shock by shock, to the amount after shocks, of which this amount is a part."""
        for name, loss in self.recovered.items():
            np.add.at(shocked.amount.reshape(-1), loss.cell, loss.amount)
            self._record_step(dotted_shock(name), self._step_revenue())

    def close(self, rows: Ints, revenue: Floats, volume: Floats | None) -> None:
        """Put closed months to what is booked; what that changes belongs to the baseline.

        Parameters
        ----------
        rows : ndarray
            (closed,) of the horizon.
        revenue, volume : ndarray
            (closed,) booked; no volume where the amount is revenue, or where only the revenue is booked.
        """
        amount = revenue if self.price is None else volume
        if amount is not None:
            self.amount = close_months(self.amount, rows, amount)
        if self.price is not None:
            booked = self.amount[rows]
            price = np.divide(revenue[:, None], booked, out=np.zeros_like(booked), where=booked != 0)
            self.price = close_months(np.broadcast_to(self.price, self.amount.shape), rows, price)
        before = self._recorded_revenue
        self._recorded_revenue = self._step_revenue()
        self.baseline_revenue = self.baseline_revenue + (self._recorded_revenue - before)

    def _record_step(self, step: str, revenue_after: Floats) -> None:
        """Attribute the change since the last step to this one."""
        change = revenue_after - self._recorded_revenue
        self.steps[step] = self.steps[step] + change if step in self.steps else change
        self._recorded_revenue = revenue_after

    def _step_revenue(self) -> Floats:
        """(paths,) or (1,) revenue of the months whose steps are recorded."""
        amount = self.amount[self.step_rows]
        if self.price is None:
            return np.asarray(amount.sum(axis=0))
        return np.asarray(np.einsum("mp,mp->p", amount, self.price[self.step_rows]))


def close_months(values: Floats, rows: Ints, booked: Floats) -> Floats:
    """Copy of values (months, paths) with booked figures, (rows,) or (rows, paths), in their rows."""
    closed = values.copy()
    closed[rows] = booked if booked.ndim == 2 else booked[:, None]
    return closed


def simulate_service(
    service: str,
    baseline: BaselinePaths,
    drifts: Mapping[str, Impact],
    initiatives: InitiativeEffects,
    recoveries: Mapping[str, Recovery],
    rows: slice,
    paths: int,
) -> ServicePaths:
    """Drifts, initiatives and shocks on one service, in order of their names, then recovery."""
    service_paths = ServicePaths(
        baseline.amount[service],
        baseline.price[service],
        rows,
        baseline.earlier.get(service),
        may_be_negative=service in baseline.may_be_negative,
    )
    for name, impact in sorted(drifts.items()):
        service_paths.apply_factors(
            f"shocks.{name}", impact.factors.get(("amount", service)), impact.factors.get(("price", service))
        )
    service_paths.apply_factors(
        "initiatives", *(initiatives.factors.get((d, service)) for d in ("volume", "price", "revenue"))
    )
    shocked = service_paths.apply_shocks(
        service, {name: recovery.impact for name, recovery in recoveries.items()}, paths
    )
    if shocked is not None:
        _apply_recovery(service, service_paths, shocked, recoveries)
    return service_paths


def _apply_recovery(
    service: str, service_paths: ServicePaths, shocked: ShockedPaths, recoveries: Mapping[str, Recovery]
) -> None:
    """Recovery after all factors; a loss that several shocks share is permanent."""
    returned = carried = brought = np.zeros(1)
    service_paths.recovered = {
        name: recoveries[name].recover(service, loss) for name, loss in shocked.net_losses.items()
    }
    for loss in service_paths.recovered.values():
        returned = returned + loss.within_horizon
        carried = carried + np.maximum(0.0, loss.total - loss.within_horizon)
        brought = brought + loss.brought
    service_paths.add_recovered(shocked)
    permanent = shocked.lost - returned - carried if service_paths.recovered else shocked.lost
    service_paths.loss_account = LossAccount(shocked.lost, returned, carried, permanent, brought)
