"""The ground on which events fall: places in order of their districts, with what each weighs.

What an event hits is a run of neighbours, an arc of the list closed to a ring: from a place that it draws, district
after district, as many places as its reach counts. Each place is hit as often as any other, and what an arc weighs is
a difference of two running sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Ints

UniformMarks = NDArray[np.float32]


@dataclass(frozen=True)
class PlaceRanges:
    """Runs of neighbours on the ring of places."""

    first: Ints
    """(arcs,) the row in which each begins."""
    count: Ints
    """(arcs,) how many places it holds."""

    def select(self, rows: Ints) -> PlaceRanges:
        """Those of some rows."""
        return PlaceRanges(self.first[rows], self.count[rows])

    def weight(self, before: Floats) -> Floats:
        """(arcs,) what the places of each weigh together, 0 to 1."""
        size = len(before) - 1
        stop = self.first + self.count
        inside = before[np.minimum(stop, size)] - before[self.first] + before[np.maximum(stop - size, 0)]
        return np.asarray(np.minimum(inside, 1.0))

    def unroll(self, size: int) -> tuple[Ints, Ints, Ints]:
        """Arc, first row and the row behind the last, (pieces,) each; an arc over the end of the list is two."""
        stop = self.first + self.count
        over = np.flatnonzero(stop > size)
        arc = np.concatenate([np.arange(len(stop)), over])
        low = np.concatenate([self.first, np.zeros(len(over), np.intp)])
        return arc, low, np.concatenate([np.minimum(stop, size), stop[over] - size])


@dataclass(frozen=True)
class RangeOverlaps:
    """Rows of places in single cells of months and paths, no two of one cell overlapping."""

    cell: Ints
    low: Ints
    high: Ints
    """The first row behind the piece."""
    factors: Mapping[str, Floats]
    """By service, (pieces,) what is left there of the month."""

    def weight(self, before: Floats) -> Floats:
        """(pieces,)"""
        return np.asarray(before[self.high] - before[self.low])


def locate_ranges(share: Floats, start: UniformMarks, rounding: UniformMarks, size: int) -> PlaceRanges:
    """The arcs of events that reach a `share` of `size` places, from uniform numbers an event, (events,) each.

    A share that is not a whole number of places counts one more as often as its fraction says, so that it is kept in
    the mean; a larger share keeps every place of a smaller one.
    """
    count = np.minimum(np.floor(share * size + rounding), size).astype(np.intp)
    return PlaceRanges(np.minimum(start * size, size - 1).astype(np.intp), count)


def overlap_ranges(cells: Ints, arcs: PlaceRanges, taken: Mapping[str, Floats], size: int) -> RangeOverlaps:
    """What hits leave of each cell where they fall, (entries,) each: several hits of one place multiply.

    `taken` by service is the share that an entry takes of the month in every place of its arc.
    """
    takes = np.zeros(len(cells), bool)
    for values in taken.values():
        takes |= values != 0
    held = np.flatnonzero(takes & (arcs.count > 0))  # what takes nothing cuts nothing
    order = held[np.argsort(cells[held], kind="stable")]
    sorted_cells = cells[order]
    opens = np.flatnonzero(np.diff(sorted_cells, prepend=-1))
    sizes = np.diff(np.append(opens, len(order)))
    alike = {id(values): values for values in taken.values()}
    found = [_single_ranges(order[opens[sizes == 1]], cells, arcs, alike, size)]
    for several in np.unique(sizes[sizes > 1]):
        rows = order[opens[sizes == several] + np.arange(several)[:, None]]
        found.append(_cut_ranges(rows, cells, arcs, alike, size))
    cell, low, high = (np.concatenate([part[column] for part in found]) for column in range(3))
    left = {key: np.concatenate([part[3][key] for part in found]) for key in alike}
    return RangeOverlaps(cell, low, high, {service: left[id(values)] for service, values in taken.items()})


_Overlaps = tuple[Ints, Ints, Ints, dict[int, Floats]]


def _single_ranges(rows: Ints, cells: Ints, arcs: PlaceRanges, taken: Mapping[int, Floats], size: int) -> _Overlaps:
    """Entries that share their cell with no other."""
    arc, low, high = arcs.select(rows).unroll(size)
    both = rows[arc]
    return cells[both], low, high, {key: 1 - values[both] for key, values in taken.items()}


def _cut_ranges(rows: Ints, cells: Ints, arcs: PlaceRanges, taken: Mapping[int, Floats], size: int) -> _Overlaps:
    """Entries (entries of a cell, cells) cut where one begins or ends."""
    first, count = arcs.first[rows], arcs.count[rows]
    ends = np.zeros((2, rows.shape[1]), np.intp)
    ends[1] = size
    cuts = np.sort(np.concatenate([ends, first, (first + count) % size]), axis=0)
    low, high = cuts[:-1], cuts[1:]
    touched = np.zeros(low.shape, bool)
    left = {key: np.ones(low.shape) for key in taken}
    for entry, start, places in zip(rows, first, count, strict=True):
        inside = (low - start) % size < places
        touched |= inside
        for key, values in taken.items():
            left[key] *= np.where(inside, 1 - values[entry], 1.0)
    kept = touched & (high > low)
    cell = np.broadcast_to(cells[rows[0]], low.shape)
    return cell[kept], low[kept], high[kept], {key: values[kept] for key, values in left.items()}
