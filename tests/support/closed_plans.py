"""A small year with closed months: a ledger with days of booking, a plan, and the overlays of two months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import forecast
from forecast.analysis.collect import collect_findings
from forecast.analysis.findings import Findings
from forecast.analysis.year_findings import YearFindings
from forecast.reports.content.context import RunView
from forecast.simulation.results import Simulation
from forecast.workflows.publish import build_view
from forecast.workflows.request import RunRequest
from forecast.workflows.year_references import open_year_references

PATHS = 2_000
SEASON = (90, 80, 100, 100, 110, 110, 120, 110, 100, 100, 90, 90)
GROWTH = (104, 107, 95)
"""Percent of the year before, of the volumes of January to March 2025."""
PRICES = (10_000, 10_200)
NOTE = "A main burst on 8 March"

PLAN = """
name: {en: Plan 2025, vi: Kế hoạch 2025}
as_of: 2024-12-31
currency: VND
horizon: {from: 2025-01, months: 12}
history: ledger.csv
services:
  water: {label: {en: Water, vi: Nước}, growth: 0% to 8%, baseline: {noise: 2% to 4%}}
  works: {label: {en: Works, vi: Lắp đặt}, growth: -5% to 10%, baseline: {noise: 3% to 6%}}
costs:
  power: {label: {en: Power, vi: Điện}, of_revenue: {water: 11% to 13%}}
  wages: {label: {en: Wages, vi: Lương}, per_person_month: 20 triệu}
workforce: {headcount: 98 to 104 people}
shocks:
  drought:
    {kind: event, label: {en: Drought, vi: Hạn}, chance: 30%, from: 2025-03-10, until: 2025-03-31,
     effect: {volume: {water: -20%}}}
initiatives:
  meters:
    {label: {en: Meters, vi: Đồng hồ}, chance: 50%, start: 2025-06, effect: {volume: {water: 6% to 8%}}}
targets:
  revenue: {measure: revenue, period: 2025, at_least: 150 tỷ, required_chance: 60%}
  power: {measure: cost.power, period: 2025, at_most: 15 tỷ}
"""

FEBRUARY = """
extends: plan.yaml
as_of: 2025-03-05
"""

MARCH = f"""
extends: february.yaml
as_of: 2025-04-05
services: {{works: {{growth: 0% to 4%}}}}
history:
  shocks:
    burst:
      {{kind: event, label: {{en: Burst, vi: Vỡ ống}}, from: 2025-03-08, until: 2025-03-20,
        effect: {{volume: {{water: -20% to -10%}}}}}}
shocks: {{drought: null}}
initiatives: {{meters: {{start: 2025-09}}}}
notes: {{revenue.water: {{2025-03: {NOTE}}}, headcount: {{2025-02: Two new fitters}}}}
"""


@dataclass(frozen=True)
class ClosedPlan:
    """A run with closed months and all that is known of them."""

    run: Simulation
    findings: Findings
    view: RunView

    @property
    def year(self) -> YearFindings:
        """The year to date."""
        assert self.findings.year is not None
        return self.findings.year


def ledger_rows() -> list[str]:
    """Rows of the ledger: 2024, and January to March 2025 with their days of booking; costs come on the 20th."""
    rows = ["month,measure,value,status,booked"]
    for year, price, people in ((2024, PRICES[0], 100), (2025, PRICES[1], 102)):
        for month, season in enumerate(SEASON if year == 2024 else SEASON[: len(GROWTH)], 1):
            growth = 100 if year == 2024 else GROWTH[month - 1]
            books, costs = ("", "") if year == 2024 else (f"2025-{month + 1:02d}-05", f"2025-{month + 1:02d}-20")
            rows += [
                f"{year}-{month:02d},volume.water,{100 * season * growth},actual,{books}",
                f"{year}-{month:02d},price.water,{price},actual,{books}",
                f"{year}-{month:02d},revenue.works,{200_000 * season * (100 if year == 2024 else 105)},actual,{books}",
                f"{year}-{month:02d},cost.power,{120_000 * season * growth},actual,{costs}",
                f"{year}-{month:02d},headcount,{people},actual,{books}",
            ]
    rows.append("2025-02,revenue.works,1900000000,actual,2025-04-02")
    return rows


def write_closed_plan(folder: Path, more_rows: Sequence[str] = ()) -> Path:
    """Write the ledger, the plan and its overlays; the path of the overlay of March."""
    (folder / "ledger.csv").write_text("\n".join([*ledger_rows(), *more_rows]) + "\n", encoding="utf-8")
    for name, text in {"plan": PLAN, "february": FEBRUARY, "march": MARCH}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "march.yaml"


def make_closed_plan(
    folder: Path, file: str = "march.yaml", paths: int = PATHS, more_rows: Sequence[str] = (), **changes: object
) -> ClosedPlan:
    """Read, simulate and analyse one of the plans."""
    write_closed_plan(folder, more_rows)
    scenario = forecast.read(folder / file, set=changes or None)
    run = forecast.simulate(scenario, paths=paths)
    request = RunRequest.from_simulation(run)
    with open_year_references(scenario, run.baseline) as references:
        findings = collect_findings(run, references=references)
    return ClosedPlan(run, findings, build_view(run, request, (), findings))
