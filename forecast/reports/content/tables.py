"""The tables of a report: rows of texts, ready to be set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from forecast.analysis.findings import TargetRow
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale
from forecast.plan.record import for_service
from forecast.plan.shocks import AnyShock, Drift, Event
from forecast.reports.charts.bridge import rounded_amounts
from forecast.reports.charts.rows import display_name
from forecast.reports.charts.style import truncate_label
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
    target_measure_text,
    target_text,
    tenths_text,
)
from forecast.timeseries.baseline import ServiceBaseline


@dataclass(frozen=True)
class Table:
    """Heads and rows; the first cell of a row names it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    """Columns that are set to the right."""
    strong: frozenset[int] = frozenset()
    """Rows that are set bold."""


def head_texts(words: Translator, *keys: str) -> tuple[str, ...]:
    """The heads of some keys."""
    return tuple(words(key) for key in keys)


def target_table(view: RunView, words: Translator) -> Table:
    """Each target with its chance, its simulation error and its spread, three things apart."""
    rows = tuple(_target_cells(row, view, words) for row in view.findings.targets)
    keys = (
        "target_name",
        "target_wanted",
        "target_chance",
        "target_error",
        "target_spread",
        "target_shortfall",
        "target_other",
    )
    table = Table(head_texts(words, *keys), rows)
    return table if any(row[-1] for row in rows) else Table(table.heads[:-1], tuple(row[:-1] for row in rows))


def _target_cells(row: TargetRow, view: RunView, words: Translator) -> tuple[str, ...]:
    scale = view.scale_for(row.measure, row.period, [row.threshold, row.expected_shortfall], words)
    other = ""
    if row.other_basis is not None:
        basis = view.scenario.targets[row.name].basis if row.name in view.scenario.targets else "stated"
        key = "target_other_parts" if basis == "stated" else "target_other_stated"
        other = words(key, chance=words.percent(row.other_basis.value))
    chance = f"{tenths_text(row.chance.value, words)} ({words.percent(row.chance.value)})"
    return (
        f"{target_text(row, view, words)}\n{sentence_case(target_measure_text(row, view.scenario, words))}, "
        f"{period_text(row.period, words)}: {goal_text(row, view, words)}",
        words("not_said") if row.required_chance is None else words.percent(row.required_chance),
        chance,
        f"{error_text(row.chance, words)} ({chance_range_text(row.chance.low, row.chance.high, words)})",
        chance_range_text(*row.spread, words) if view.findings.cases else words("not_tried"),
        scale.short_amount(abs(row.expected_shortfall)),
        other,
    )


def short_target_rows(view: RunView, words: Translator) -> list[tuple[str, ...]]:
    """Name, wanted, chance, simulation error and spread of each target: what the sheet of paper has room for."""
    return [
        (
            target_text(row, view, words),
            words("not_said") if row.required_chance is None else words.percent(row.required_chance),
            words.percent(row.chance.value),
            error_text(row.chance, words),
            chance_range_text(*row.spread, words) if view.findings.cases else words("not_tried"),
        )
        for row in view.findings.targets
    ]


def monthly_table(view: RunView, words: Translator) -> Table:
    """The months as figures."""
    scale = view.months_scale(words)
    bars = view.findings.months.bars
    planned, last_year = any(bar.plan is not None for bar in bars), view.findings.months.previous_year_statuses
    columns: list[tuple[str, list[str]]] = [(words("month_head"), [period_text(bar.month, words) for bar in bars])]
    for status in sorted(set(last_year) - {""}):
        actual = [bar.previous_year if known == status else None for bar, known in zip(bars, last_year, strict=True)]
        columns.append((words(f"months_{status}"), ["" if one is None else scale.number(one) for one in actual]))
    if planned:
        columns.append((words("bridge_plan"), ["" if bar.plan is None else scale.number(bar.plan) for bar in bars]))
    columns.append(("P10", [scale.number(bar.p10) for bar in bars]))
    columns.append(("P50", [scale.number(bar.p50) for bar in bars]))
    columns.append(("P90", [scale.number(bar.p90) for bar in bars]))
    rows = tuple(zip(*(cells for _, cells in columns), strict=True))
    return Table(tuple(head for head, _ in columns), rows, frozenset(range(1, len(columns))))


