"""Rows of the income statement: total revenue, people, costs and profit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.periods import SEASON_MONTHS
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario
from forecast.reports.workbook.effect_rows import EffectRows, ramp_formula
from forecast.reports.workbook.model_rows import START_ROW, STOP_ROW, Formula, ModelRow, ModelRows
from forecast.simulation.model.impacts import HEADCOUNT_KEY
from forecast.simulation.model.inputs import PlannedHeadcount

__all__ = ["StatementRows"]


@dataclass
class StatementRows:
    """People, costs, and the lines of the income statement."""

    scenario: Scenario
    rows: ModelRows
    effects: EffectRows

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
            text, value = f"{text}*{share.scalar_cell}", value * share.scalar_value
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
                terms.append(f"{per_month}*{ramp_formula(column, start, '0')}*{happens}")
            if once:
                first, stop = f"{column}${START_ROW + 1}", f"{column}${STOP_ROW + 1}"
                terms.append(f"IF(AND({start}>={first},{start}<{stop}),{once}*{happens},0)")
            return "+".join(terms) or "0"

        return formula
