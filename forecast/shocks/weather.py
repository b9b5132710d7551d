"""What storms and floods share: a season, classes, and places that shut for some days."""

from __future__ import annotations

from forecast.assumption import Days, Money, Rate, Share, Weight
from forecast.noun import ByService, Named, Noun
from forecast.profile import MonthWeights
from forecast.shocks.shock import Shock


class WeatherClass(Noun):
    """How large an event is."""

    weight: Weight
    """Of this class among its neighbours."""
    reach: Share
    """Share of the places that it hits."""
    days: Days
    """Days for which a hit place is shut."""
    depth: ByService[Share]
    """Share of a shut place's trade that is lost."""
    repair_per_place: Money | None = None
    """Cost of repair in each place that is hit."""


class Weather(Shock):
    """Events that shut some places for some days."""

    per_year: Rate
    """Events a year, before the months are weighed."""
    season: MonthWeights
    """Weights of the months in which events fall."""
    classes: Named[WeatherClass]
