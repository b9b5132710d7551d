"""Which target is the main one of a plan."""

from __future__ import annotations

from forecast.plan import Scenario


def main_of(scenario: Scenario) -> str:
    """The target whose story a page tells: revenue before profit, a year before a quarter.

    Of the whole before a place; empty without targets.
    """
    return next(iter(by_weight(scenario)), "")


def by_weight(scenario: Scenario) -> list[str]:
    """The names of the targets, the main one first."""
    order = ("revenue", "profit", "productivity", "margin")

    def weight(name: str) -> tuple[bool, int, int, str]:
        target = scenario.targets[name]
        place = order.index(target.measure) if target.measure in order else len(order)
        return target.place is not None, place, -target.period.calendar.count, name

    return sorted(scenario.targets, key=weight)
