"""The tree of a province, its districts and their places, and the noise that sets the parts of a fork apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats32
from forecast.plan.geography import Geography
from forecast.simulation.sampling.random_streams import stream

MAX_PARTS_PER_NODE = 32
"""Most parts of one fork."""


@dataclass(frozen=True)
class PlaceNode:
    """Some neighbours, and the forks or single places that they fall into."""

    noise_name: str
    """Of its noise."""
    start: int
    stop: int
    parts: tuple[PlaceNode, ...] = ()
    code: str = ""
    """Of a district or a place; nothing for a group of them that is only for counting."""


def build_place_tree(terrain: Geography) -> PlaceNode:
    """The province, its districts and their places; more than `FAN` parts are grouped."""
    districts = []
    for one in terrain.districts:
        places = [
            PlaceNode(terrain.places[row], row, row + 1, (), terrain.places[row]) for row in range(one.start, one.stop)
        ]
        districts.append(PlaceNode(one.code, one.start, one.stop, _group_parts(one.code, places), one.code))
    return PlaceNode("", 0, terrain.count, _group_parts("", districts))


def _group_parts(name: str, parts: list[PlaceNode]) -> tuple[PlaceNode, ...]:
    while len(parts) > MAX_PARTS_PER_NODE:
        groups = [parts[row : row + MAX_PARTS_PER_NODE] for row in range(0, len(parts), MAX_PARTS_PER_NODE)]
        parts = [
            PlaceNode(f"{name}/{group[0].noise_name}", group[0].start, group[-1].stop, tuple(group))
            if len(group) > 1
            else group[0]
            for group in groups
        ]
    return tuple(parts)


@cache
def _normal_quantiles() -> Floats32:
    """The normal distribution as 65,536 values that are equally likely: 16 random bits are one of them."""
    return np.asarray(ndtri((np.arange(2**16) + 0.5) / 2**16), np.float32)


def fill_normals(out: Floats32, seed: int, name: str, block: int) -> None:
    """Standard normals, row by row, so that a longer horizon keeps the first months."""
    words = stream(seed, name, block).bit_generator.random_raw(out.size // 4)
    np.take(_normal_quantiles(), words.view(np.uint16), out=out.reshape(-1), mode="clip")
