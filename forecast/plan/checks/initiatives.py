"""Initiatives and decisions: what they need and name exists, none waits for itself, none cuts jobs that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from forecast.errors import Complaint
from forecast.plan.checks.context import Ground
from forecast.plan.checks.unused import effects


def check(ground: Ground) -> Iterator[Complaint]:
    """Everything about initiatives, and what decisions are about."""
    names = ground.names("initiatives")
    for name, initiative in ground.scenario.initiatives.items():
        for key, listed in (("needs", initiative.needs), ("excludes", initiative.excludes)):
            yield from _listed(ground, f"initiatives.{name}.{key}", name, listed, names)
    yield from _circle(ground)
    yield from _excluding(ground)
    yield from _headcount(ground)
    for name, decision in ground.scenario.decisions.items():
        if decision.about is not None and ground.node(decision.about) is None:
            known = [f"{table}.{one}" for table in ("shocks", "initiatives", "services") for one in ground.names(table)]
            yield ground.missing(f"decisions.{name}.about", decision.about, [*known, *ground.numbers], "about_unknown")


def _listed(ground: Ground, at: str, own: str, listed: Sequence[str], names: Sequence[str]) -> Iterator[Complaint]:
    for i, other in enumerate(listed):
        if other == own:
            yield ground.complain(f"{at}.{i}", "names_itself", name=own)
        elif other not in names:
            others = [name for name in names if name != own]
            complaint = ground.missing(f"{at}.{i}", other, others, "unknown_initiative", "initiatives")
            yield Complaint(complaint.where, at, complaint.code, complaint.facts)


def _circle(ground: Ground) -> Iterator[Complaint]:
    """A chain of needs that comes back to its start, said once."""
    initiatives = ground.scenario.initiatives
    needs = {name: sorted(set(initiatives[name].needs) - {name}) for name in sorted(initiatives)}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as wrong:
        circle = wrong.args[1][:0:-1]
        first = circle.index(min(circle))
        chain = [*circle[first:], *circle[:first], circle[first]]
        yield ground.complain(f"initiatives.{chain[0]}.needs", "needs_circle", chain=" -> ".join(chain[:20]))


def _excluding(ground: Ground) -> Iterator[Complaint]:
    initiatives = ground.scenario.initiatives
    said: set[frozenset[str]] = set()
    for name, initiative in initiatives.items():
        for other in initiative.excludes:
            pair = frozenset((name, other))
            both = other in initiatives and initiative.active and initiatives[other].active
            if other != name and both and pair not in said:
                said.add(pair)
                yield ground.complain(f"initiatives.{name}.excludes", "both_active", name=name, other=other)


def _headcount(ground: Ground) -> Iterator[Complaint]:
    workforce = ground.scenario.workforce
    for at, effect in effects(ground):
        if effect.headcount is None:
            continue
        if workforce is None and "workforce" not in ground.unread:
            yield ground.complain(f"{at}.headcount", "headcount_needs_workforce")
        ours = at.startswith("initiatives.") and workforce is not None and workforce.keep_jobs
        if ours and effect.headcount.chance.bounds[0] < 0:
            yield ground.complain(f"{at}.headcount", "jobs_are_kept", text=effect.headcount.text)
