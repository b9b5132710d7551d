"""Closed months in `summary.json`: the monthly table, the variances and the chances by month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast.analysis.year_findings import (
    ChancePoint,
    MonthsTableRow,
    PlanFigure,
    Variance,
    VarianceStep,
    VarianceTotals,
    YearFindings,
)
from forecast.plan.bilingual import Label
from forecast.stats.intervals import Estimate

__all__ = ["restore_variances", "summarise_year"]


def summarise_year(year: YearFindings) -> dict[str, Any]:
    """Summarise the year to date for machines.

    Parameters
    ----------
    year : YearFindings
        The closed months of a run.

    Returns
    -------
    dict
        `closed_months`, `months_table`, `variance` and `chance_by_month`: JSON values, amounts in the plan's currency,
        ratios that are 1 where both sides are equal, chances from 0 to 1.
    """
    table = year.table
    return {
        "closed_months": list(year.closed_months),
        "months_table": {
            "month": table.month,
            "to_date": table.to_date,
            "year": table.outlook,
            "open_months": year.open_count,
            "plan_sources": list(table.plan_sources),
            "plan_lock": year.plan_lock,
            "rows": [_row(row) for row in table.rows],
            "notes": {measure: dict(notes) for measure, notes in year.notes.items()},
        },
        "variance": [_variance(variance) for variance in year.variances],
        "chance_by_month": [_point(point) for point in year.chances],
    }


def restore_variances(summary: Mapping[str, Any]) -> tuple[Variance, ...]:
    """Read the variances of a summary, which `summarise_year` wrote.

    Parameters
    ----------
    summary : mapping
        Content of `summary.json` of a plan with closed months.

    Returns
    -------
    tuple of Variance
        As they were.
    """
    return tuple(
        Variance(
            entry["measure"],
            entry["reference"],
            entry["as_of"],
            _restore_totals(entry["start"]),
            tuple(
                VarianceStep(
                    step["kind"],
                    step["name"],
                    step["to_date"],
                    step["year"],
                    step["error"],
                    None if step["label"] is None else Label(**step["label"]),
                    tuple(sorted(step["notes"].items())),
                )
                for step in entry["steps"]
            ),
            _restore_totals(entry["end"]),
        )
        for entry in summary["variance"]
    )


def _restore_totals(totals: Mapping[str, float]) -> VarianceTotals:
    return VarianceTotals(totals["to_date"], totals["year"], totals["year_p50"])


def _row(row: MonthsTableRow) -> dict[str, Any]:
    return {
        "measure": row.measure,
        "position": row.position,
        "plan_year": _plan(row.plan_year),
        "revised_year": row.revised_year,
        "plan_month": _plan(row.plan_month),
        "actual_month": row.actual_month,
        "month_booked": row.is_month_booked,
        "of_plan_month": row.month_ratio,
        "to_date": row.to_date,
        "to_date_booked": row.is_to_date_booked,
        "of_plan_year": row.year_ratio,
        "of_previous_year": row.previous_year_ratio,
        "outlook": {"p10": row.p10, "p50": row.p50, "p90": row.p90},
        "target": row.target,
        "chance": _estimate(row.chance),
    }


def _plan(figure: PlanFigure | None) -> dict[str, Any] | None:
    return None if figure is None else {"value": figure.value, "source": figure.source}


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {"chance": estimate.value, "low": estimate.low, "high": estimate.high}


def _variance(variance: Variance) -> dict[str, Any]:
    return {
        "measure": variance.measure,
        "reference": variance.reference,
        "as_of": variance.as_of,
        "start": _totals(variance.start),
        "steps": [
            {
                "kind": step.kind,
                "name": step.name,
                "to_date": step.to_date,
                "year": step.outlook,
                "error": step.error,
                "label": None if step.label is None else {"vi": step.label.vi, "en": step.label.en},
                "favourable": None if step.kind == "audit" else variance.is_favourable(step.outlook),
                "notes": dict(step.notes),
            }
            for step in variance.steps
        ],
        "end": _totals(variance.end),
    }


def _totals(totals: VarianceTotals) -> dict[str, float]:
    return {"to_date": totals.to_date, "year": totals.outlook, "year_p50": totals.outlook_p50}


def _point(point: ChancePoint) -> dict[str, Any]:
    change = point.change
    steps = (
        []
        if change is None
        else [{"kind": step.kind, "name": step.name, "year": step.outlook} for step in change.steps]
    )
    return {
        "as_of": point.as_of,
        "closed_months": list(point.closed_months),
        "lock": point.lock,
        "chances": {name: _estimate(chance) for name, chance in point.chances.items()},
        "other_goals": dict(point.other_goals),
        "changed_measure": "" if change is None else change.measure,
        "causes": steps,
    }
