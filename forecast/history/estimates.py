"""Estimates of a ledger: months that have no actual figure yet, and how far earlier estimates were from theirs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from forecast.history.ledger_figures import LedgerFigure, LedgerSeries

__all__ = ["FINAL_STATUSES", "Estimates", "collect_estimates"]

FINAL_STATUSES = ("actual", "example")
"""Statuses of figures that close a month, and that an estimate is compared with."""


@dataclass(frozen=True)
class Estimates:
    """Estimates by measure, such as `revenue.postal`; a counted service has volume, price and revenue."""

    months: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Measure -> months from year 0 whose figure is an estimate, sorted."""
    log_ratios: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Measure -> month -> log of the actual figure over the estimate that it replaced."""


def collect_estimates(series: Iterable[LedgerSeries]) -> Estimates:
    """Collect the estimates among the rows of a ledger that were known on a day.

    Parameters
    ----------
    series : iterable of LedgerSeries
        All of its rows, not only those that count.

    Returns
    -------
    Estimates
        Of each month, the last estimate before the first actual figure is compared with the last actual figure.
        Accounts of one measure are added up first; of a price they are averaged.
    """
    by_measure: dict[str, list[dict[int, list[LedgerFigure]]]] = {}
    for entry in series:
        measure = entry.kind if entry.kind == "headcount" else f"{entry.kind}.{entry.name}"
        by_measure.setdefault(measure, []).append(_versions(entry.figures))
    months: dict[str, tuple[int, ...]] = {}
    ratios: dict[str, dict[int, float]] = {}
    for measure, accounts in sorted(by_measure.items()):
        estimated = {
            month for versions in accounts for month, rows in versions.items() if rows[-1].status == "estimate"
        }
        months[measure] = tuple(sorted(estimated))
        ratios[measure] = _log_ratios(accounts, estimated, is_mean=measure.startswith("price."))
    for measure in [name for name in by_measure if name.startswith("volume.")]:
        price, revenue = (measure.replace("volume.", kind, 1) for kind in ("price.", "revenue."))
        months[revenue] = tuple(sorted({*months[measure], *months.get(price, ())}))
        ratios[revenue] = _sum_ratios(ratios[measure], ratios.get(price, {}), months[revenue])
    return Estimates(
        {measure: listed for measure, listed in sorted(months.items()) if listed},
        {measure: by_month for measure, by_month in sorted(ratios.items()) if by_month},
    )


def _versions(figures: Sequence[LedgerFigure]) -> dict[int, list[LedgerFigure]]:
    """Month -> its rows, in the order in which they became known."""
    versions: dict[int, list[LedgerFigure]] = {}
    for figure in figures:
        versions.setdefault(figure.month, []).append(figure)
    return {month: sorted(rows, key=lambda row: row.known_on) for month, rows in versions.items()}


def _log_ratios(
    accounts: Sequence[Mapping[int, list[LedgerFigure]]], estimated: set[int], *, is_mean: bool
) -> dict[int, float]:
    """Month -> log of the actual figure over the estimate, where some account had one."""
    ratios: dict[int, float] = {}
    for month in sorted({month for versions in accounts for month in versions} - estimated):
        rows = [versions[month] for versions in accounts if month in versions]
        firsts = [_replaced_estimate(versions) for versions in rows]
        finals = [versions[-1] for versions in rows]
        if not any(firsts) or any(final.status not in FINAL_STATUSES for final in finals):
            continue
        scale = len(rows) if is_mean else 1
        actual = math.fsum(final.value for final in finals) / scale
        estimate = math.fsum((first or final).value for first, final in zip(firsts, finals, strict=True)) / scale
        if actual > 0 and estimate > 0:
            ratios[month] = math.log(actual / estimate)
    return ratios


def _replaced_estimate(versions: Sequence[LedgerFigure]) -> LedgerFigure | None:
    """The last estimate before the first figure that is none."""
    first_final = next((row for row, figure in enumerate(versions) if figure.status != "estimate"), len(versions))
    return versions[first_final - 1] if first_final else None


def _sum_ratios(volume: Mapping[int, float], price: Mapping[int, float], estimated: Sequence[int]) -> dict[int, float]:
    """Month -> log ratio of a product; a factor that was not estimated has none."""
    months = sorted((volume.keys() | price.keys()) - set(estimated))
    return {month: volume.get(month, 0.0) + price.get(month, 0.0) for month in months}
