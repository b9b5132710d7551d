"""What a run says in a few lines, from its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecast.files.paths import display_path
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import StoredRun


def run_summary_lines(kept: StoredRun, summary: Mapping[str, Any], scenario: Scenario, words: Translator) -> list[str]:
    """The message of a run: each target with its chance, error and spread, and where the report is."""
    name, paths = scenario.name.in_language(words.language), words.number(summary["paths"])
    lines = [words("said_title", name=name, scenario=kept.scenario, paths=paths, seed=summary["seed"])]
    targets = [_target_line(target, summary, scenario, words) for target in summary["targets"].values()]
    lines.extend(targets or _revenue_lines(summary, words))
    if precision := summary.get("precision"):
        lines.append(_precision_line(precision, summary["paths"], words))
    states = summary["data_status"]
    lines += [words(f"said_{s}", months=states[s]) for s in ("reconstructed", "example") if states.get(s)]
    lines.append(words("said_report", path=display_path(kept.folder.parent.parent / kept.scenario / "report.html")))
    return lines


def _target_line(target: Mapping[str, Any], summary: Mapping[str, Any], scenario: Scenario, words: Translator) -> str:
    from forecast.reports.content.text import measure_text, period_text, sentence_case, tenths_text

    direction = "at_least" if target.get("at_least") is not None else "at_most"
    threshold, chance = target[direction], target["chance"]
    scale = choose_scale(target["measure"], [threshold], summary["currency"], words)
    goal = words(f"goal_{direction}", amount=scale.exact_amount(threshold))
    measure = measure_text(target["measure"], scenario, words)
    if place := target.get("place_name"):
        measure = words("measure_of", measure=measure, part=place)
    spread = ""
    if target["cases"]:
        low, high = target["spread"]
        spread = words("said_spread", low=words.percent(low), high=words.percent(high))
    return words(
        "said_target",
        target=f"{sentence_case(measure)} {period_text(target['period'], words)}, {goal}",
        tenths=tenths_text(chance, words).lower(),
        chance=words.percent(chance, 1),
        low=words.percent(target["low"], 1),
        high=words.percent(target["high"], 1),
        spread=spread,
    )


def _precision_line(precision: Mapping[str, Any], paths: int, words: Translator) -> str:
    facts = {"target": precision["target"], "paths": words.number(paths)}
    wanted, reached = (words.percent(precision[key], 2) for key in ("asked", "reached"))
    if not precision["met"]:
        return words("said_not_precise", wanted=wanted, reached=reached, **facts)
    return words("said_precise", reached=reached, asked=words.number(precision["paths_asked"]), **facts)


def _revenue_lines(summary: Mapping[str, Any], words: Translator) -> list[str]:
    from forecast.reports.content.text import period_text

    lines = []
    for period, row in summary["measures"]["revenue"].items():
        scale = choose_scale("revenue", [row["p10"], row["p90"]], summary["currency"], words)
        facts = {"low": scale.amount(row["p10"]), "high": scale.amount(row["p90"])}
        facts |= {"measure": words("measure_revenue"), "period": period_text(period, words)}
        lines.append(words("said_no_target", **facts))
    return lines
