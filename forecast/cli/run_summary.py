"""The few lines that a run prints, from its summary."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast.cli.output import print_status
from forecast.cli.text_table import UnbrokenLine, chance_bar, display_width, pad_left, pad_right, wrap
from forecast.files.paths import display_path
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, error_points, exact_percent, whole_percent

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import StoredRun
    from forecast.workflows.request import RunRequest

GOAL_WIDTH, CHANCE_WIDTH, ERROR_WIDTH = 32, 4, 5
"""Columns of what a target asks, of its chance, and of the simulation error of the chance."""
MAX_DRIVERS = 3
"""Assumptions that are named as the biggest drivers."""


def answer_lines(summary: Mapping[str, Any], scenario: Scenario, t: Translator, encoding: str = "utf-8") -> list[str]:
    """Each target with its chance, error, bar, forecast range and cases, then the biggest drivers and the cautions."""
    name, paths = scenario.name.in_language(t.language), t.number(summary["paths"])
    lines: list[str] = [t("answer_title", name=name, scenario=summary["scenario"], paths=paths)]
    for target in summary["targets"].values():
        lines += _target_lines(target, summary, scenario, t, encoding)
    lines += [] if summary["targets"] else _revenue_lines(summary, t)
    lines += _driver_lines(summary, scenario, t)
    lines += _year_lines(summary, scenario, t)
    if precision := summary.get("precision"):
        lines.append(_precision_line(precision, summary["paths"], t))
    months = summary["data_status"]
    lines += [
        t(f"said_{status}", months=months[status]) for status in ("reconstructed", "example") if months.get(status)
    ]
    lines += [t("said_note", text=t(note["key"], **note["params"])) for note in summary["history_notes"]]
    lines += page_note_lines([summary], t)
    return lines


def report_line(run: StoredRun, t: Translator) -> str:
    """Where the report of a run is, by a path that exists; with links that is below `reports/<scenario>`."""
    return UnbrokenLine(t("answer_open", path=display_path(run.shown_folder / "report.html")))


def next_line(request: RunRequest, t: Translator) -> str:
    """The command that shows what the answer rests on: the assumptions of a plan, or the state of its lock."""
    words = ["verify", request.lock_name] if request.lock_name else ["check", request.scenario.file, "--only", "unsure"]
    return UnbrokenLine(t("answer_next", command=shlex.join(("forecast", *words))))


def print_set_aside(run: StoredRun, t: Translator) -> None:
    """Say where the changed files of an earlier run of the same inputs are kept, if there were any."""
    if run.set_aside is not None:
        print_status(t("said_set_aside", path=display_path(run.set_aside)))


def page_note_lines(summaries: Iterable[Mapping[str, Any]], t: Translator) -> list[str]:
    """The notes on the pages of some runs, each once."""
    notes = [t(note["key"], **note["params"]) for summary in summaries for note in summary.get("notes", ())]
    return [t("said_note", text=text) for text in dict.fromkeys(notes)]


def _year_lines(summary: Mapping[str, Any], scenario: Scenario, t: Translator) -> list[str]:
    """The year to date and why it differs; none where no month is closed."""
    if not summary.get("closed_months"):
        return []
    from forecast.reports.content.causes import year_lines

    return [f"  {line}" for line in year_lines(scenario, summary, t)]


def _target_lines(
    target: Mapping[str, Any], summary: Mapping[str, Any], scenario: Scenario, t: Translator, encoding: str
) -> list[str]:
    """The goal of a target, its chance with a bar, and the figures behind it; in two lines where the goal is short."""
    from forecast.reports.content.text import chance_range_text

    required, bar = target["required_chance"], chance_columns(target, t, encoding)
    goal = f"  {short_goal_text(target, summary, scenario, t)}"
    indent = 2 + GOAL_WIDTH
    is_short = display_width(goal) <= indent
    lines = [f"{pad_right(goal, indent)} {bar}"] if is_short else [goal, f"{' ' * indent} {bar}"]
    behind = [_levels_text(target, summary, t)] if _figure_row(target, summary) else []
    if target["cases"]:
        low, high = target["spread"]
        behind.append(t("answer_cases", chances=chance_range_text(low, high, t, required)))
    return [*lines, *wrap(f"     {'; '.join(behind)}", hanging=5)] if behind else lines


def chance_columns(target: Mapping[str, Any], t: Translator, encoding: str) -> str:
    """Chance of a target, its simulation error, its bar, and the chance that is required."""
    required = target["required_chance"]
    chance = whole_percent(target["chance"], t, required)
    error = f"±{error_points(target['low'], target['high'], t)}"
    bar = f"{pad_left(chance, CHANCE_WIDTH)} {pad_right(error, ERROR_WIDTH)} {chance_bar(target['chance'], encoding)}"
    return bar if required is None else f"{bar}  {t('answer_required', chance=exact_percent(required, t))}"


def short_goal_text(target: Mapping[str, Any], summary: Mapping[str, Any], scenario: Scenario, t: Translator) -> str:
    """Such as `Revenue 2021 ≥ 250 billion VND`."""
    from forecast.reports.content.text import measure_text, period_text, sentence_case

    direction = "at_least" if target.get("at_least") is not None else "at_most"
    threshold = target[direction]
    scale = choose_scale(target["measure"], [threshold], summary["currency"], t)
    measure = measure_text(target["measure"], scenario, t)
    if place := target.get("place_name"):
        measure = t("measure_of", measure=measure, part=place)
    sign = "≥" if direction == "at_least" else "≤"
    return f"{sentence_case(measure)} {period_text(target['period'], t)} {sign} {scale.exact_amount(threshold)}"


def _figure_row(target: Mapping[str, Any], summary: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The statistics of the figure of a target on its basis; None where the summary has none."""
    measures, measure = summary["measures"], target["measure"]
    if place := target.get("place"):
        measure = f"{measure}@{place}"
    elif target.get("basis") == "parts" and f"{measure}:parts" in measures:
        measure = f"{measure}:parts"
    row: Mapping[str, Any] | None = measures.get(measure, {}).get(target["period"])
    return row


