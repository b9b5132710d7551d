"""Paths of the services: baseline, then drifts, initiatives and shocks, then recovery.

The order is that of docs/model.md, section 1. Drifts, initiatives and shocks multiply, so that their order changes the
forecast in nothing: the steps from last year to it are Shapley values, which depend on no order and sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.plan.shocks import dotted_shock
from forecast.simulation.model.baseline_paths import BaselinePaths
from forecast.simulation.model.impacts import Impact, signed_factor, sum_by_cell
from forecast.simulation.model.initiatives import InitiativeEffects
from forecast.simulation.model.recovery import LossAccount, RecoveredLoss, Recovery, ShockedPaths, apply_impacts
from forecast.stats.shapley import product_shapley


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
        self._baseline = amount, price
        self._step_factors: dict[str, Floats] = {}
        """By step, the factor of the revenue of those months, (months, paths) or (months, 1), but for the amounts of
        shocks."""
        self._shock_factors: dict[str, Floats] = {}
        """By step of a shock, its factor on the amount of those months."""
        self.loss_account: LossAccount | None = None
        self.unshocked = amount
        """The amount before shocks, (months, paths), with the earlier months before it."""
        self.recovered: Mapping[str, RecoveredLoss] = {}
        """By shock, its recovered loss."""
        self.recovered_price = price
        """The price at which losses come back."""
        self.baseline_revenue = self._step_revenue(np.float64)
        """Revenue of those months before any step."""
        self._recorded_revenue = self.baseline_revenue

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
        if amount is not None:
            amount = self._signed_factor(amount)
            self.amount = self.amount * amount
            self._multiply_step(step, amount)
        for factor in (price, revenue_factor):
            if factor is not None:
                self._multiply_step(step, self._change_price(factor))

    def apply_shocks(self, service: str, impacts: Mapping[str, Impact], paths: int) -> ShockedPaths | None:
        """Multiply by the factors of the shocks, in order of their names; None where no shock acts on the amount."""
        n_earlier = len(self.earlier)
        self.unshocked = self._join_earlier_months(paths)
        for name, impact in sorted(impacts.items()):
            price = impact.factors.get(("price", service))
            if price is not None:
                self._multiply_step(dotted_shock(name), self._change_price(price))
            amount = impact.factors.get(("amount", service))
            if amount is not None:
                self._shock_factors[dotted_shock(name)] = amount[n_earlier:][self.step_rows]
        self.recovered_price = self.price
        if not self._shock_factors:
            return None
        shocked = apply_impacts(self.unshocked, service, impacts, n_earlier, may_be_negative=self.may_be_negative)
        self.amount = shocked.amount[n_earlier:]
        return shocked

    @property
    def changed_revenue(self) -> Floats:
        """(paths,) or (1,) change of the revenue of the recorded months by all steps together."""
        return self._recorded_revenue - self.baseline_revenue

    def changes_by_cause(self) -> dict[str, Floats]:
        """By step, its change of the revenue of the recorded months, (paths,) or (1,).

        What drifts, initiatives and shocks change is divided among them, whatever their order; a loss that comes back
        is of the shock that took it.
        """
        steps = self._divide_among_steps()
        for name, loss in self.recovered.items():
            steps[dotted_shock(name)] = steps[dotted_shock(name)] + self._recovered_revenue(loss)
        return steps

    def _divide_among_steps(self) -> dict[str, Floats]:
        """Shapley values of drifts, initiatives and shocks before recovery.

        A month below zero keeps 2 - F in place of the product F of the factors of the shocks on its amount: that is
        twice the month without them less the month with them, and each of the two is a product.
        """
        factors = dict(self._step_factors)
        for step, factor in self._shock_factors.items():
            factors[step] = _multiply(factors[step], factor) if step in factors else factor
        if not factors:
            return {}
        base, unshocked = self._baseline_months(), self.unshocked[len(self.earlier) :][self.step_rows]
        if not self.may_be_negative or unshocked.min(initial=0.0) >= 0:
            return product_shapley(base, factors)
        is_below_zero = unshocked < 0
        steps = product_shapley(np.where(is_below_zero, -base, base), factors)
        twice = product_shapley(np.where(is_below_zero, 2 * base, 0.0), self._step_factors)
        return steps | {step: steps[step] + change for step, change in twice.items()}

    def _recovered_revenue(self, loss: RecoveredLoss) -> Floats:
        """(paths,) revenue of the recorded months that one shock gives back."""
        if self.recovered_price is None and self.step_rows == slice(0, len(self.amount)):
            return loss.within_horizon + loss.brought  # losses come back in the months of the horizon alone
        amounts = sum_by_cell(loss.cell, loss.amount, self.unshocked.size).reshape(self.unshocked.shape)
        amounts = amounts[len(self.earlier) :][self.step_rows]
        if self.recovered_price is not None:
            amounts *= self.recovered_price[self.step_rows]
        return np.asarray(amounts.sum(axis=0))

    def _baseline_months(self) -> Floats:
        """(months, paths) or (months, 1) revenue of the recorded months before any step."""
        amount, price = self._baseline
        months = amount[self.step_rows]
        return months if price is None else months * price[self.step_rows]

    def _multiply_step(self, step: str, factor: Floats) -> None:
        """Multiply the factor of a step by one of the horizon, (months, paths) or (months, 1)."""
        factor = factor[self.step_rows]
        factors = self._step_factors
        factors[step] = _multiply(factors[step], factor) if step in factors else factor

    def _change_price(self, factor: Floats) -> Floats:
        """Multiply the revenue of one unit by a factor, and return the factor of each month by its sign."""
        factor = self._signed_factor(factor)
        self.price = factor if self.price is None else self.price * factor
        return factor

    def _signed_factor(self, factor: Floats) -> Floats:
        return signed_factor(factor, self.amount) if self.may_be_negative else factor

    def _join_earlier_months(self, paths: int) -> Floats:
        """(months, paths) the amount, with the earlier months before it."""
        amount = np.broadcast_to(self.amount, (len(self.amount), paths))
        if not len(self.earlier):
            return amount
        return np.concatenate([np.broadcast_to(self.earlier, (len(self.earlier), paths)), amount])

    def add_recovered(self, shocked: ShockedPaths) -> None:
        """Add the recovered losses, shock by shock, to the amount after shocks, of which this amount is a part."""
        for loss in self.recovered.values():
            np.add.at(shocked.amount.reshape(-1), loss.cell, loss.amount)

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
        self.record_revenue()
        self.baseline_revenue = self.baseline_revenue + (self._recorded_revenue - before)

    def record_revenue(self) -> None:
        """Sum the revenue of the recorded months once all steps are done."""
        self._recorded_revenue = self._step_revenue()

    def _step_revenue(self, dtype: type[np.floating] | None = None) -> Floats:
        """(paths,) or (1,) revenue of the months whose steps are recorded, summed as they are or in another type."""
        amount = self.amount[self.step_rows]
        if self.price is None:
            return np.asarray(amount.sum(axis=0, dtype=dtype))
        return np.asarray(np.einsum("mp,mp->p", amount, self.price[self.step_rows]))


def _multiply(first: Floats, second: Floats) -> Floats:
    """Product of two factors in 64 bits, as amounts are multiplied by one after the other; some have 32 bits."""
    return np.multiply(first, second, dtype=np.float64)


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
    service_paths.record_revenue()
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
