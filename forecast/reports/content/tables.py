"""Tables of a report: rows of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from forecast.analysis.findings import ReturnLevel, TailRisk, TargetRow
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, exact_percent, interval_text, whole_percent
from forecast.periods import parse_period
from forecast.plan.labels import display_name
from forecast.plan.record import for_service
from forecast.plan.shocks import AnyShock, Drift, Event
from forecast.reports.charts.bridge import rounded_amounts
from forecast.reports.content.charts import report_label
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    chance_range_text,
    error_text,
    goal_text,
    name_text,
    period_text,
    range_text,
    sentence_case,
    target_chance_text,
    target_measure_text,
    target_text,
)
from forecast.reports.fonts import truncate_label
from forecast.stats.intervals import Estimate
from forecast.timeseries.baseline import ServiceBaseline

MONTHS_PER_YEAR = 12
"""Months of a figure whose return period is counted in years."""
MAX_ERROR_DECIMALS = 4
"""Decimals, at most, of an amount that is printed with as many as its simulation error needs."""


@dataclass(frozen=True)
class Table:
    """Heads and rows; the first cell of a row names it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    """Columns that are aligned to the right."""
    strong: frozenset[int] = frozenset()
    """Rows that are bold."""


def head_texts(t: Translator, *keys: str) -> tuple[str, ...]:
    """Return the heads of some message keys."""
    return tuple(t(key) for key in keys)


def target_table(view: RunView, t: Translator) -> Table:
    """Return each target with its chance, its simulation error and its spread, in three columns."""
    rows = tuple(_target_cells(row, view, t) for row in view.findings.targets)
    keys = (
        "target_name",
        "target_required",
        "target_chance",
        "target_error",
        "target_spread",
        "target_shortfall",
        "target_other",
    )
    table = Table(head_texts(t, *keys), rows)
    return table if any(row[-1] for row in rows) else Table(table.heads[:-1], tuple(row[:-1] for row in rows))


def _target_cells(row: TargetRow, view: RunView, t: Translator) -> tuple[str, ...]:
    scale = view.scale_for(row.measure, row.period, [row.threshold, row.average_shortfall], t)
    interval = interval_text(row.chance.low, row.chance.high, t, row.chance.value, row.required_chance)
    other_basis = ""
    if row.other_basis is not None:
        basis = view.scenario.targets[row.name].basis if row.name in view.scenario.targets else "stated"
        key = "target_other_parts" if basis == "stated" else "target_other_stated"
        other_basis = t(key, chance=whole_percent(row.other_basis.value, t, row.required_chance))
    return (
        f"{target_text(row, view, t)}\n{sentence_case(target_measure_text(row, view.scenario, t))}, "
        f"{period_text(row.period, t)}: {goal_text(row, view, t)}",
        t("not_stated") if row.required_chance is None else exact_percent(row.required_chance, t),
        target_chance_text(row, t),
        f"{error_text(row.chance, t)} ({interval})",
        chance_range_text(*row.spread, t, row.required_chance) if view.findings.cases else t("not_tried"),
        scale.short_amount(abs(row.average_shortfall)),
        other_basis,
    )


def short_target_rows(view: RunView, t: Translator) -> list[tuple[str, ...]]:
    """Return name, required chance, chance, simulation error and spread of each target, for the A4 page."""
    return [
        (
            target_text(row, view, t),
            t("not_stated") if row.required_chance is None else exact_percent(row.required_chance, t),
            target_chance_text(row, t),
            error_text(row.chance, t),
            chance_range_text(*row.spread, t, row.required_chance) if view.findings.cases else t("not_tried"),
        )
        for row in view.findings.targets
    ]


def tail_table(view: RunView, t: Translator) -> Table | None:
    """Return the bad tail of the main target's figure: amounts by chance, and the mean of the worst 5%."""
    tail = view.findings.tails.get(view.findings.main_target)
    if tail is None:
        return None
    scale = view.main_scale(t)
    rows = [
        (exact_percent(level.chance, t), _return_period_text(level, tail, t), *_estimate_texts(level.amount, scale, t))
        for level in tail.levels
    ]
    rows.append((t("tail_cvar"), "", *_estimate_texts(tail.cvar, scale, t)))
    heads = (
        t("tail_below" if tail.higher_is_better else "tail_above"),
        t("tail_return_period"),
        t("tail_amount", unit=scale.unit),
        t("why_error"),
    )
    return Table(heads, tuple(rows), frozenset((1, 2, 3)))


def tail_line(view: RunView, t: Translator) -> str:
    """Return the bad tail of the main target's figure as one line, for the A4 page; empty without a target."""
    tail, scale = view.findings.tails.get(view.findings.main_target), view.main_scale(t)
    if tail is None:
        return ""
    levels = (
        f"{exact_percent(level.chance, t)} ({_return_period_text(level, tail, t)}): "
        + " ".join(_estimate_texts(level.amount, scale, t))
        for level in tail.levels
    )
    return t(
        "sheet_tail_below" if tail.higher_is_better else "sheet_tail_above",
        levels=" · ".join(levels),
        cvar=" ".join(_estimate_texts(tail.cvar, scale, t)),
        unit=scale.unit,
    )


