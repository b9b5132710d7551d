"""The trade of some blocks: the calm, then drift, initiatives and shocks, then what comes back.

Order of operations as in the model, section 1. Every step leaves what it changed, so that the steps from last year to
the forecast sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from forecast.arrays import Floats
from forecast.simulation.model.baseline_paths import Calm
from forecast.simulation.model.impacts import Impact
from forecast.simulation.model.initiatives import Actions
from forecast.simulation.model.recovery import Account, Back, Returning, Shaken, shaken


class Trade:
    """One service through the steps; arrays are (months, paths)."""

    def __init__(self, amount: Floats, price: Floats | None, rows: slice) -> None:
        self.amount = amount
        self.worth = price
        """Revenue of one unit of the amount; none where the amount is revenue."""
        self.rows = rows
        """Months in which the steps are told."""
        self.steps: dict[str, Floats] = {}
        """Step -> what it added to the revenue of those months, (paths,) or (1,)."""
        self.account: Account | None = None
        self.before = amount
        """The amount before shocks, (months, paths)."""
        self.returns: Mapping[str, Back] = {}
        """By shock, what comes back."""
        self.calm = self._told = self._tell()
        """Revenue of those months before any step."""

    @cached_property
    def revenue(self) -> Floats:
        """(months, paths) once all steps are done."""
        return self.amount if self.worth is None else self.amount * self.worth

    def move(self, step: str, amount: Floats | None, price: Floats | None, yielding: Floats | None = None) -> None:
        """Multiply by the factors of one step; `yielding` are those on revenue alone."""
        if amount is None and price is None and yielding is None:
            return
        self.amount = self.amount if amount is None else self.amount * amount
        for factor in (price, yielding):
            if factor is not None:
                self.worth = factor if self.worth is None else self.worth * factor
        self._settle(step, self._tell())

    def apply_shocks(self, service: str, impacts: Mapping[str, Impact], paths: int) -> Shaken | None:
        """Multiply by the factors of the shocks, in order of their names; none where no shock acts on it."""
        self.before = np.broadcast_to(self.amount, (len(self.amount), paths))
        worths: dict[str, Floats | None] = {}
        told: dict[str, Floats] = {}
        for name, impact in sorted(impacts.items()):
            price = impact.factors.get(("price", service))
            if price is not None:
                self.worth = price if self.worth is None else self.worth * price
            if price is not None or self._takes(service, impact):
                worths[name], told[name] = self.worth, np.zeros(paths)

        def tell(name: str, first: int, left: Floats) -> None:
            if name in told:
                worth, whole = worths[name], told[name]
                for month, row in enumerate(left, first):
                    if self.rows.start <= month < self.rows.stop:
                        whole += row if worth is None else row * worth[month]

        found = shaken(self.before, service, impacts, tell) if told else None
        if found is not None:
            self.amount = found.amount
        for name, revenue in told.items():
            self._settle(f"shocks.{name}", revenue)
        return found if any(self._takes(service, impact) for impact in impacts.values()) else None

    @staticmethod
    def _takes(service: str, impact: Impact) -> bool:
        return ("amount", service) in impact.factors

    def give_back(self, returns: Mapping[str, Back]) -> None:
        """Add what comes back, by step, to what shocks have left."""
        for step, back in returns.items():
            np.add.at(self.amount.reshape(-1), back.cell, back.amount)
            self._settle(step, self._tell())

    def _settle(self, step: str, told: Floats) -> None:
        """Put what has changed since the last step down to this one."""
        change = told - self._told
        self.steps[step] = self.steps[step] + change if step in self.steps else change
        self._told = told

    def _tell(self) -> Floats:
        """Revenue of the months in which the steps are told, (paths,) or (1,)."""
        amount = self.amount[self.rows]
        if self.worth is None:
            return np.asarray(amount.sum(axis=0))
        return np.asarray(np.einsum("mp,mp->p", amount, self.worth[self.rows]))


def trade_of(
    service: str,
    calm: Calm,
    drifts: Mapping[str, Impact],
    actions: Actions,
    returning: Mapping[str, Returning],
    rows: slice,
    paths: int,
) -> Trade:
    """Play one service: drifts, initiatives and shocks in order of their names, then the returns."""
    trade = Trade(calm.amount[service], calm.price[service], rows)
    for name, impact in sorted(drifts.items()):
        trade.move(f"shocks.{name}", impact.factors.get(("amount", service)), impact.factors.get(("price", service)))
    trade.move("initiatives", *(actions.factors.get((d, service)) for d in ("volume", "price", "revenue")))
    found = trade.apply_shocks(service, {name: cause.impact for name, cause in returning.items()}, paths)
    if found is not None:
        _settle_returns(service, trade, found, returning)
    return trade


def _settle_returns(service: str, trade: Trade, shocked: Shaken, returning: Mapping[str, Returning]) -> None:
    """Returns after all factors; the loss that several causes share is gone."""
    returned = carried = np.zeros(trade.before.shape[1])
    trade.returns = {name: returning[name].of(service, loss) for name, loss in shocked.net.items()}
    for back in trade.returns.values():
        returned, carried = returned + back.inside, carried + np.maximum(0.0, back.whole - back.inside)
    trade.give_back({f"shocks.{name}": back for name, back in trade.returns.items()})
    trade.account = Account(shocked.lost, returned, carried, shocked.lost - returned - carried)
