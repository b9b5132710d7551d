"""What a run says in a few lines, from its summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecast.amounts import scale_of
from forecast.cli.output import shown
from forecast.words import Words

if TYPE_CHECKING:
    from forecast.runs import Kept


def lines_of(kept: Kept, summary: Mapping[str, Any], words: Words) -> list[str]:
    """The message of a run: each target with its chance, error and spread, and where the report is."""
    paths, seed = words.number(summary["paths"]), summary["seed"]
    name = _label(summary.get("name"), words) or kept.scenario
    lines = [words("said_title", name=name, scenario=kept.scenario, paths=paths, seed=seed)]
    targets = [_target(key, target, summary, words) for key, target in summary["targets"].items()]
    lines.extend(targets or _without_target(summary, words))
    if months := summary.get("data_status", {}).get("reconstructed"):
        lines.append(words("said_reconstructed", months=months))
    lines.append(words("said_report", path=shown(kept.folder.parent.parent / kept.scenario / "report.html")))
    return lines


def tenths(chance: float, words: Words) -> str:
    """A chance in tenths, as one would say it."""
    if chance < 0.05:
        return words("said_hardly")
    if chance > 0.95:
        return words("said_almost")
    return words("said_tenths", tenths=round(10 * chance))


def _target(key: str, target: Mapping[str, Any], summary: Mapping[str, Any], words: Words) -> str:
    direction = "at_least" if target.get("at_least") is not None else "at_most"
    threshold = target[direction]
    chances = [target["chance"], *(target.get("readings") or {}).values()]
    low, high = min(chances), max(chances)
    spread = words("said_spread", low=words.percent(low), high=words.percent(high)) if len(chances) > 1 else ""
    scale = scale_of(target["measure"], [threshold], summary["currency"], words, yearly=len(target["period"]) == 4)
    return words(
        "said_target",
        label=_label(target.get("label"), words) or key,
        direction=words(f"said_{direction}"),
        threshold=scale.exact(threshold),
        period=target["period"],
        tenths=tenths(target["chance"], words),
        chance=words.percent(target["chance"], 1),
        low=words.percent(target["low"], 1),
        high=words.percent(target["high"], 1),
        spread=spread,
    )


def _without_target(summary: Mapping[str, Any], words: Words) -> list[str]:
    rows = [(p, row) for p, row in summary["measures"].get("revenue", {}).items() if row.get("p10") is not None]
    lines = []
    for period, row in rows:
        scale = scale_of("revenue", [row["p10"], row["p90"]], summary["currency"], words)
        facts = {"low": scale.amount(row["p10"]), "high": scale.amount(row["p90"])}
        lines.append(words("said_no_target", measure="revenue", period=period, **facts))
    return lines


def _label(label: Any, words: Words) -> str:
    if isinstance(label, Mapping):
        first, second = ("vi", "en") if words.language == "vi" else ("en", "vi")
        return str(label.get(first) or label.get(second) or "")
    return str(label or "")