def _return_period_text(level: ReturnLevel, tail: TailRisk, t: Translator) -> str:
    is_year = parse_period(tail.period).count == MONTHS_PER_YEAR
    return t("return_years" if is_year else "return_periods", count=t.number(level.return_period))


def _estimate_texts(estimate: Estimate, scale: AmountScale, t: Translator) -> tuple[str, str]:
    """Return an amount and its simulation error, with the digits that suit the error."""
    half_width = (estimate.high - estimate.low) / 2
    size = half_width / scale.factor
    decimals = next((d for d in range(1, MAX_ERROR_DECIMALS) if size * 10**d >= 0.5), MAX_ERROR_DECIMALS)
    decimals = 0 if size >= 2 else decimals if size else scale.decimals  # on an atom there is no error
    return scale.number(estimate.value, decimals), f"±{scale.number(half_width, decimals)}"


def monthly_table(view: RunView, t: Translator) -> Table:
    """Return the months as figures."""
    scale = view.months_scale(t)
    bars = view.findings.months.bars
    has_plan, statuses = any(bar.plan is not None for bar in bars), view.findings.months.previous_year_statuses
    columns: list[tuple[str, list[str]]] = [(t("month_head"), [period_text(bar.month, t) for bar in bars])]
    for status in sorted(set(statuses) - {""}):
        actual = [
            bar.previous_year if bar_status == status else None for bar, bar_status in zip(bars, statuses, strict=True)
        ]
        columns.append((t(f"months_{status}"), ["" if value is None else scale.number(value) for value in actual]))
    if has_plan:
        columns.append((t("months_plan"), ["" if bar.plan is None else scale.number(bar.plan) for bar in bars]))
    columns.append(("P10", [scale.number(bar.p10) for bar in bars]))
    columns.append(("P50", [scale.number(bar.p50) for bar in bars]))
    columns.append(("P90", [scale.number(bar.p90) for bar in bars]))
    rows = tuple(zip(*(cells for _, cells in columns), strict=True))
    return Table(tuple(head for head, _ in columns), rows, frozenset(range(1, len(columns))))


def bridge_table(view: RunView, t: Translator) -> Table | None:
    """Return the bridge as figures that add up; None without a bridge."""
    finding = view.findings.bridge
    if finding is None:
        return None
    scale = view.bridge_scale(t)
    figures, decimals = rounded_amounts(finding, finding.steps, scale)
    ends = (t("bridge_plan"), t("bridge_forecast"))
    rows = [(ends[0], t.number(figures[0], decimals), "")] if finding.start.amount else []
    for step, figure in zip(finding.steps, figures[1:-1], strict=True):
        text = t.number(figure, decimals)
        error = f"±{scale.number((step.high - step.low) / 2, decimals)}"
        rows.append(
            (
                truncate_label(report_label(step, view, t).in_language(t.language)),
                f"+{text}" if figure > 0 else text,
                error,
            )
        )
    end = finding.end
    rows.append((ends[1], t.number(figures[-1], decimals), f"±{scale.number((end.high - end.low) / 2, decimals)}"))
    heading = (t("why_step"), t("why_amount", unit=scale.unit), t("why_error"))
    return Table(
        heading,
        tuple(rows),
        frozenset((1, 2)),
        frozenset((0, len(rows) - 1) if finding.start.amount else (len(rows) - 1,)),
    )


def gap_table(year: str, entry: Mapping[str, object], view: RunView, t: Translator) -> tuple[str, Table]:
    """Return a sentence and the items of a stated year, with the gap between total and services as one of them."""
    services = entry["services"]
    assert isinstance(services, Mapping)
    amounts = {key: _as_number(entry.get(key)) for key in ("sum", "stated", "gap")}
    scale = choose_scale("revenue", [*amounts.values(), *services.values()], view.scenario.currency, t)
    amount_text = partial(scale.exact_amount, max_decimals=3)
    stated = view.scenario.stated.get(year)
    label = stated.gap.label if stated else None
    understated = [
        service for service in services if stated and for_service(stated.understated_by, service) is not None
    ]
    rows = [
        (
            display_name(
                service, view.scenario.services[service].label if service in view.scenario.services else None, t
            ),
            t("more_than", amount=amount_text(value)) if service in understated else amount_text(value),
        )
        for service, value in services.items()
    ]
    rows.append((t("gap_sum"), amount_text(amounts["sum"])))
    rows.append(
        (truncate_label(label.in_language(t.language)) if label else t("name_of_gap"), amount_text(amounts["gap"]))
    )
    rows.append((t("gap_stated"), amount_text(amounts["stated"])))
    sentence = t(
        "gap_lead" if amounts["gap"] else "gap_even", year=year, stated=amount_text(amounts["stated"]),
        sum=amount_text(amounts["sum"]), gap=amount_text(amounts["gap"]),
    )  # fmt: skip
    forecast = next(iter(view.summary.get("measures", {}).get("gap", {}).values()), None)
    if understated and forecast is not None:
        mean, low, high = (scale.amount(forecast[key], 1) for key in ("mean", "p10", "p90"))
        sentence += " " + t("gap_above", mean=mean, low=low, high=high)
    strong = frozenset((len(rows) - 3, len(rows) - 1))
    return sentence, Table(head_texts(t, "gap_item", "gap_amount"), tuple(rows), frozenset((1,)), strong)


