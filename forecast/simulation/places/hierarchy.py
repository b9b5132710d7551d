"""The tree of a province, its districts and their places, and the noise by which the parts of a node differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtri

from forecast.arrays import Floats32
from forecast.periods import SEASON_MONTHS, Calendar
from forecast.plan.geography import Geography
from forecast.simulation.sampling.random_streams import stream

MAX_PARTS_PER_NODE = 32
"""Most parts of one node."""


@dataclass(frozen=True)
class PlaceNode:
    """Neighbouring places, and the nodes or single places that they are divided into."""

    noise_name: str
    """Name of the stream of its noise."""
    start: int
    """Row of its first place."""
    stop: int
    """Row behind its last place."""
    parts: tuple[PlaceNode, ...] = ()
    code: str = ""
    """Code of a district or a place; empty for a group that only limits the parts of a node."""


def build_place_tree(geography: Geography) -> PlaceNode:
    """The province, its districts and their places; more than `MAX_PARTS_PER_NODE` parts are grouped."""
    districts = []
    for district in geography.districts:
        places = [
            PlaceNode(geography.places[row], row, row + 1, (), geography.places[row])
            for row in range(district.start, district.stop)
        ]
        districts.append(
            PlaceNode(district.code, district.start, district.stop, _group_parts(district.code, places), district.code)
        )
    return PlaceNode("", 0, geography.count, _group_parts("", districts))


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
    """(65536,) equally likely quantiles of the standard normal: 16 random bits choose one of them."""
    return np.asarray(ndtri((np.arange(2**16) + 0.5) / 2**16), np.float32)


def fill_normals(out: Floats32, seed: int, name: str, block: int, calendar: Calendar) -> None:
    """Fill (months of the calendar, paths) with standard normals, the months of a year from one stream."""
    paths = out.shape[1]
    for year in calendar.years:
        rows = calendar.year_rows(year)
        skipped = calendar.first + rows.start - SEASON_MONTHS * year
        words = stream(seed, name, block, year).bit_generator.random_raw(
            (skipped + rows.stop - rows.start) * paths // 4
        )
        bits = words.view(np.uint16)[skipped * paths :]
        np.take(_normal_quantiles(), bits, out=out[rows].reshape(-1), mode="clip")
