"""Correlations: between unsure numbers of a path or between services, and together possible.

A matrix of rank correlations is possible when the matrix of the normals (or of the t) behind it has no negative
eigenvalue; where it has, the pair is named that moves most on the way to the nearest matrix that has none.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Problem
from forecast.plan.assumption import Assumption
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.per_event import is_drawn_per_event, per_path_names
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Correlation, Scenario
from forecast.plan.yearly_changes import draw_of_change, parts_of_change
from forecast.stats.copula import connected_components, pearson_from_spearman

IMPOSSIBLE_CODE = "impossible_correlations"
MAX_CORRELATED_NAMES = 200
"""Names in all correlations together."""
MAX_NAMES_FOR_ITERATION = 12
"""Names up to which the nearest matrix is sought by steps; beyond, negative eigenvalues are cut off at once."""
EIGENVALUE_TOLERANCE = 1e-9
"""Distance below zero that rounding may give an eigenvalue."""


@dataclass(frozen=True)
class CorrelationRepair:
    """One pair of a matrix that was made possible."""

    pair: tuple[str, str]
    requested: float
    """Rank correlation that the plan asks for; 0 where it says nothing."""
    feasible: float
    """Rank correlation in the nearest possible matrix."""


def check_correlations(context: CheckContext) -> Iterator[Problem]:
    """Everything about correlations."""
    entries = context.scenario.correlations
    if sum(len(entry.between) for entry in entries.values()) > MAX_CORRELATED_NAMES:
        yield context.problem("correlations", "too_many_correlated", limit=MAX_CORRELATED_NAMES)
        return
    is_sound = True
    for name in context.scenario.correlations:
        for problem in _check_entry(context, name):
            is_sound = False
            yield problem
    pairs: dict[tuple[str, str], tuple[str, float]] = {}
    for name, entry in sorted(context.scenario.correlations.items()):
        for pair in combinations(sorted(entry.between), 2):
            if pair in pairs and pairs[pair][1] != entry.rank:
                is_sound = False
                params = {"one": pair[0], "other": pair[1], "first": pairs[pair][0]}
                yield context.problem(f"correlations.{name}", "correlated_twice", **params)
            pairs[pair] = (name, entry.rank)
    if is_sound:
        yield from _check_feasibility(context, pairs)


def _check_entry(context: CheckContext, name: str) -> Iterator[Problem]:
    between, path = context.scenario.correlations[name].between, f"correlations.{name}.between"
    if len(between) < 2:
        yield context.problem(path, "correlation_needs_two")
    streams = [_stream_name(context, member) for member in between]
    if len(set(streams)) < len(streams):
        repeated = next(member for i, member in enumerate(streams) if member in streams[:i])
        yield context.problem(path, "correlated_with_itself", name=repeated)
    services = [_is_service(context, member) for member in between]
    numbers = context.number_names | per_path_names(context.scenario) | context.scenario.yearly_changes.keys()
    if any(services) and any(member in numbers for member in between):
        other = next(member for member in between if member in numbers)
        yield context.problem(path, "two_sorts", service=between[services.index(True)], other=other)
        return
    for member in between:
        yield from _check_member(context, path, member)


def _stream_name(context: CheckContext, member: str) -> str:
    """Name of the random numbers of a member."""
    if (change := context.scenario.yearly_changes.get(member)) is not None:
        return draw_of_change(member, change)
    return context.assumptions[member].stream_name if member in context.assumptions else member


def _is_service(context: CheckContext, name: str) -> bool:
    table, _, service = name.partition(".")
    return table == "services" and service in context.names("services")


def _check_member(context: CheckContext, path: str, name: str) -> Iterator[Problem]:
    path_names = per_path_names(context.scenario)
    if _is_service(context, name) or name in path_names:
        return
    changes = context.scenario.yearly_changes
    if name in changes:
        yield from _check_yearly_member(context, path, name, parts_of_change(changes[name]))
        return
    change_name = name.rpartition(".")[0]
    if change_name in changes:
        yield context.problem(path, "correlated_year", name=name, instead=change_name)
        return
    numbers = context.number_names
    if name not in numbers:
        services = [f"services.{service}" for service in context.names("services")]
        known = [*numbers, *changes, *path_names, *services]
        yield context.missing_name_problem(path, name, known, "unknown_assumption")
        return
    assumption = context.assumptions.get(name)
    if assumption is None:
        return  # it could not be read, which is reported where it stands
    if assumption.is_constant:
        yield context.problem(path, "correlated_but_sure", name=name, text=assumption.text)
    elif is_drawn_per_event(assumption.stream_name, context.scenario):
        yield context.problem(path, "drawn_per_event", name=name)


def _check_yearly_member(
    context: CheckContext, path: str, name: str, parts: tuple[Assumption, ...]
) -> Iterator[Problem]:
    """A change of which no year is unsure cannot be correlated."""
    if all(part.is_constant for part in parts):
        text = ", ".join(part.text for part in parts)
        yield context.problem(path, "correlated_but_sure", name=name, text=text)


def _copula_df(scenario: Scenario) -> float | None:
    return None if scenario.copula == "gaussian" else float(scenario.copula[2:-1])


def _check_feasibility(context: CheckContext, pairs: Mapping[tuple[str, str], tuple[str, float]]) -> Iterator[Problem]:
    requested = {pair: rank for pair, (_, rank) in pairs.items()}
    for names in connected_components(requested):
        repairs = _find_repairs(names, requested, _copula_df(context.scenario))
        if repairs:
            worst = max(
                (repair for repair in repairs if repair.pair in requested),
                key=lambda repair: abs(repair.feasible - repair.requested),
            )
            params = {
                "one": worst.pair[0],
                "other": worst.pair[1],
                "asked": f"{worst.requested:g}",
                "made": f"{round(worst.feasible, 2) + 0.0:.2f}",
            }
            yield context.problem(f"correlations.{pairs[worst.pair][0]}", IMPOSSIBLE_CODE, **params)


def _pearson_matrix(names: tuple[str, ...], requested: Mapping[tuple[str, str], float], df: float | None) -> Floats:
    matrix = np.eye(len(names))
    for (first, second), rank in requested.items():
        if first in names:
            i, j = names.index(first), names.index(second)
            matrix[i, j] = matrix[j, i] = pearson_from_spearman(rank, df)
    return matrix


def _find_repairs(
    names: tuple[str, ...], requested: Mapping[tuple[str, str], float], df: float | None
) -> list[CorrelationRepair]:
    """Pairs that change on the way to the nearest possible matrix; none when the requested matrix is possible."""
    matrix = _pearson_matrix(names, requested, df)
    if np.linalg.eigvalsh(matrix)[0] >= -EIGENVALUE_TOLERANCE:
        return []
    nearest = _nearest_correlation_matrix(matrix)
    repairs = []
    for i, j in combinations(range(len(names)), 2):
        rank = 6 / np.pi * float(np.arcsin(nearest[i, j] / 2))
        pair = (names[i], names[j])
        wanted = requested.get(pair, 0.0)
        if abs(rank - wanted) > 5e-4 or pair in requested:
            repairs.append(CorrelationRepair(pair, wanted, rank if abs(rank - wanted) > 5e-4 else wanted))
    return repairs


def _nearest_correlation_matrix(matrix: Floats) -> Floats:
    """The nearest correlation matrix, moved towards no correlation until rounding cannot make it impossible."""
    from statsmodels.stats.correlation_tools import corr_clipped, corr_nearest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one that did not converge is moved below, too
        if len(matrix) <= MAX_NAMES_FOR_ITERATION:
            nearest = np.asarray(corr_nearest(matrix, threshold=1e-7, n_fact=100))
        else:
            nearest = np.asarray(corr_clipped(matrix, threshold=1e-7))
    nearest = (nearest + nearest.T) / 2
    lowest = float(np.linalg.eigvalsh(nearest)[0])
    margin = 1e-4
    shrinkage = 1.0 if lowest >= margin else (1 - margin) / (1 - lowest)
    return np.asarray(np.eye(len(matrix)) + shrinkage * (nearest - np.diag(np.diag(nearest))))


def repair_correlations(scenario: Scenario) -> tuple[Scenario, tuple[CorrelationRepair, ...]]:
    """The scenario with the nearest possible correlations, and every pair that changed; for `--repair-correlations`.

    The nearest correlation matrix is Higham's, as statsmodels finds it.
    """
    pairs = {
        pair: (name, entry.rank)
        for name, entry in sorted(scenario.correlations.items())
        for pair in combinations(sorted(entry.between), 2)
    }
    requested = {pair: rank for pair, (_, rank) in pairs.items()}
    correlations = dict(scenario.correlations)
    changed: list[CorrelationRepair] = []
    for names in connected_components(requested):
        repairs = _find_repairs(names, requested, _copula_df(scenario))
        if not repairs:
            continue
        correlations = {name: entry for name, entry in correlations.items() if not set(entry.between) <= set(names)}
        for number, repair in enumerate(repairs, 1):
            correlations[f"repaired_{number}_{len(correlations)}"] = Correlation(
                between=repair.pair, rank=repair.feasible
            )
        changed += [repair for repair in repairs if repair.feasible != repair.requested]
    return scenario.model_copy(update={"correlations": FrozenDict(correlations)}), tuple(changed)
