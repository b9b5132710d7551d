"""The tables of a report: rows of texts, ready to be set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from forecast.analysis.findings import TargetRow
from forecast.i18n import Words
from forecast.i18n.amounts import Scale, scale_of
from forecast.plan.record import of_service
from forecast.plan.shocks import AnyShock, Drift, Event
from forecast.reports.charts.bridge import printed
from forecast.reports.charts.rows import named
from forecast.reports.charts.style import cut
from forecast.reports.content.charts import labelled
from forecast.reports.content.context import RunView
from forecast.reports.content.text import (
    chance_range,
    error_text,
    goal_text,
    name_text,
    period_text,
    range_words,
    row_text,
    sentence_case,
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


def heads(words: Words, *keys: str) -> tuple[str, ...]:
    """The heads of some keys."""
    return tuple(words(key) for key in keys)


def targets(view: RunView, words: Words) -> Table:
    """Each target with its chance, its simulation error and its spread, three things apart."""
    rows = tuple(_target(row, view, words) for row in view.findings.targets)
    keys = (
        "target_name",
        "target_wanted",
        "target_chance",
        "target_error",
        "target_spread",
        "target_shortfall",
        "target_other",
    )
    table = Table(heads(words, *keys), rows)
    return table if any(row[-1] for row in rows) else Table(table.heads[:-1], tuple(row[:-1] for row in rows))


def _target(row: TargetRow, view: RunView, words: Words) -> tuple[str, ...]:
    scale = view.scale_for(row.measure, row.period, [row.threshold, row.expected_shortfall], words)
    other = ""
    if row.other_basis is not None:
        basis = view.scenario.targets[row.name].basis if row.name in view.scenario.targets else "stated"
        key = "target_other_parts" if basis == "stated" else "target_other_stated"
        other = words(key, chance=words.percent(row.other_basis.value))
    chance = f"{tenths_text(row.chance.value, words)} ({words.percent(row.chance.value)})"
    return (
        f"{target_text(row, view, words)}\n{sentence_case(row_text(row, view.scenario, words))}, "
        f"{period_text(row.period, words)}: {goal_text(row, view, words)}",
        words("not_said") if row.want is None else words.percent(row.want),
        chance,
        f"{error_text(row.chance, words)} ({chance_range(row.chance.low, row.chance.high, words)})",
        chance_range(*row.spread, words) if view.findings.readings else words("not_tried"),
        scale.small(abs(row.expected_shortfall)),
        other,
    )


def short_targets(view: RunView, words: Words) -> list[tuple[str, ...]]:
    """Name, wanted, chance, simulation error and spread of each target: what the sheet of paper has room for."""
    return [
        (
            target_text(row, view, words),
            words("not_said") if row.want is None else words.percent(row.want),
            words.percent(row.chance.value),
            error_text(row.chance, words),
            chance_range(*row.spread, words) if view.findings.readings else words("not_tried"),
        )
        for row in view.findings.targets
    ]


def months(view: RunView, words: Words) -> Table:
    """The months as figures."""
    scale = view.months_scale(words)
    bars = view.findings.months.bars
    planned, last_year = any(bar.plan is not None for bar in bars), view.findings.months.last_year
    columns: list[tuple[str, list[str]]] = [(words("month_head"), [period_text(bar.month, words) for bar in bars])]
    for status in sorted(set(last_year) - {""}):
        actual = [bar.actual if known == status else None for bar, known in zip(bars, last_year, strict=True)]
        columns.append((words(f"months_{status}"), ["" if one is None else scale.figure(one) for one in actual]))
    if planned:
        columns.append((words("bridge_plan"), ["" if bar.plan is None else scale.figure(bar.plan) for bar in bars]))
    columns.append(("P10", [scale.figure(bar.p10) for bar in bars]))
    columns.append(("P50", [scale.figure(bar.p50) for bar in bars]))
    columns.append(("P90", [scale.figure(bar.p90) for bar in bars]))
    rows = tuple(zip(*(cells for _, cells in columns), strict=True))
    return Table(tuple(head for head, _ in columns), rows, frozenset(range(1, len(columns))))


def steps(view: RunView, words: Words) -> Table | None:
    """The waterfall as figures that add up."""
    finding = view.findings.bridge
    if finding is None:
        return None
    scale = view.bridge_scale(words)
    figures, decimals = printed(finding, finding.steps, scale)
    ends = (words("bridge_plan"), words("bridge_forecast"))
    rows = [(ends[0], words.number(figures[0], decimals), "")] if finding.start.amount else []
    for step, figure in zip(finding.steps, figures[1:-1], strict=True):
        text = words.number(figure, decimals)
        error = f"±{scale.figure((step.high - step.low) / 2, decimals)}"
        rows.append((cut(labelled(step, view, words).of(words.language)), f"+{text}" if figure > 0 else text, error))
    end = finding.end
    rows.append((ends[1], words.number(figures[-1], decimals), f"±{scale.figure((end.high - end.low) / 2, decimals)}"))
    heading = (words("why_step"), words("why_amount", unit=scale.unit), words("why_error"))
    return Table(
        heading,
        tuple(rows),
        frozenset((1, 2)),
        frozenset((0, len(rows) - 1) if finding.start.amount else (len(rows) - 1,)),
    )


def gap(year: str, entry: Mapping[str, object], view: RunView, words: Words) -> tuple[str, Table]:
    """What the document says of a year: a sentence and the items, the gap among them under its own name."""
    services = entry["services"]
    assert isinstance(services, Mapping)
    amounts = {key: _number(entry.get(key)) for key in ("sum", "stated", "gap")}
    scale = scale_of("revenue", [*amounts.values(), *services.values()], view.scenario.currency, words)
    shown = partial(scale.exact, most=3)
    said = view.scenario.stated.get(year)
    label = said.gap.label if said else None
    above = [s for s in services if said and of_service(said.above, s) is not None]
    rows = [
        (
            named(s, view.scenario.services[s].label if s in view.scenario.services else None, words),
            words("more_than", amount=shown(v)) if s in above else shown(v),
        )
        for s, v in services.items()
    ]
    rows.append((words("gap_sum"), shown(amounts["sum"])))
    rows.append((cut(label.of(words.language)) if label else words("name_of_gap"), shown(amounts["gap"])))
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
    return sentence, Table(heads(words, "gap_item", "gap_amount"), tuple(rows), frozenset((1,)), strong)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def baseline(view: RunView, words: Words) -> Table | None:
    """What the history alone says beside what this forecast says, by service."""
    services = view.baseline.services
    years = sorted({year for own in services.values() for year in own.said})
    year = next((y for y in years if str(y) == view.period[:4]), years[-1] if years else None)
    if not services:
        return None
    rows = []
    for name, own in services.items():
        service = view.scenario.services.get(name)
        label = named(name, service.label if service else None, words)
        measure = f"{own.measured}.{name}"
        ours = view.summary.get("measures", {}).get(measure, {}).get(str(year), {})
        said = own.said.get(year) if year is not None else None
        scale = scale_of(measure, [ours.get("p50", 0.0), *(said or ())], view.scenario.currency, words)
        triple = (ours["p10"], ours["p50"], ours["p90"]) if "p10" in ours else None
        weights = ", ".join(
            f"{_model(model, words)} {words.percent(weight)}"
            for model, weight in own.weights.items()
            if weight >= 0.005
        )
        kind = words(f"baseline_kind_{own.kind}")
        rows.append(
            (
                label,
                _triple(said, scale, words),
                _triple(triple, scale, words),
                weights or kind,
                _tested(own, words),
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


def _model(name: str, words: Words) -> str:
    return words(f"model_{name}") if words.has(f"model_{name}") else name.replace("_", " ")


def _triple(said: Sequence[float] | None, scale: Scale, words: Words) -> str:
    if said is None:
        return words("not_said")
    low, middle, high = said
    return scale.with_unit(
        words("middle_of_range", low=scale.figure(low), high=scale.figure(high), middle=scale.figure(middle))
    )


def _tested(own: ServiceBaseline, words: Words) -> str:
    """How far the blend was off at past months, and how often its intervals held what came."""
    held = (own.coverage80, own.coverage95)
    said = [] if own.mase is None else [words("baseline_mase", mase=words.number(own.mase, 2))]
    if None not in held:
        low, high = (words.percent(float(share or 0.0)) for share in held)
        said.append(words("baseline_held", coverage80=low, coverage95=high))
    return "; ".join(said) or words("baseline_untested")


def shocks(view: RunView, words: Words) -> Table | None:
    """The shocks of the plan, and how often each comes."""
    rows = tuple(
        (cut(name_text(f"shocks.{name}", view.scenario, words)), words(f"kind_{shock.kind}"), _often(shock, words))
        for name, shock in view.scenario.shocks.items()
    )
    return Table(heads(words, "shock_name", "shock_kind", "shock_often"), rows) if rows else None


def _often(shock: AnyShock, words: Words) -> str:
    if isinstance(shock, Event):
        dates = words("shock_dated", **{"from": shock.from_.text, "until": shock.until.text})
        return f"{shock.chance.text} · {dates}" if shock.chance else dates
    if isinstance(shock, Drift):
        return words("shock_over", text=range_words(shock.over.text, words))
    rate = getattr(shock, "waves_per_year", None) or shock.per_year  # type: ignore[union-attr]
    return words("shock_count", text=range_words(rate.text, words))


def initiatives(view: RunView, words: Words) -> Table | None:
    """What we decide to do: whether, from when, and whether its cost is known."""
    rows = []
    for name, one in view.scenario.initiatives.items():
        if not one.active:
            continue
        chance = range_words(one.chance.text, words) if one.chance else words("initiative_certain")
        cost = words("initiative_given" if one.cost is not None else "initiative_unknown")
        rows.append(
            (
                cut(name_text(f"initiatives.{name}", view.scenario, words)),
                chance,
                range_words(one.start.text, words),
                cost,
            )
        )
    keys = ("initiative_name", "initiative_chance", "initiative_start", "initiative_cost")
    return Table(heads(words, *keys), tuple(rows)) if rows else None
