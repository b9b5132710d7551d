"""JSON of what a decision rests on: sensitivity, early warning and ways to fail, in `summary.json` and by commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from forecast.analysis.findings import DecisionFindings, Findings, RareEvent, Sensitivity, SensitivityBar
from forecast.reports.failure_summary import summarise_failures
from forecast.stats.intervals import Estimate

if TYPE_CHECKING:
    from forecast.analysis.seek import SeekRow, SeekTable
    from forecast.analysis.total_effects import TotalEffect
    from forecast.analysis.triggers import EarlyWarning, TriggerLevel
    from forecast.analysis.uncertainty_sources import UncertaintySources

__all__ = [
    "summarise_decisions",
    "summarise_effects",
    "summarise_inputs",
    "summarise_levers",
    "summarise_sources",
    "summarise_warning_months",
]


def summarise_decisions(findings: Findings, decisions: DecisionFindings) -> dict[str, Any]:
    """Summarise what a decision rests on, as parts of `summary.json`.

    Parameters
    ----------
    findings : Findings
        Those of the run.
    decisions : DecisionFindings
        What was found beside them; empty for the answer, which does not wait for it.

    Returns
    -------
    dict
        `sensitivity` with the bars of the tornado, `fifths`, `groups`, `rare` and `grades`; `early_warning`;
        `failure_modes`; each is null where there is none. `seek`, what would reach the target, where it was asked for.
    """
    sensitivity, warning, seek = findings.sensitivity, decisions.warning, decisions.seek
    return {
        "sensitivity": None if sensitivity is None else _sensitivity(sensitivity, decisions),
        "early_warning": None if warning is None else _warning(warning),
        "failure_modes": None if decisions.failures is None else summarise_failures(decisions.failures),
        **({} if seek is None else {"seek": _seek(seek)}),
    }


def _sensitivity(sensitivity: Sensitivity, decisions: DecisionFindings) -> dict[str, Any]:
    bars = [{"name": bar.name, "low": bar.low, "high": bar.high, "error": bar.error} for bar in sensitivity.bars]
    return {
        "target": sensitivity.target,
        "levers": bars,
        **summarise_inputs(sensitivity),
        "grades": None if decisions.sources is None else summarise_sources(decisions.sources),
        **({"heads": summarise_effects(decisions.heads)} if decisions.heads else {}),
    }


def _warning(warning: EarlyWarning) -> dict[str, Any]:
    return {
        "target": warning.target,
        "measure": warning.measure,
        "from": warning.first_month,
        "rows": summarise_warning_months(warning),
    }


def _seek(table: SeekTable) -> dict[str, Any]:
    return {
        "target": table.target,
        "required_chance": table.required,
        "target_with_required_chance": table.reachable._asdict(),
        "rows": summarise_levers(table),
    }


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
        "lowest": {"change": bar.low, "chance": bar.chance_low._asdict()},
        "highest": {"change": bar.high, "chance": bar.chance_high._asdict()},
    }
    names = {"names": list(bar.members)} if bar.members else {"shared_with": list(bar.shared_with)}
    return {"name": bar.name, **names, "grade": bar.grade, **bar.share._asdict(), **ends}


def _rare_row(event: RareEvent) -> dict[str, Any]:
    return {
        "name": event.name,
        "happens": event.happens,
        "shared_with": list(event.shared_with),
        **event.share._asdict(),
        "chance": event.chance._asdict(),
        "change": event.change._asdict(),
        "target_chance": event.target_chance._asdict(),
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
        each.source: {**each.share._asdict(), "total": each.total._asdict(), "names": list(each.names)}
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
            **effect.share._asdict(),
            "changed": None if effect.changed is None else effect.changed._asdict(),
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


def summarise_levers(table: SeekTable) -> list[dict[str, Any]]:
    """Summarise everything that one could do for a target.

    Parameters
    ----------
    table : SeekTable
        The levers.

    Returns
    -------
    list of dict
        One a lever: whose it is, its change, the chance that it gives (`value`, `low`, `high`), the `difference` from
        the plan, whether it `reaches` the required chance, its `step` and the medians `before` and `after` of a moved
        range in base units, and the same by case.
    """
    return [_lever_row(row) for row in table.rows]


def _lever_row(row: SeekRow) -> dict[str, Any]:
    return {
        "name": ", ".join(row.lever.names),
        "whose": row.lever.kind,
        "change": row.lever.change,
        **row.chance._asdict(),
        "difference": row.difference._asdict(),
        "reaches": row.reaches,
        "step": row.step,
        "before": row.before,
        "after": row.after,
        "cases": {case.name: {"value": case.chance, "reaches": case.reaches} for case in row.cases},
    }


def _level_row(level: TriggerLevel, warning: EarlyWarning) -> dict[str, Any]:
    amounts = level.level._asdict() if level.level is not None else {"value": None, "low": None, "high": None}
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
        "reforecast": None if level.reforecast is None else dict(zip(("p10", "p90"), level.reforecast, strict=True)),
        **{key: None if share is None else share._asdict() for key, share in alarm},
    }