def bridge_table(view: RunView, words: Translator) -> Table | None:
    """The waterfall as figures that add up."""
    finding = view.findings.bridge
    if finding is None:
        return None
    scale = view.bridge_scale(words)
    figures, decimals = rounded_amounts(finding, finding.steps, scale)
    ends = (words("bridge_plan"), words("bridge_forecast"))
    rows = [(ends[0], words.number(figures[0], decimals), "")] if finding.start.amount else []
    for step, figure in zip(finding.steps, figures[1:-1], strict=True):
        text = words.number(figure, decimals)
        error = f"±{scale.number((step.high - step.low) / 2, decimals)}"
        rows.append(
            (
                truncate_label(report_label(step, view, words).in_language(words.language)),
                f"+{text}" if figure > 0 else text,
                error,
            )
        )
    end = finding.end
    rows.append((ends[1], words.number(figures[-1], decimals), f"±{scale.number((end.high - end.low) / 2, decimals)}"))
    heading = (words("why_step"), words("why_amount", unit=scale.unit), words("why_error"))
    return Table(
        heading,
        tuple(rows),
        frozenset((1, 2)),
        frozenset((0, len(rows) - 1) if finding.start.amount else (len(rows) - 1,)),
    )


def gap_table(year: str, entry: Mapping[str, object], view: RunView, words: Translator) -> tuple[str, Table]:
    """What the document says of a year: a sentence and the items, the gap among them under its own name."""
    services = entry["services"]
    assert isinstance(services, Mapping)
    amounts = {key: _as_number(entry.get(key)) for key in ("sum", "stated", "gap")}
    scale = choose_scale("revenue", [*amounts.values(), *services.values()], view.scenario.currency, words)
    shown = partial(scale.exact_amount, most=3)
    said = view.scenario.stated.get(year)
    label = said.gap.label if said else None
    above = [s for s in services if said and for_service(said.understated_by, s) is not None]
    rows = [
        (
            display_name(s, view.scenario.services[s].label if s in view.scenario.services else None, words),
            words("more_than", amount=shown(v)) if s in above else shown(v),
        )
        for s, v in services.items()
    ]
    rows.append((words("gap_sum"), shown(amounts["sum"])))
    rows.append(
        (truncate_label(label.in_language(words.language)) if label else words("name_of_gap"), shown(amounts["gap"]))
    )
    rows.append((words("gap_stated"), shown(amounts["stated"])))
    sentence = words(
        "gap_lead" if amounts["gap"] else "gap_even", year=year, stated=shown(amounts["stated"]),
        sum=shown(amounts["sum"]), gap=shown(amounts["gap"]),
    )  # fmt: skip
    forecast = next(iter(view.summary.get("measures", {}).get("gap", {}).values()), None)
    if above and forecast is not None:
        mean, low, high = (scale.amount(forecast[key], 1) for key in ("mean", "p10", "p90"))
        sentence += " " + words("gap_above", mean=mean, low=low, high=high)
    strong = frozenset((len(rows) - 3, len(rows) - 1))
    return sentence, Table(head_texts(words, "gap_item", "gap_amount"), tuple(rows), frozenset((1,)), strong)


