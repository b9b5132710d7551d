"""The trade of one block: the calm, then drift, initiatives and shocks, then what comes back.

Order of operations as in the model, section 1. Every step leaves what it changed, so that the steps from last year to
the forecast sum in every path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from forecast.calm import Calm
from forecast.chance import Floats
from forecast.effects import Blow, Key
from forecast.initiatives import Actions
from forecast.returns import Account, Back, Returning


class Trade:
    """One service through the steps; arrays are (months, paths)."""

    def __init__(self, amount: Floats, price: Floats | None, rows: slice, paths: int) -> None:
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
        self._paths = paths
        self._borrowed = True
        """Whether the amount is somebody else's array, too."""

    @cached_property
    def revenue(self) -> Floats:
        """(months, paths) once all steps are done."""
        return self.amount if self.worth is None else self.amount * self.worth

    def move(self, step: str, amount: Floats | None, price: Floats | None, yielding: Floats | None = None) -> None:
        """Multiply by the factors of one step; `yielding` are those on revenue alone."""
        if amount is None and price is None and yielding is None:
            return
        for factor in (price, yielding):
            if factor is not None:
                self.worth = factor if self.worth is None else self.worth * factor
        self._settle(step, self._tell() if amount is None else self._multiply(amount))

    def _multiply(self, factor: Floats) -> Floats:
        """Multiply the amount; (paths,) or (1,) revenue of the months in which the steps are told."""
        shape = np.broadcast_shapes(self.amount.shape, factor.shape)
        into = np.empty(shape) if self._borrowed else self.amount
        told, room = np.zeros(shape[1]), np.empty(shape[1])
        for month, row in enumerate(into):  # a row of paths stays near the processor
            np.multiply(self.amount[month], factor[month], out=row)
            if self.rows.start <= month < self.rows.stop:
                told += row if self.worth is None else np.multiply(row, self.worth[month], out=room)
        self.amount, self._borrowed = into, shape[1] < self._paths
        return told

    def open_shocks(self) -> None:
        """From here on it is shocks that move the amount."""
        self.before = np.broadcast_to(self.amount, (len(self.amount), self._paths))
        self._borrowed = True

    def give_back(self, returns: Mapping[str, Back]) -> None:
        """Add what comes back, by step."""
        if self._borrowed:
            self.amount = self.before.astype(np.float64) if self.amount is self.before else self.amount.copy()
            self._borrowed = False
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
    drifts: Mapping[str, Blow],
    actions: Actions,
    returning: Mapping[str, Returning],
    rows: slice,
    paths: int,
) -> Trade:
    """Play one service: drifts, initiatives and shocks in order of their names, then the returns."""
    trade = Trade(calm.amount[service], calm.price[service], rows, paths)
    for name, blow in sorted(drifts.items()):
        trade.move(f"shocks.{name}", blow.factors.get(("amount", service)), blow.factors.get(("price", service)))
    trade.move("initiatives", *(actions.factors.get((d, service)) for d in ("volume", "price", "revenue")))
    trade.open_shocks()
    for name, cause in sorted(returning.items()):
        blow = cause.blow
        trade.move(f"shocks.{name}", blow.factors.get(("amount", service)), blow.factors.get(("price", service)))
    _settle_returns(service, trade, returning)
    return trade


def _settle_returns(service: str, trade: Trade, returning: Mapping[str, Returning]) -> None:
    """Returns after all factors; the loss that several causes share is gone."""
    key: Key = ("amount", service)
    causes = [name for name in sorted(returning) if key in returning[name].blow.factors]
    if not causes:
        return
    lost = _lost(trade, key, [returning[name].blow for name in causes])
    returned = carried = np.zeros(trade.before.shape[1])
    returns: dict[str, Back] = {}
    for name in causes:
        found = returning[name].of(service, trade.before)
        if found is not None:
            returned, carried = returned + found.inside, carried + np.maximum(0.0, found.whole - found.inside)
            returns[name] = found
    if returns:
        trade.give_back({f"shocks.{name}": back for name, back in returns.items()})
        trade.returns = returns
    trade.account = Account(lost, returned, carried, lost - returned - carried)


def _lost(trade: Trade, key: Key, blows: Sequence[Blow]) -> Floats:
    """(paths,) what shocks take of the amount, gains apart; called before anything comes back."""
    left = [blow.capped(key) for blow in blows]
    if all(one is blow.factors[key] for one, blow in zip(left, blows, strict=True)):
        # nothing gains: the amount says it
        return np.asarray(trade.before.sum(axis=0) - trade.amount.sum(axis=0))
    lost, kept = np.zeros(trade.before.shape[1]), np.empty(trade.before.shape[1])
    for month, base in enumerate(trade.before):  # a row of paths stays near the processor
        np.copyto(kept, base)
        for one in left:
            kept *= one[month]
        lost += base
        lost -= kept
    return lost
