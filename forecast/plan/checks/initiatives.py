"""Initiatives and decisions: what they need and name exists, none waits for itself, none cuts jobs that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from forecast.errors import Problem
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.unused import iter_effects


def check_initiatives(context: CheckContext) -> Iterator[Problem]:
    """Everything about initiatives, and what decisions are about."""
    names = context.names("initiatives")
    for name, initiative in context.scenario.initiatives.items():
        for key, listed in (("needs", initiative.needs), ("excludes", initiative.excludes)):
            yield from _check_references(context, f"initiatives.{name}.{key}", name, listed, names)
    yield from _check_cycle(context)
    yield from _check_exclusions(context)
    yield from _check_headcount(context)
    for name, decision in context.scenario.decisions.items():
        if decision.about is not None and context.node(decision.about) is None:
            known = [
                f"{table}.{key}" for table in ("shocks", "initiatives", "services") for key in context.names(table)
            ]
            yield context.missing_name_problem(
                f"decisions.{name}.about", decision.about, [*known, *context.number_names], "about_unknown"
            )


def _check_references(
    context: CheckContext, path: str, name: str, references: Sequence[str], names: Sequence[str]
) -> Iterator[Problem]:
    for i, other in enumerate(references):
        if other == name:
            yield context.problem(f"{path}.{i}", "names_itself", name=name)
        elif other not in names:
            others = [initiative for initiative in names if initiative != name]
            problem = context.missing_name_problem(f"{path}.{i}", other, others, "unknown_initiative", "initiatives")
            yield Problem(problem.location, path, problem.code, problem.params)


def _check_cycle(context: CheckContext) -> Iterator[Problem]:
    """A chain of needs that comes back to its start, said once."""
    initiatives = context.scenario.initiatives
    needs = {name: sorted(set(initiatives[name].needs) - {name}) for name in sorted(initiatives)}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = error.args[1][:0:-1]
        first = circle.index(min(circle))
        chain = [*circle[first:], *circle[:first], circle[first]]
        yield context.problem(f"initiatives.{chain[0]}.needs", "needs_circle", chain=" -> ".join(chain[:20]))


def _check_exclusions(context: CheckContext) -> Iterator[Problem]:
    initiatives = context.scenario.initiatives
    reported: set[frozenset[str]] = set()
    for name, initiative in initiatives.items():
        for other in initiative.excludes:
            pair = frozenset((name, other))
            both = other in initiatives and initiative.active and initiatives[other].active
            if other != name and both and pair not in reported:
                reported.add(pair)
                yield context.problem(f"initiatives.{name}.excludes", "both_active", name=name, other=other)


def _check_headcount(context: CheckContext) -> Iterator[Problem]:
    workforce = context.scenario.workforce
    for path, effect in iter_effects(context):
        if effect.headcount is None:
            continue
        if workforce is None and "workforce" not in context.unread:
            yield context.problem(f"{path}.headcount", "headcount_needs_workforce")
        keeps_jobs = path.startswith("initiatives.") and workforce is not None and workforce.keep_jobs
        if keeps_jobs and effect.headcount.distribution.bounds[0] < 0:
            yield context.problem(f"{path}.headcount", "jobs_are_kept", text=effect.headcount.text)
