"""The central case as rows of live formulas, each with the value that it has before anything is edited.

A row is a line of the model sheet: one scalar in the column `VALUE`, or one cell a month. Formulas name the inputs by
their dotted names and repeat the sums and products of `forecast.simulation.model` in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.arrays import Floats
from forecast.files.workbook import cell_address
from forecast.periods import SEASON_MONTHS, ramp
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift, Effects
from forecast.reports.workbook.input_cells import EXCEL_DAY_ZERO
from forecast.simulation.central_case import CentralCase
from forecast.simulation.model.impacts import HEADCOUNT_KEY, DriverKey
from forecast.simulation.model.inputs import PlannedHeadcount, ServiceInputs

__all__ = ["FIRST_MONTH_COLUMN", "ModelRow", "ModelRows", "build_model"]

VALUE_COLUMN, FIRST_MONTH_COLUMN = 2, 3
START_ROW, STOP_ROW, FIRST_ROW = 4, 5, 7
"""Rows, from 0, of the first day of each month, of the day after its last, and of the first line of the model."""
Formula = Callable[[str], str]
"""Formula of a cell by the letters of its column, without the sign `=`."""
GAIN_DRIVERS = ("volume", "price", "revenue")
"""Drivers whose changes by an initiative are gains that it may take from other services."""


@dataclass(frozen=True)
class ModelRow:
    """One line of the model sheet."""

    kind: str
    """Key of the words that say what it is."""
    name: str
    """Dotted name of what it belongs to."""
    row: int
    """From 0."""
    number_format: str
    scalar: tuple[str, float] | None = None
    """Formula, or empty for a value, and the value."""
    formulas: tuple[str, ...] = ()
    """By month; an empty one stands for a value."""
    values: Floats = field(default_factory=lambda: np.zeros(0))
    """(months,)."""
    is_total: bool = False

    def cell(self, column: str) -> str:
        """Address of its cell in a column, for formulas of its sheet."""
        return f"{column}{self.row + 1}"

    @property
    def scalar_cell(self) -> str:
        """Absolute address of its scalar."""
        return f"$C${self.row + 1}"


@dataclass
class ModelRows:
    """The lines of the model, and which inputs they follow."""

    central: CentralCase
    input_names: frozenset[str]
    """Dotted names that stand for cells."""
    rows: list[ModelRow] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    """Names of the inputs that formulas use."""
    by_line: dict[str, ModelRow] = field(default_factory=dict)
    """By line of the statement, such as `revenue.postal`."""

    @property
    def columns(self) -> list[str]:
        """Letters of the columns of the months."""
        count = self.central.plan.horizon.count
        return [cell_address(0, FIRST_MONTH_COLUMN + month)[:-1] for month in range(count)]

    @property
    def months(self) -> int:
        """Number of months."""
        return self.central.plan.horizon.count

    def use(self, assumption: Assumption) -> str:
        """Name of the cell of an input's median; its number where it has none."""
        if assumption.name not in self.input_names:
            return repr(float(assumption.value))
        self.live.add(assumption.name)
        return assumption.name

    def add_scalar(self, kind: str, name: str, formula: str, value: float, number_format: str = "number") -> ModelRow:
        """Add a line with one number; an empty formula stands for a value."""
        row = ModelRow(kind, name, FIRST_ROW + len(self.rows), number_format, scalar=(formula, float(value)))
        self.rows.append(row)
        return row

    def add_months(
        self, kind: str, name: str, formula: Formula | None, values: Floats, number_format: str = "amount", *,
        is_total: bool = False,
    ) -> ModelRow:  # fmt: skip
        """Add a line with a cell a month; without a formula they are values."""
        texts = tuple(formula(column) if formula else "" for column in self.columns)
        wide = np.broadcast_to(np.asarray(values, float).reshape(len(values), -1)[:, 0], self.months)
        row = ModelRow(kind, name, FIRST_ROW + len(self.rows), number_format, None, texts, wide, is_total)
        self.rows.append(row)
        return row


