"""A run as its workbook needs it: plan, summary, central case and books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.periods import format_month, parse_period
from forecast.plan.assumption import Assumption
from forecast.plan.data_files import path_in_project
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.reports.content.text import measure_text, sentence_case
from forecast.reports.workbook.actuals_sheet import ActualsForm
from forecast.reports.workbook.formats import money_format
from forecast.reports.workbook.input_cells import InputCells, input_assumptions, input_cells
from forecast.reports.workbook.model_layout import build_model
from forecast.reports.workbook.model_rows import ModelRows
from forecast.simulation.central_case import CentralCase

__all__ = ["WorkbookContent"]


@dataclass(frozen=True)
class WorkbookContent:
    """A run as its workbook needs it."""

    scenario: Scenario
    summary: Mapping[str, Any]
    """Content of summary.json."""
    manifest: Mapping[str, Any]
    """Content of manifest.json."""
    central: CentralCase | None
    """None where months of the plan are closed."""
    last_booked: Mapping[str, Mapping[int, float]]
    """By measure and month, figures of the months before the horizon and of the closed ones."""
    assigned: Mapping[tuple[str, str], float]
    """By measure and period, figures of the plan as a document assigns them."""
    t: Translator
    others: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Name and summary of other plans that stand beside it."""
    actuals: ActualsForm | None = None
    """Figures that accountants are asked for; None without a ledger, or where every month is closed."""

    @cached_property
    def inputs(self) -> tuple[InputCells, ...]:
        """Every assumption of the plan as cells."""
        return tuple(
            input_cells(assumption, self.scenario.currency)
            for assumption in input_assumptions(self.scenario.assumptions())
        )

    @cached_property
    def model(self) -> ModelRows | None:
        """Lines of the central case; None where months of the plan are closed."""
        if self.central is None:
            return None
        return build_model(self.scenario, self.central, {cells.assumption.name for cells in self.inputs})

    @property
    def model_sheet(self) -> str:
        """Name of the sheet of the model as formulas write it."""
        return f"'{self.t('excel_sheet_model')}'"

    def measure_name(self, measure: str) -> str:
        """A measure as people name it: `Revenue, Post and delivery`."""
        kind, _, part = measure.partition(".")
        if measure == "gap":
            return sentence_case(self.t("key.gap"))
        if kind == "growth":
            service = display_label(self.scenario, f"services.{part}").in_language(self.t.language)
            return self.t("excel_growth", service=service)
        return sentence_case(measure_text(measure, self.scenario, self.t))

    def label(self, name: str) -> str:
        """Label of a dotted name; the name itself where it has none."""
        return display_label(self.scenario, name).in_language(self.t.language) or name

    def place(self, assumption: Assumption) -> str:
        """File and line of an assumption, such as `scenarios/covid.yaml:12`."""
        return f"{path_in_project(assumption.location.file, self.scenario)}:{assumption.location.line}"

    def title(self, sheet: str) -> str:
        """Title of a sheet: its name and that of the plan."""
        return f"{self.t(f'excel_sheet_{sheet}')}: {self.scenario.name.in_language(self.t.language)}"

    def shown(self, measure: str, values: Iterable[float | None], period: str = "") -> tuple[str, str]:
        """Number format and unit of amounts of a measure that stand together."""
        sizes = [abs(value) for value in values if value is not None]
        kind = measure.partition(".")[0]
        if kind == "growth":
            return "share", "%"
        if kind in ("margin", "headcount", "volume"):
            scale = choose_scale(measure, [1.0], self.scenario.currency, self.t)
            return {"margin": "share", "headcount": "people", "volume": "pieces"}[kind], scale.unit
        number_format, factor = money_format(max(sizes, default=0.0))
        is_year = not period or parse_period(period).count == 12
        return number_format, choose_scale(measure, [factor], self.scenario.currency, self.t, is_year).unit

    @property
    def months(self) -> list[str]:
        """Months of the horizon, as written."""
        return [format_month(month) for month in self.scenario.horizon.calendar.months]

    @cached_property
    def largest(self) -> float:
        """Largest revenue of a month, which chooses the scale of all amounts."""
        return max((abs(row["p90"]) for row in self.summary["months"]["revenue"]), default=0.0)

    @property
    def amount_format(self) -> str:
        """Number format of amounts."""
        return money_format(self.largest)[0]

    @property
    def amount_unit(self) -> str:
        """Unit that amounts are shown in."""
        factor = money_format(self.largest)[1]
        return choose_scale("revenue", [factor], self.scenario.currency, self.t).unit

    def outlook(self, measure: str) -> Floats | None:
        """(months, 3) P10, P50 and P90 of the months of a measure; None where the run has none."""
        rows = self.summary["months"].get(measure)
        return None if rows is None else np.array([[row["p10"], row["p50"], row["p90"]] for row in rows])

    def last_year(self, measure: str) -> list[float | None]:
        """The same months a year before, as booked."""
        booked = self.last_booked.get(measure, {})
        return [booked.get(month - 12) for month in self.scenario.horizon.calendar.months]

    @property
    def is_plan_assigned(self) -> bool:
        """True where a document assigns the revenue of some month."""
        return any(self._assigned_month(month) is not None for month in self.months)

    def _assigned_month(self, month: str) -> float | None:
        """Revenue of a month as it is assigned, or the sum of the services where all are."""
        parts = [self.assigned.get((f"revenue.{name}", month)) for name in self.scenario.service_names]
        known = [part for part in parts if part is not None]
        return self.assigned.get(("revenue", month), sum(known) if len(known) == len(parts) else None)

    def plan_months(self) -> list[float | None]:
        """Revenue of each month by the plan.

        As a document assigns it; else the targets of whole years, spread by the shares of the forecast's mean.
        """
        if self.is_plan_assigned:
            return [self._assigned_month(month) for month in self.months]
        means = {row["month"]: row["mean"] for row in self.summary["months"]["revenue"]}
        planned: dict[str, float] = {}
        for name in sorted(self.scenario.targets):
            target = self.scenario.targets[name]
            months = [format_month(month) for month in target.period.calendar.months]
            is_year = target.measure == "revenue" and target.at_least is not None and not target.place
            if not is_year or len(months) != 12 or planned.keys() & set(months):
                continue
            total = sum(means[month] for month in months)
            planned |= {month: target.threshold.value * means[month] / total for month in months}
        return [planned.get(month) for month in self.months]
