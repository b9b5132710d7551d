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
from forecast.errors import Complaint
from forecast.plan.checks.context import Ground
from forecast.plan.checks.per_event import drawn_per_event, lots_of
from forecast.plan.record import Table
from forecast.plan.scenario import Correlation, Scenario
from forecast.stats.copula import connected, pearson_of_rank

IMPOSSIBLE = "impossible_correlations"
MOST_NAMES = 200
"""Names in all correlations together."""
EXACT = 12
"""Names up to which the nearest matrix is sought by steps; beyond, negative eigenvalues are cut off at once."""
TOLERANCE = 1e-9
"""How far below zero an eigenvalue may lie by rounding."""


@dataclass(frozen=True)
class Repair:
    """One pair of a matrix that was made possible."""

    pair: tuple[str, str]
    asked: float
    """Rank correlation that the plan asks for; 0 where it says nothing."""
    made: float
    """Rank correlation in the nearest possible matrix."""


def check(ground: Ground) -> Iterator[Complaint]:
    """Everything about correlations."""
    entries = ground.scenario.correlations
    if sum(len(one.between) for one in entries.values()) > MOST_NAMES:
        yield ground.complain("correlations", "too_many_correlated", limit=MOST_NAMES)
        return
    sound = True
    for name in ground.scenario.correlations:
        for complaint in _entry(ground, name):
            sound = False
            yield complaint
    pairs: dict[tuple[str, str], tuple[str, float]] = {}
    for name, entry in sorted(ground.scenario.correlations.items()):
        for pair in combinations(sorted(entry.between), 2):
            if pair in pairs and pairs[pair][1] != entry.rank:
                sound = False
                facts = {"one": pair[0], "other": pair[1], "first": pairs[pair][0]}
                yield ground.complain(f"correlations.{name}", "correlated_twice", **facts)
            pairs[pair] = (name, entry.rank)
    if sound:
        yield from _impossible(ground, pairs)


def _entry(ground: Ground, name: str) -> Iterator[Complaint]:
    between, at = ground.scenario.correlations[name].between, f"correlations.{name}.between"
    if len(between) < 2:
        yield ground.complain(at, "correlation_needs_two")
    own = [ground.assumptions[one].draw if one in ground.assumptions else one for one in between]
    if len(set(own)) < len(own):
        again = next(one for i, one in enumerate(own) if one in own[:i])
        yield ground.complain(at, "correlated_with_itself", name=again)
    services = [_is_service(ground, one) for one in between]
    known = ground.numbers | lots_of(ground.scenario)
    if any(services) and any(one in known for one in between):
        other = next(one for one in between if one in known)
        yield ground.complain(at, "two_sorts", service=between[services.index(True)], other=other)
        return
    for one in between:
        yield from _member(ground, at, one)


def _is_service(ground: Ground, name: str) -> bool:
    table, _, service = name.partition(".")
    return table == "services" and service in ground.names("services")


def _member(ground: Ground, at: str, name: str) -> Iterator[Complaint]:
    lots = lots_of(ground.scenario)
    if _is_service(ground, name) or name in lots:
        return
    numbers = ground.numbers
    if name not in numbers:
        services = [f"services.{service}" for service in ground.names("services")]
        yield ground.missing(at, name, [*numbers, *lots, *services], "unknown_assumption")
        return
    found = ground.assumptions.get(name)
    if found is None:
        return  # it could not be read, which is said where it stands
    if found.sure:
        yield ground.complain(at, "correlated_but_sure", name=name, text=found.text)
    elif drawn_per_event(found.draw, ground.scenario):
        yield ground.complain(at, "drawn_per_event", name=name)


def _freedom(scenario: Scenario) -> float | None:
    return None if scenario.copula == "gaussian" else float(scenario.copula[2:-1])


def _impossible(ground: Ground, pairs: Mapping[tuple[str, str], tuple[str, float]]) -> Iterator[Complaint]:
    asked = {pair: rank for pair, (_, rank) in pairs.items()}
    for names in connected(asked):
        moves = _moves(names, asked, _freedom(ground.scenario))
        if moves:
            worst = max((one for one in moves if one.pair in asked), key=lambda one: abs(one.made - one.asked))
            facts = {
                "one": worst.pair[0],
                "other": worst.pair[1],
                "asked": f"{worst.asked:g}",
                "made": f"{round(worst.made, 2) + 0.0:.2f}",
            }
            yield ground.complain(f"correlations.{pairs[worst.pair][0]}", IMPOSSIBLE, **facts)


def _matrix(names: tuple[str, ...], asked: Mapping[tuple[str, str], float], freedom: float | None) -> Floats:
    matrix = np.eye(len(names))
    for (one, other), rank in asked.items():
        if one in names:
            i, j = names.index(one), names.index(other)
            matrix[i, j] = matrix[j, i] = pearson_of_rank(rank, freedom)
    return matrix


def _moves(names: tuple[str, ...], asked: Mapping[tuple[str, str], float], freedom: float | None) -> list[Repair]:
    """What changes on the way to the nearest possible matrix; nothing when the one asked for is possible."""
    matrix = _matrix(names, asked, freedom)
    if np.linalg.eigvalsh(matrix)[0] >= -TOLERANCE:
        return []
    made = _nearest(matrix)
    repairs = []
    for i, j in combinations(range(len(names)), 2):
        rank = 6 / np.pi * float(np.arcsin(made[i, j] / 2))
        pair = (names[i], names[j])
        said = asked.get(pair, 0.0)
        if abs(rank - said) > 5e-4 or pair in asked:
            repairs.append(Repair(pair, said, rank if abs(rank - said) > 5e-4 else said))
    return repairs


def _nearest(matrix: Floats) -> Floats:
    """The nearest correlation matrix, moved towards no correlation until rounding cannot make it impossible."""
    from statsmodels.stats.correlation_tools import corr_clipped, corr_nearest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one that did not converge is moved below, too
        if len(matrix) <= EXACT:
            nearest = np.asarray(corr_nearest(matrix, threshold=1e-7, n_fact=100))
        else:
            nearest = np.asarray(corr_clipped(matrix, threshold=1e-7))
    nearest = (nearest + nearest.T) / 2
    lowest = float(np.linalg.eigvalsh(nearest)[0])
    room = 1e-4
    keep = 1.0 if lowest >= room else (1 - room) / (1 - lowest)
    return np.asarray(np.eye(len(matrix)) + keep * (nearest - np.diag(np.diag(nearest))))


def repaired(scenario: Scenario) -> tuple[Scenario, tuple[Repair, ...]]:
    """The scenario with the nearest possible correlations, and every pair that changed; for `--repair`.

    The nearest correlation matrix is Higham's, as statsmodels finds it.
    """
    pairs = {
        pair: (name, entry.rank)
        for name, entry in sorted(scenario.correlations.items())
        for pair in combinations(sorted(entry.between), 2)
    }
    asked = {pair: rank for pair, (_, rank) in pairs.items()}
    kept = dict(scenario.correlations)
    changed: list[Repair] = []
    for names in connected(asked):
        moves = _moves(names, asked, _freedom(scenario))
        if not moves:
            continue
        kept = {name: one for name, one in kept.items() if not set(one.between) <= set(names)}
        for number, move in enumerate(moves, 1):
            kept[f"repaired_{number}_{len(kept)}"] = Correlation(between=move.pair, rank=move.made)
        changed += [move for move in moves if move.made != move.asked]
    return scenario.model_copy(update={"correlations": Table(kept)}), tuple(changed)
