"""Problems of the months of a ledger: doubled, missing, out of order, or in measures that do not go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from forecast.errors import Problem, has_enough_problems
from forecast.history.booked_months import cut_series
from forecast.history.ledger_figures import LedgerFigure, LedgerFigures, LedgerSeries
from forecast.i18n.listing import list_names
from forecast.periods import format_month

__all__ = ["check_months", "check_rows"]

MAX_LISTED_MONTHS = 12
"""Missing months that a problem names before it counts the others."""


def check_months(figures: LedgerFigures, as_of: date | None, planned_from: int | None = None) -> list[Problem]:
    """Find the problems of the months of a ledger.

    Parameters
    ----------
    figures : LedgerFigures
        Its rows that were known.
    as_of : date, optional
        The day on which they were.
    planned_from : int, optional
        The first month that a plan simulates, from year 0: from it on any month may be missing.

    Returns
    -------
    list of Problem
        Months without a day of booking that stand twice or after a later one; then, of services alone, months that are
        missing or have a volume without a price, and a service in revenue and in volume.
    """
    problems = check_rows(figures)
    if has_enough_problems(problems):
        return problems
    services = [series for series in figures.series if series.kind not in ("cost", "headcount")]
    if not services:
        known = {"as_of": as_of.isoformat() if as_of else ""}
        code = "history_nothing_known" if figures.later_count else "history_no_service"
        return [*problems, Problem.of(figures.table.location, figures.name_column, code, **known)]
    if figures.is_long:
        problems += _lonely_volumes(services, figures.later, as_of)
    past = [series for series in services if series.kind != "price"]
    if planned_from is not None:
        past = [series for series, _ in cut_series([(series, series.figures) for series in past], planned_from)]
    return problems or _gaps(past, figures, as_of)


def check_rows(figures: LedgerFigures) -> list[Problem]:
    """Find the rows that cannot stand beside each other, whatever months are booked.

    Parameters
    ----------
    figures : LedgerFigures
        Rows of a ledger.

    Returns
    -------
    list of Problem
        Months without a day of booking that stand twice or after a later one; services in revenue and in volume.
    """
    problems: list[Problem] = []
    for series in figures.series:
        if has_enough_problems(problems):
            return problems
        if figures.is_long or series.kind != "price":  # a short row has both
            problems += _repeated_or_unsorted(series)
    if figures.is_long:
        problems += _mixed_measures([series for series in figures.series if series.kind not in ("cost", "headcount")])
    return problems


def _repeated_or_unsorted(series: LedgerSeries) -> list[Problem]:
    """Problems of months that stand twice, or after a later one, among those without a day of booking."""
    problems: list[Problem] = []
    first_rows: dict[int, LedgerFigure] = {}
    latest = -1
    for figure in series.figures:
        if figure.booked:
            continue
        earlier = first_rows.setdefault(figure.month, figure)
        if earlier is figure and figure.month > latest:
            latest = figure.month
            continue
        if has_enough_problems(problems):
            break
        params = {"month": format_month(figure.month), "service": series.text}
        if earlier is not figure:
            line = str(earlier.cell.location.line)
            problems.append(Problem.of(figure.cell.location, "month", "history_month_twice", line=line, **params))
        else:
            after = format_month(latest)
            problems.append(Problem.of(figure.cell.location, "month", "history_unsorted", after=after, **params))
    return problems


def _mixed_measures(services: Sequence[LedgerSeries]) -> Iterator[Problem]:
    """Problems of services that have rows of revenue and of volume or price, each at the first row of these."""
    revenue: dict[str, LedgerSeries] = {}
    counted: dict[str, LedgerSeries] = {}
    for series in services:
        (revenue if series.kind == "revenue" else counted).setdefault(series.name, series)
    for name in revenue.keys() & counted.keys():
        row, other = counted[name].figures[0], revenue[name].figures[0]
        params = {
            "service": name, "month": format_month(other.month), "line": str(other.row["month"].location.line),
        }  # fmt: skip
        yield Problem.of(row.row["measure"].location, "measure", "history_mixed_measures", **params)


def _lonely_volumes(
    services: Sequence[LedgerSeries], later: Mapping[str, Mapping[int, int]], as_of: date | None
) -> Iterator[Problem]:
    """Problems of months with a volume and no price, or a price and no volume, each at its first row."""
    accounts: dict[str, dict[str, LedgerSeries]] = {}
    for series in services:
        accounts.setdefault(series.account, {})[series.kind] = series
    codes = {"volume": "history_volume_without_price", "price": "history_price_without_volume"}
    for by_kind in accounts.values():
        for kind, other in (("volume", "price"), ("price", "volume")):
            if kind not in by_kind:
                continue
            partners = {figure.month for figure in by_kind[other].figures} if other in by_kind else set()
            alone = {figure.month: figure for figure in by_kind[kind].figures if figure.month not in partners}
            if alone:
                first = alone[min(alone)]
                name = by_kind[kind].text.partition(".")[2]
                known_later = _known_later(list(alone), later.get(f"{other}.{name}", {}), as_of)
                params = {"service": name, "months": _list_months(sorted(alone)), **known_later}
                code = f"history_{other}_known_later" if known_later else codes[kind]
                yield Problem.of(first.row["measure"].location, "measure", code, **params)


def _gaps(services: Iterable[LedgerSeries], figures: LedgerFigures, as_of: date | None) -> list[Problem]:
    """Problems of services that lack a month, or end before the others."""
    problems: list[Problem] = []
    rows_by_month = [(series, {figure.month: figure for figure in reversed(series.figures)}) for series in services]
    last = max((max(rows) for _, rows in rows_by_month), default=0)
    for series, rows in rows_by_month:
        if has_enough_problems(problems):
            break
        latest = max(rows)
        later = figures.later.get(series.text, {})
        if missing := sorted(set(range(min(rows), latest)) - set(rows)):
            after_gap = rows[min(month for month in rows if month > missing[0])]
            params = {"service": series.text, "months": _list_months(missing), **_known_later(missing, later, as_of)}
            code = "history_gap_known_later" if "day" in params else "history_gap"
            problems.append(Problem.of(after_gap.cell.location, "month", code, **params))
        if latest < last:
            lacking = list(range(latest + 1, last + 1))
            params = {
                "service": series.text,
                "month": format_month(latest),
                "months": _list_months(lacking),
                **_known_later(lacking, later, as_of),
            }
            code = "history_ends_early_known_later" if "day" in params else "history_ends_early"
            problems.append(Problem.of(rows[latest].cell.location, "month", code, **params))
    return problems


def _known_later(months: Sequence[int], later: Mapping[int, int], as_of: date | None) -> dict[str, str]:
    """Parameters that say when the rows of missing months became known; empty where none has a row."""
    days = [later[month] for month in months if month in later]
    if not days or as_of is None:
        return {}
    return {"as_of": as_of.isoformat(), "day": date.fromordinal(max(days)).isoformat()}


def _list_months(months: Sequence[int]) -> str:
    return list_names(map(format_month, months), MAX_LISTED_MONTHS)
