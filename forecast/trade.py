"""The trade of one block: the calm, then drift, initiatives and shocks, then what comes back.

Order of operations as in the model, section 1. Every step leaves what it changed, so that the steps from last year to
the forecast sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecast.calm import Calm
from forecast.chance import Floats
from forecast.draws import BLOCK
from forecast.effects import Account, Blow, Key, Returning
from forecast.initiatives import Actions


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
        self.revenue = amount if price is None else amount * price
        self.calm = self._told = self.revenue[rows].sum(axis=0)
        """Revenue of those months before any step."""

    def move(self, step: str, amount: Floats | None, price: Floats | None, yielding: Floats | None = None) -> None:
        """Multiply by the factors of one step; `yielding` are those on revenue alone."""
        if amount is None and price is None and yielding is None:
            return
        self.amount = self.amount if amount is None else self.amount * amount
        for factor in (price, yielding):
            if factor is not None:
                self.worth = factor if self.worth is None else self.worth * factor
        self._settle(step)

    def add(self, step: str, amount: Floats) -> None:
        """Add what comes back."""
        self.amount = self.amount + amount
        self._settle(step)

    def _settle(self, step: str) -> None:
        self.revenue = self.amount if self.worth is None else self.amount * self.worth
        told = self.revenue[self.rows].sum(axis=0)
        change = told - self._told
        self.steps[step] = self.steps[step] + change if step in self.steps else change
        self._told = told


def trade_of(
    service: str,
    calm: Calm,
    drifts: Mapping[str, Blow],
    actions: Actions,
    returning: Mapping[str, Returning],
    rows: slice,
) -> Trade:
    """Play one service: drifts, initiatives and shocks in order of their names, then the returns."""
    trade = Trade(calm.amount[service], calm.price[service], rows)
    for name, blow in sorted(drifts.items()):
        trade.move(f"shocks.{name}", blow.factors.get(("amount", service)), blow.factors.get(("price", service)))
    trade.move("initiatives", *(actions.factors.get((d, service)) for d in ("volume", "price", "revenue")))
    base = np.broadcast_to(trade.amount, (len(trade.amount), BLOCK))
    for name, cause in sorted(returning.items()):
        blow = cause.blow
        trade.move(f"shocks.{name}", blow.factors.get(("amount", service)), blow.factors.get(("price", service)))
    _settle_returns(service, trade, base, returning)
    return trade


def _settle_returns(service: str, trade: Trade, base: Floats, returning: Mapping[str, Returning]) -> None:
    """Returns after all factors; the loss that several causes share is gone."""
    key: Key = ("amount", service)
    causes = [name for name in sorted(returning) if key in returning[name].blow.factors]
    if not causes:
        return
    left, *others = (np.minimum(1, returning[name].blow.factors[key]) for name in causes)
    for other in others:
        left = left * other
    lost = (base * (1 - left)).sum(axis=0)
    returned, carried = np.zeros(base.shape[1]), np.zeros(base.shape[1])
    for name in causes:
        found = returning[name].of(service, base)
        if found is not None:
            amount, back = found
            inside = amount.sum(axis=0)
            returned, carried = returned + inside, carried + np.maximum(0.0, back - inside)
            trade.add(f"shocks.{name}", amount)
    trade.account = Account(lost, returned, carried, lost - returned - carried)
