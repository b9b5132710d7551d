"""Findings as tidy pandas frames; loaded when a person asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from forecast.analysis.findings import Findings

__all__ = ["findings_frames"]

_Rows = Iterator[Mapping[str, Any]]


def findings_frames(findings: Findings) -> dict[str, pd.DataFrame]:
    """Tidy frames of all that a report tells.

    Parameters
    ----------
    findings : Findings
        The findings of one run.

    Returns
    -------
    dict of str to DataFrame
        By question, one row an observation; empty, with its columns, where the plan gives no answer. Amounts are in
        units of the measure, chances and shares from 0 to 1; low and high are the 95% interval of the simulation error.
    """
    return {name: pd.DataFrame(list(rows(findings)), columns=columns) for name, (columns, rows) in _FRAMES.items()}


def _target_rows(findings: Findings) -> _Rows:
    for row in findings.targets:
        low, high = row.spread
        interval = {"chance": row.chance.value, "low": row.chance.low, "high": row.chance.high}
        yield {**vars(row), **interval, "target": row.name, "spread_low": low, "spread_high": high}


def _case_rows(findings: Findings) -> _Rows:
    for case in findings.cases:
        for target, chance in case.chances.items():
            yield {"case": case.name, "target": target, "chance": chance.value, "low": chance.low, "high": chance.high}


def _month_rows(findings: Findings) -> _Rows:
    for bar in findings.months.bars:
        yield {"measure": findings.months.measure, **vars(bar)}


def _bridge_rows(findings: Findings) -> _Rows:
    if (bridge := findings.bridge) is not None:
        kinds = ("start", *("step" for _ in bridge.steps), "end")
        for kind, step in zip(kinds, (bridge.start, *bridge.steps, bridge.end), strict=True):
            interval = {"value": step.amount, "low": step.low, "high": step.high}
            yield {"measure": bridge.measure, "period": bridge.period, "kind": kind, "step": step.name, **interval}


def _exceedance_rows(findings: Findings) -> _Rows:
    for target, curve in findings.exceedance.items():
        for amount, chance in zip(curve.amounts, curve.chances, strict=True):
            point = {"amount": amount, "chance": chance}
            yield {"target": target, "measure": curve.measure, "period": curve.period, **point}


def _sensitivity_rows(findings: Findings) -> _Rows:
    if (sensitivity := findings.sensitivity) is not None:
        for bar in sensitivity.bars:
            yield {**vars(sensitivity), **vars(bar), "assumption": bar.name}


def _district_rows(findings: Findings) -> _Rows:
    if (districts := findings.districts) is not None:
        for row in districts.rows:
            district = {**vars(row), "district": row.code, "period": districts.period, "lost": row.total_loss}
            for statistic in ("mean", "p10", "p50", "p90"):
                yield {**district, "statistic": statistic, **getattr(row, statistic)._asdict()}


def _months_table_rows(findings: Findings) -> _Rows:
    if (year := findings.year) is not None:
        periods = {"month": year.table.month, "to_date_period": year.table.to_date, "year": year.table.outlook}
        for row in year.table.rows:
            figures = {"plan_year": row.plan_year, "plan_month": row.plan_month}
            plan = {name: None if figure is None else figure.value for name, figure in figures.items()}
            sources = {f"{name}_source": "" if cell is None else cell.source for name, cell in figures.items()}
            chance = {} if row.chance is None else row.chance._asdict()
            interval = {"chance": chance.get("value"), "low": chance.get("low"), "high": chance.get("high")}
            yield {**vars(row), **periods, **plan, **sources, **interval}


def _variance_rows(findings: Findings) -> _Rows:
    for variance in findings.year.variances if findings.year is not None else ():
        key = {"measure": variance.measure, "reference": variance.reference}
        yield {**key, "kind": "start", **vars(variance.start), "error": 0.0}
        for step in variance.steps:
            note = "; ".join(text for _, text in step.notes)
            yield {**key, "kind": step.kind, "cause": step.name, **vars(step), "note": note}
        yield {**key, "kind": "end", **vars(variance.end), "error": 0.0}


def _chance_point_rows(findings: Findings) -> _Rows:
    for point in findings.year.chances if findings.year is not None else ():
        for target, chance in point.chances.items():
            closed = len(point.closed_months)
            interval = {"chance": chance.value, "low": chance.low, "high": chance.high}
            yield {"as_of": point.as_of, "closed": closed, "lock": point.lock, "target": target, **interval}


_TARGET_COLUMNS = ["target", "measure", "period", "place", "direction", "threshold", "required_chance"]
_TARGET_COLUMNS += ["chance", "low", "high", "spread_low", "spread_high", "average_shortfall"]
_MONTH_COLUMNS = ["measure", "month", "previous_year", "plan", "mean", "p5", "p10", "p25", "p50", "p75", "p90", "p95"]
_BAR_COLUMNS = [
    "target",
    "measure",
    "period",
    "assumption",
    "text",
    "grade",
    "location",
    "low",
    "high",
    "error",
]
_DISTRICT_COLUMNS = ["district", "name", "period", "place_count", "weight", "lost", "statistic", "value", "low", "high"]
_MONTHS_TABLE_COLUMNS = [
    "measure",
    "position",
    "month",
    "to_date_period",
    "year",
    "plan_year",
    "plan_year_source",
    "revised_year",
    "plan_month",
    "plan_month_source",
    "actual_month",
    "is_month_booked",
    "month_ratio",
    "to_date",
    "is_to_date_booked",
    "year_ratio",
    "previous_year_ratio",
    "p10",
    "p50",
    "p90",
    "target",
    "chance",
    "low",
    "high",
]
_VARIANCE_COLUMNS = ["measure", "reference", "kind", "cause", "to_date", "outlook", "outlook_p50", "error", "note"]
_FRAMES: dict[str, tuple[list[str], Callable[[Findings], _Rows]]] = {
    "targets": (_TARGET_COLUMNS, _target_rows),
    "cases": (["case", "target", "chance", "low", "high"], _case_rows),
    "months": (_MONTH_COLUMNS, _month_rows),
    "bridge": (["measure", "period", "kind", "step", "value", "low", "high"], _bridge_rows),
    "exceedance": (["target", "measure", "period", "amount", "chance"], _exceedance_rows),
    "sensitivity": (_BAR_COLUMNS, _sensitivity_rows),
    "districts": (_DISTRICT_COLUMNS, _district_rows),
    "months_table": (_MONTHS_TABLE_COLUMNS, _months_table_rows),
    "variance": (_VARIANCE_COLUMNS, _variance_rows),
    "chance_by_month": (["as_of", "closed", "lock", "target", "chance", "low", "high"], _chance_point_rows),
}
"""Question -> columns of its frame, and the function that yields its rows."""
