"""Impact of each kind of shock; the records are in `forecast.plan.shocks`.

For others: `impact`, and `list_path_events` (the events of one path with their days). One file a kind (`drift`,
`event`, `weather` for storms and floods, `epidemic` with `outbreaks`), with what they share in `shock`. A new kind is a
file here and a line below.
"""

from __future__ import annotations

from functools import singledispatch

from forecast.plan.shocks import Drift, Epidemic, Event, Shock, Weather
from forecast.simulation.model.impacts import Impact, SimulationContext
from forecast.simulation.model.shocks.drift import drift_impact
from forecast.simulation.model.shocks.epidemic import epidemic_impact, epidemic_of_path
from forecast.simulation.model.shocks.event import event_impact, event_of_path
from forecast.simulation.model.shocks.shock import PathEvent
from forecast.simulation.model.shocks.weather import weather_impact, weather_of_path
from forecast.simulation.sampling.random_streams import Sampler

__all__ = ["impact", "list_path_events"]


@singledispatch
def impact(shock: Shock, name: str, sampler: Sampler, context: SimulationContext) -> Impact:
    """Impact of one shock on the drivers in some blocks, by the kind of its record.

    Parameters
    ----------
    shock : Shock
        Record of the plan.
    name : str
        Dotted name in the plan, such as `shocks.floods`; the events of the shock are drawn under it.
    sampler : Sampler
        Random numbers of the blocks.
    context : SimulationContext
        Months, services, places and climate of the blocks.

    Returns
    -------
    Impact
        Factors (months, paths) or (months, 1) by driver and service, losses by event, and their recovery.

    Raises
    ------
    NotImplementedError
        For a kind that is not registered below.

    References
    ----------
    docs/model.md, sections 4 and 5.
    """
    raise NotImplementedError(f"no impact is registered for {type(shock).__name__}")


impact.register(Drift, drift_impact)
impact.register(Event, event_impact)
impact.register(Weather, weather_impact)
impact.register(Epidemic, epidemic_impact)


@singledispatch
def list_path_events(
    shock: Shock, name: str, sampler: Sampler, context: SimulationContext, path: int
) -> list[PathEvent]:
    """List the events of one shock in one path, as `impact` simulates them.

    Parameters
    ----------
    shock : Shock
        Record of the plan.
    name : str
        Dotted name in the plan, such as `shocks.floods`.
    sampler : Sampler
        Random numbers of the blocks.
    context : SimulationContext
        That of `impact`.
    path : int
        Row of the path in the blocks.

    Returns
    -------
    list of PathEvent
        With their days, also of events that are over before the horizon; none of a drift, which has no date.
    """
    return []


list_path_events.register(Event, event_of_path)
list_path_events.register(Weather, weather_of_path)
list_path_events.register(Epidemic, epidemic_of_path)
