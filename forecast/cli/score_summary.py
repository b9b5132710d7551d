"""Summary of the scores of locks: accuracy, comparisons, lags, chances and what is left out, for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from forecast.analysis.actual_figures import GAP
from forecast.analysis.place_actuals import PLACE_MARK, place_of
from forecast.analysis.scored_forecasts import FIRST_BOOKING_DAYS
from forecast.cli.actuals_summary import month_words
from forecast.cli.text_table import cut, table_lines, wrap
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, whole_percent, with_sign
from forecast.i18n.listing import list_names
from forecast.periods import SEASON_MONTHS, first_day, parse_month, parse_period
from forecast.plan.labels import display_name
from forecast.reports.content.text import measure_text, period_text, range_text, sentence_case
from forecast.stats.chance_scores import MIN_OUTCOMES_FOR_CHANCES

if TYPE_CHECKING:
    from forecast.analysis.forecast_scores import Comparison, FigureScore, LagScore
    from forecast.analysis.scored_forecasts import ScoredForecasts
    from forecast.workflows.score import BookingScores, LedgerScores, ProjectScores, RestatedFigure

MAX_NAME_LETTERS = 18
"""Letters of the name of a lock or a measure in a table."""
MAX_GROWTH_LETTERS = 14
MAX_LISTED_NOTES = 8
MAX_SCORE_NAMES = 6
MONTHS_PER_LINE = 6
COMPARED = ("last_year", "plan", "revised_plan")


def score_lines(result: ProjectScores, t: Translator) -> list[str]:
    """Lines for a person, at most `MAX_WIDTH` wide where names allow."""
    lines: list[str] = []
    for scores in result.ledgers:
        lines += [*([""] if lines else []), *_ledger_lines(scores, result.as_of, t)]
    for key, names in (("score_left_later", result.locked_later), ("score_left_no_ledger", result.without_ledger)):
        if names:
            lines += wrap(t(key, names=list_names(names, MAX_SCORE_NAMES), day=result.as_of))
    return lines


def _ledger_lines(scores: LedgerScores, as_of: date | None, t: Translator) -> list[str]:
    """Everything of one ledger, section by section."""
    first = scores.first
    sections = [
        *_period_sections(scores, t),
        _accuracy_lines(first, t("score_accuracy_first", days=FIRST_BOOKING_DAYS), scores, t),
        _comparison_lines(scores, t),
        _lag_lines(scores, t),
        *_months_ahead_sections(scores, t),
        _value_added_lines(scores, t),
        _chance_lines(first, t),
        _final_lines(scores, t),
        [*_provisional_lines(scores, as_of, t), *_left_out_lines(scores, t)],
    ]
    lines = _title_lines(scores, as_of, t)
    for section in sections:
        if section:
            lines += ["", *section]
    return lines


def _title_lines(scores: LedgerScores, as_of: date | None, t: Translator) -> list[str]:
    names = [entry.lock.name for entry in scores.locks]
    params = {"count": len(names), "first": names[0], "last": names[-1], "ledger": scores.ledger}
    title = t("score_title_one" if len(names) == 1 else "score_title", **params)
    if as_of is not None:
        title = t("score_as_of", title=title, day=as_of)
    return [*wrap(title), *(wrap(t("score_examples")) if scores.has_examples else [])]


def _period_sections(scores: LedgerScores, t: Translator) -> list[list[str]]:
    """The forecasts of each longer period of the revenue and of measures with a target, lock by lock."""
    sections = list(_each_period(scores, t))
    if sections and len(scores.locks) > 1:
        sections[-1] += wrap(t("score_one_outcome"))
    return sections


def _each_period(scores: LedgerScores, t: Translator) -> Iterator[list[str]]:
    """One section for each of those periods."""
    table, chances = scores.first.forecasts, scores.first.chances.chances
    wanted = {"revenue", *(chance.measure for chance in chances)}
    for (measure, months), rows in sorted(table.rows_by_figure.items(), key=lambda item: -item[0][1]):
        if months == 1 or measure not in wanted:
            continue
        for period in dict.fromkeys(table.keys[row].period for row in rows):
            selected = [row for row in rows if table.keys[row].period == period]
            by_lock = {c.lock: c.chance for c in chances if (c.measure, c.period) == (measure, period)}
            yield _period_lines(table, selected, by_lock, scores, t)


def _period_lines(
    table: ScoredForecasts, rows: Sequence[int], chances: Mapping[str, float], scores: LedgerScores, t: Translator
) -> list[str]:
    key, actual = table.keys[rows[0]], float(table.actual[rows[0]])
    scale = choose_scale(
        key.measure.partition(PLACE_MARK)[0], [actual], scores.scenario.currency, t, yearly=key.months == SEASON_MONTHS
    )
    heads = ["score_lock", "score_ahead", "score_p10", "score_p50", "score_p90", "score_lock_error", "score_inside"]
    heads += ["score_chance"] if chances else []
    lines, inside = [[t(head) for head in heads]], 0
    for row in rows:
        p10, p50, p90 = (float(value) for value in table.intervals80[row])
        is_inside = p10 <= actual <= p90
        inside += is_inside
        cells = [
            cut(table.keys[row].lock, MAX_NAME_LETTERS),
            str(table.keys[row].lag),
            *(scale.number(value) for value in (p10, p50, p90)),
        ]
        cells += [
            _share((p50 - actual) / abs(actual) if actual else None, t),
            t("score_yes" if is_inside else "score_no"),
        ]
        if chances:
            chance = chances.get(table.keys[row].lock)
            cells.append("-" if chance is None else whole_percent(chance, t))
        lines.append(cells)
    head = t(
        "score_period", measure=sentence_case(_measure_name(key.measure, scores, t)),
        period=period_text(key.period, t), actual=scale.amount(actual), inside=inside, count=len(rows),
    )  # fmt: skip
    return [*wrap(head), *table_lines(lines, indent=2)]


def _accuracy_lines(booking: BookingScores, title: str, scores: LedgerScores, t: Translator) -> list[str]:
    """Coverage, bias and errors of each measure, months apart from longer periods."""
    heads = [t("score_forecasts"), t("score_periods"), *(t("score_in", percent=percent) for percent in (50, 80, 95))]
    heads += [t(f"score_{name}") for name in ("bias", "error", "crps")]

    def cells(score: FigureScore) -> list[str]:
        shares = (score.coverage50, score.coverage80, score.coverage95)
        return [
            str(score.forecasts), str(score.outcomes), *(whole_percent(share, t) for share in shares),
            _share(score.bias, t), _share(score.error, t, signed=False), _share(score.crps, t, signed=False),
        ]  # fmt: skip

    return [*wrap(title), *_figure_table(booking.figures, heads, cells, scores, t)]


def _figure_table(
    figures: Iterable[FigureScore], heads: list[str], cells: Callable[[FigureScore], list[str]],
    scores: LedgerScores, t: Translator,
) -> list[str]:  # fmt: skip
    """A table with a row a measure, under a heading for each length of the periods."""
    rows: list[list[str]] = [["", *heads]]
    for months, group in groupby(sorted(figures, key=lambda figure: figure.months), key=lambda figure: figure.months):
        rows.append([_length_text(months, t)])
        rows += [[f"  {_short_name(figure.measure, scores, t)}", *cells(figure)] for figure in group]
    return table_lines(rows)


def _comparison_lines(scores: LedgerScores, t: Translator) -> list[str]:
    """Change of error and CRPS against the same period last year, the plan and the revised plan."""
    figures = scores.first.figures
    names = [name for name in COMPARED if any(name in figure.against for figure in figures)]
    if not names:
        return []

    def cells(score: FigureScore) -> list[str]:
        changes = [_change_text(score.against.get(name), t) for name in names]
        return [_number(score.mase, t), _number(score.scaled_crps, t), *changes]

    heads = [t("score_mase"), t("score_scaled_crps"), *(t(f"score_reference_{name}") for name in names)]
    key = "score_plans_revised" if scores.revised_plans else "score_plans"
    params = {
        "plan": list_names(scores.original_plans, MAX_SCORE_NAMES),
        "revised": list_names(scores.revised_plans, MAX_SCORE_NAMES),
    }
    plans = wrap(t(key, **params)) if "plan" in names else []
    return [*wrap(t("score_against")), *_figure_table(figures, heads, cells, scores, t), *plans]


def _change_text(comparison: Comparison | None, t: Translator) -> str:
    if comparison is None:
        return "-"
    ratios = (comparison.error_ratio, comparison.crps_ratio)
    return " / ".join("-" if ratio is None else _share(ratio - 1, t, decimals=0) for ratio in ratios)


def _lag_lines(scores: LedgerScores, t: Translator) -> list[str]:
    """Bias and error of the months by lag."""
    by_measure: dict[str, dict[int, LagScore]] = {}
    for score in scores.first.lags:
        if score.months == 1:
            by_measure.setdefault(score.measure, {})[score.lag] = score
    lags = sorted({lag for row in by_measure.values() for lag in row})
    if not lags:
        return []
    rows = [["", *(t("score_lag_one") if lag == 1 else t("score_lag", lag=lag) for lag in lags)]]
    for measure, row in by_measure.items():
        cells = [
            f"{_share(row[lag].bias, t)} / {_share(row[lag].error, t, signed=False)}" if lag in row else "-"
            for lag in lags
        ]
        rows.append([f"  {_short_name(measure, scores, t)}", *cells])
    return [*wrap(t("score_lags")), *table_lines(rows)]


def _months_ahead_sections(scores: LedgerScores, t: Translator) -> Iterator[list[str]]:
    """The error of each month that was forecast one month ahead, six months a table."""
    by_month: dict[str, dict[str, str]] = {}
    measures: dict[str, None] = {}
    for ahead in scores.first.months_ahead:
        measures[ahead.measure] = None
        mark = " " if ahead.is_inside80 else "*"
        by_month.setdefault(ahead.month, {})[ahead.measure] = f"{_share(ahead.error, t)}{mark}"
    months = sorted(by_month)
    for start in range(0, len(months), MONTHS_PER_LINE):
        part = months[start : start + MONTHS_PER_LINE]
        rows = [["", *(f"{_month_number(month)} " for month in part)]]
        for measure in measures:
            name = f"  {_short_name(measure, scores, t)}"
            rows += [[name, *(by_month[month].get(measure, "- ") for month in part)]]
        lines = [line.rstrip() for line in table_lines(rows)]
        yield [*wrap(t("score_months_ahead")), *lines] if start == 0 else lines


def _value_added_lines(scores: LedgerScores, t: Translator) -> list[str]:
    """Value that the stated growth of each service added to the history alone."""
    values = scores.first.value_added
    if not values:
        return []
    heads = [
        "score_growth",
        "score_error_stated",
        "score_error_alone",
        "score_error_added",
        "score_crps_added",
    ]
    rows: list[list[str]] = [["", *map(t, heads)]]
    for months, group in groupby(sorted(values, key=lambda value: value.months), key=lambda value: value.months):
        rows.append([_length_text(months, t)])
        for value in group:
            shares = (_share(value.error, t, signed=False), _share(value.error_alone, t, signed=False))
            added = (_share(value.error_added, t), _share(value.crps_added, t))
            growth = cut(range_text(value.growth.partition(";")[0], t), MAX_GROWTH_LETTERS)  # without its grade
            rows.append([f"  {_short_name(value.measure, scores, t)}", growth, *shares, *added])
    return [*wrap(t("score_value_added")), *table_lines(rows)]


def _chance_lines(booking: BookingScores, t: Translator) -> list[str]:
    """Brier score, and reliability where there are enough outcomes."""
    scores = booking.chances
    if scores.brier is None:
        return wrap(t("score_no_chance"))
    params = {"brier": t.number(scores.brier, 2), "chances": len(scores.chances), "outcomes": scores.outcomes}
    lines = wrap(t("score_brier", **params))
    if scores.reliability is None:
        return [*lines, *wrap(t("score_too_few", needed=MIN_OUTCOMES_FOR_CHANCES))]
    rows = [
        [
            t(key)
            for key in ("score_bin", "score_outcomes", "score_mean_chance", "score_observed", "score_observed_interval")
        ]
    ]
    for part in scores.reliability:
        span = t("score_bin_range", low=t.percent(part.low), high=t.percent(part.high))
        interval = t(
            "score_bin_range", low=whole_percent(part.observed.low, t), high=whole_percent(part.observed.high, t)
        )
        rows.append(
            [
                span,
                t.number(part.outcomes, 1),
                whole_percent(part.mean_chance, t),
                whole_percent(part.observed.value, t),
                interval,
            ]
        )
    return [*lines, *wrap(t("score_reliability")), *table_lines(rows, indent=2)]


def _final_lines(scores: LedgerScores, t: Translator) -> list[str]:
    """Restated figures, and the accuracy on the last booking where anything was."""
    if not scores.restated:
        return wrap(t("score_not_restated"))
    listed = [_restated_text(figure, scores, t) for figure in scores.restated]
    return [
        *wrap(t("score_restated", count=len(listed))),
        *(part for line in _listed_notes(listed, t) for part in wrap(f"  {line}")),
        "",
        *_accuracy_lines(scores.final, t("score_accuracy_final"), scores, t),
        *(["", *_chance_lines(scores.final, t)] if scores.first.chances.brier != scores.final.chances.brier else []),
    ]


def _restated_text(figure: RestatedFigure, scores: LedgerScores, t: Translator) -> str:
    scale = choose_scale(
        figure.measure.partition(PLACE_MARK)[0], [figure.first, figure.final], scores.scenario.currency, t
    )
    decimals = _telling_decimals(figure.first, figure.final, scale)
    return t(
        "score_restated_figure", measure=_measure_name(figure.measure, scores, t),
        period=period_text(figure.period, t), first=scale.number(figure.first, decimals),
        final=scale.amount(figure.final, decimals),
        change=_share(figure.final / figure.first - 1 if figure.first else None, t, decimals=2),
    )  # fmt: skip


def _telling_decimals(first: float, final: float, scale: AmountScale) -> int:
    """Decimals that tell two amounts apart."""
    for decimals in range(scale.decimals, 7):
        if round(first / scale.factor, decimals) != round(final / scale.factor, decimals):
            return decimals
    return scale.decimals


def _provisional_lines(scores: LedgerScores, as_of: date | None, t: Translator) -> list[str]:
    """Periods whose first booking may still change on the day of the score."""
    if as_of is None:
        return []
    first_over = as_of.toordinal() - FIRST_BOOKING_DAYS
    periods = {key.period for key in scores.first.forecasts.keys}
    ends = {period: first_day(parse_period(period).last + 1) - 1 for period in periods}
    names = [period_text(period, t) for period in sorted(periods) if ends[period] > first_over]
    params = {"periods": list_names(names, MAX_SCORE_NAMES), "days": FIRST_BOOKING_DAYS, "day": as_of}
    return wrap(t("score_provisional", **params)) if names else []


def _left_out_lines(scores: LedgerScores, t: Translator) -> list[str]:
    """Locks and figures that are not scored, and why."""
    notes = []
    if scores.superseded:
        notes.append(t("score_superseded", names=list_names(scores.superseded, MAX_SCORE_NAMES)))
    for key, is_gap in (("score_gap", True), ("score_without_books", False)):
        lacking = {m: inputs for m, inputs in scores.without_books.items() if (GAP in inputs) == is_gap}
        if lacking:
            inputs = sorted({name for names in lacking.values() for name in names})
            notes.append(
                t(key, measures=list_names(list(lacking), MAX_SCORE_NAMES), inputs=list_names(inputs, MAX_SCORE_NAMES))
            )
    notes += [t("score_not_booked", **params) for params in _not_booked_params(scores, t)]
    notes += _unscored_place_notes(scores, t)
    if scores.with_hindsight:
        notes.append(t("score_hindsight", names=list_names(scores.with_hindsight, MAX_SCORE_NAMES)))
    return [part for note in _listed_notes(notes, t) for part in wrap(note)]


def _unscored_place_notes(scores: LedgerScores, t: Translator) -> Iterator[str]:
    """One note for each reason for which targets of places are not scored."""
    reasons = {(place.reason, place.detail): None for place in scores.unscored_places}
    for reason, detail in reasons:
        targets = {
            f"{place.target} ({scores.place_names.get(place.place, place.place)})": None
            for place in scores.unscored_places
            if (place.reason, place.detail) == (reason, detail)
        }
        yield t(f"score_{reason}", targets=list_names(list(targets), MAX_SCORE_NAMES), detail=detail)


def _not_booked_params(scores: LedgerScores, t: Translator) -> Iterator[dict[str, str]]:
    """Longer periods with their open months; single months all together."""
    single = [months[0] for text, months in scores.not_booked.items() if parse_period(text).count == 1]
    if single:
        yield {
            "period": t("score_months").lower(),
            "months": list_names([month_words(m, t) for m in sorted(single)], MAX_SCORE_NAMES),
        }
    for text, months in scores.not_booked.items():
        if parse_period(text).count > 1:
            yield {
                "period": period_text(text, t),
                "months": list_names([month_words(m, t) for m in months], MAX_SCORE_NAMES),
            }


def _length_text(months: int, t: Translator) -> str:
    named = {1: "score_months", 3: "score_quarters", SEASON_MONTHS: "score_years"}
    return t(named[months]) if months in named else t("score_spans", months=months)


def _short_name(measure: str, scores: LedgerScores, t: Translator) -> str:
    """The name of a measure for a table: of revenue and costs the service or cost alone."""
    scenario = scores.scenario
    if place := place_of(measure):
        return cut(scores.place_names.get(place, place), MAX_NAME_LETTERS)
    kind, _, part = measure.partition(":")[0].partition(".")
    owner = scenario.services.get(part) or scenario.costs.get(part)
    if part and kind in ("revenue", "cost"):
        return cut(sentence_case(display_name(part, owner.label if owner else None, t)), MAX_NAME_LETTERS)
    return cut(sentence_case(measure_text(measure.partition(":")[0], scenario, t)), MAX_NAME_LETTERS)


def _measure_name(measure: str, scores: LedgerScores, t: Translator) -> str:
    """A measure as a reader writes it, with its place."""
    kind, _, place = measure.partition(PLACE_MARK)
    text = measure_text(kind, scores.scenario, t)
    return t("measure_of", measure=text, part=scores.place_names.get(place, place)) if place else text


def _month_number(month: str) -> str:
    number = parse_month(month)
    return f"{number % SEASON_MONTHS + 1}/{number // SEASON_MONTHS}"


def _share(value: float | None, t: Translator, decimals: int = 1, signed: bool = True) -> str:
    """A share as a percentage, with its sign unless it rounds to 0; a hyphen for none."""
    if value is None:
        return "-"
    text = t.percent(value, decimals)
    return with_sign(text) if signed else text


def _number(value: float | None, t: Translator) -> str:
    return "-" if value is None else t.number(value, 2)


def _listed_notes(notes: list[str], t: Translator) -> list[str]:
    more = len(notes) - MAX_LISTED_NOTES
    return notes[:MAX_LISTED_NOTES] + ([t("score_and_more", count=more)] if more > 0 else [])
