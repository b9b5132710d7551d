"""Ways to fail of `forecast stress`, for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.analysis.failure_modes import MIN_FAILURES
from forecast.analysis.failure_summary import first_and_last_day
from forecast.cli.text_table import UnbrokenLine, table_lines, wrap
from forecast.errors import CheckError
from forecast.files.paths import display_path
from forecast.i18n.amounts import AmountScale, choose_scale, error_points, interval_text, whole_percent
from forecast.i18n.dates import MONTH_NAMES
from forecast.i18n.listing import list_names
from forecast.plan.labels import display_label
from forecast.reports.content.assumptions import quantity_text
from forecast.reports.content.text import date_text, measure_text, name_text, period_text, sentence_case

if TYPE_CHECKING:
    from forecast.analysis.failure_modes import DesignValue, FailureFuture, FailureModes, FailureWay
    from forecast.i18n import Translator
    from forecast.plan.scenario import Scenario
    from forecast.simulation.model.shocks.shock import PathEvent
    from forecast.workflows.failure_scenario import FailureScenario

MIN_PIECE_SHARE = 0.03
"""Share of what a way falls short by, from which a cause is named."""
MAX_LISTED_VALUES = 8
"""Values of the likeliest failure that are printed."""
MAX_DRAW_CHARACTERS = 46
"""Characters of a name in the table of values."""
MAX_DATED_EVENTS = 4
"""Events of one kind that are told with their days."""


def stress_lines(
    modes: FailureModes, scenario: Scenario, t: Translator, written: Mapping[Path, FailureScenario] | None = None
) -> list[str]:
    """Lines for a person, at most 80 wide where names allow."""
    scale = choose_scale(modes.line.measure, [modes.line.line, modes.mean], scenario.currency, t)
    lines = wrap(_answer(modes, scenario, scale, t))
    if modes.fails_nearly_always:
        lines += wrap(t("stress_nearly_always"))
    if not modes.is_told:
        return [*lines, *wrap(_few_text(modes, t))]
    lines += wrap(t("stress_key", unit=scale.unit, mean=scale.number(modes.mean, _decimals(scale))))
    for number, way in enumerate(modes.ways, 1):
        lines += ["", *_way_lines(number, way, modes, scenario, scale, t)]
    lines += ["", *_likeliest_lines(modes, scenario, t)]
    for file, plan in (written or {}).items():
        median = scale.amount(plan.median, _decimals(scale))
        lines += [*wrap(t("stress_written", median=median, failing=whole_percent(plan.failing, t)))]
        lines.append(UnbrokenLine(f"  {display_path(file)}"))
    return lines


def few_failures_error(modes: FailureModes, scenario: Scenario, t: Translator) -> CheckError:
    """The error that ends a command whose ways cannot be told."""
    name = _subject(modes, scenario, t)
    if modes.paths_needed is None:
        return CheckError("stress_none_fails", name=name, paths=t.number(modes.paths))
    return CheckError("stress_few_fail", name=name, required=MIN_FAILURES, needed=modes.paths_needed)


def _decimals(scale: AmountScale) -> int:
    return max(1, scale.decimals) if scale.factor > 1 else scale.decimals


def _subject(modes: FailureModes, scenario: Scenario, t: Translator) -> str:
    """The target, or the measure and the line."""
    line = modes.line
    if line.is_target:
        return display_label(scenario, f"targets.{line.target}").in_language(t.language)
    scale = choose_scale(line.measure, [line.line], scenario.currency, t)
    key = "stress_below" if line.is_below else "stress_above"
    measure = sentence_case(measure_text(line.measure, scenario, t))
    return t(key, measure=measure, period=period_text(line.period, t), line=scale.exact_amount(line.line, 4))


def _answer(modes: FailureModes, scenario: Scenario, scale: AmountScale, t: Translator) -> str:
    """The one sentence that a director acts on."""
    chance = modes.chance
    params = {
        "name": _subject(modes, scenario, t),
        "chance": whole_percent(chance.value, t),
        "error": interval_text(chance.low, chance.high, t, chance.value),
    }
    key = "stress_missed" if modes.line.is_target else "stress_falls"
    if not modes.ways:
        return t(f"{key}_alone", **params)
    first = modes.ways[0]
    return t(key, **params, way=first.label.in_language(t.language), share=whole_percent(first.share.value, t))


def _few_text(modes: FailureModes, t: Translator) -> str:
    if modes.paths_needed is None:
        return t("stress_none", paths=t.number(modes.paths))
    return t(
        "stress_few",
        failures=t.number(modes.failures),
        paths=t.number(modes.paths),
        required=MIN_FAILURES,
        needed=t.number(modes.paths_needed),
    )


def _way_lines(
    number: int, way: FailureWay, modes: FailureModes, scenario: Scenario, scale: AmountScale, t: Translator
) -> Iterator[str]:
    """One way: its shares, its pieces, and its typical future."""
    yield from wrap(
        t(
            "stress_way",
            number=number,
            way=way.label.in_language(t.language),
            share=whole_percent(way.share.value, t),
            share_error=error_points(way.share.low, way.share.high, t),
            chance=interval_text(way.chance.low, way.chance.high, t),
        )
    )
    yield from wrap("  " + t("stress_pieces", pieces=_pieces_text(way, modes, scale, t)), hanging=4)
    if way.future is not None:
        value = scale.amount(way.future.value, _decimals(scale))
        yield from wrap("  " + t("stress_instance", value=value))
        for text in _story(way.future, scenario, t):
            yield from wrap(f"    {text}", hanging=6)


def _pieces_text(way: FailureWay, modes: FailureModes, scale: AmountScale, t: Translator) -> str:
    """Pieces of a way, the largest first; small ones together."""
    pieces = {cause: piece.value for cause, piece in way.pieces.items()}
    total = sum(pieces.values())
    in_order = sorted(pieces, key=lambda cause: (-abs(pieces[cause]), cause))
    least = MIN_PIECE_SHARE * max(abs(value) for value in pieces.values())
    named = [cause for cause in in_order if abs(pieces[cause]) >= least]
    texts = [
        f"{modes.labels[cause].in_language(t.language)} {scale.signed_number(pieces[cause], _decimals(scale))}"
        for cause in named
    ]
    others = total - sum(pieces[cause] for cause in named)
    if len(named) < len(pieces) and scale.signed_number(others, _decimals(scale)).strip("0.,"):
        texts.append(f"{t('stress_rest')} {scale.signed_number(others, _decimals(scale))}")
    return f"{'; '.join(texts)} = {scale.signed_number(total, _decimals(scale))}"


def _story(future: FailureFuture, scenario: Scenario, t: Translator) -> Iterator[str]:
    """A future told with its dates, a line a subject: growths, events, initiatives."""
    years = scenario.horizon.calendar.years
    growths = []
    for service, of_service in future.details.services.items():
        by_year = [_signed(t.percent(growth, 1)) for year, growth in of_service.growth.items() if year in years]
        if by_year:
            growths.append(f"{name_text(f'services.{service}', scenario, t)} {', '.join(by_year)}")
    events = list(_event_texts(future.events, scenario, t))
    starts = []
    for name, outcome in future.initiatives.items():
        if outcome.happens and not scenario.initiatives[name].start.is_constant:
            day = _day_text(date.fromordinal(int(outcome.start)), scenario, t)
            starts.append(t("stress_starts", name=name_text(f"initiatives.{name}", scenario, t), day=day))
    failed = [name for name, outcome in future.initiatives.items() if not outcome.happens]
    subjects = {
        "stress_growths": growths,
        "stress_events": events,
        "stress_failed": [name_text(f"initiatives.{name}", scenario, t) for name in failed],
        "stress_started": starts,
    }
    yield from (t(key, list="; ".join(texts)) for key, texts in subjects.items() if texts)


def _signed(percent: str) -> str:
    return percent if percent.startswith("\N{MINUS SIGN}") or not percent.strip("0.,%") else f"+{percent}"


def _event_texts(events: Iterable[PathEvent], scenario: Scenario, t: Translator) -> Iterator[str]:
    """Events of one shock and kind together, those that reach furthest with their days."""
    by_kind: dict[tuple[str, str], list[PathEvent]] = {}
    for event in events:
        by_kind.setdefault((event.shock, event.kind), []).append(event)
    for (shock, kind), of_kind in by_kind.items():
        name = _event_name(shock, kind, scenario, t)
        if kind == "wave":  # the lockdowns inside them have their days
            yield t("stress_waves", name=name, count=len(of_kind))
            continue
        largest = sorted(of_kind, key=lambda event: -event.reach * (event.end - event.start))[:MAX_DATED_EVENTS]
        days = [_span_text(event, scenario, t) for event in of_kind if event in largest]
        more = len(of_kind) - len(largest)
        yield f"{name} {list_names([*days, *[''] * more], len(days))}"


def _event_name(shock: str, kind: str, scenario: Scenario, t: Translator) -> str:
    name = name_text(shock, scenario, t)
    if kind in ("event", "wave"):
        return name
    if kind in ("hard", "upstream"):
        return t(f"key.{kind}")
    return name_text(f"{shock}.classes.{kind}", scenario, t).rpartition(": ")[2] or name


def _span_text(event: PathEvent, scenario: Scenario, t: Translator) -> str:
    """Days of an event: `3 to 21 March`, `30 March to 12 April`; the year where the plan has several."""
    first, last = first_and_last_day(event)
    if first == last:
        return _day_text(first, scenario, t)
    low = _day_text(first, scenario, t)
    if (first.year, first.month) == (last.year, last.month):
        low = str(first.day)
    return t("span_from_to", low=low, high=_day_text(last, scenario, t))


def _day_text(day: date, scenario: Scenario, t: Translator) -> str:
    """A day, with its year where it is not the only one of the plan."""
    if list(scenario.horizon.calendar.years) != [day.year]:
        return date_text(day, t)
    return f"{day.day}/{day.month}" if t.language == "vi" else f"{day.day} {MONTH_NAMES[day.month - 1]}"


def _likeliest_lines(modes: FailureModes, scenario: Scenario, t: Translator) -> Iterator[str]:
    if modes.likeliest is None:
        fails_as_expected = (modes.mean < modes.line.line) == modes.line.is_below
        yield from wrap(t("stress_fails_as_expected" if fails_as_expected else "stress_no_design"))
        return
    yield from wrap(t("stress_design", distance=t.number(modes.likeliest.distance, 1)))
    rows = [["", *t("stress_design_columns").split("|")]]
    rows += [_design_cells(value, scenario, t) for value in modes.likeliest.values[:MAX_LISTED_VALUES]]
    yield from table_lines(rows, indent=2)


def _design_cells(value: DesignValue, scenario: Scenario, t: Translator) -> list[str]:
    deviations = _signed(t.number(value.deviations, 1))
    if value.assumption is None:
        name, text = value.name.rpartition(".")[0], t("stress_happens" if value.value else "stress_does_not_happen")
    else:
        name, text = value.name, quantity_text(value.assumption, value.value, t)
    label = name_text(name, scenario, t)
    cut = label if len(label) <= MAX_DRAW_CHARACTERS else f"{label[: MAX_DRAW_CHARACTERS - 1].rstrip()}…"
    return [cut, text, deviations]
