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
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.per_event import is_drawn_per_event, per_path_names
from forecast.plan.record import FrozenDict
from forecast.plan.scenario import Correlation, Scenario
from forecast.stats.copula import connected_components, pearson_from_spearman

IMPOSSIBLE_CODE = "impossible_correlations"
MAX_CORRELATED_NAMES = 200
"""Names in all correlations together."""
MAX_NAMES_FOR_ITERATION = 12
"""Names up to which the nearest matrix is sought by steps; beyond, negative eigenvalues are cut off at once."""
EIGENVALUE_TOLERANCE = 1e-9
"""How far below zero an eigenvalue may lie by rounding."""


@dataclass(frozen=True)
class CorrelationRepair:
    """One pair of a matrix that was made possible."""

    pair: tuple[str, str]
    requested: float
    """Rank correlation that the plan asks for; 0 where it says nothing."""
    feasible: float
    """Rank correlation in the nearest possible matrix."""


def check_correlations(ground: CheckContext) -> Iterator[Problem]:
    """Everything about correlations."""
    entries = ground.scenario.correlations
    if sum(len(one.between) for one in entries.values()) > MAX_CORRELATED_NAMES:
        yield ground.problem("correlations", "too_many_correlated", limit=MAX_CORRELATED_NAMES)
        return
    sound = True
    for name in ground.scenario.correlations:
        for complaint in _check_entry(ground, name):
            sound = False
            yield complaint
    pairs: dict[tuple[str, str], tuple[str, float]] = {}
    for name, entry in sorted(ground.scenario.correlations.items()):
        for pair in combinations(sorted(entry.between), 2):
            if pair in pairs and pairs[pair][1] != entry.rank:
                sound = False
                facts = {"one": pair[0], "other": pair[1], "first": pairs[pair][0]}
                yield ground.problem(f"correlations.{name}", "correlated_twice", **facts)
            pairs[pair] = (name, entry.rank)
    if sound:
        yield from _check_feasibility(ground, pairs)


def _check_entry(ground: CheckContext, name: str) -> Iterator[Problem]:
    between, at = ground.scenario.correlations[name].between, f"correlations.{name}.between"
    if len(between) < 2:
        yield ground.problem(at, "correlation_needs_two")
    own = [ground.assumptions[one].stream_name if one in ground.assumptions else one for one in between]
    if len(set(own)) < len(own):
        again = next(one for i, one in enumerate(own) if one in own[:i])
        yield ground.problem(at, "correlated_with_itself", name=again)
    services = [_is_service(ground, one) for one in between]
    known = ground.number_names | per_path_names(ground.scenario)
    if any(services) and any(one in known for one in between):
        other = next(one for one in between if one in known)
        yield ground.problem(at, "two_sorts", service=between[services.index(True)], other=other)
        return
    for one in between:
        yield from _check_member(ground, at, one)


def _is_service(ground: CheckContext, name: str) -> bool:
    table, _, service = name.partition(".")
    return table == "services" and service in ground.names("services")


def _check_member(ground: CheckContext, at: str, name: str) -> Iterator[Problem]:
    lots = per_path_names(ground.scenario)
    if _is_service(ground, name) or name in lots:
        return
    numbers = ground.number_names
    if name not in numbers:
        services = [f"services.{service}" for service in ground.names("services")]
        yield ground.missing_name_problem(at, name, [*numbers, *lots, *services], "unknown_assumption")
        return
    found = ground.assumptions.get(name)
    if found is None:
        return  # it could not be read, which is said where it stands
    if found.is_constant:
        yield ground.problem(at, "correlated_but_sure", name=name, text=found.text)
    elif is_drawn_per_event(found.stream_name, ground.scenario):
        yield ground.problem(at, "drawn_per_event", name=name)


def _copula_df(scenario: Scenario) -> float | None:
    return None if scenario.copula == "gaussian" else float(scenario.copula[2:-1])


def _check_feasibility(ground: CheckContext, pairs: Mapping[tuple[str, str], tuple[str, float]]) -> Iterator[Problem]:
    asked = {pair: rank for pair, (_, rank) in pairs.items()}
    for names in connected_components(asked):
        moves = _find_repairs(names, asked, _copula_df(ground.scenario))
        if moves:
            worst = max((one for one in moves if one.pair in asked), key=lambda one: abs(one.feasible - one.requested))
            facts = {
                "one": worst.pair[0],
                "other": worst.pair[1],
                "asked": f"{worst.requested:g}",
                "made": f"{round(worst.feasible, 2) + 0.0:.2f}",
            }
            yield ground.problem(f"correlations.{pairs[worst.pair][0]}", IMPOSSIBLE_CODE, **facts)


def _pearson_matrix(names: tuple[str, ...], asked: Mapping[tuple[str, str], float], freedom: float | None) -> Floats:
    matrix = np.eye(len(names))
    for (one, other), rank in asked.items():
        if one in names:
            i, j = names.index(one), names.index(other)
            matrix[i, j] = matrix[j, i] = pearson_from_spearman(rank, freedom)
    return matrix


def _find_repairs(
    names: tuple[str, ...], asked: Mapping[tuple[str, str], float], freedom: float | None
) -> list[CorrelationRepair]:
    """What changes on the way to the nearest possible matrix; nothing when the one asked for is possible."""
    matrix = _pearson_matrix(names, asked, freedom)
    if np.linalg.eigvalsh(matrix)[0] >= -EIGENVALUE_TOLERANCE:
        return []
    made = _nearest_correlation_matrix(matrix)
    repairs = []
    for i, j in combinations(range(len(names)), 2):
        rank = 6 / np.pi * float(np.arcsin(made[i, j] / 2))
        pair = (names[i], names[j])
        said = asked.get(pair, 0.0)
        if abs(rank - said) > 5e-4 or pair in asked:
            repairs.append(CorrelationRepair(pair, said, rank if abs(rank - said) > 5e-4 else said))
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
    room = 1e-4
    keep = 1.0 if lowest >= room else (1 - room) / (1 - lowest)
    return np.asarray(np.eye(len(matrix)) + keep * (nearest - np.diag(np.diag(nearest))))


def repair_correlations(scenario: Scenario) -> tuple[Scenario, tuple[CorrelationRepair, ...]]:
    """The scenario with the nearest possible correlations, and every pair that changed; for `--repair-correlations`.

    The nearest correlation matrix is Higham's, as statsmodels finds it.
    """
    pairs = {
        pair: (name, entry.rank)
        for name, entry in sorted(scenario.correlations.items())
        for pair in combinations(sorted(entry.between), 2)
    }
    asked = {pair: rank for pair, (_, rank) in pairs.items()}
    kept = dict(scenario.correlations)
    changed: list[CorrelationRepair] = []
    for names in connected_components(asked):
        moves = _find_repairs(names, asked, _copula_df(scenario))
        if not moves:
            continue
        kept = {name: one for name, one in kept.items() if not set(one.between) <= set(names)}
        for number, move in enumerate(moves, 1):
            kept[f"repaired_{number}_{len(kept)}"] = Correlation(between=move.pair, rank=move.feasible)
        changed += [move for move in moves if move.feasible != move.requested]
    return scenario.model_copy(update={"correlations": FrozenDict(kept)}), tuple(changed)
