"""What was known only later: the sources of a plan that came out after a day."""

from __future__ import annotations

import re
from datetime import date

from forecast.assumption import Assumption
from forecast.months import first_day, month_of
from forecast.plan import Scenario


def known_after(scenario: Scenario, day: date) -> tuple[Assumption, ...]:
    """The assumptions that rest on what came out after `day`, by name; a month counts as known at its end."""
    found = {each.name: each for each in scenario.assumptions() if each.known and _last_day(each.known) > day}
    return tuple(found[name] for name in sorted(found))


def _last_day(known: str) -> date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", known):
        return date.fromisoformat(known)
    if re.fullmatch(r"\d{4}", known):
        return date(int(known), 12, 31)
    return date.fromordinal(first_day(month_of(known) + 1) - 1)
