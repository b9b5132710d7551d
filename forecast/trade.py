"""The trade of one block: the calm, then drift, initiatives and shocks, then what comes back.

Order of operations as in the model, section 1. Every step leaves what it changed, so that the steps from last year to the
forecast sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forecast.calm import Calm
from forecast.chance import Floats
from forecast.effects import Account, Blow, Key, returns
from forecast.initiatives import Actions
from forecast.months import Calendar


@dataclass
class Trade:
    """One service through the steps; arrays are (months, paths)."""

    amount: Floats
    price: Floats
    yielding: Floats
    """What initiatives on revenue alone make of amount by price."""
    revenue: Floats
    steps: dict[str, Floats] = field(default_factory=dict)
    """Step -> what it added to revenue."""
    account: Account | None = None

    def move(self, step: str, amount: Floats | None, price: Floats | None, yielding: Floats | None = None) -> None:
        """Multiply by the factors of one step."""
        if amount is None and price is None and yielding is None:
            return
        self.amount = self.amount if amount is None else self.amount * amount
        self.price = self.price if price is None else self.price * price
        self.yielding = self.yielding if yielding is None else self.yielding * yielding
        self._settle(step)

    def add(self, step: str, amount: Floats) -> None:
        """Add what comes back."""
        self.amount = self.amount + amount
        self._settle(step)

    def _settle(self, step: str) -> None:
        revenue = self.amount * self.price * self.yielding
        change = revenue - self.revenue
        self.steps[step] = self.steps[step] + change if step in self.steps else change
        self.revenue = revenue


def trade_of(
    service: str,
    calm: Calm,
    drifts: Mapping[str, Blow],
    actions: Actions,
    blows: Mapping[str, Blow],
    calendar: Calendar,
) -> Trade:
    """Play one service: drifts, initiatives and shocks in order of their names, then the returns."""
    amount, price = calm.amount[service], calm.price[service]
    trade = Trade(amount, price, np.ones((1, 1)), amount * price)
    for name, blow in sorted(drifts.items()):
        trade.move(f"shocks.{name}", blow.factors.get(("amount", service)), blow.factors.get(("price", service)))
    trade.move("initiatives", *(actions.factors.get((d, service)) for d in ("volume", "price", "revenue")))
    base = trade.amount
    for name, blow in sorted(blows.items()):
        trade.move(f"shocks.{name}", blow.factors.get(("amount", service)), blow.factors.get(("price", service)))
    _settle_returns(service, trade, base, blows, calendar)
    return trade


def _settle_returns(service: str, trade: Trade, base: Floats, blows: Mapping[str, Blow], calendar: Calendar) -> None:
    """Returns after all factors; the loss that several causes share is gone."""
    key: Key = ("amount", service)
    causes = [name for name in sorted(blows) if key in blows[name].factors]
    if not causes:
        return
    left: Floats = np.ones((1, 1))
    for name in causes:
        left = left * np.minimum(1, blows[name].factors[key])
    lost = (base * (1 - left)).sum(axis=0)
    returned, carried, nets, kept_away = (np.zeros(base.shape[1]) for _ in range(4))
    for name in causes:
        found = returns(name, blows, service, base, calendar)
        if found is None:
            continue
        amount, back, net = found
        inside = amount.sum(axis=0)
        returned, carried = returned + inside, carried + (back - inside)
        nets, kept_away = nets + net, kept_away + (net - back)
        if np.any(back):
            trade.add(f"shocks.{name}", amount)
    trade.account = Account(lost, returned, carried, kept_away + (lost - nets))
