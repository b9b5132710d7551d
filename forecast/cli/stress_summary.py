"""Ways to fail of `forecast stress`, for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from forecast.analysis.failure_modes import MIN_FAILURES
from forecast.cli.text_table import UnbrokenLine, cut, table_lines, wrap
from forecast.errors import CheckError
from forecast.files.paths import display_path
from forecast.i18n.amounts import AmountScale, error_points, interval_text, whole_percent, with_sign
from forecast.reports.content.assumptions import quantity_text
from forecast.reports.content.failures import (
    failure_answer,
    failure_decimals,
    failure_scale,
    failure_story,
    failure_subject,
)
from forecast.reports.content.text import name_text

if TYPE_CHECKING:
    from forecast.analysis.failure_modes import DesignValue, FailureModes, FailureWay
    from forecast.i18n import Translator
    from forecast.plan.scenario import Scenario
    from forecast.workflows.failure_scenario import FailureScenario

MIN_PIECE_SHARE = 0.03
"""Share of what a way falls short by, from which a cause is named."""
MAX_LISTED_VALUES = 8
"""Values of the likeliest failure that are printed."""
MAX_DRAW_CHARACTERS = 46
"""Characters of a name in the table of values."""


def stress_lines(
    modes: FailureModes, scenario: Scenario, t: Translator, written: Mapping[Path, FailureScenario] | None = None
) -> list[str]:
    """Lines for a person, at most 80 wide where names allow."""
    scale = failure_scale(modes, scenario, t)
    lines = wrap(failure_answer(modes, scenario, t))
    if modes.fails_nearly_always:
        lines += wrap(t("stress_nearly_always"))
    if not modes.is_told:
        return [*lines, *wrap(_few_text(modes, t))]
    lines += wrap(t("stress_key", unit=scale.unit, mean=scale.number(modes.mean, failure_decimals(scale))))
    for number, way in enumerate(modes.ways, 1):
        lines += ["", *_way_lines(number, way, modes, scenario, scale, t)]
    lines += ["", *_likeliest_lines(modes, scenario, t)]
    for file, plan in (written or {}).items():
        median = scale.amount(plan.median, failure_decimals(scale))
        lines += [*wrap(t("stress_written", median=median, failing=whole_percent(plan.failing, t)))]
        lines.append(UnbrokenLine(f"  {display_path(file)}"))
    return lines


def few_failures_error(modes: FailureModes, scenario: Scenario, t: Translator) -> CheckError:
    """The error that ends a command whose ways cannot be told."""
    name = failure_subject(modes, scenario, t)
    if modes.paths_needed is None:
        return CheckError("stress_none_fails", name=name, paths=t.number(modes.paths))
    return CheckError("stress_few_fail", name=name, required=MIN_FAILURES, needed=modes.paths_needed)


def _few_text(modes: FailureModes, t: Translator) -> str:
    if modes.paths_needed is None:
        return t("stress_none", paths=t.number(modes.paths))
    return t(
        "stress_few",
        failures=t.number(modes.failures),
        paths=t.number(modes.paths),
        required=MIN_FAILURES,
        needed=t.number(modes.paths_needed),
        option=f"--paths {modes.paths_needed:_}",
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
        value = scale.amount(way.future.value, failure_decimals(scale))
        yield from wrap("  " + t("stress_instance", value=value))
        for text in failure_story(way, modes, scenario, t):
            yield from wrap(f"    {text}", hanging=6)


def _pieces_text(way: FailureWay, modes: FailureModes, scale: AmountScale, t: Translator) -> str:
    """Pieces of a way, the largest first; small ones together."""
    pieces = {cause: piece.value for cause, piece in way.pieces.items()}
    total = sum(pieces.values())
    in_order = sorted(pieces, key=lambda cause: (-abs(pieces[cause]), cause))
    least = MIN_PIECE_SHARE * max(abs(value) for value in pieces.values())
    printed = {cause: scale.signed_number(piece, failure_decimals(scale)) for cause, piece in pieces.items()}
    named = [cause for cause in in_order if abs(pieces[cause]) >= least and printed[cause].strip("0.,")]
    texts = [f"{modes.labels[cause].in_language(t.language)} {printed[cause]}" for cause in named]
    others = total - sum(pieces[cause] for cause in named)
    if len(named) < len(pieces) and scale.signed_number(others, failure_decimals(scale)).strip("0.,"):
        texts.append(f"{t('stress_rest')} {scale.signed_number(others, failure_decimals(scale))}")
    sum_text = scale.signed_number(total, failure_decimals(scale))
    return f"{'; '.join(texts)} = {sum_text}" if texts else sum_text


def _likeliest_lines(modes: FailureModes, scenario: Scenario, t: Translator) -> Iterator[str]:
    if modes.likeliest is None:
        fails_as_expected = (modes.mean < modes.line.line) == modes.line.is_below
        yield from wrap(t("stress_fails_as_expected" if fails_as_expected else "stress_no_design"))
        return
    if not modes.likeliest.values:
        yield from wrap(t("stress_near_line"))
        return
    yield from wrap(t("stress_design", distance=t.number(modes.likeliest.distance, 1)))
    rows = [["", *t("stress_design_columns").split("|")]]
    rows += [_design_cells(value, scenario, t) for value in modes.likeliest.values[:MAX_LISTED_VALUES]]
    yield from table_lines(rows, indent=2)


def _design_cells(value: DesignValue, scenario: Scenario, t: Translator) -> list[str]:
    deviations = with_sign(t.number(value.deviations, 1))
    if value.assumption is None:
        name, text = value.name.rpartition(".")[0], t("stress_happens" if value.value else "stress_does_not_happen")
    else:
        name, text = value.name, quantity_text(value.assumption, value.value, t)
    return [cut(name_text(name, scenario, t), MAX_DRAW_CHARACTERS), text, deviations]
