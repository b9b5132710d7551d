"""A plan with every kind of input that a workbook has, and its workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecast.i18n import Language, Translator
from forecast.periods import format_month
from forecast.plan.loading.loader import read_plan
from forecast.plan.scenario import Scenario
from forecast.reports.workbook.content import WorkbookContent
from forecast.simulation.central_case import CentralCase, simulate_central_case
from forecast.simulation.compiled import compile_plan
from forecast.timeseries.baseline import fit_baseline

EVERY_INPUT_PLAN = """\
name: {en: "=1+1", vi: "=1+1"}
horizon: {from: 2026-07, months: 18}
services:
  a:
    label: {en: "=1+1", vi: "+cmd"}
    growth: {2027: 2% to 12.5%}
    price_change: {2027: 1% to 3%}
    baseline: {method: given, annual: "normal(120 tỷ, 5 tỷ)", noise: 5%}
  b:
    label: {en: "@SUM(A1)", vi: "-1+1"}
    growth: -3% to 4%
    baseline: {method: given, annual: {value: 80 tỷ to 95 tỷ, source: "=HYPERLINK(0)", grade: B, note: "=1+1"}}
costs:
  wages: {per_person_month: 15.5 triệu, change_per_year: 2% to 6%}
  goods: {of_revenue: {a: 33.3%, b: "triangular(20%, 30%, 45%)"}, once: "uniform(1 tỷ, 2 tỷ)"}
workforce: {headcount: 100 people, productivity: {basis: wage_revenue, wage_share: {all: 40% to 60%}}}
shocks:
  rivals: {kind: drift, over: 10 months, reach: 50%, effect: {volume: {a: -20% to -4%}, price: {b: -5%}}}
  flood: {kind: event, from: 2026-10-01, until: 2026-10-20, effect: {volume: {all: -50%}}}
initiatives:
  shop:
    start: 2026-09-10 to 2026-11-20
    ramp: 1.5 months
    chance: 60%
    cost: {once: 300 triệu, per_month: 20 triệu}
    effect: {volume: {a: "pert(0%, 2%, 9%)"}, revenue: {all: 1%}, headcount: 3%}
    takes_from: {b: 25%}
  later: {start: 2026-08, needs: [shop], effect: {price: {b: 4%}}}
  unlikely: {start: 2026-08, chance: 30%, effect: {price: {a: 50%}}}
targets:
  revenue: {measure: revenue, period: 2027, at_least: 215 tỷ, required_chance: 70%}
"""


def write_plan(folder: Path, text: str = EVERY_INPUT_PLAN) -> Path:
    """Write the plan, in a project of its own."""
    file = folder / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def central_case_of(scenario: Scenario) -> CentralCase:
    """The central case of a plan."""
    return simulate_central_case(compile_plan(scenario, fit_baseline(scenario)))


def workbook_content_of(
    file: Path, overrides: dict[str, str] | None = None, language: Language = "vi"
) -> WorkbookContent:
    """Content of the workbook of a plan, with a made-up outlook."""
    scenario = read_plan(file, overrides=overrides or None).scenario
    months = [format_month(month) for month in scenario.horizon.calendar.months]
    rows = [{"month": month, "mean": 1.0, "p10": 1e10, "p50": 2e10, "p90": 3e10} for month in months]
    summary: dict[str, Any] = {
        "months": {"revenue": rows},
        "measures": {},
        "targets": {},
        "paths": 1,
        "seed": 1,
        "run_id": "x",
    }
    return WorkbookContent(scenario, summary, {}, central_case_of(scenario), {}, {}, Translator(language))
