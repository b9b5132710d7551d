"""Caveats of targets: a headcount that the plan implies, places of equal weight."""

from __future__ import annotations

from typing import NamedTuple

from forecast.analysis.findings import TargetRow
from forecast.i18n import Translator
from forecast.reports.content.context import RunView
from forecast.reports.content.text import target_text


class Caveat(NamedTuple):
    """One warning, in full and short for the A4 page."""

    text: str
    short: str


def target_caveats(view: RunView, t: Translator) -> list[Caveat]:
    """Return the caveats of all targets, in the order of the targets."""
    caveats = []
    districts = view.findings.districts
    for row in view.findings.targets:
        target = target_text(row, view, t)
        if row.is_restatement:
            headcount = _headcount_range(row, view, t)
            text = t("target_restates", target=target, **headcount)
            caveats.append(Caveat(text, t("verdict_productivity", **headcount)))
        if row.place and districts is not None and not districts.has_weights:
            caveats.append(Caveat(t("target_unweighed", target=target), t("verdict_unweighed")))
    return caveats


def _headcount_range(row: TargetRow, view: RunView, t: Translator) -> dict[str, str]:
    statistics = view.summary.get("measures", {}).get("headcount", {}).get(row.period, {})
    return {
        end: t.number(statistics[key]) if key in statistics else "–" for end, key in (("low", "p10"), ("high", "p90"))
    }
