"""The tree of a province, its districts and their places, and the noise that sets the parts of a fork apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats32
from forecast.plan.geography import Terrain
from forecast.simulation.sampling.random_streams import stream

FAN = 32
"""Most parts of one fork."""


@dataclass(frozen=True)
class Fork:
    """Some neighbours, and the forks or single places that they fall into."""

    name: str
    """Of its noise."""
    start: int
    stop: int
    parts: tuple[Fork, ...] = ()
    code: str = ""
    """Of a district or a place; nothing for a group of them that is only for counting."""


def tree_of(terrain: Terrain) -> Fork:
    """The province, its districts and their places; more than `FAN` parts are grouped."""
    districts = []
    for one in terrain.districts:
        places = [
            Fork(terrain.places[row], row, row + 1, (), terrain.places[row]) for row in range(one.start, one.stop)
        ]
        districts.append(Fork(one.code, one.start, one.stop, _grouped(one.code, places), one.code))
    return Fork("", 0, terrain.count, _grouped("", districts))


def _grouped(name: str, parts: list[Fork]) -> tuple[Fork, ...]:
    while len(parts) > FAN:
        groups = [parts[row : row + FAN] for row in range(0, len(parts), FAN)]
        parts = [
            Fork(f"{name}/{group[0].name}", group[0].start, group[-1].stop, tuple(group))
            if len(group) > 1
            else group[0]
            for group in groups
        ]
    return tuple(parts)


@cache
def _quantiles() -> Floats32:
    """The normal distribution as 65,536 values that are equally likely: 16 random bits are one of them."""
    return np.asarray(ndtri((np.arange(2**16) + 0.5) / 2**16), np.float32)


def normals(out: Floats32, seed: int, name: str, block: int) -> None:
    """Standard normals, row by row, so that a longer horizon keeps the first months."""
    words = stream(seed, name, block).bit_generator.random_raw(out.size // 4)
    np.take(_quantiles(), words.view(np.uint16), out=out.reshape(-1), mode="clip")
