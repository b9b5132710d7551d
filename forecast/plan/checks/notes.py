"""Notes on actual months: each is on a measure that the plan has, and on a month that it simulates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forecast.errors import Problem
from forecast.files.yaml import MappingNode
from forecast.periods import format_month, parse_month
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.targets import check_measure


def check_notes(context: CheckContext) -> Iterator[Problem]:
    """Notes on a measure or a month that is not there, each at its own key."""
    horizon = context.scenario.horizon.calendar
    bounds = {"first": format_month(horizon.first), "last": format_month(horizon.last)}
    written = context.document.mapping("notes")
    for measure, notes in context.scenario.notes.items():
        path = f"notes.{measure}"
        location = context.document.location_of("notes")
        node = None
        if written is not None:  # a key with a dot has no dotted name, so the document does not know its location
            location, node = written.key_locations.get(measure, location), written.get(measure)
        for problem in check_measure(context, path, measure):
            yield replace(problem, location=location)
        for month in notes:
            if parse_month(month) in horizon.months or "horizon" in context.unread:
                continue
            problem = context.problem(path, "period_outside", text=month, **bounds)
            known = node.key_locations if isinstance(node, MappingNode) else {}
            yield replace(problem, location=known.get(month, location))
