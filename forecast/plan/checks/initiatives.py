"""Initiatives and decisions: what they need and name exists, none waits for itself, none cuts jobs that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from forecast.errors import Problem
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.unused import iter_effects


def check_initiatives(ground: CheckContext) -> Iterator[Problem]:
    """Everything about initiatives, and what decisions are about."""
    names = ground.names("initiatives")
    for name, initiative in ground.scenario.initiatives.items():
        for key, listed in (("needs", initiative.needs), ("excludes", initiative.excludes)):
            yield from _check_references(ground, f"initiatives.{name}.{key}", name, listed, names)
    yield from _check_cycle(ground)
    yield from _check_exclusions(ground)
    yield from _check_headcount(ground)
    for name, decision in ground.scenario.decisions.items():
        if decision.about is not None and ground.node(decision.about) is None:
            known = [f"{table}.{one}" for table in ("shocks", "initiatives", "services") for one in ground.names(table)]
            yield ground.missing_name_problem(
                f"decisions.{name}.about", decision.about, [*known, *ground.number_names], "about_unknown"
            )


def _check_references(
    ground: CheckContext, at: str, own: str, listed: Sequence[str], names: Sequence[str]
) -> Iterator[Problem]:
    for i, other in enumerate(listed):
        if other == own:
            yield ground.problem(f"{at}.{i}", "names_itself", name=own)
        elif other not in names:
            others = [name for name in names if name != own]
            complaint = ground.missing_name_problem(f"{at}.{i}", other, others, "unknown_initiative", "initiatives")
            yield Problem(complaint.location, at, complaint.code, complaint.params)


def _check_cycle(ground: CheckContext) -> Iterator[Problem]:
    """A chain of needs that comes back to its start, said once."""
    initiatives = ground.scenario.initiatives
    needs = {name: sorted(set(initiatives[name].needs) - {name}) for name in sorted(initiatives)}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as wrong:
        circle = wrong.args[1][:0:-1]
        first = circle.index(min(circle))
        chain = [*circle[first:], *circle[:first], circle[first]]
        yield ground.problem(f"initiatives.{chain[0]}.needs", "needs_circle", chain=" -> ".join(chain[:20]))


def _check_exclusions(ground: CheckContext) -> Iterator[Problem]:
    initiatives = ground.scenario.initiatives
    said: set[frozenset[str]] = set()
    for name, initiative in initiatives.items():
        for other in initiative.excludes:
            pair = frozenset((name, other))
            both = other in initiatives and initiative.active and initiatives[other].active
            if other != name and both and pair not in said:
                said.add(pair)
                yield ground.problem(f"initiatives.{name}.excludes", "both_active", name=name, other=other)


def _check_headcount(ground: CheckContext) -> Iterator[Problem]:
    workforce = ground.scenario.workforce
    for at, effect in iter_effects(ground):
        if effect.headcount is None:
            continue
        if workforce is None and "workforce" not in ground.unread:
            yield ground.problem(f"{at}.headcount", "headcount_needs_workforce")
        ours = at.startswith("initiatives.") and workforce is not None and workforce.keep_jobs
        if ours and effect.headcount.distribution.bounds[0] < 0:
            yield ground.problem(f"{at}.headcount", "jobs_are_kept", text=effect.headcount.text)
