"""Rows of the services: amount and price before drifts and initiatives, volume and revenue after them, and the gap."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import SEASON_MONTHS
from forecast.reports.workbook.effect_rows import BaselineRows, EffectRows
from forecast.reports.workbook.model_rows import FIRST_ROW, ModelRow, ModelRows
from forecast.simulation.model.inputs import ServiceInputs

__all__ = ["ServiceRows"]


@dataclass
class ServiceRows:
    """Services: amount, price, volume and revenue of each, and the gap to the stated total."""

    rows: ModelRows
    effects: EffectRows

    def add_baseline(self, name: str) -> BaselineRows:
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
        return BaselineRows(amount, self._price(name, service))

    def _planned_amount(self, name: str, service: ServiceInputs, amounts: Floats, number_format: str) -> ModelRow:
        plan, fitted, dotted = self.rows.central.plan, service.fitted, f"services.{name}"
        base = self._base(name, service, number_format)
        level = self._by_year("level", dotted, service, base.scalar_cell, base.scalar_value, number_format)
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

    def add_outcome(self, name: str, baseline: BaselineRows) -> None:
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


def _without_annual(service: ServiceInputs) -> ServiceInputs:
    """The same service without an amount of the planner, whose growths alone count."""
    return replace(service, annual=None)
