"""JSON of what a decision rests on: sensitivity, early warning and ways to fail, in `summary.json` and by commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from forecast.analysis.findings import RareEvent, Sensitivity, SensitivityBar
from forecast.analysis.total_effects import TotalEffect
from forecast.analysis.triggers import EarlyWarning, TriggerLevel
from forecast.analysis.uncertainty_sources import UncertaintySources
from forecast.stats.intervals import Estimate

__all__ = ["summarise_effects", "summarise_inputs", "summarise_sources", "summarise_warning_months"]


def summarise_inputs(sensitivity: Sensitivity) -> dict[str, Any]:
    """Summarise what a target hangs on, as its draws tell.

    Parameters
    ----------
    sensitivity : Sensitivity
        Bars, groups and rare events.

    Returns
    -------
    dict
        `fifths`, one row an input: share of the variance (`value`, `low`, `high`), and at its `lowest` and `highest`
        fifth the change of the measure and the chance of the target; `groups`, the same of correlated inputs together;
        `rare`, events that stand apart.
    """
    return {
        "fifths": [_bar_row(bar) for bar in sensitivity.bars],
        "groups": [_bar_row(bar) for bar in sensitivity.groups],
        "rare": [_rare_row(event) for event in sensitivity.rare],
    }


def _bar_row(bar: SensitivityBar) -> dict[str, Any]:
    ends = {
        "lowest": {"change": bar.low, "chance": _estimate(bar.chance_low)},
        "highest": {"change": bar.high, "chance": _estimate(bar.chance_high)},
    }
    names = {"names": list(bar.members)} if bar.members else {"shared_with": list(bar.shared_with)}
    return {"name": bar.name, **names, "grade": bar.grade, **_estimate(bar.share), **ends}


def _rare_row(event: RareEvent) -> dict[str, Any]:
    return {
        "name": event.name,
        "happens": event.happens,
        **_estimate(event.share),
        "chance": _estimate(event.chance),
        "change": _estimate(event.change),
        "target_chance": _estimate(event.target_chance),
    }


def summarise_sources(sources: UncertaintySources) -> dict[str, Any]:
    """Summarise the split of the uncertainty into judgement, record and pure chance.

    Parameters
    ----------
    sources : UncertaintySources
        The split.

    Returns
    -------
    dict
        By source, its share (`value`, `low`, `high`; the three sum to 1), its total effect, and its assumptions.
    """
    return {
        each.source: {**_estimate(each.share), "total": _estimate(each.total), "names": list(each.names)}
        for each in sources.shares
    }


def summarise_effects(effects: Iterable[TotalEffect]) -> list[dict[str, Any]]:
    """Summarise total effects.

    Parameters
    ----------
    effects : iterable of TotalEffect
        In their order.

    Returns
    -------
    list of dict
        `name`, `value`, `low` and `high` of the share, and of the futures in which the verdict changes `changed`.
    """
    return [
        {
            "name": ", ".join(effect.names),
            **_estimate(effect.share),
            "changed": None if effect.changed is None else _estimate(effect.changed),
        }
        for effect in effects
    ]


def summarise_warning_months(warning: EarlyWarning) -> list[dict[str, Any]]:
    """Summarise the levels of an early warning.

    Parameters
    ----------
    warning : EarlyWarning
        The levels.

    Returns
    -------
    list of dict
        One a month and chance: the level (`value`, `low`, `high`; null where none can be told), its side, how often the
        alarm sounds, is right, and what share of the misses it catches.
    """
    return [
        {"name": month.month, "known": month.known, **_level_row(level, warning)}
        for month in warning.months
        for level in month.levels
    ]


def _level_row(level: TriggerLevel, warning: EarlyWarning) -> dict[str, Any]:
    amounts = _estimate(level.level) if level.level is not None else {"value": None, "low": None, "high": None}
    alarm: Sequence[tuple[str, Estimate | None]] = (
        ("sounds", level.sounds),
        ("right", level.is_right),
        ("catches", level.catches),
    )
    return {
        "chance": level.chance,
        **amounts,
        "side": "below" if warning.is_below != level.is_all_clear else "above",
        "all_clear": level.is_all_clear,
        "tells": level.tells,
        **{key: None if share is None else _estimate(share) for key, share in alarm},
    }


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {key: float(value) for key, value in estimate._asdict().items()}
