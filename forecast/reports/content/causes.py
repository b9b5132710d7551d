"""Causes of changes in the year to date as people name them, and the sentences on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from forecast.analysis.year_findings import ChancePoint, Variance, VarianceStep
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale
from forecast.periods import parse_month
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text, measure_text, period_text, sentence_case
from forecast.reports.fonts import truncate_label
from forecast.reports.year_summary import restore_variances

__all__ = ["year_lines"]

MAX_CAUSES = 4
"""Causes that a sentence names, the largest first."""
VARIANCE_DECIMALS, MAX_VARIANCE_DECIMALS = 2, 5
"""Decimals of changes, in the unit of the whole; more where the largest of them would be 0."""
SINGLE_STEPS = ("audit", "learned", "rest")
"""Kinds whose lines are one step on the page."""


def year_lines(scenario: Scenario, summary: Mapping[str, Any], t: Translator) -> list[str]:
    """Return the closed months of a run in a few sentences.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    summary : mapping
        Content of `summary.json`.
    t : Translator
        The language.

    Returns
    -------
    list of str
        How many months are closed with the year to date, then the largest causes against the plan and against the last
        forecast; empty where no month is closed.
    """
    if not summary.get("closed_months"):
        return []
    table = summary["months_table"]
    variances = {
        variance.reference: variance for variance in restore_variances(summary) if variance.measure == "revenue"
    }
    closed = closed_text(len(summary["closed_months"]), table["open_months"], scenario.as_of, t)
    lines = [f"{closed}. {_to_date_text(scenario, table, variances.get('plan'), t)}."]
    for reference, key in (("plan", "year_causes_plan"), ("last_forecast", "year_causes_forecast")):
        variance = variances.get(reference)  # type: ignore[call-overload]
        if variance is not None and variance.steps:
            lines.append(_causes_line(key, variance, scenario, t))
    return lines


def closed_text(closed: int, open_count: int, as_of: date | None, t: Translator) -> str:
    """Return `3 closed + 9 forecast months (3+9), as of 5 April 2025`."""
    counts = {"closed": closed, "open": open_count}
    return t("year_closed", **counts) if as_of is None else t("year_closed_as_of", **counts, date=date_text(as_of, t))


def _to_date_text(scenario: Scenario, table: Mapping[str, Any], plan: Variance | None, t: Translator) -> str:
    """The year to date of revenue, beside its plan and a year earlier, and the outlook."""
    row = next(row for row in table["rows"] if row["measure"] == "revenue")
    outlook = row["outlook"]
    has_plan = plan is not None and plan.steps and plan.start.to_date > 0
    to_date_ratio = row["to_date"] / plan.start.to_date if plan is not None and has_plan else None
    scale = choose_scale("revenue", [outlook["p50"]], scenario.currency, t)
    amounts = choose_scale("revenue", [row["to_date"]], scenario.currency, t)
    ratios = (
        ("year_of_plan", row["of_plan_year"]),
        ("year_of_plan_to_date", to_date_ratio),
        ("year_of_previous", row["of_previous_year"]),
    )
    params = {"measure": sentence_case(t("measure_revenue")), "period": period_text(table["to_date"], t)}
    parts = [
        t("year_to_date_amount", **params, amount=amounts.amount(row["to_date"])),
        *(t(key, percent=t.percent(ratio, 1)) for key, ratio in ratios if ratio is not None),
    ]
    middle, low, high = scale.amount(outlook["p50"]), scale.number(outlook["p10"]), scale.amount(outlook["p90"])
    if not table["open_months"]:
        return ", ".join(parts)
    return f"{', '.join(parts)}; {t('year_outlook_amount', middle=middle, low=low, high=high)}"


def _causes_line(key: str, variance: Variance, scenario: Scenario, t: Translator) -> str:
    """The largest causes: of the year to date against the plan, of the year against the last forecast."""
    is_to_date = key == "year_causes_plan"
    steps = page_steps(variance)
    amounts = {step: step.to_date if is_to_date else step.outlook for step in steps}
    change = (
        (variance.end.to_date - variance.start.to_date)
        if is_to_date
        else (variance.end.outlook - variance.start.outlook)
    )
    scale = choose_scale("revenue", [variance.end.outlook], scenario.currency, t)
    decimals = telling_decimals(amounts.values(), scale)
    return t(
        key,
        change=scale.with_unit(scale.signed_number(change, decimals)),
        causes=causes_text([(step, amounts[step]) for step in steps], scenario, scale, t),
    )


def telling_decimals(amounts: Iterable[float], scale: AmountScale) -> int:
    """Return the decimals with which the largest of some changes is not 0, within `MAX_VARIANCE_DECIMALS`."""
    largest = max(map(abs, amounts), default=0.0) / scale.factor
    decimals = range(VARIANCE_DECIMALS, MAX_VARIANCE_DECIMALS + 1)
    return next((count for count in decimals if round(largest, count)), VARIANCE_DECIMALS)


def causes_text(
    steps: Sequence[tuple[VarianceStep, float]], scenario: Scenario, scale: AmountScale, t: Translator
) -> str:
    """The largest causes with their amounts."""
    largest = sorted(steps, key=lambda pair: -abs(pair[1]))[:MAX_CAUSES]
    decimals = telling_decimals([amount for _, amount in steps], scale)
    texts = ((step, scale.signed_number(amount, decimals)) for step, amount in largest)
    return "; ".join(f"{cause_text(step, scenario, t)} {text}" for step, text in texts if text.strip("0.,"))


def measure_name(measure: str, scenario: Scenario, t: Translator) -> str:
    """Return a line of the table as people name it: a service or a cost by its label, a total by its measure."""
    kind, _, name = measure.partition(".")
    if measure == "gap":
        label = next((year.gap.label for year in scenario.stated.values() if year.gap.label is not None), None)
        return t("name_of_gap") if label is None else label.in_language(t.language)
    if not name:
        text = measure_text(kind, scenario, t)
        is_sum = (kind == "revenue" and len(scenario.services) > 1) or (kind == "cost" and len(scenario.costs) > 1)
        return sentence_case(t("table_total", measure=text) if is_sum else text)
    tables = ("services",) if kind == "revenue" else ("costs", "initiatives", "shocks")
    table = next((table for table in tables if name in getattr(scenario, table)), tables[0])
    return truncate_label(display_label(scenario, f"{table}.{name}").in_language(t.language))


def page_steps(variance: Variance) -> tuple[VarianceStep, ...]:
    """Return the steps as a page shows them: an audit, what closed months taught, and open months are one step each."""
    steps: list[VarianceStep] = []
    for step in variance.steps:
        if step.kind in SINGLE_STEPS and steps and steps[-1].kind == step.kind:
            last = steps.pop()
            total = (last.to_date + step.to_date, last.outlook + step.outlook)
            step = VarianceStep(step.kind, step.kind, *total, last.error + step.error)
        elif step.kind in SINGLE_STEPS:
            step = VarianceStep(step.kind, step.kind, step.to_date, step.outlook, step.error)
        steps.append(step)
    return tuple(steps)


def cause_text(step: VarianceStep, scenario: Scenario, t: Translator) -> str:
    """Return a cause as people name it."""
    match step.kind:
        case "audit" | "learned" | "rest":
            return t(f"variance_{step.kind}")
        case "volume" | "price" | "actual":
            return t(f"variance_{step.kind}", name=measure_name(step.name, scenario, t))
        case "initiative" if step.name == "initiatives":
            return t("variance_initiatives")
        case "assumption" if step.name == "rest":
            return t("variance_other_assumptions")
    label = step.label.in_language(t.language) if step.label is not None else step.name
    key = "variance_risk_over" if step.name.startswith("shocks.") and step.kind == "event" else f"variance_{step.kind}"
    return t(key, name=truncate_label(label))


def point_causes(point: ChancePoint, view: RunView, scale: AmountScale, t: Translator) -> str:
    """Return the change of the mean of the year and its largest causes; empty for the first point."""
    if point.change is None:
        return ""
    steps = [(step, step.outlook) for step in page_steps(point.change)]
    decimals = telling_decimals([amount for _, amount in steps], scale)
    total = scale.signed_number(point.change.end.outlook - point.change.start.outlook, decimals)
    causes = causes_text(steps, view.scenario, scale, t)
    return f"{total}: {causes}" if causes else total


def main_cause(point: ChancePoint, view: RunView, t: Translator) -> str:
    """Return the largest cause of the change that led to a point, its amount first; empty without one."""
    if point.change is None or not point.change.steps:
        return ""
    scale = choose_scale("revenue", [point.change.end.outlook], view.scenario.currency, t)
    largest = max(page_steps(point.change), key=lambda step: abs(step.outlook))
    amount = scale.signed_number(largest.outlook, telling_decimals([largest.outlook], scale))
    return f"{amount} {cause_text(largest, view.scenario, t)}"


def point_positions(points: Sequence[ChancePoint], months: range) -> list[float]:
    """Return where points stand over the months of a year: at k where month k is the last closed one, at 0 before it.

    Those of one month stand side by side, whatever their days.
    """
    last_closed = []
    for point in points:
        position = parse_month(point.closed_months[-1]) + 1 - months.start if point.closed_months else 0
        last_closed.append(min(max(position, 0), len(months)))
    sizes = Counter(last_closed)
    positions = []
    for number, position in enumerate(last_closed):
        first = position if position < len(months) else position - 1 + 1 / sizes[position]  # the last ends the year
        positions.append(first + last_closed[:number].count(position) / sizes[position])
    return positions
