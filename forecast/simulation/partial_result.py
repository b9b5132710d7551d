"""What spans of a run answer: tallies that are merged in order, kept on disk between times, and filled again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.simulation.compiled import FigureKey
from forecast.simulation.places.histograms import PlaceTally
from forecast.stats.tally import Tally

StateArrays = Mapping[str, NDArray[np.generic]]

_KeyT = TypeVar("_KeyT")
_PATH_FIELDS = ("uniforms", "occurrences", "figures")


@dataclass
class PartialResult:
    """What one span says, or all up to one."""

    tallies: dict[FigureKey, Tally]
    joint_hits: int = 0
    """Paths in which every target is met."""
    uniforms: list[Mapping[str, Floats]] = field(default_factory=list)
    """Of the first paths, one mapping for the blocks played together."""
    occurrences: list[Mapping[str, Floats]] = field(default_factory=list)
    figures: list[Mapping[FigureKey, Floats]] = field(default_factory=list)
    places: PlaceTally | None = None
    """Of every place, where they are listed."""

    def merge(self, later: PartialResult) -> None:
        """Add the answer of the span that follows."""
        for key, tally in self.tallies.items():
            tally.merge(later.tallies[key])
        if self.places is not None and later.places is not None:
            self.places.merge(later.places)
        self.joint_hits += later.joint_hits
        self.uniforms += later.uniforms
        self.occurrences += later.occurrences
        self.figures += later.figures

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[np.generic]]]:
        """All of it as JSON and arrays; see `fill`."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for number, key in enumerate(sorted(self.tallies)):
            arrays |= {f"{number}.{name}": array for name, array in self.tallies[key].state().items()}
        if self.places is not None:
            arrays |= {f"places.{name}": array for name, array in self.places.state().items()}
        facts: dict[str, Any] = {"joint": self.joint_hits}
        for kind in _PATH_FIELDS:
            parts = getattr(self, kind)
            names = list(parts[0]) if parts else []
            facts[kind] = names
            if names:
                whole = concatenate_blocks(parts)
                arrays[kind] = np.array([whole[name] for name in names])
        return facts, arrays

    def restore(self, facts: Mapping[str, Any], arrays: StateArrays) -> None:
        """Take back a state into an answer that has counted nothing; KeyError or ValueError where it does not fit."""
        for number, key in enumerate(sorted(self.tallies)):
            start = f"{number}."
            own = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
            self.tallies[key].restore(own)
        if self.places is not None:
            self.places.restore({n.removeprefix("places."): a for n, a in arrays.items() if n.startswith("places.")})
        self.joint_hits = int(facts["joint"])
        for kind in _PATH_FIELDS:
            names = [tuple(name) if isinstance(name, list) else name for name in facts[kind]]
            if names:
                setattr(self, kind, [dict(zip(names, arrays[kind], strict=True))])


def concatenate_blocks(parts: list[Mapping[_KeyT, Floats]]) -> dict[_KeyT, Floats]:
    """Name -> the values of all blocks, one after the other."""
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


__all__ = ["PartialResult", "concatenate_blocks"]
