"""An epidemic: waves with a mild regime, a hard one elsewhere and a hard one here."""

from __future__ import annotations

from typing import Literal

from forecast.assumption import Duration, Rate, Share
from forecast.noun import Noun
from forecast.shocks.shock import Effects, Shock


class Mild(Noun):
    """The wave is in the country: people stay at home, shops are open."""

    effect: Effects


class Upstream(Noun):
    """Hard elsewhere, open here: lorries and hubs stop."""

    chance: Share
    """Chance that a wave has such a spell."""
    length: Duration
    effect: Effects


class Hard(Noun):
    """A lockdown here, or in part of the places."""

    chance: Share
    """Chance that a wave has such a spell."""
    length: Duration
    reach: Share | None = None
    """Share of the places where life stops; all where nothing is said."""
    effect: Effects
    """Of a hard day, where it reaches, instead of the effects of the other regimes."""


class Epidemic(Shock):
    """Waves of a disease: hard replaces upstream, upstream replaces mild."""

    kind: Literal["epidemic"]
    waves_per_year: Rate
    length: Duration
    """Of one wave."""
    mild: Mild
    upstream: Upstream | None = None
    hard: Hard | None = None
