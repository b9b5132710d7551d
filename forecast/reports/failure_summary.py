"""Ways to fail as JSON: what `forecast stress --json` prints and `summary.json` holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

from forecast.analysis.failure_modes import DesignValue, FailureFuture, FailureModes, FailureWay, LikeliestFailure
from forecast.simulation.model.shocks.shock import PathEvent

__all__ = ["summarise_failures"]


def summarise_failures(modes: FailureModes) -> dict[str, Any]:
    """Summarise the ways in which a plan fails.

    Parameters
    ----------
    modes : FailureModes
        From `failure_modes`.

    Returns
    -------
    dict
        `target`, `measure`, `period`, `line`, `side`, `paths`, `failures`, `chance`, `mean`, `rows`, one a way, and
        `design_point`; amounts in the plan's currency, chances and shares from 0 to 1, days as `2021-03-14`.
    """
    line = modes.line
    return {
        "target": line.target or None,
        "measure": line.measure,
        "period": line.period,
        "line": line.line,
        "side": "below" if line.is_below else "above",
        "paths": modes.paths,
        "failures": modes.failures,
        "paths_needed": None if modes.is_told or modes.is_sure else modes.paths_needed,
        "chance": modes.chance._asdict(),
        "mean": modes.mean,
        "rows": [_way_row(way) for way in modes.ways],
        "design_point": None if modes.likeliest is None else _likeliest_row(modes.likeliest),
    }


def _way_row(way: FailureWay) -> dict[str, Any]:
    return {
        "name": way.cause,
        "label": {"en": way.label.en, "vi": way.label.vi},
        **way.chance._asdict(),
        "share": way.share._asdict(),
        "pieces": {cause: piece._asdict() for cause, piece in way.pieces.items()},
        "future": None if way.future is None else _future_row(way.future),
    }


def _future_row(future: FailureFuture) -> dict[str, Any]:
    return {
        "path": future.path,
        "value": future.value,
        "pieces": dict(future.pieces),
        "growth": {
            service: {str(year): growth for year, growth in future.growth(service).items()}
            for service in future.details.services
        },
        "years": dict(future.years),
        "values": [_value_row(value) for value in future.values],
        "events": [_event_row(event) for event in future.events],
        "initiatives": {
            name: {"happens": outcome.happens, "start": date.fromordinal(math.floor(outcome.start)).isoformat()}
            for name, outcome in future.initiatives.items()
        },
    }


def _event_row(event: PathEvent) -> dict[str, Any]:
    return {
        "shock": event.shock,
        "kind": event.kind,
        "from": event.first_day.isoformat(),
        "until": event.last_day.isoformat(),
        "reach": event.reach,
    }


def _likeliest_row(likeliest: LikeliestFailure) -> dict[str, Any]:
    return {
        "distance": likeliest.distance,
        "probability": 0.5 * math.erfc(likeliest.distance / math.sqrt(2)),
        "rows": [_value_row(value) for value in likeliest.values],
    }


def _value_row(value: DesignValue) -> Mapping[str, Any]:
    is_day = value.assumption is not None and value.assumption.dimension == "day"
    shown: object = date.fromordinal(math.floor(value.value)).isoformat() if is_day else value.value
    return {"name": value.name, "value": shown, "deviations": value.deviations}
