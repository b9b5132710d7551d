"""The few lines that a run prints, from its summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast.cli.output import print_status
from forecast.files.paths import display_path
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, interval_text, whole_percent

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import StoredRun


def answer_lines(summary: Mapping[str, Any], scenario: Scenario, t: Translator) -> list[str]:
    """Each target with its chance, its simulation error and its spread over the cases."""
    name, paths = scenario.name.in_language(t.language), t.number(summary["paths"])
    lines = [t("said_title", name=name, scenario=summary["scenario"], paths=paths, seed=summary["seed"])]
    targets = [_target_line(target, summary, scenario, t) for target in summary["targets"].values()]
    lines.extend(targets or _revenue_lines(summary, t))
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
    return t("said_report", path=display_path(run.shown_folder / "report.html"))


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


def _target_line(target: Mapping[str, Any], summary: Mapping[str, Any], scenario: Scenario, t: Translator) -> str:
    from forecast.reports.content.text import chance_range_text, measure_text, period_text, sentence_case

    direction = "at_least" if target.get("at_least") is not None else "at_most"
    threshold, required = target[direction], target["required_chance"]
    scale = choose_scale(target["measure"], [threshold], summary["currency"], t)
    goal = t(f"goal_{direction}", amount=scale.exact_amount(threshold))
    measure = measure_text(target["measure"], scenario, t)
    if place := target.get("place_name"):
        measure = t("measure_of", measure=measure, part=place)
    spread = ""
    if target["cases"]:
        low, high = target["spread"]
        spread = t("said_spread", chances=chance_range_text(low, high, t, required))
    return t(
        "said_target",
        target=f"{sentence_case(measure)} {period_text(target['period'], t)}, {goal}",
        chance=whole_percent(target["chance"], t, required),
        error=interval_text(target["low"], target["high"], t, target["chance"], required),
        spread=spread,
    )


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
