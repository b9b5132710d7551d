"""The trade of one block: the calm, then drift, initiatives and shocks, then what comes back.

Order of operations as in the model, section 1. Every step leaves what it changed, so that the steps from last year to
the forecast sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from forecast.calm import Calm
from forecast.chance import Floats
from forecast.draws import BLOCK
from forecast.effects import Blow, Key, sums
from forecast.initiatives import Actions
from forecast.returns import Account, Back, Returning


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
        told = self._tell()
        self._add(step, told - self._told)
        self._told = told

    def give_back(self, returns: Mapping[str, Back]) -> None:
        """Add what comes back, by step."""
        months, paths = self.amount.shape
        for step, back in returns.items():
            worth = 1.0 if self.worth is None else np.broadcast_to(self.worth, self.amount.shape).ravel()[back.cell]
            told = (back.cell >= self.rows.start * paths) & (back.cell < self.rows.stop * paths)
            self._add(step, sums(back.path, back.amount * worth * told, paths))
        cells = np.concatenate([back.cell for back in returns.values()])
        amounts = np.concatenate([back.amount for back in returns.values()])
        self.amount = self.amount + sums(cells, amounts, months * paths).reshape(months, paths)

    def _tell(self) -> Floats:
        """Revenue of the months in which the steps are told, (paths,) or (1,)."""
        amount = self.amount[self.rows]
        if self.worth is None:
            return np.asarray(amount.sum(axis=0))
        return np.asarray(np.einsum("mp,mp->p", amount, self.worth[self.rows]))

    def _add(self, step: str, change: Floats) -> None:
        self.steps[step] = self.steps[step] + change if step in self.steps else change


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
    trade.before = base = np.broadcast_to(trade.amount, (len(trade.amount), BLOCK))
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
    left, *others = (returning[name].blow.capped(key) for name in causes)
    for other in others:
        left = left * other
    lost = np.einsum("mp,mp->p", base, 1 - left)
    returned, carried = np.zeros(base.shape[1]), np.zeros(base.shape[1])
    returns: dict[str, Back] = {}
    for name in causes:
        found = returning[name].of(service, base)
        if found is not None:
            inside = sums(found.path, found.amount, base.shape[1])
            returned, carried = returned + inside, carried + np.maximum(0.0, found.whole - inside)
            returns[f"shocks.{name}"] = found
    if returns:
        trade.give_back(returns)
        trade.returns = {step.removeprefix("shocks."): back for step, back in returns.items()}
    trade.account = Account(lost, returned, carried, lost - returned - carried)
