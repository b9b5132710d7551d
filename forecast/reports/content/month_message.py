"""The message of a month: six lines that are sent by chat or e-mail, and stand beside the report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from forecast.analysis.findings import TargetRow
from forecast.analysis.year_findings import ChancePoint, Variance, VarianceStep, YearFindings
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, interval_text, whole_percent
from forecast.periods import MONTHS_PER_QUARTER, format_month, parse_month
from forecast.reports.content.causes import (
    MAX_CAUSES,
    VARIANCE_DECIMALS,
    cause_text,
    closed_text,
    measure_name,
    telling_decimals,
)
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text, goal_text, period_text, sentence_case, target_measure_text
from forecast.runs.locks import LOCK_SUFFIX, LOCKED_FOLDER, Lock
from forecast.runs.month_locks import month_of_lock_name

__all__ = ["message_lines"]

BOOKED_KINDS = ("actual", "volume", "price")
"""Kinds of steps that closed months brought."""
MAX_OPEN_MONTHS_OF_CERTAINTY = 1
"""Open months up to which a chance of 0% or 100% rests on the books more than on the simulation [C]."""
QUARTERS = ("I", "II", "III", "IV")


def message_lines(view: RunView, locks: Mapping[str, Lock], t: Translator) -> list[str]:
    """Return the message of a month that was locked.

    Parameters
    ----------
    view : RunView
        The run of its lock.
    locks : mapping of str to Lock
        Locks by name: where the threshold of the target was another one, it is told with the chance.
    t : Translator
        The language.

    Returns
    -------
    list of str
        How many months are closed; the chance of the main target, now and before; the year to date and the outlook;
        why the year to date differs from the plan, and the outlook from the last forecast; the lock.
    """
    year = view.findings.year
    month = _rolled_month(view)
    details = [*_chance_lines(view, locks, t)]
    if year is None:
        as_of = view.scenario.as_of
        heading = t("message_nothing_closed", date="" if as_of is None else date_text(as_of, t))
        details += _open_outlook_lines(view, t)
    else:
        heading = closed_text(len(year.closed_months), year.open_count, view.scenario.as_of, t)
        if format_month(month) not in year.closed_months:
            heading = t("message_month_open", heading=heading, month=period_text(format_month(month), t))
        details += [_to_date_line(view, year, t), *_cause_lines(view, year, t)]
    lock = view.summary["lock"]
    file = f"scenarios/{LOCKED_FOLDER}/{lock['name']}{LOCK_SUFFIX}"
    details.append(t("message_locked", file=file, hash=lock["hash"]))
    return [heading, *(f"  {line}" for line in details)]


def _chance_lines(view: RunView, locks: Mapping[str, Lock], t: Translator) -> Iterator[str]:
    """The chance of the main target; none for a plan without targets."""
    row = view.main_target
    if row is None:
        return
    chance, required = row.chance, row.required_chance
    error = interval_text(chance.low, chance.high, t, chance.value, required)
    open_count = math.inf if view.findings.year is None else view.findings.year.open_count
    rests_on_books = open_count <= MAX_OPEN_MONTHS_OF_CERTAINTY and chance.value in (0, 1)
    remarks = [
        *([t("message_error", error=error)] if open_count or not rests_on_books else []),
        *([t("message_if_books_so_far" if open_count else "message_if_books_right")] if rests_on_books else []),
        *_earlier(view, row, locks, t),
    ]
    yield t(
        "message_chance",
        target=f"{sentence_case(target_measure_text(row, view.scenario, t))} {period_text(row.period, t)}",
        goal=goal_text(row, view, t),
        chance=whole_percent(chance.value, t, required),
        remarks="; ".join(remarks),
    )


def _earlier(view: RunView, row: TargetRow, locks: Mapping[str, Lock], t: Translator) -> Iterator[str]:
    """The chance of a target by the forecast before, and by the plan."""
    year = view.findings.year
    if year is None or len(year.chances) < 2:
        return
    first, before = year.chances[0], year.chances[-2]
    if before is not first and row.name in before.chances:
        chance = _earlier_chance(before, row, view, locks, t)
        if _is_month_before(before, view):
            yield t("message_last_month", chance=chance)
        else:
            yield t("message_on_day", date=date_text(date.fromisoformat(before.as_of), t), chance=chance)
    if row.name in first.chances:
        chance = _earlier_chance(first, row, view, locks, t)
        yield t("message_locked_plan" if first.lock else "message_plan", chance=chance)


def _earlier_chance(point: ChancePoint, row: TargetRow, view: RunView, locks: Mapping[str, Lock], t: Translator) -> str:
    """The chance of a target on an earlier day, with its goal where that was another one."""
    chance = whole_percent(point.chances[row.name].value, t, row.required_chance)
    target = locks[point.lock].targets.get(row.name) if point.lock in locks else None
    if target is None:
        return chance
    direction: Literal["at_least", "at_most"] = "at_most" if target.at_least is None else "at_least"
    threshold = target.at_most if target.at_least is None else target.at_least
    assert threshold is not None  # a locked target has one of both
    if (direction, threshold) == (row.direction, row.threshold):
        return chance
    goal = goal_text(replace(row, direction=direction, threshold=threshold), view, t)
    return t("message_other_goal", chance=chance, goal=goal)


def _rolled_month(view: RunView) -> int:
    """The month that the lock is named by."""
    month = month_of_lock_name(view.summary["lock"]["name"])
    assert month is not None  # no other lock has a message
    return month


def _is_month_before(point: ChancePoint, view: RunView) -> bool:
    """True where a point is the lock of the month before."""
    return month_of_lock_name(point.lock) == _rolled_month(view) - 1


def _open_outlook_lines(view: RunView, t: Translator) -> Iterator[str]:
    """The outlook of the first year where no month of it is closed."""
    period = str(view.scenario.horizon.calendar.first // 12)
    row = view.summary["measures"]["revenue"].get(period)
    if row is not None:
        yield sentence_case(_outlook_text(row["p10"], row["p50"], row["p90"], view, t))


def _outlook_text(p10: float, p50: float, p90: float, view: RunView, t: Translator) -> str:
    scale = choose_scale("revenue", [p50], view.scenario.currency, t)
    params = {"middle": scale.amount(p50), "low": scale.number(p10), "high": scale.amount(p90)}
    return t("year_outlook_amount", **params)


def _to_date_line(view: RunView, year: YearFindings, t: Translator) -> str:
    """The year to date of revenue, its share of the plan of the year and of the quarter, and the outlook."""
    row = next(row for row in year.table.rows if row.measure == "revenue")
    scale = choose_scale("revenue", [row.to_date], view.scenario.currency, t)
    is_over = year.open_count == 0
    ratio = "" if row.year_ratio is None else t("message_of_plan", percent=t.percent(row.year_ratio, 1))
    parts = [t("message_year" if is_over else "message_to_date", amount=scale.amount(row.to_date), ratio=ratio)]
    if row.previous_year_ratio is not None:
        parts.append(t("year_of_previous", percent=t.percent(row.previous_year_ratio, 1)))
    parts += _quarter_texts(view, year, t)
    line = ", ".join(parts)
    return line if is_over else f"{line}; {_outlook_text(row.p10, row.p50, row.p90, view, t)}"


def _quarter_texts(view: RunView, year: YearFindings, t: Translator) -> Iterator[str]:
    """The share of the plan of the quarter that its closed months are; none without a plan of each of its months."""
    months = view.findings.months
    last = parse_month(year.closed_months[-1])
    first = last // MONTHS_PER_QUARTER * MONTHS_PER_QUARTER
    names = [format_month(month) for month in range(first, first + MONTHS_PER_QUARTER)]
    bars = {bar.month: bar for bar in months.bars if bar.month in names}
    plans = [bar.plan for bar in bars.values() if bar.plan is not None]
    if months.measure != "revenue" or len(plans) < MONTHS_PER_QUARTER or math.fsum(plans) <= 0:
        return
    closed = last - first + 1
    amount = math.fsum(bars[name].p50 for name in names[:closed])
    params = {
        "quarter": QUARTERS[last % 12 // MONTHS_PER_QUARTER],
        "percent": t.percent(amount / math.fsum(plans), 1),
    }
    is_whole = closed == MONTHS_PER_QUARTER
    yield t("message_quarter", **params) if is_whole else t("message_part_quarter", closed=closed, **params)


def _cause_lines(view: RunView, year: YearFindings, t: Translator) -> Iterator[str]:
    """The causes of the year to date against the plan, and of the mean of the year against the last forecast."""
    variances = {variance.reference: variance for variance in year.variances if variance.measure == "revenue"}
    plan, forecast = variances.get("plan"), variances.get("last_forecast")
    is_locked = bool(year.chances and year.chances[0].lock)
    plan_name = t("message_name_locked_plan" if is_locked else "message_name_plan")
    if plan is not None:
        yield _against_plan(plan, plan_name, view, t)
    if forecast is not None:
        before = year.chances[-2] if len(year.chances) > 1 else None
        is_last_month = before is None or _is_month_before(before, view)
        day = date_text(date.fromisoformat(forecast.as_of), t) if forecast.as_of else ""
        name = t("message_name_last_month") if is_last_month else t("message_name_forecast", date=day)
        yield _against_forecast(forecast, name, view, t)
    elif plan is not None:
        yield _against_forecast(plan, plan_name, view, t)


def _scale(variance: Variance, view: RunView, t: Translator) -> AmountScale:
    return choose_scale("revenue", [variance.end.outlook], view.scenario.currency, t)


def _against_plan(variance: Variance, reference: str, view: RunView, t: Translator) -> str:
    """The largest causes of the year to date."""
    scale = _scale(variance, view, t)
    causes = [(_short_cause(step, view, t), step.to_date) for step in variance.steps]
    change = variance.end.to_date - variance.start.to_date
    decimals = telling_decimals([amount for _, amount in causes], scale)
    text = _causes_text(_largest(causes, t), scale, decimals)
    return _cause_sentence("message_to_date", change, reference, text, scale, decimals)


def _against_forecast(variance: Variance, reference: str, view: RunView, t: Translator) -> str:
    """The causes of the mean of the year: newly booked months, the lesson of these, all other changes."""
    scale = _scale(variance, view, t)
    learned = _total(variance.steps, ("learned",))
    others = [step for step in variance.steps if step.kind in ("event", "initiative", "assumption")]
    causes = [(t("message_booked"), _total(variance.steps, BOOKED_KINDS))]
    if view.findings.year is not None and view.findings.year.open_count:
        causes.append((t("message_learned"), learned))
    text = _causes_text(causes, scale, with_zeros=True)
    changed = _causes_text(_largest([(_short_cause(step, view, t), step.outlook) for step in others], t), scale)
    change = variance.end.outlook - variance.start.outlook
    text = f"{text}; {changed or t('message_no_assumption')}"
    key = "message_outlook" if len(causes) > 1 else "message_final"
    return _cause_sentence(key, change, reference, text, scale)


def _largest(causes: list[tuple[str, float]], t: Translator) -> list[tuple[str, float]]:
    """The largest causes, and all others as one."""
    ordered = sorted(causes, key=lambda cause: -abs(cause[1]))
    others = math.fsum(amount for _, amount in ordered[MAX_CAUSES:])
    return [*ordered[:MAX_CAUSES], (t("message_others"), others)]


def _cause_sentence(
    key: str,
    change: float,
    reference: str,
    causes: str,
    scale: AmountScale,
    decimals: int = VARIANCE_DECIMALS,
) -> str:
    """One sentence on a change, which says whether it is up or down."""
    text = scale.signed_number(change, decimals)
    direction = "same" if _is_zero(text) else "above" if change > 0 else "below"
    t = scale.t
    return t(
        f"{key}_{direction}", reference=reference, change=scale.with_unit(text), causes=causes or t("message_none")
    )


def _total(steps: Sequence[VarianceStep], kinds: tuple[str, ...]) -> float:
    """Change of the mean of the year by steps of some kinds."""
    return math.fsum(step.outlook for step in steps if step.kind in kinds)


def _short_cause(step: VarianceStep, view: RunView, t: Translator) -> str:
    """A cause as a message names it: months of a service by its label alone."""
    return measure_name(step.name, view.scenario, t) if step.kind == "actual" else cause_text(step, view.scenario, t)


def _causes_text(
    causes: Sequence[tuple[str, float]],
    scale: AmountScale,
    decimals: int = VARIANCE_DECIMALS,
    *,
    with_zeros: bool = False,
) -> str:
    """Causes with their amounts."""
    texts = [(name, scale.signed_number(amount, decimals)) for name, amount in causes]
    return "; ".join(f"{name} {text}" for name, text in texts if with_zeros or not _is_zero(text))


def _is_zero(amount_text: str) -> bool:
    return not amount_text.strip("0.,+\N{MINUS SIGN}-")
