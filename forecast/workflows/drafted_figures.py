"""Draft of a first plan from its books: the horizon, and the ranges that its own past shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.periods import SEASON_MONTHS, format_month
from forecast.plan.draft import DraftCost, DraftRange, DraftService, PlanDraft
from forecast.stats.annual_change import predict_annual_change
from forecast.workflows.new_books import DRAFTED_LEDGER, DiscoveredBooks

__all__ = ["PRIOR_SD", "draft_plan"]

MIN_OVERLAP_MONTHS = 6
"""Months of a second year that tell a change from the first, where it is not complete [C]."""
MIN_CHANGES_FOR_RECORD = 2
"""Changes from year to year from which a range rests on records (grade B)."""
PRIOR_SD, PRIOR_PRICE_SD = 0.06, 0.02
"""Standard deviation of a year's change before any is known: of a volume, a revenue or a cost as measured in
`benchmarks/annual_change.py`, of a price by judgement [C]."""
MAX_NEGATIVE_MONTHS = 1
"""Months below zero beyond which a year is no measure of a size that could grow."""
GIVEN_HALF_WIDTH = 0.3
"""Half the width of the range of a year of which only a part is known [C]."""
MID_YEAR = 6
"""Last month up to which a plan of the same year is drafted; later, the next year is in its horizon too."""


def draft_plan(books: DiscoveredBooks, files: str, currency: str, t: Translator) -> PlanDraft:
    """Draft a plan from its books.

    Parameters
    ----------
    books : DiscoveredBooks
        The books.
    files : str
        Names of their files, for the plan's own remarks.
    currency : str
        Three letters.
    t : Translator
        Language of the remarks.

    Returns
    -------
    PlanDraft
        Amounts in currency, changes as shares.
    """
    last = books.last
    services = books.names("revenue")
    full_year = SEASON_MONTHS * ((last + 1) // SEASON_MONTHS) - SEASON_MONTHS
    has_full_year = {name: min(books.values[f"revenue.{name}"]) <= full_year for name in services}
    first, months, target_first = _horizon(last, any(has_full_year.values()))
    revenue = [books.values[f"revenue.{name}"] for name in services]
    year = range(last - SEASON_MONTHS + 1, last + 1)
    is_last_year = all(min(values) <= year[0] for values in revenue)
    total = math.fsum(_year_size(values, last) for values in revenue)
    headcount = books.values.get("headcount", {})
    return PlanDraft(
        files=files,
        as_of=date.fromordinal(books.known_on),
        currency=currency,
        first=first,
        months=months,
        ledger=f"../{DRAFTED_LEDGER}",
        has_open_estimates=any("estimate" in s for month, s in books.statuses.items() if month >= first),
        services=tuple(
            _draft_service(books, name, first, full_year if has_full_year[name] else None, currency, t)
            for name in services
        ),
        costs=tuple(_draft_cost(books, name, t) for name in books.names("cost")),
        headcount=round(headcount[max(headcount)]) if headcount else 0,
        target_first=target_first,
        target=total,
        is_last_year=is_last_year,
    )


def _horizon(last: int, has_full_year: bool) -> tuple[int, int, int]:
    """First month, number of months and first month of the target of a plan whose books end with a month."""
    start, month = last - last % SEASON_MONTHS, last % SEASON_MONTHS + 1
    if month == SEASON_MONTHS or not has_full_year:
        return last + 1, SEASON_MONTHS, last + 1
    if month <= MID_YEAR:
        return start, SEASON_MONTHS, start
    return start, 2 * SEASON_MONTHS, start + SEASON_MONTHS


def _draft_service(
    books: DiscoveredBooks, name: str, start: int, full_year: int | None, currency: str, t: Translator
) -> DraftService:
    revenue = books.values[f"revenue.{name}"]
    volume = books.values.get(f"volume.{name}")
    measured = revenue if volume is None else volume
    source = books.sources.get(f"revenue.{name}" if volume is None else f"volume.{name}", "")
    is_reconstructed = any("reconstructed" in books.statuses[month] for month in revenue)
    growth = price_change = None
    n_negative = sum(value < 0 for value in measured.values())
    if (
        full_year is not None
        and _sum(measured, full_year + SEASON_MONTHS - 1) > 0
        and (n_negative <= MAX_NEGATIVE_MONTHS or is_reconstructed)
    ):
        growth = _change_range(_annual_changes(measured), source, PRIOR_SD, t)
        if volume is not None:
            price_source = books.sources.get(f"price.{name}") or books.sources.get(f"revenue.{name}", source)
            price_change = _change_range(_annual_changes(revenue, volume), price_source, PRIOR_PRICE_SD, t)
    annual = None
    if min(revenue) >= start:
        mean = math.fsum(measured.values()) / len(measured) * SEASON_MONTHS
        low, high = ((1 - GIVEN_HALF_WIDTH) * mean, (1 + GIVEN_HALF_WIDTH) * mean)
        annual = DraftRange(low, high, "C", source, t("draft_given_note", count=len(measured)))
    noise = DraftRange(0.04, 0.10, "C", "", t("draft_noise_note")) if is_reconstructed else None
    recent = _sum(revenue, max(revenue))
    remark = t(
        "draft_service" if growth or annual else "draft_service_short" if full_year is None else "draft_service_level",
        first=format_month(min(revenue)),
        last=format_month(max(revenue)),
        amount=choose_scale("revenue", [recent], currency, t).amount(recent),
        count=min(SEASON_MONTHS, len(revenue)),
    )
    label = books.labels[name]
    return DraftService(name, label, growth, price_change, noise, annual, remark)


def _draft_cost(books: DiscoveredBooks, name: str, t: Translator) -> DraftCost:
    """A cost as the mean month of its last year, and the change that its own past shows."""
    values = books.values[f"cost.{name}"]
    months = range(max(values) - SEASON_MONTHS + 1, max(values) + 1)
    recent = [values[month] for month in months if month in values]
    mean = math.fsum(recent) / len(recent)
    changes = _annual_changes(values)
    low, high = predict_annual_change([change for _, change in changes], PRIOR_SD)
    grade = "B" if len(changes) >= MIN_CHANGES_FOR_RECORD else "C"
    note = t("draft_cost_note", count=len(recent))
    per_month = DraftRange(mean * (1 + low), mean * (1 + high), grade, books.sources.get(f"cost.{name}", ""), note)
    return DraftCost(name, books.labels[name], per_month)


def _sum(values: Mapping[int, float], last: int) -> float:
    """Sum of the twelve months that end with a month; of those that are known."""
    return math.fsum(values.get(month, 0.0) for month in range(last - SEASON_MONTHS + 1, last + 1))


def _year_size(values: Mapping[int, float], last: int) -> float:
    """Last twelve months of a service; twelve times the mean month of one that is younger."""
    count = min(SEASON_MONTHS, last - min(values) + 1)
    return _sum(values, last) / count * SEASON_MONTHS


def _annual_changes(values: Mapping[int, float], divisor: Mapping[int, float] | None = None) -> list[tuple[str, float]]:
    """Changes from year to year, each with the last month of its year; of a ratio where there is a divisor."""
    last, count = max(values), len(values)

    def level(months: Sequence[int]) -> float:
        total = math.fsum(values.get(month, 0.0) for month in months)
        below = math.fsum(divisor.get(month, 0.0) for month in months) if divisor is not None else 1.0
        return total / below if below > 0 else 0.0

    def year(back: int, length: int = SEASON_MONTHS) -> Sequence[int]:
        end = last - SEASON_MONTHS * back
        return range(end - length + 1, end + 1)

    lengths = [SEASON_MONTHS] * (count // SEASON_MONTHS - 1)
    overlap = count - SEASON_MONTHS
    if not lengths and overlap >= MIN_OVERLAP_MONTHS:
        lengths = [overlap]
    changes = []
    for back, length in enumerate(lengths):
        now, before = level(year(back, length)), level(year(back + 1, length))
        if now <= 0 or before <= 0:
            return []
        end = last - SEASON_MONTHS * back
        changes.append((str(end // 12) if end % 12 == SEASON_MONTHS - 1 else format_month(end), now / before - 1))
    return changes[::-1]


def _change_range(changes: Sequence[tuple[str, float]], source: str, prior_sd: float, t: Translator) -> DraftRange:
    low, high = predict_annual_change([change for _, change in changes], prior_sd)
    low, high = round(low, 2), round(high, 2)
    grade = "B" if len(changes) >= MIN_CHANGES_FOR_RECORD and source else "C"
    listed = "; ".join(f"{period}: {_signed_percent(change, t)}" for period, change in changes)
    note = listed if len(changes) >= MIN_CHANGES_FOR_RECORD else t("draft_one_change", changes=listed)
    return DraftRange(
        low, max(high, low + 0.01), grade, source, note if changes else t("draft_no_change"), len(changes)
    )


def _signed_percent(change: float, t: Translator) -> str:
    text = t.number(100 * change, 1)
    return f"{text}%" if change < 0 else f"+{text}%"