def build_model(scenario: Scenario, central: CentralCase, input_names: Iterable[str]) -> ModelRows:
    """Lay out the central case.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    central : CentralCase
        Its central case.
    input_names : iterable of str
        Dotted names of the assumptions that stand for cells.

    Returns
    -------
    ModelRows
        Every line in the order of the sheet.
    """
    rows = ModelRows(central, frozenset(input_names))
    effects = _EffectRows(rows)
    effects.add_drifts()
    effects.add_initiatives()
    services = _ServiceRows(scenario, rows, effects)
    baselines = {name: services.add_baseline(name) for name in central.plan.services}
    effects.add_donors(baselines)
    for name in central.plan.services:
        services.add_outcome(name, baselines[name])
    if central.plan.baseline.gap is not None:
        services.add_gap()
    _StatementRows(scenario, rows, effects).add_all()
    return rows


@dataclass(frozen=True)
class _Factor:
    """A factor of one initiative on a driver."""

    formula: Formula
    values: Floats
    """(months,)."""


@dataclass(frozen=True)
class _Baseline:
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
class _EffectRows:
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
                text = _ramp_formula(column, start, over)
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
            latest = max([value, *(_scalar(other) for other in others)])
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
            happens *= _scalar(self.happens[required])
        self.happens[name] = self.rows.add_scalar("happens", f"initiatives.{name}", text, happens, "number")

    def _add_progress(self, name: str) -> None:
        plan = self.rows.central.plan
        initiative = plan.initiatives[name]
        length = "0" if initiative.ramp is None else self.rows.use(initiative.ramp)
        days = 0.0 if initiative.ramp is None else initiative.ramp.value
        start = self.starts[name]
        values = ramp(np.array([_scalar(start) + EXCEL_DAY_ZERO]), np.array([days]), plan.horizon)[:, 0]
        self.progress[name] = self.rows.add_months(
            "progress",
            f"initiatives.{name}",
            lambda column: _ramp_formula(column, start.scalar_cell, length),
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
        values = 1 + change.value * _scalar(happens) * progress.values
        return _Factor(lambda c: f"(1+{effect}*{happens.scalar_cell}*{progress.cell(c)})", values)

    def add_donors(self, baselines: Mapping[str, _Baseline]) -> None:
        """Factors that are left to the revenue of services from which initiatives take."""
        initiatives = self.rows.central.plan.initiatives
        for name in sorted(n for n in initiatives if initiatives[n].active and initiatives[n].takes_from):
            for donor, share in initiatives[name].takes_from.items():
                self._add_donor(name, donor, share, baselines)

    def _add_donor(self, name: str, donor: str, share: Assumption, baselines: Mapping[str, _Baseline]) -> None:
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


@dataclass
class _ServiceRows:
    scenario: Scenario
    rows: ModelRows
    effects: _EffectRows

    def add_baseline(self, name: str) -> _Baseline:
        """Amount and price of a service before drifts and initiatives."""
        central = self.rows.central
        service = central.plan.baseline.services[name]
        amounts = central.trade.baseline.amount[name]
        is_planned = service.level == "planner" or (service.level == "mixture" and service.planner_share > 0.5)
        number_format = "pieces" if service.fitted.measured == "volume" else "amount"
        if is_planned:
            amount = self._planned_amount(name, service, amounts, number_format)
        else:
            amount = self.rows.add_months("by_history", f"services.{name}", None, amounts, number_format)
        return _Baseline(amount, self._price(name, service))

    def _planned_amount(self, name: str, service: ServiceInputs, amounts: Floats, number_format: str) -> ModelRow:
        plan, fitted, dotted = self.rows.central.plan, service.fitted, f"services.{name}"
        base = self._base(name, service, number_format)
        level = self._by_year("level", dotted, service, base.scalar_cell, _scalar(base), number_format)
        calendar, horizon = plan.baseline.calendar, plan.horizon
        shape = np.exp(fitted.shape) if fitted.scale == "log" else fitted.shape
        by_year = [shape[calendar.year_rows(year)] for year in calendar.years]
        rows = calendar.rows(horizon)
        if fitted.scale != "raw":
            shares = np.concatenate([months / months.sum() for months in by_year])[rows]
            share = self.rows.add_months("season", dotted, None, shares, "share")
            return self.rows.add_months(
                "baseline", dotted, lambda c: f"{level.cell(c)}*{share.cell(c)}", amounts, number_format
            )
        deviations = np.concatenate([months - months.mean() for months in by_year])[rows]
        season = self.rows.add_months("season_amount", dotted, None, deviations, number_format)
        grown = self._by_year("grown", dotted, _without_annual(service), "1", 1.0, "share")
        return self.rows.add_months(
            "baseline",
            dotted,
            lambda c: f"{level.cell(c)}/{SEASON_MONTHS}+{season.cell(c)}*{grown.cell(c)}",
            amounts,
            number_format,
        )

    def last_year(self, name: str) -> str:
        """Formula of the last year of a service as it was, in the unit of its measure; empty for a value."""
        stated = self.rows.central.plan.baseline.services[name].last_year
        if stated is None:
            return ""
        text = self.rows.use(stated.amount)
        return text if stated.understated_by is None else f"({text}+{self.rows.use(stated.understated_by)})"

    def _base(self, name: str, service: ServiceInputs, number_format: str) -> ModelRow:
        """The base year without its own shocks."""
        central = self.rows.central
        value, dotted = central.base[name], f"services.{name}"
        text = self.last_year(name)
        last_year = float(central.trade.baseline.last_year[name][0]) / service.unit_price
        if last_year != value and text:
            if service.fitted.scale == "raw":
                loss = self.rows.add_scalar("taken_out", dotted, "", value - last_year, number_format)
                text = f"{text}+{loss.scalar_cell}"
            else:
                remaining = self.rows.add_scalar("remaining", dotted, "", last_year / value, "share")
                text = f"{text}/{remaining.scalar_cell}"
        return self.rows.add_scalar("base", dotted, text, value, number_format)

    def _by_year(
        self, kind: str, dotted: str, service: ServiceInputs, start: str, value: float, number_format: str
    ) -> ModelRow:
        """A number that changes by the growth of each year; the same in its months."""
        plan = self.rows.central.plan
        texts: dict[str, str] = {}
        values: list[float] = []
        previous, year_before = start, None
        for column, month in zip(self.rows.columns, plan.horizon.months, strict=True):
            year = month // SEASON_MONTHS
            text = previous
            if year != year_before:
                if (annual := service.annual_in(year)) is not None:
                    text, value = self.rows.use(annual), annual.value
                if (growth := service.growth.get(year)) is not None:
                    text = f"{text}*(1+{self.rows.use(growth)})"
                    value = value * (1 + growth.value)
            texts[column], year_before = text, year
            values.append(value)
            previous = f"{column}{FIRST_ROW + len(self.rows.rows) + 1}"
        return self.rows.add_months(kind, dotted, texts.__getitem__, np.array(values), number_format)

    def _price(self, name: str, service: ServiceInputs) -> ModelRow | None:
        prices = self.rows.central.trade.baseline.price[name]
        if prices is None:
            return None
        dotted = f"services.{name}"
        if service.price_change is None:
            return self.rows.add_months("price", dotted, None, prices, "price")
        base = self.rows.add_scalar("base_price", dotted, "", service.unit_price, "price")
        plan = self.rows.central.plan
        texts: dict[str, str] = {}
        previous, year_before = base.scalar_cell, None
        for column, month in zip(self.rows.columns, plan.horizon.months, strict=True):
            year = month // SEASON_MONTHS
            text = previous
            if year != year_before and year in service.price_change:
                text = f"{text}*(1+{self.rows.use(service.price_change[year])})"
            texts[column], year_before = text, year
            previous = f"{column}{FIRST_ROW + len(self.rows.rows) + 1}"
        return self.rows.add_months("price", dotted, texts.__getitem__, prices, "price")

    def add_outcome(self, name: str, baseline: _Baseline) -> None:
        """Volume and revenue of a service after drifts and initiatives."""
        rows, central, dotted = self.rows, self.rows.central, f"services.{name}"
        amount, price = baseline.amount, baseline.price
        service = central.plan.baseline.services[name]
        amount_factors, price_factors = self._factors(name)
        is_signed = service.fitted.scale == "raw"

        def signed(factor: ModelRow, column: str) -> str:
            cell = factor.cell(column)
            return f"IF({amount.cell(column)}<0,2-{cell},{cell})" if is_signed else cell

        def amount_text(column: str) -> str:
            return "*".join([amount.cell(column), *(signed(factor, column) for factor in amount_factors)])

        def price_text(column: str) -> str:
            prices = [] if price is None else [price.cell(column)]
            return "*".join([*prices, *(signed(factor, column) for factor in price_factors)])

        trade = central.trade.services[name]
        comes_back = None
        if central.plan.earlier.past_shocks:
            expected = amount.values * np.prod([factor.values for factor in amount_factors], axis=0)
            comes_back = rows.add_months(
                "comes_back", dotted, None, trade.amount[:, 0] - expected, amount.number_format
            )
        amount_formula = amount_text if comes_back is None else lambda c: f"{amount_text(c)}+{comes_back.cell(c)}"
        if service.fitted.measured == "volume":
            volume = rows.add_months("volume", dotted, amount_formula, trade.amount, "pieces")
            rows.by_line[f"volume.{name}"] = volume
            amount_formula = volume.cell
        has_price = price is not None or price_factors

        def revenue_text(column: str) -> str:
            return f"({amount_formula(column)})*({price_text(column)})" if has_price else amount_formula(column)

        revenue = rows.add_months("revenue", dotted, revenue_text, trade.revenue, "amount", is_total=True)
        rows.by_line[f"revenue.{name}"] = revenue

    def _factors(self, name: str) -> tuple[list[ModelRow], list[ModelRow]]:
        """Rows of the factors on the amount and on the price, in the order in which they act."""
        amounts: list[ModelRow] = []
        prices: list[ModelRow] = []
        dotted = f"services.{name}"
        for drift in sorted(self.rows.central.plan.shocks):
            for driver, factors in (("amount", amounts), ("price", prices)):
                if (factor := self.effects.drift_factor(drift, (driver, name))) is not None:
                    factors.append(self.rows.add_months(f"drift_{driver}", dotted, *factor, "share"))
        for driver, factors in (("volume", amounts), ("price", prices), ("revenue", prices)):
            if (factor := self.effects.initiative_factor((driver, name))) is not None:
                factors.append(self.rows.add_months(f"initiatives_{driver}", dotted, *factor, "share"))
        return amounts, prices

    def add_gap(self) -> None:
        """The stated total less the services, carried and spread over the months."""
        plan, central = self.rows.central.plan, self.rows.central
        gap = plan.baseline.gap
        assert gap is not None  # the caller looked
        text, value = self.rows.use(gap.total), gap.total.value
        for name, service in plan.baseline.services.items():
            if service.fitted.base_year is not None:
                last_year = float(central.trade.baseline.last_year[name][0])
                part = self.last_year(name)
                text += f"-{part}" if part else f"-({last_year!r})"
                value -= last_year
            elif (stated := gap.without_history[name]) is not None:
                for assumption in filter(None, (stated.amount, stated.understated_by)):
                    text += f"-{self.rows.use(assumption)}"
                    value -= assumption.value
        total = self.rows.add_scalar("gap_total", "gap", text, value, "amount")
        shares = gap.month_shares[plan.baseline.calendar.rows(plan.horizon)]
        share = self.rows.add_months("season", "gap", None, shares, "share")
        self.rows.by_line["gap"] = self.rows.add_months(
            "gap", "gap", lambda c: f"{share.cell(c)}*{total.scalar_cell}", central.months["gap"], is_total=True
        )


@dataclass
class _StatementRows:
    """People, costs, and the lines of the income statement."""

    scenario: Scenario
    rows: ModelRows
    effects: _EffectRows

    def add_all(self) -> None:
        """Every line after the services."""
        rows, plan = self.rows, self.rows.central.plan
        parts = [rows.by_line[f"revenue.{name}"] for name in plan.services]
        if "gap" in rows.by_line:
            parts.append(rows.by_line["gap"])
        rows.by_line["revenue"] = self._sum("revenue_total", "revenue", parts)
        if plan.workforce is not None:
            self._add_headcount()
        names = sorted(name for name in rows.central.months if name.startswith("cost."))
        for line in names:
            self._add_cost(line.removeprefix("cost."))
        if names:
            rows.by_line["cost"] = self._sum("cost_total", "cost", [rows.by_line[line] for line in names])
        if plan.costs.by_name:
            revenue, cost = rows.by_line["revenue"], rows.by_line["cost"]
            rows.by_line["profit"] = rows.add_months(
                "profit",
                "profit",
                lambda c: f"{revenue.cell(c)}-{cost.cell(c)}",
                revenue.values - cost.values,
                is_total=True,
            )

    def _sum(self, kind: str, name: str, parts: list[ModelRow]) -> ModelRow:
        values = np.sum([part.values for part in parts], axis=0)
        return self.rows.add_months(
            kind, name, lambda c: "+".join(part.cell(c) for part in parts), values, is_total=True
        )

    def _add_headcount(self) -> None:
        rows, central = self.rows, self.rows.central
        workforce = central.plan.workforce
        assert workforce is not None  # the caller looked
        base = self._headcount_base(workforce.headcount)
        factors: list[Formula] = []
        if (initiative := self.effects.initiative_factor(HEADCOUNT_KEY)) is not None:
            factors.append(initiative[0])
        drifts = [self.effects.drift_factor(name, HEADCOUNT_KEY) for name in sorted(central.plan.shocks)]
        factors += [drift[0] for drift in drifts if drift is not None]

        def formula(column: str) -> str:
            return "*".join([base.scalar_cell, *(factor(column) for factor in factors)])

        people = rows.add_months(
            "headcount", "headcount", formula, central.months["headcount"], "people", is_total=True
        )
        rows.by_line["headcount"] = people
        if workforce.basis == "wage_revenue":
            shares = {name: (rows.use(share), share.value) for name, share in workforce.wage_shares.items()}
            lines = {name: rows.by_line[f"revenue.{name}"] for name in shares}
            rows.by_line["wage_revenue"] = rows.add_months(
                "wage_revenue",
                "wage_revenue",
                lambda c: "+".join(f"{shares[name][0]}*{lines[name].cell(c)}" for name in shares) or "0",
                np.sum([shares[name][1] * lines[name].values for name in shares], axis=0),
            )

    def _headcount_base(self, headcount: Assumption | PlannedHeadcount) -> ModelRow:
        rows, value = self.rows, 0.0
        if isinstance(headcount, Assumption):
            return rows.add_scalar("people", "headcount", rows.use(headcount), headcount.value, "people")
        revenue, productivity = rows.use(headcount.revenue), rows.use(headcount.productivity)
        text, value = revenue, headcount.revenue.value
        if headcount.wage_shares is not None:
            share = self._planned_share(headcount)
            text, value = f"{text}*{share.scalar_cell}", value * _scalar(share)
        text = f"{text}*{12 / headcount.months!r}/{productivity}"
        value = value * (12 / headcount.months) / headcount.productivity.value
        if headcount.spread is not None:
            spread = rows.use(headcount.spread)
            text = f"({text})*SQRT((1-{spread})*(1+{spread}))"
            value *= float(np.sqrt((1 - headcount.spread.value) * (1 + headcount.spread.value)))
        return rows.add_scalar("people", "headcount", text, value, "people")

    def _planned_share(self, headcount: PlannedHeadcount) -> ModelRow:
        """Share of the planned revenue that counts, the services at their parts of the last year."""
        assert headcount.wage_shares is not None  # the caller looked
        workforce = self.rows.central.plan.workforce
        assert workforce is not None
        names = list(workforce.wage_shares)
        sizes = {}
        for name in self.rows.central.plan.services:
            sizes[name] = self._stated_size(name)
        total = "+".join(sizes.values())
        terms = [
            f"{self.rows.use(share)}*{sizes[name]}/({total})"
            for name, (share, _) in zip(names, headcount.wage_shares, strict=True)
        ]
        value = sum(share.value * part for share, part in headcount.wage_shares)
        return self.rows.add_scalar("planned_share", "headcount", "+".join(terms), value, "share")

    def _stated_size(self, name: str) -> str:
        """Last year of a service as it is stated, else as a number."""
        service = self.rows.central.plan.baseline.services[name]
        year = self.scenario.stated.get(str(service.fitted.base_year))
        stated = for_service(year.services, name) if year else None
        if stated is not None:
            return self.rows.use(stated)
        if service.annual is not None and not service.fitted.base_total:
            return self.rows.use(service.annual)
        return repr(float(service.fitted.base_total * (service.fitted.base_price or 1.0)))

    def _add_cost(self, name: str) -> None:
        rows, central, line = self.rows, self.rows.central, f"cost.{name}"
        costs, dotted = central.plan.costs, f"costs.{name}"
        formulas: list[Formula] = []
        if name in costs.by_name:
            formulas.append(self._plan_cost(name))
        initiative = central.plan.initiatives.get(name)
        if name in central.trade.initiatives.costs and initiative is not None:
            dotted = dotted if name in costs.by_name else f"initiatives.{name}"
            formulas.append(self._initiative_cost(name))
        rows.by_line[line] = rows.add_months(
            "cost", dotted, lambda c: "+".join(formula(c) for formula in formulas), central.months[line], is_total=True
        )

    def _plan_cost(self, name: str) -> Formula:
        rows, costs = self.rows, self.rows.central.plan.costs
        cost = costs.by_name[name]
        terms: list[Formula] = []
        for service in costs.services:
            per_unit, of_revenue = for_service(cost.per_unit, service), for_service(cost.of_revenue, service)
            if per_unit is not None and f"volume.{service}" in rows.by_line:
                terms.append(self._unit_cost(per_unit, service))
            if of_revenue is not None:
                share, revenue = rows.use(of_revenue), rows.by_line[f"revenue.{service}"]
                terms.append(lambda c, share=share, revenue=revenue: f"{share}*{revenue.cell(c)}")  # type: ignore[misc]
        if cost.per_month is not None:
            per_month = rows.use(cost.per_month)
            terms.append(lambda c: per_month)
        if cost.per_person_month is not None and "headcount" in rows.by_line:
            wage, people = rows.use(cost.per_person_month), rows.by_line["headcount"]
            terms.append(lambda c: f"{wage}*{people.cell(c)}")
        change = self._cost_change(name)
        once = "" if cost.once is None else rows.use(cost.once)

        def formula(column: str) -> str:
            text = "+".join(term(column) for term in terms) or "0"
            if change is not None:
                text = f"({text})*{change.cell(column)}"
            return f"{text}+{once}" if once and column == rows.columns[0] else text

        return formula

    def _unit_cost(self, per_unit: Assumption, service: str) -> Formula:
        rows = self.rows
        cost, volume = rows.use(per_unit), rows.by_line[f"volume.{service}"]
        factors = [self.effects.initiative_factor(("unit_cost", service))]
        factors += [
            self.effects.drift_factor(name, ("unit_cost", service)) for name in sorted(rows.central.plan.shocks)
        ]
        texts = [factor[0] for factor in factors if factor is not None]
        return lambda c: "*".join([cost, volume.cell(c), *(text(c) for text in texts)])

    def _cost_change(self, name: str) -> ModelRow | None:
        """Factor of a cost over its first month, month by month."""
        costs = self.rows.central.plan.costs
        if name not in costs.changes:
            return None
        texts: dict[str, str] = {}
        values: list[float] = []
        start_text, start = "1", 1.0
        year_before, months, change_text, change = None, 0, "", 1.0
        for column, month in zip(self.rows.columns, costs.horizon.months, strict=True):
            year = month // SEASON_MONTHS
            if year != year_before:
                if months:
                    start_text, start = f"{start_text}*{change_text}^({months}/12)", start * change ** (months / 12)
                assumption = costs.changes[name].get(year)
                change_text = "1" if assumption is None else f"(1+{self.rows.use(assumption)})"
                change = 1.0 if assumption is None else 1 + assumption.value
                year_before, months = year, 0
            texts[column] = f"{start_text}*{change_text}^({months}/12)"
            values.append(start * change ** (months / 12))
            months += 1
        return self.rows.add_months("cost_change", f"costs.{name}", texts.__getitem__, np.array(values), "share")

    def _initiative_cost(self, name: str) -> Formula:
        rows = self.rows
        cost = rows.central.plan.initiatives[name].cost
        assert cost is not None  # the caller looked
        start, happens = self.effects.starts[name].scalar_cell, self.effects.happens[name].scalar_cell
        per_month = "" if cost.per_month is None else rows.use(cost.per_month)
        once = "" if cost.once is None else rows.use(cost.once)

        def formula(column: str) -> str:
            terms = []
            if per_month:
                terms.append(f"{per_month}*{_ramp_formula(column, start, '0')}*{happens}")
            if once:
                first, stop = f"{column}${START_ROW + 1}", f"{column}${STOP_ROW + 1}"
                terms.append(f"IF(AND({start}>={first},{start}<{stop}),{once}*{happens},0)")
            return "+".join(terms) or "0"

        return formula


def _ramp_formula(column: str, start: str, length: str) -> str:
    """Mean over a month of a linear rise from 0 to 1: the exact integral, by days."""
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


def _scalar(row: ModelRow) -> float:
    assert row.scalar is not None  # of a row with one number
    return row.scalar[1]


def _without_annual(service: ServiceInputs) -> ServiceInputs:
    """The same service without an amount of the planner, whose growths alone count."""
    return replace(service, annual=None)
