"""Earlier plans of a year: the parents of a month's overlay, as they stood on their own days."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forecast.errors import InputError, Location
from forecast.files.paths import find_project
from forecast.plan.loading.layers import Layer, PlanLoader
from forecast.plan.loading.loader import read
from forecast.plan.scenario import Scenario

__all__ = ["read_earlier_plans"]


def read_earlier_plans(scenario: Scenario) -> tuple[Scenario, ...]:
    """Read the plans of earlier days that a plan extends, such as the overlay of the month before and the plan itself.

    Parameters
    ----------
    scenario : Scenario
        A plan with a day, `as_of`.

    Returns
    -------
    tuple of Scenario
        Those with an earlier `as_of` and the same months, the earliest first. A parent that is no plan by itself, and
        all above two parents at once, is left out.
    """
    path = Path(scenario.file)
    if scenario.as_of is None or not scenario.file or not path.is_file():
        return ()
    loader = PlanLoader(find_project(path.absolute().parent))
    try:
        layer = loader.read_layer(path, Location(scenario.file))
    except InputError:  # the file was changed since it was read
        return ()
    plans: list[Scenario] = []
    latest = scenario.as_of
    for parent in _single_parents(layer):
        try:
            plan = read(parent)
        except InputError:
            continue
        if plan.as_of is not None and plan.as_of < latest and plan.horizon.calendar == scenario.horizon.calendar:
            plans.append(plan)
            latest = plan.as_of
    return tuple(reversed(plans))


def _single_parents(layer: Layer) -> Iterator[Path]:
    """Files of the parents of a layer, the nearest first, as far as each has one."""
    while len(layer.parents) == 1:
        layer = layer.parents[0]
        yield layer.folder / Path(layer.file).name
