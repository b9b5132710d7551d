"""Numbers drawn anew in each event, and numbers drawn once a path: only the latter can be correlated (model.md, 4)."""

from __future__ import annotations

import re

from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Epidemic, Event, Weather
from forecast.stats.copula import HAPPENS_SUFFIX

_WEATHER_NAMES = re.compile(r"shocks\.[^.]+\.classes\.[^.]+\.(reach|days|loss_share\.[^.]+|repair_per_place)")
_EPIDEMIC_NAMES = re.compile(r"shocks\.[^.]+\.(length|(hard|upstream)\.(length|reach))")


def is_drawn_per_event(name: str, scenario: Scenario) -> bool:
    """True when an assumption has another value in each event of its process."""
    steps = name.split(".")
    shock = scenario.shocks.get(steps[1]) if steps[0] == "shocks" and len(steps) > 1 else None
    if isinstance(shock, Weather):
        return _WEATHER_NAMES.fullmatch(name) is not None
    return isinstance(shock, Epidemic) and _EPIDEMIC_NAMES.fullmatch(name) is not None


def per_path_names(scenario: Scenario) -> frozenset[str]:
    """Names drawn once a path beside the assumptions: chances of shocks and initiatives, yearly climate."""
    shocks = {f"shocks.{name}": shock for name, shock in scenario.shocks.items()}
    if scenario.history is not None:
        shocks |= {f"history.shocks.{name}": shock for name, shock in scenario.history.shocks.items()}
    uncertain = {name for name, shock in shocks.items() if isinstance(shock, Event) and shock.chance is not None}
    uncertain |= {
        f"initiatives.{name}" for name, initiative in scenario.initiatives.items() if initiative.chance is not None
    }
    years = scenario.horizon.calendar.years if scenario.climate is not None else ()
    return frozenset({f"{name}{HAPPENS_SUFFIX}" for name in uncertain} | {f"climate.{year}" for year in years})
