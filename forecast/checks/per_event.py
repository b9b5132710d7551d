"""What is drawn anew in each event, by its name: only what is drawn once a path can be correlated (model.md, 4)."""

from __future__ import annotations

import re

from forecast.plan import Scenario
from forecast.shocks import Epidemic
from forecast.shocks.weather import Weather

_OF_WEATHER = re.compile(r"shocks\.[^.]+\.classes\.[^.]+\.(reach|days|depth\.[^.]+|repair_per_place)")
_OF_EPIDEMIC = re.compile(r"shocks\.[^.]+\.(length|(hard|upstream)\.(length|reach))")


def drawn_per_event(name: str, scenario: Scenario) -> bool:
    """Whether an assumption has another value in each event of its process."""
    steps = name.split(".")
    shock = scenario.shocks.get(steps[1]) if steps[0] == "shocks" and len(steps) > 1 else None
    if isinstance(shock, Weather):
        return _OF_WEATHER.fullmatch(name) is not None
    return isinstance(shock, Epidemic) and _OF_EPIDEMIC.fullmatch(name) is not None
