"""Summary of a comparison for a person: the chances by rank, then the differences to the first plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecast.cli.run_summary import chance_columns, short_goal_text
from forecast.cli.text_table import display_width, pad_right, wrap
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario

MAX_LABEL_WIDTH = 33
"""Columns of the name of a plan beside its bar."""


def comparison_lines(
    summary: Mapping[str, Any], scenarios: Sequence[Scenario], t: Translator, encoding: str = "utf-8"
) -> list[str]:
    """Lines for a person, the levels before the differences."""
    runs = summary["runs"]
    first = next(iter(runs.values()))
    lines = [t("compare_said_title", count=len(runs), paths=t.number(summary["paths"]))]
    main = scenarios[0].main_target
    if main in first["targets"]:
        lines += wrap(f"  {short_goal_text(first['targets'][main], first, scenarios[0], t)}")
        lines += _ranked_lines(main, runs, t, encoding)
    lines.append(t("compare_said_differences"))
    for difference in summary["differences"]:
        if difference["first"] == first["scenario"]:
            lines += _difference_lines(difference, scenarios[0], t)
    return lines


def _ranked_lines(main: str, runs: Mapping[str, Mapping[str, Any]], t: Translator, encoding: str) -> list[str]:
    """Each plan that has the target, with its chance, the likeliest first."""
    plans = [(name, run["targets"][main]) for name, run in runs.items() if main in run["targets"]]
    lines = []
    for name, target in sorted(plans, key=lambda plan: -plan[1]["chance"]):
        bar, label = chance_columns(target, t, encoding), f"    {name}"
        if display_width(label) <= MAX_LABEL_WIDTH:
            lines.append(f"{pad_right(label, MAX_LABEL_WIDTH)}  {bar}")
        else:
            lines += [label, f"{' ' * MAX_LABEL_WIDTH}  {bar}"]
    return lines


def _difference_lines(difference: Mapping[str, Any], first: Scenario, t: Translator) -> list[str]:
    """The change of each target that both plans have; of the mean where they share none."""
    if not difference["chances"]:
        return [_mean_line(difference, first, t)]
    from forecast.plan.labels import display_name

    lines = []
    for target, change in difference["chances"].items():
        value, low, high = (t.number(100 * change[key], 1) for key in ("value", "low", "high"))
        label = display_name(target, first.targets[target].label if target in first.targets else None, t)
        pair = {"first": difference["first"], "second": difference["second"], "target": label}
        sign = "+" if change["value"] > 0 else ""
        lines.append("    " + t("said_difference", **pair, change=sign + value, low=low, high=high))
    return lines


def _mean_line(difference: Mapping[str, Any], first: Scenario, t: Translator) -> str:
    from forecast.reports.content.text import measure_text, period_text

    mean, measure = difference["mean"], difference["measure"]
    scale = choose_scale(measure, [mean["value"], mean["low"], mean["high"]], first.currency, t)
    change, low, high = (scale.signed_number(mean[key], min(scale.decimals + 1, 2)) for key in ("value", "low", "high"))
    return "    " + t(
        "said_mean_difference",
        first=difference["first"],
        second=difference["second"],
        measure=measure_text(measure, first, t),
        period=period_text(difference["period"], t),
        change=change,
        low=low,
        high=high,
        unit=scale.unit,
    )
