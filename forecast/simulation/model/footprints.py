"""Footprints of events: ranges of neighbours in the list of places, which is closed to a ring.

An event hits as many places as its reach counts, from a place that it draws, district after district. Each place is hit
as often as any other, and the weight of a range is a difference of two cumulative sums.
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
    """Ranges of neighbours on the ring of places."""

    first: Ints
    """(ranges,) the row in which each begins."""
    count: Ints
    """(ranges,) number of its places."""

    def select(self, rows: Ints) -> PlaceRanges:
        """The ranges of some rows."""
        return PlaceRanges(self.first[rows], self.count[rows])

    def weight(self, cumulative_weight: Floats) -> Floats:
        """(ranges,) weight of the places of each together, 0 to 1; `cumulative_weight` is (places + 1,)."""
        place_count = len(cumulative_weight) - 1
        stop = self.first + self.count
        inside = (
            cumulative_weight[np.minimum(stop, place_count)]
            - cumulative_weight[self.first]
            + cumulative_weight[np.maximum(stop - place_count, 0)]
        )
        return np.asarray(np.minimum(inside, 1.0))

    def unroll(self, place_count: int) -> tuple[Ints, Ints, Ints]:
        """Range, first row and row behind the last, (pieces,) each; two pieces for a range over the end of the list."""
        stop = self.first + self.count
        wrapping = np.flatnonzero(stop > place_count)
        range_of_piece = np.concatenate([np.arange(len(stop)), wrapping])
        low = np.concatenate([self.first, np.zeros(len(wrapping), np.intp)])
        return range_of_piece, low, np.concatenate([np.minimum(stop, place_count), stop[wrapping] - place_count])


@dataclass(frozen=True)
class RangeOverlaps:
    """Rows of places in single cells of months and paths, no two of one cell overlapping."""

    cell: Ints
    low: Ints
    high: Ints
    """The first row behind the piece."""
    factors: Mapping[str, Floats]
    """By service, (pieces,) share of the month that remains there."""

    def weight(self, cumulative_weight: Floats) -> Floats:
        """(pieces,) weight of the places of each."""
        return np.asarray(cumulative_weight[self.high] - cumulative_weight[self.low])


def locate_ranges(share: Floats, start: UniformMarks, rounding: UniformMarks, place_count: int) -> PlaceRanges:
    """Ranges of events that reach a `share` of the places, from uniform numbers, (events,) each.

    A share that is not a whole number of places counts one more as often as its fraction says, so that it is kept in
    the mean; a larger share keeps every place of a smaller one.
    """
    count = np.minimum(np.floor(share * place_count + rounding), place_count).astype(np.intp)
    return PlaceRanges(np.minimum(start * place_count, place_count - 1).astype(np.intp), count)


def overlap_ranges(
    cells: Ints, ranges: PlaceRanges, loss_shares: Mapping[str, Floats], place_count: int
) -> RangeOverlaps:
    """Pieces of cells in which the same hits overlap; several hits of one place multiply.

    `cells` and `ranges` (entries,); `loss_shares` by service, (entries,) share of the month that each place loses.
    """
    loses = np.zeros(len(cells), bool)
    for values in loss_shares.values():
        loses |= values != 0
    losing = np.flatnonzero(loses & (ranges.count > 0))  # an entry without a loss cuts nothing
    order = losing[np.argsort(cells[losing], kind="stable")]
    sorted_cells = cells[order]
    opens = np.flatnonzero(np.diff(sorted_cells, prepend=-1))
    sizes = np.diff(np.append(opens, len(order)))
    shares_by_array = {id(values): values for values in loss_shares.values()}
    parts = [_single_ranges(order[opens[sizes == 1]], cells, ranges, shares_by_array, place_count)]
    for entries_per_cell in np.unique(sizes[sizes > 1]):
        rows = order[opens[sizes == entries_per_cell] + np.arange(entries_per_cell)[:, None]]
        parts.append(_cut_ranges(rows, cells, ranges, shares_by_array, place_count))
    cell, low, high = (np.concatenate([part[column] for part in parts]) for column in range(3))
    remaining = {key: np.concatenate([part[3][key] for part in parts]) for key in shares_by_array}
    return RangeOverlaps(cell, low, high, {service: remaining[id(values)] for service, values in loss_shares.items()})


_Overlaps = tuple[Ints, Ints, Ints, dict[int, Floats]]


def _single_ranges(
    rows: Ints, cells: Ints, ranges: PlaceRanges, loss_shares: Mapping[int, Floats], place_count: int
) -> _Overlaps:
    """Entries that share their cell with no other."""
    range_of_piece, low, high = ranges.select(rows).unroll(place_count)
    entry = rows[range_of_piece]
    return cells[entry], low, high, {key: 1 - values[entry] for key, values in loss_shares.items()}


def _cut_ranges(
    rows: Ints, cells: Ints, ranges: PlaceRanges, loss_shares: Mapping[int, Floats], place_count: int
) -> _Overlaps:
    """Entries (entries of a cell, cells) cut where one begins or ends."""
    first, count = ranges.first[rows], ranges.count[rows]
    ends = np.zeros((2, rows.shape[1]), np.intp)
    ends[1] = place_count
    cuts = np.sort(np.concatenate([ends, first, (first + count) % place_count]), axis=0)
    low, high = cuts[:-1], cuts[1:]
    is_covered = np.zeros(low.shape, bool)
    remaining = {key: np.ones(low.shape) for key in loss_shares}
    for entry, start, places in zip(rows, first, count, strict=True):
        inside = (low - start) % place_count < places
        is_covered |= inside
        for key, values in loss_shares.items():
            remaining[key] *= np.where(inside, 1 - values[entry], 1.0)
    is_hit = is_covered & (high > low)
    cell = np.broadcast_to(cells[rows[0]], low.shape)
    return cell[is_hit], low[is_hit], high[is_hit], {key: values[is_hit] for key, values in remaining.items()}