def _as_number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def baseline_table(view: RunView, words: Translator) -> Table | None:
    """What the history alone says beside what this forecast says, by service."""
    services = view.baseline.services
    years = sorted({year for own in services.values() for year in own.annual_quantiles})
    year = next((y for y in years if str(y) == view.period[:4]), years[-1] if years else None)
    if not services:
        return None
    rows = []
    for name, own in services.items():
        service = view.scenario.services.get(name)
        label = display_name(name, service.label if service else None, words)
        measure = f"{own.measured}.{name}"
        ours = view.summary.get("measures", {}).get(measure, {}).get(str(year), {})
        said = own.annual_quantiles.get(year) if year is not None else None
        scale = choose_scale(measure, [ours.get("p50", 0.0), *(said or ())], view.scenario.currency, words)
        triple = (ours["p10"], ours["p50"], ours["p90"]) if "p10" in ours else None
        weights = ", ".join(
            f"{_model_text(model, words)} {words.percent(weight)}"
            for model, weight in own.weights.items()
            if weight >= 0.005
        )
        kind = words(f"baseline_kind_{own.kind}")
        rows.append(
            (
                label,
                _range_text(said, scale, words),
                _range_text(triple, scale, words),
                weights or kind,
                _accuracy_text(own, words),
            )
        )
    heading = (
        words("baseline_service"),
        words("baseline_said", year=year or ""),
        words("baseline_ours"),
        words("baseline_models"),
        words("baseline_quality"),
    )
    return Table(heading, tuple(rows))


def _model_text(name: str, words: Translator) -> str:
    return words(f"model_{name}") if words.has(f"model_{name}") else name.replace("_", " ")


def _range_text(said: Sequence[float] | None, scale: AmountScale, words: Translator) -> str:
    if said is None:
        return words("not_said")
    low, middle, high = said
    return scale.with_unit(
        words("middle_of_range", low=scale.number(low), high=scale.number(high), middle=scale.number(middle))
    )


def _accuracy_text(own: ServiceBaseline, words: Translator) -> str:
    """How far the blend was off at past months, and how often its intervals held what came."""
    held = (own.coverage80, own.coverage95)
    said = [] if own.mase is None else [words("baseline_mase", mase=words.number(own.mase, 2))]
    if None not in held:
        low, high = (words.percent(float(share or 0.0)) for share in held)
        said.append(words("baseline_held", coverage80=low, coverage95=high))
    return "; ".join(said) or words("baseline_untested")


def shock_table(view: RunView, words: Translator) -> Table | None:
    """The shocks of the plan, and how often each comes."""
    rows = tuple(
        (
            truncate_label(name_text(f"shocks.{name}", view.scenario, words)),
            words(f"kind_{shock.kind}"),
            _frequency_text(shock, words),
        )
        for name, shock in view.scenario.shocks.items()
    )
    return Table(head_texts(words, "shock_name", "shock_kind", "shock_often"), rows) if rows else None


def _frequency_text(shock: AnyShock, words: Translator) -> str:
    if isinstance(shock, Event):
        dates = words("shock_dated", **{"from": shock.from_.text, "until": shock.until.text})
        return f"{shock.chance.text} · {dates}" if shock.chance else dates
    if isinstance(shock, Drift):
        return words("shock_over", text=range_text(shock.over.text, words))
    rate = getattr(shock, "waves_per_year", None) or shock.per_year  # type: ignore[union-attr]
    return words("shock_count", text=range_text(rate.text, words))


def initiative_table(view: RunView, words: Translator) -> Table | None:
    """What we decide to do: whether, from when, and whether its cost is known."""
    rows = []
    for name, one in view.scenario.initiatives.items():
        if not one.active:
            continue
        chance = range_text(one.chance.text, words) if one.chance else words("initiative_certain")
        cost = words("initiative_given" if one.cost is not None else "initiative_unknown")
        rows.append(
            (
                truncate_label(name_text(f"initiatives.{name}", view.scenario, words)),
                chance,
                range_text(one.start.text, words),
                cost,
            )
        )
    keys = ("initiative_name", "initiative_chance", "initiative_start", "initiative_cost")
    return Table(head_texts(words, *keys), tuple(rows)) if rows else None
