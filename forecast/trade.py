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
from forecast.draws import BLOCK
from forecast.effects import Account, Blow, Key, Returning
from forecast.initiatives import Actions


@dataclass
class Trade:
    """One service through the steps; arrays are (months, paths)."""

    amount: Floats
    price: Floats
    yielding: Floats | None
    """What initiatives on revenue alone make of amount by price."""
    rows: slice
    """Months in which the steps are told."""
    revenue: Floats = field(init=False)
    steps: dict[str, Floats] = field(default_factory=dict)
    """Step -> what it added to the revenue of those months, (paths,) or (1,)."""
    account: Account | None = None

    def __post_init__(self) -> None:
        self.revenue = self.amount * self.price
        self._told = self.revenue[self.rows].sum(axis=0)

    def move(self, step: str, amount: Floats | None, price: Floats | None, yielding: Floats | None = None) -> None:
        """Multiply by the factors of one step."""
        if amount is None and price is None and yielding is None:
            return
        self.amount = self.amount if amount is None else self.amount * amount
        self.price = self.price if price is None else self.price * price
        self.yielding = self.yielding if yielding is None else yielding
        self._settle(step)

    def add(self, step: str, amount: Floats) -> None:
        """Add what comes back."""
        self.amount = self.amount + amount
        self._settle(step)

    def _settle(self, step: str) -> None:
        self.revenue = self.amount * self.price
        if self.yielding is not None:
            self.revenue = self.revenue * self.yielding
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
    trade = Trade(calm.amount[service], calm.price[service], None, rows)
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
    left: Floats = np.ones((1, 1))
    for name in causes:
        left = left * np.minimum(1, returning[name].blow.factors[key])
    lost = (base * (1 - left)).sum(axis=0)
    returned, carried, nets, kept_away = (np.zeros(base.shape[1]) for _ in range(4))
    for name in causes:
        found = returning[name].of(service, base)
        if found is None:
            continue
        amount, back, net = found
        inside = amount.sum(axis=0)
        returned, carried = returned + inside, carried + (back - inside)
        nets, kept_away = nets + net, kept_away + (net - back)
        if np.any(back):
            trade.add(f"shocks.{name}", amount)
    trade.account = Account(lost, returned, carried, kept_away + (lost - nets))
