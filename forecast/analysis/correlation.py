"""Did what was asked to move together do so?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.draws import BLOCK, Draws
from forecast.simulation import Simulation

BLOCKS = 2


@dataclass(frozen=True)
class Achieved:
    """One pair: the rank correlation asked for and the one that the random numbers have."""

    name: str
    """Of the correlation in the plan."""
    pair: tuple[str, str]
    asked: float
    achieved: float
    error: float
    """Half the width of its 95% interval."""


def achieved_of(run: Simulation) -> tuple[Achieved, ...]:
    """Every pair of every correlation of the plan, over the first blocks of the run."""
    found = []
    blocks = range(min(BLOCKS, -(-run.paths // BLOCK)))
    for name, entry in sorted(run.scenario.correlations.items()):
        members = sorted(entry.between)
        drawn = {member: np.concatenate([_numbers(run, member, block) for block in blocks]) for member in members}
        for i, a in enumerate(members):
            for b in members[i + 1 :]:
                ranks = np.corrcoef(_ranks(drawn[a]), _ranks(drawn[b]))
                error = 1.96 * float(np.sqrt(1.06 / len(drawn[a]))) * (1 - entry.rank**2)
                found.append(Achieved(name, (a, b), entry.rank, float(ranks[0, 1]), error))
    return tuple(found)


def _numbers(run: Simulation, member: str, block: int) -> np.ndarray:
    draws = Draws(run.seed, block, run.groups)
    if member.count(".") == 1 and member.startswith("services."):
        return draws.normals(member, run.baseline.calendar.count).ravel()
    return draws.uniform(member)


def _ranks(values: np.ndarray) -> np.ndarray:
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks
