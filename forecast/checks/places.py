"""Places: how many there are, for repair and reach. A list of them is not played yet, and refused, not ignored."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.checks.ground import Ground
from forecast.errors import Complaint


def check(ground: Ground) -> Iterator[Complaint]:
    """What only a list of places could answer."""
    places = ground.scenario.places
    if places is not None:
        for key in ("file", "noise"):
            if getattr(places, key) is not None:
                yield ground.complain(f"places.{key}", "places_not_played")
    for name, target in ground.scenario.targets.items():
        if target.place is not None:
            yield ground.complain(f"targets.{name}.place", "place_not_played")
