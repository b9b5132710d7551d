"""Closed months of a report: the monthly table, the variances by cause, and how the chance moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from forecast.analysis.year_findings import (
    ChancePoint,
    MonthsTable,
    MonthsTableRow,
    Variance,
    VarianceStep,
    YearFindings,
)
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, round_preserving_sum, whole_percent
from forecast.periods import parse_month
from forecast.reports.content.causes import (
    VARIANCE_DECIMALS,
    cause_text,
    measure_name,
    page_steps,
    point_causes,
    year_lines,
)
from forecast.reports.content.context import RunView
from forecast.reports.content.tables import Table, head_texts
from forecast.reports.content.text import date_text, goal_text, measure_text, period_text, sentence_case

MAX_TABLE_DECIMALS = 3
MIN_DIGITS = 2
"""Digits, at least, of the smallest amount of the monthly table, up to `MAX_TABLE_DECIMALS`."""


@dataclass(frozen=True)
class VarianceTable:
    """One variance with its heading."""

    head: str
    table: Table


@dataclass(frozen=True)
class YearSection:
    """Texts and tables of a page on the closed months."""

    lead: str
    causes: tuple[str, ...]
    """Sentences on the largest causes."""
    months: Table
    months_notes: tuple[str, ...]
    variances: tuple[VarianceTable, ...]
    """Variances of the main measure."""
    other_variances: tuple[VarianceTable, ...]
    """Variances of costs and profit beside it."""
    chances: Table | None
    """Moves of the chance of the main target; None without a target."""
    chances_note: str
    comments: tuple[str, ...]
    """Notes of the planner that stand beside no step."""


def year_section(view: RunView, t: Translator) -> YearSection | None:
    """Return what a page says of the closed months; None where none is closed."""
    year = view.findings.year
    if year is None:
        return None
    measure = view.measure if any(variance.measure == view.measure for variance in year.variances) else "revenue"
    by_measure = [(variance.measure == measure, variance_table(variance, view, t)) for variance in year.variances]
    lead, *causes = year_lines(view.scenario, view.summary, t)
    return YearSection(
        lead=lead,
        causes=tuple(causes),
        months=actuals_table(view, year.table, t),
        months_notes=actuals_notes(year, t),
        variances=tuple(table for is_main, table in by_measure if is_main),
        other_variances=tuple(table for is_main, table in by_measure if not is_main),
        chances=chance_table(view, year, t),
        chances_note=_chances_note(view, year, t),
        comments=_comments(view, year, t),
    )


# --- the monthly table ---


def actuals_table(view: RunView, table: MonthsTable, t: Translator) -> Table:
    """Return the monthly table: twelve columns, and one more where the plan was revised."""
    has_revision = any(row.revised_year is not None for row in table.rows)
    year, month = period_text(table.outlook, t), t(f"month_{parse_month(table.month) % 12 + 1}")
    heads = (
        *head_texts(t, "table_position", "table_measure", "table_unit"),
        t("table_assigned_year" if has_revision else "table_plan_year", year=year),
        *((t("table_revised_year"),) if has_revision else ()),
        *(t(key, month=month) for key in ("table_plan_month", "table_month", "table_month_ratio")),
        *head_texts(t, "table_to_date", "table_year_ratio", "table_previous_ratio", "table_outlook"),
        t("table_chance"),
    )
    scale = _money_scale(view, table, t)
    rows = tuple(_actuals_cells(row, view, scale, has_revision, t) for row in table.rows)
    strong = frozenset(number for number, row in enumerate(table.rows) if "." not in row.position)
    return Table(heads, rows, frozenset(range(3, len(heads))), strong)


def _money_scale(view: RunView, table: MonthsTable, t: Translator) -> AmountScale:
    """The unit of all amounts of money, with decimals for the smallest of them."""
    sizes = [
        abs(row.actual_month)
        for row in table.rows
        if row.measure.partition(".")[0] not in ("headcount", "productivity")
    ]
    scale = choose_scale("revenue", sizes, view.scenario.currency, t)
    smallest = min((size for size in sizes if size), default=scale.factor) / scale.factor
    if scale.factor == 1:
        return scale
    needed = next(
        (d for d in range(MAX_TABLE_DECIMALS) if smallest * 10**d >= 10 ** (MIN_DIGITS - 1)), MAX_TABLE_DECIMALS
    )
    return AmountScale(t, scale.factor, scale.unit, max(needed, scale.decimals))


def _actuals_cells(
    row: MonthsTableRow, view: RunView, money: AmountScale, has_revision: bool, t: Translator
) -> tuple[str, ...]:
    kind = row.measure.partition(".")[0]
    scale = money
    if kind in ("headcount", "productivity"):
        scale = choose_scale(kind, [row.p50, row.actual_month], view.scenario.currency, t)
    plan_year = None if row.plan_year is None else row.plan_year.value
    plan_month = None if row.plan_month is None else row.plan_month.value
    return (
        row.position,
        measure_name(row.measure, view.scenario, t),
        scale.unit,
        _amount_text(plan_year, scale),
        *((_amount_text(row.revised_year, scale),) if has_revision else ()),
        _amount_text(plan_month, scale),
        _booked_text(row.actual_month, row.is_month_booked, scale),
        _ratio_text(row.month_ratio, t),
        _booked_text(row.to_date, row.is_to_date_booked, scale),
        _ratio_text(row.year_ratio, t),
        _ratio_text(row.previous_year_ratio, t),
        " – ".join(scale.number(value) for value in (row.p10, row.p50, row.p90)),
        "–" if row.chance is None else _chance_text(row, view, t),
    )


def _chance_text(row: MonthsTableRow, view: RunView, t: Translator) -> str:
    assert row.chance is not None  # so is every caller's
    target = view.scenario.targets.get(row.target)
    required = None if target is None else target.required
    return whole_percent(row.chance.value, t, required)


def _amount_text(value: float | None, scale: AmountScale) -> str:
    return "–" if value is None else scale.number(value)


def _booked_text(value: float, is_booked: bool, scale: AmountScale) -> str:
    """An amount as booked, or with ≈ before it."""
    return f"{'' if is_booked else '≈'}{scale.number(value)}"


def _ratio_text(ratio: float | None, t: Translator) -> str:
    """`105.2` of a ratio of 1.052."""
    return "–" if ratio is None else t.number(100 * ratio, 1)


def actuals_notes(year: YearFindings, t: Translator) -> tuple[str, ...]:
    """Return how the table is read, and where its plan comes from."""
    table = year.table
    is_open = not all(row.is_month_booked and row.is_to_date_booked for row in table.rows)
    plan_day = next((variance.as_of for variance in year.variances if variance.reference == "plan"), "")
    day = date_text(date.fromisoformat(plan_day), t) if plan_day else "–"
    return (
        t("table_ratio_note"),
        *((t("table_open_note"),) if is_open else ()),
        *(t(f"table_plan_{source}", date=day, lock=year.plan_lock) for source in table.plan_sources),
        *((t("table_locks_broken"),) if year.are_locks_broken else ()),
    )


# --- variances ---


def variance_table(variance: Variance, view: RunView, t: Translator) -> VarianceTable:
    """Return a variance as figures that add up, each step marked favourable or adverse."""
    scale = choose_scale("revenue", [variance.start.outlook, variance.end.outlook], view.scenario.currency, t)
    decimals = VARIANCE_DECIMALS if scale.factor > 1 else scale.decimals
    steps = page_steps(variance)
    columns = [
        round_preserving_sum(
            start / scale.factor, [amount / scale.factor for amount in amounts], end / scale.factor, decimals
        )
        for start, amounts, end in (
            (variance.start.to_date, [step.to_date for step in steps], variance.end.to_date),
            (variance.start.outlook, [step.outlook for step in steps], variance.end.outlook),
        )
    ]
    has_notes = any(step.notes for step in steps)
    rows = [
        _end_cells(t(f"variance_start_{variance.reference}"), variance.start.outlook_p50, 0, columns, scale, decimals)
    ]
    for number, step in enumerate(steps):
        amounts = [column[1][number] for column in columns]
        rows.append(
            (
                cause_text(step, view.scenario, t),
                *(_signed_text(amount, decimals, t) for amount in amounts),
                _effect_text(variance, step, amounts[1] or amounts[0], t),
                _notes_text(step, t),
            )
        )
    rows.append(_end_cells(t("variance_end"), variance.end.outlook_p50, 2, columns, scale, decimals))
    heads = head_texts(t, "variance_cause", "variance_to_date", "variance_year", "variance_effect", "variance_note")
    shown = slice(None) if has_notes else slice(-1)
    day = date_text(date.fromisoformat(variance.as_of), t) if variance.as_of else ""
    params = {"measure": sentence_case(measure_text(variance.measure, view.scenario, t)), "unit": scale.unit}
    head = t(f"variance_{variance.reference}_head", **params, date=day)
    table = Table(heads[shown], tuple(row[shown] for row in rows), frozenset((1, 2)), frozenset((0, len(rows) - 1)))
    return VarianceTable(head, table)


def _end_cells(
    name: str,
    median: float,
    part: int,
    columns: Sequence[tuple[float, list[float], float]],
    scale: AmountScale,
    decimals: int,
) -> tuple[str, ...]:
    """The first row (part 0) or the last (part 2), with the middle of the year beside its name."""
    t = scale.t
    middle = t("variance_middle", amount=scale.number(median, decimals))
    ends = [column[0] if part == 0 else column[2] for column in columns]
    return (f"{name}\n{middle}", *(t.number(end, decimals) for end in ends), "", "")


def _signed_text(amount: float, decimals: int, t: Translator) -> str:
    return AmountScale(t, 1.0, "", decimals).signed_number(amount)


def _effect_text(variance: Variance, step: VarianceStep, amount: float, t: Translator) -> str:
    effect = variance.effect(step, amount)
    return t(f"variance_{effect}") if effect else ""


def _notes_text(step: VarianceStep, t: Translator) -> str:
    return "; ".join(f"{t(f'month_{parse_month(month) % 12 + 1}')}: {text}" for month, text in step.notes)


def _comments(view: RunView, year: YearFindings, t: Translator) -> tuple[str, ...]:
    """Notes on measures that no step shows, such as headcount."""
    shown = {step.name for variance in year.variances for step in variance.steps if step.notes}
    return tuple(
        t(
            "year_note",
            measure=sentence_case(measure_text(measure, view.scenario, t)),
            month=period_text(month, t),
            text=text,
        )
        for measure, notes in year.notes.items()
        if measure not in shown
        for month, text in notes
    )


# --- the chance by month ---


def _is_locked(year: YearFindings) -> bool:
    return any(point.lock for point in year.chances)


def _chances_note(view: RunView, year: YearFindings, t: Translator) -> str:
    """Where the earlier chances come from, and those that were of another goal."""
    note = t("chance_by_month_locked" if _is_locked(year) else "chance_by_month_simulated")
    others = [
        f"{date_text(date.fromisoformat(point.as_of), t)} ({goal})"
        for point in year.chances
        if (goal := _other_goal(point, view, t))
    ]
    return f"{note} {t('chance_by_month_other_goals', list='; '.join(others))}" if others else note


def _other_goal(point: ChancePoint, view: RunView, t: Translator) -> str:
    """The goal of the main target on a day, where it was another one; else empty."""
    row = view.main_target
    if row is None or row.name not in point.other_goals:
        return ""
    return goal_text(replace(row, threshold=point.other_goals[row.name]), view, t)


def chance_table(view: RunView, year: YearFindings, t: Translator) -> Table | None:
    """Return the chance of the main target on each day, its change and the causes; None without a target."""
    target = view.findings.main_target
    points = [point for point in year.chances if target in point.chances]
    if not points:
        return None
    sizes = [point.change.end.outlook for point in points if point.change is not None]
    scale = choose_scale("revenue", sizes, view.scenario.currency, t)
    rows = []
    for number, point in enumerate(points):
        before = points[number - 1].chances[target].value if number else None
        change = "" if before is None else _signed_text(100 * (point.chances[target].value - before), 1, t)
        rows.append(
            (
                date_text(date.fromisoformat(point.as_of), t) if point.as_of else "–",
                _closed_cell(point, t),
                _chance_cell(point, target, view, t),
                change,
                point_causes(point, view, scale, t),
            )
        )
    heads = (
        *head_texts(
            t, "chance_by_month_day", "chance_by_month_closed", "chance_by_month_chance", "chance_by_month_change"
        ),
        t("chance_by_month_cause", unit=scale.unit),
    )
    return Table(heads, tuple(rows), frozenset((2, 3)), frozenset((len(rows) - 1,)))


def _chance_cell(point: ChancePoint, target: str, view: RunView, t: Translator) -> str:
    """A chance, with the goal that it was of where that was another one."""
    chance = whole_percent(point.chances[target].value, t, _required_chance(view))
    goal = _other_goal(point, view, t)
    return t("message_other_goal", chance=chance, goal=goal) if goal else chance


def _required_chance(view: RunView) -> float | None:
    return None if view.main_target is None else view.main_target.required_chance


def _closed_cell(point: ChancePoint, t: Translator) -> str:
    if not point.closed_months:
        return t("chance_by_month_before")
    if len(point.closed_months) == 1:
        return period_text(point.closed_months[0], t)
    return t("chance_by_month_months", count=len(point.closed_months))