def _levels_text(target: Mapping[str, Any], summary: Mapping[str, Any], t: Translator) -> str:
    """Such as `P10 244 · P50 259 · P90 275 billion VND`."""
    row = _figure_row(target, summary) or {}
    threshold = target["at_least"] if target.get("at_least") is not None else target["at_most"]
    levels = {name: row[name] for name in ("p10", "p50", "p90")}
    scale = choose_scale(target["measure"], [threshold, *levels.values()], summary["currency"], t)
    return scale.with_unit(" · ".join(f"{name.upper()} {scale.number(value)}" for name, value in levels.items()))


def _driver_lines(summary: Mapping[str, Any], scenario: Scenario, t: Translator) -> list[str]:
    """The assumptions that move the figure of the main target most; none where no paths were kept to see it."""
    sensitivity = summary.get("sensitivity")
    bars = sensitivity["levers"][:MAX_DRIVERS] if sensitivity else []
    if sensitivity is None or not bars:
        return []
    from forecast.reports.content.text import measure_text

    measure = summary["targets"][sensitivity["target"]]["measure"]
    changes = [abs(bar["high"] - bar["low"]) / 2 for bar in bars]
    scale = choose_scale(measure, changes, summary["currency"], t)
    head = t("answer_drivers", measure=measure_text(measure, scenario, t), unit=scale.unit)
    rows = [
        (f"±{scale.number(change)}", _driver_name(bar["name"], scenario, t))
        for bar, change in zip(bars, changes, strict=True)
    ]
    width = max(display_width(change) for change, _ in rows)
    lines = [f"     {pad_left(change, width)}  {name}" for change, name in rows]
    return [*wrap(f"  {head}"), *(part for line in lines for part in wrap(line, hanging=7 + width))]


def _driver_name(name: str, scenario: Scenario, t: Translator) -> str:
    """The label of an assumption; of what happens or not, and how often, with these words."""
    from forecast.reports.content.text import name_text

    owner, _, last = name.rpartition(".")
    if last not in ("happens", "events"):
        return name_text(name, scenario, t)
    return t(f"term.{last}", name=name_text(owner, scenario, t))


def _precision_line(precision: Mapping[str, Any], paths: int, t: Translator) -> str:
    params = {"target": precision["target"], "paths": t.number(paths)}
    wanted, reached = (t.percent(precision[key], 2) for key in ("asked", "reached"))
    if not precision["met"]:
        return t("said_not_precise", wanted=wanted, reached=reached, **params)
    return t("said_precise", reached=reached, asked=t.number(precision["paths_asked"]), **params)


def _revenue_lines(summary: Mapping[str, Any], t: Translator) -> list[str]:
    from forecast.reports.content.text import period_text

    lines = []
    for period, row in summary["measures"]["revenue"].items():
        scale = choose_scale("revenue", [row["p10"], row["p90"]], summary["currency"], t)
        params = {"low": scale.amount(row["p10"]), "high": scale.amount(row["p90"])}
        lines.append(t("said_no_target", measure=t("measure_revenue"), period=period_text(period, t), **params))
    return lines
