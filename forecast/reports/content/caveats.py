"""What to know before a target is believed: people whom the plan implies, places that weigh the same."""

from __future__ import annotations

from typing import NamedTuple

from forecast.analysis.findings import TargetRow
from forecast.i18n import Translator
from forecast.reports.content.context import RunView
from forecast.reports.content.text import target_text


class Caveat(NamedTuple):
    """One warning, whole and in a line for paper."""

    text: str
    short: str


def target_caveats(view: RunView, words: Translator) -> list[Caveat]:
    """Those of all targets, in their order."""
    found = []
    districts = view.findings.districts
    for row in view.findings.targets:
        target = target_text(row, view, words)
        if row.is_restatement:
            people = _headcount_range(row, view, words)
            whole = words("target_restates", target=target, **people)
            found.append(Caveat(whole, words("verdict_productivity", **people)))
        if row.place and districts is not None and not districts.has_weights:
            found.append(Caveat(words("target_unweighed", target=target), words("verdict_unweighed")))
    return found


def _headcount_range(row: TargetRow, view: RunView, words: Translator) -> dict[str, str]:
    people = view.summary.get("measures", {}).get("headcount", {}).get(row.period, {})
    return {end: words.number(people[key]) if key in people else "–" for end, key in (("low", "p10"), ("high", "p90"))}
