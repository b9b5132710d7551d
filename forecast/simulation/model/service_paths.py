"""The trade of some blocks: the calm, then drift, initiatives and shocks, then what comes back.

Order of operations as in the model, section 1. Every step leaves what it changed, so that the steps from last year to
the forecast sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from forecast.arrays import Floats
from forecast.simulation.model.baseline_paths import BaselinePaths
from forecast.simulation.model.impacts import Impact
from forecast.simulation.model.initiatives import InitiativeEffects
from forecast.simulation.model.recovery import LossAccount, RecoveredLoss, Recovery, ShockedPaths, apply_impacts


class ServicePaths:
    """One service through the steps; arrays are (months, paths)."""

    def __init__(self, amount: Floats, price: Floats | None, rows: slice) -> None:
        self.amount = amount
        self.price = price
        """Revenue of one unit of the amount; none where the amount is revenue."""
        self.step_rows = rows
        """Months in which the steps are told."""
        self.steps: dict[str, Floats] = {}
        """Step -> what it added to the revenue of those months, (paths,) or (1,)."""
        self.loss_account: LossAccount | None = None
        self.unshocked = amount
        """The amount before shocks, (months, paths)."""
        self.recovered: Mapping[str, RecoveredLoss] = {}
        """By shock, what comes back."""
        self.baseline_revenue = self._recorded_revenue = self._step_revenue()
        """Revenue of those months before any step."""

    @cached_property
    def revenue(self) -> Floats:
        """(months, paths) once all steps are done."""
        return self.amount if self.price is None else self.amount * self.price

    def apply_factors(
        self, step: str, amount: Floats | None, price: Floats | None, yielding: Floats | None = None
    ) -> None:
        """Multiply by the factors of one step; `yielding` are those on revenue alone."""
        if amount is None and price is None and yielding is None:
            return
        self.amount = self.amount if amount is None else self.amount * amount
        for factor in (price, yielding):
            if factor is not None:
                self.price = factor if self.price is None else self.price * factor
        self._record_step(step, self._step_revenue())

    def apply_shocks(self, service: str, impacts: Mapping[str, Impact], paths: int) -> ShockedPaths | None:
        """Multiply by the factors of the shocks, in order of their names; none where no shock acts on it."""
        self.unshocked = np.broadcast_to(self.amount, (len(self.amount), paths))
        worths: dict[str, Floats | None] = {}
        told: dict[str, Floats] = {}
        for name, impact in sorted(impacts.items()):
            price = impact.factors.get(("price", service))
            if price is not None:
                self.price = price if self.price is None else self.price * price
            if price is not None or self._affects_amount(service, impact):
                worths[name], told[name] = self.price, np.zeros(paths)

        def tell(name: str, first: int, left: Floats) -> None:
            if name in told:
                worth, whole = worths[name], told[name]
                for month, row in enumerate(left, first):
                    if self.step_rows.start <= month < self.step_rows.stop:
                        whole += row if worth is None else row * worth[month]

        found = apply_impacts(self.unshocked, service, impacts, tell) if told else None
        if found is not None:
            self.amount = found.amount
        for name, revenue in told.items():
            self._record_step(f"shocks.{name}", revenue)
        return found if any(self._affects_amount(service, impact) for impact in impacts.values()) else None

    @staticmethod
    def _affects_amount(service: str, impact: Impact) -> bool:
        return ("amount", service) in impact.factors

    def add_recovered(self, returns: Mapping[str, RecoveredLoss]) -> None:
        """Add what comes back, by step, to what shocks have left."""
        for step, back in returns.items():
            np.add.at(self.amount.reshape(-1), back.cell, back.amount)
            self._record_step(step, self._step_revenue())

    def _record_step(self, step: str, told: Floats) -> None:
        """Put what has changed since the last step down to this one."""
        change = told - self._recorded_revenue
        self.steps[step] = self.steps[step] + change if step in self.steps else change
        self._recorded_revenue = told

    def _step_revenue(self) -> Floats:
        """Revenue of the months in which the steps are told, (paths,) or (1,)."""
        amount = self.amount[self.step_rows]
        if self.price is None:
            return np.asarray(amount.sum(axis=0))
        return np.asarray(np.einsum("mp,mp->p", amount, self.price[self.step_rows]))


def simulate_service(
    service: str,
    calm: BaselinePaths,
    drifts: Mapping[str, Impact],
    actions: InitiativeEffects,
    returning: Mapping[str, Recovery],
    rows: slice,
    paths: int,
) -> ServicePaths:
    """Play one service: drifts, initiatives and shocks in order of their names, then the returns."""
    trade = ServicePaths(calm.amount[service], calm.price[service], rows)
    for name, impact in sorted(drifts.items()):
        trade.apply_factors(
            f"shocks.{name}", impact.factors.get(("amount", service)), impact.factors.get(("price", service))
        )
    trade.apply_factors("initiatives", *(actions.factors.get((d, service)) for d in ("volume", "price", "revenue")))
    found = trade.apply_shocks(service, {name: cause.impact for name, cause in returning.items()}, paths)
    if found is not None:
        _apply_recovery(service, trade, found, returning)
    return trade


def _apply_recovery(
    service: str, trade: ServicePaths, shocked: ShockedPaths, returning: Mapping[str, Recovery]
) -> None:
    """Returns after all factors; the loss that several causes share is gone."""
    returned = carried = np.zeros(trade.unshocked.shape[1])
    trade.recovered = {name: returning[name].recover(service, loss) for name, loss in shocked.net_losses.items()}
    for back in trade.recovered.values():
        returned, carried = returned + back.within_horizon, carried + np.maximum(0.0, back.total - back.within_horizon)
    trade.add_recovered({f"shocks.{name}": back for name, back in trade.recovered.items()})
    trade.loss_account = LossAccount(shocked.lost, returned, carried, shocked.lost - returned - carried)