def _as_number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def baseline_table(view: RunView, t: Translator) -> Table | None:
    """Return the baseline forecast beside this forecast, by service; None without services."""
    services = view.baseline.services
    years = sorted({year for service_baseline in services.values() for year in service_baseline.annual_quantiles})
    year = next((y for y in years if str(y) == view.period[:4]), years[-1] if years else None)
    if not services:
        return None
    rows = []
    for name, service_baseline in services.items():
        service = view.scenario.services.get(name)
        label = display_name(name, service.label if service else None, t)
        measure = f"{service_baseline.measured}.{name}"
        statistics = view.summary.get("measures", {}).get(measure, {}).get(str(year), {})
        is_reconstructed = service_baseline.kind == "reconstructed"  # a width of its own making says nothing
        baseline_range = service_baseline.annual_quantiles.get(year) if year and not is_reconstructed else None
        scale = choose_scale(measure, [statistics.get("p50", 0.0), *(baseline_range or ())], view.scenario.currency, t)
        forecast_range = (statistics["p10"], statistics["p50"], statistics["p90"]) if "p10" in statistics else None
        weights = ", ".join(
            f"{_model_text(model, t)} {whole_percent(weight, t)}"
            for model, weight in service_baseline.weights.items()
            if weight >= 0.005
        )
        kind = t(f"baseline_kind_{service_baseline.kind}")
        rows.append(
            (
                label,
                t("baseline_no_range") if is_reconstructed else _range_text(baseline_range, scale, t),
                _range_text(forecast_range, scale, t),
                weights or kind,
                _accuracy_text(service_baseline, t),
            )
        )
    heading = (
        t("baseline_service"),
        t("baseline_history_alone", year=year or ""),
        t("baseline_this_forecast"),
        t("baseline_models"),
        t("baseline_quality"),
    )
    return Table(heading, tuple(rows))


def _model_text(name: str, t: Translator) -> str:
    return t(f"model_{name}") if t.has(f"model_{name}") else name.replace("_", " ")


def _range_text(quantiles: Sequence[float] | None, scale: AmountScale, t: Translator) -> str:
    if quantiles is None:
        return t("not_stated")
    low, median, high = quantiles
    return scale.with_unit(
        t("middle_of_range", low=scale.number(low), high=scale.number(high), middle=scale.number(median))
    )


def _accuracy_text(service: ServiceBaseline, t: Translator) -> str:
    """Return the MASE of the combined forecast on past months, and the coverage of its intervals."""
    coverages = (service.coverage80, service.coverage95)
    texts = [] if service.mase is None else [t("baseline_mase", mase=t.number(service.mase, 2))]
    if None not in coverages:
        low, high = (whole_percent(float(share or 0.0), t) for share in coverages)
        texts.append(t("baseline_coverage", coverage80=low, coverage95=high))
    return "; ".join(texts) or t("baseline_untested")


def shock_table(view: RunView, t: Translator) -> Table | None:
    """Return the shocks of the plan, and the frequency of each; None without shocks."""
    rows = tuple(
        (
            truncate_label(name_text(f"shocks.{name}", view.scenario, t)),
            t(f"kind_{shock.kind}"),
            _frequency_text(shock, t),
        )
        for name, shock in view.scenario.shocks.items()
    )
    return Table(head_texts(t, "shock_name", "shock_kind", "shock_often"), rows) if rows else None


def _frequency_text(shock: AnyShock, t: Translator) -> str:
    if isinstance(shock, Event):
        dates = t("shock_dated", **{"from": range_text(shock.from_.text, t), "until": range_text(shock.until.text, t)})
        return f"{range_text(shock.chance.text, t)} · {dates}" if shock.chance else dates
    if isinstance(shock, Drift):
        return t("shock_over", text=range_text(shock.over.text, t))
    rate = getattr(shock, "waves_per_year", None) or shock.per_year  # type: ignore[union-attr]
    return t("shock_count", text=range_text(rate.text, t))


def initiative_table(view: RunView, t: Translator) -> Table | None:
    """Return the active initiatives with chance, start and cost; None without one."""
    rows = []
    for name, initiative in view.scenario.initiatives.items():
        if not initiative.active:
            continue
        chance = range_text(initiative.chance.text, t) if initiative.chance else t("initiative_certain")
        cost = t("initiative_given" if initiative.cost is not None else "initiative_unknown")
        rows.append(
            (
                truncate_label(name_text(f"initiatives.{name}", view.scenario, t)),
                chance,
                range_text(initiative.start.text, t),
                cost,
            )
        )
    keys = ("initiative_name", "initiative_chance", "initiative_start", "initiative_cost")
    return Table(head_texts(t, *keys), tuple(rows)) if rows else None
