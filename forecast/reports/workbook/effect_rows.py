"""Rows of drifts and initiatives: starts, progress by month, and their factors on the drivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from forecast.arrays import Floats
from forecast.periods import ramp
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
from forecast.plan.shocks import Drift, Effects
from forecast.reports.workbook.input_cells import EXCEL_DAY_ZERO
from forecast.reports.workbook.model_rows import START_ROW, STOP_ROW, Formula, ModelRow, ModelRows
from forecast.simulation.model.impacts import HEADCOUNT_KEY, DriverKey

__all__ = ["BaselineRows", "EffectRows", "ramp_formula"]

GAIN_DRIVERS = ("volume", "price", "revenue")
"""Drivers whose changes by an initiative are gains that it may take from other services."""


@dataclass(frozen=True)
class _Factor:
    """A factor of one initiative on a driver."""

    formula: Formula
    values: Floats
    """(months,)."""


@dataclass(frozen=True)
class BaselineRows:
    """Rows of a service before drifts and initiatives."""

    amount: ModelRow
    price: ModelRow | None

    def size(self, column: str) -> str:
        """Formula of the size of its revenue, whatever its sign."""
        cell = self.amount.cell(column)
        return f"ABS({cell})" if self.price is None else f"ABS({cell}*{self.price.cell(column)})"

    @property
    def sizes(self) -> Floats:
        """(months,) sizes of its revenue."""
        return np.abs(self.amount.values if self.price is None else self.amount.values * self.price.values)


@dataclass
class EffectRows:
    """Drifts and initiatives: progress by month, and their factors on the drivers."""

    rows: ModelRows
    drift_progress: dict[str, ModelRow] = field(default_factory=dict)
    starts: dict[str, ModelRow] = field(default_factory=dict)
    happens: dict[str, ModelRow] = field(default_factory=dict)
    progress: dict[str, ModelRow] = field(default_factory=dict)
    donor_factors: dict[str, list[ModelRow]] = field(default_factory=dict)
    """By service, what remains of its revenue when initiatives take from it."""

    def add_drifts(self) -> None:
        """Progress of each drift from the first day of the horizon."""
        calendar = self.rows.central.plan.horizon
        for name, drift in self.rows.central.plan.shocks.items():
            assert isinstance(drift, Drift)  # the central case has no other shock
            start = f"${self.rows.columns[0]}${START_ROW + 1}"
            over = self.rows.use(drift.over)
            values = ramp(calendar.edges[:1], np.array([drift.over.value]), calendar)[:, 0]
            reach = None if drift.reach is None else self.rows.use(drift.reach)
            if drift.reach is not None:
                values = values * drift.reach.value

            def formula(column: str, start: str = start, over: str = over, reach: str | None = reach) -> str:
                text = ramp_formula(column, start, over)
                return text if reach is None else f"({text})*{reach}"

            self.drift_progress[name] = self.rows.add_months("progress", f"shocks.{name}", formula, values, "share")

    def add_initiatives(self) -> None:
        """Start, whether it happens, and progress of each initiative, after those that it needs."""
        initiatives = self.rows.central.plan.initiatives
        for name in sorted(name for name in initiatives if initiatives[name].active):
            self._add_schedule(name)
        for name in sorted(name for name in initiatives if initiatives[name].active):
            self._add_progress(name)

    def _add_schedule(self, name: str) -> None:
        if name in self.starts:
            return
        initiatives = self.rows.central.plan.initiatives
        initiative = initiatives[name]
        needs = sorted(initiative.needs)
        for required in needs:
            self._add_schedule(required)
        start, value = self.rows.use(initiative.start), initiative.start.value - EXCEL_DAY_ZERO
        if not needs:
            self.starts[name] = self.rows.add_scalar("start", f"initiatives.{name}", start, value, "day")
        else:
            others = [self.starts[required] for required in needs]
            text = f"MAX({','.join([start, *(other.scalar_cell for other in others)])})"
            latest = max([value, *(other.scalar_value for other in others)])
            self.starts[name] = self.rows.add_scalar("start", f"initiatives.{name}", text, latest, "day")
        if not initiative.active:
            text, happens = "0", 0.0
        elif initiative.chance is None:
            text, happens = "1", 1.0
        else:
            text = f"IF({self.rows.use(initiative.chance)}>=0.5,1,0)"
            happens = float(initiative.chance.value >= 0.5)
        for required in needs:
            text += f"*{self.happens[required].scalar_cell}"
            happens *= self.happens[required].scalar_value
        self.happens[name] = self.rows.add_scalar("happens", f"initiatives.{name}", text, happens, "number")

    def _add_progress(self, name: str) -> None:
        plan = self.rows.central.plan
        initiative = plan.initiatives[name]
        length = "0" if initiative.ramp is None else self.rows.use(initiative.ramp)
        days = 0.0 if initiative.ramp is None else initiative.ramp.value
        start = self.starts[name]
        values = ramp(np.array([start.scalar_value + EXCEL_DAY_ZERO]), np.array([days]), plan.horizon)[:, 0]
        self.progress[name] = self.rows.add_months(
            "progress",
            f"initiatives.{name}",
            lambda column: ramp_formula(column, start.scalar_cell, length),
            values,
            "share",
        )

    def drift_factor(self, name: str, key: DriverKey) -> tuple[Formula, Floats] | None:
        """Formula and values of the factor of one drift on a driver; None where it has none."""
        drift = self.rows.central.plan.shocks[name]
        impact = self.rows.central.trade.shocks.impacts[name].factors.get(key)
        if impact is None:
            return None
        assert isinstance(drift, Drift)
        changes = [self.rows.use(change) for change in _changes(drift.effect, key, ("volume", "revenue"))]
        change = changes[0] if len(changes) == 1 else f"((1+{changes[0]})*(1+{changes[1]})-1)"
        progress = self.drift_progress[name]
        return (lambda column: f"MAX(0,1+{change}*{progress.cell(column)})"), impact[:, 0]

    def initiative_factor(self, key: DriverKey) -> tuple[Formula, Floats] | None:
        """Formula and values of the factor of all initiatives on a driver; None where none acts on it."""
        values = self.rows.central.trade.initiatives.factors.get(key)
        if values is None:
            return None
        parts = self._initiative_parts(key)
        donors = self.donor_factors.get(key[1], []) if key[0] == "revenue" else []

        def formula(column: str) -> str:
            factors = [part.formula(column) for part in parts] + [row.cell(column) for row in donors]
            return f"MAX(0,{'*'.join(factors)})"

        return formula, values[:, 0]

    def _initiative_parts(self, key: DriverKey, only: str = "") -> list[_Factor]:
        """By initiative that changes a driver, 1 + change * happens * progress."""
        parts: list[_Factor] = []
        initiatives = self.rows.central.plan.initiatives
        for name in sorted(n for n in initiatives if initiatives[n].active and only in ("", n)):
            parts += [
                self._initiative_part(name, change) for change in _changes(initiatives[name].effect, key, (key[0],))
            ]
        return parts

    def _initiative_part(self, name: str, change: Assumption) -> _Factor:
        effect, happens, progress = self.rows.use(change), self.happens[name], self.progress[name]
        values = 1 + change.value * happens.scalar_value * progress.values
        return _Factor(lambda c: f"(1+{effect}*{happens.scalar_cell}*{progress.cell(c)})", values)

    def add_donors(self, baselines: Mapping[str, BaselineRows]) -> None:
        """Factors that are left to the revenue of services from which initiatives take."""
        initiatives = self.rows.central.plan.initiatives
        for name in sorted(n for n in initiatives if initiatives[n].active and initiatives[n].takes_from):
            for donor, share in initiatives[name].takes_from.items():
                self._add_donor(name, donor, share, baselines)

    def _add_donor(self, name: str, donor: str, share: Assumption, baselines: Mapping[str, BaselineRows]) -> None:
        by_service = {
            service: [part for driver in GAIN_DRIVERS for part in self._initiative_parts((driver, service), name)]
            for service in sorted(baselines)
            if service != donor
        }
        gains = {service: parts for service, parts in by_service.items() if parts}
        text, donor_rows = self.rows.use(share), baselines[donor]

        def formula(column: str) -> str:
            terms = [
                f"{baselines[service].size(column)}*({'*'.join(part.formula(column) for part in parts)}-1)"
                for service, parts in gains.items()
            ]
            size = donor_rows.size(column)
            return f"MAX(0,1-{text}*IF({size}>0,({'+'.join(terms) or '0'})/{size},0))"

        total = np.zeros(self.rows.months)
        for service, parts in gains.items():
            total = total + baselines[service].sizes * (np.prod([part.values for part in parts], axis=0) - 1)
        shares = np.divide(total, donor_rows.sizes, out=np.zeros(self.rows.months), where=donor_rows.sizes > 0)
        row = self.rows.add_months(
            "donor",
            f"initiatives.{name}.takes_from.{donor}",
            formula,
            np.maximum(0.0, 1 - share.value * shares),
            "share",
        )
        self.donor_factors.setdefault(donor, []).append(row)


def ramp_formula(column: str, start: str, length: str) -> str:
    """Write the mean over a month of a linear rise from 0 to 1: the exact integral, by days.

    Parameters
    ----------
    column : str
        Letters of the column of the month.
    start : str
        Formula of the day on which the rise begins.
    length : str
        Formula of its days; `0` where it rises at once.

    Returns
    -------
    str
        The formula, without the sign `=`.
    """
    first, stop = f"{column}${START_ROW + 1}", f"{column}${STOP_ROW + 1}"

    def area(edge: str) -> str:
        return f"(MAX(0,{edge}-{start})^2-MAX(0,{edge}-{start}-{length})^2)"

    at_once = f"(MAX(0,{stop}-{start})-MAX(0,{first}-{start}))/({stop}-{first})"
    if length == "0":
        return at_once
    return f"IF({length}>0,({area(stop)}-{area(first)})/(2*{length})/({stop}-{first}),{at_once})"


def _changes(effects: Effects, key: DriverKey, drivers: tuple[str, ...]) -> list[Assumption]:
    """Assumptions of an effect on a driver of a service, or on the people; `amount` is volume and revenue."""
    if key == HEADCOUNT_KEY:
        return [] if effects.headcount is None else [effects.headcount]
    names = drivers if key[0] == "amount" else (key[0],)
    written = [for_service(getattr(effects, driver), key[1]) for driver in names]
    return [change for change in written if change is not None]
