"""One way to simulate a plan with something changed: the same futures, but for what is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from forecast.plan.assumption import Assumption
from forecast.plan.record import FrozenDict, Record, map_assumptions
from forecast.plan.scenario import Scenario

__all__ = ["EveryNameBut", "NamesUnder", "Variant", "vary_plan"]


class EveryNameBut(frozenset[str]):
    """All names but its own: `name in EveryNameBut({"a"})` is true for every name but `a`."""

    def __contains__(self, name: object) -> bool:
        return not super().__contains__(name)


class NamesUnder(frozenset[str]):
    """All names that are one of its own or lie below one: `NamesUnder({"shocks.floods"})` has `shocks.floods.class`."""

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        steps = name.split(".")
        return any(super(NamesUnder, self).__contains__(".".join(steps[:end])) for end in range(1, len(steps) + 1))


@dataclass(frozen=True)
class Variant:
    """Changes of a plan that keep the random numbers of all that they do not name; empty, it is the plan itself.

    Examples
    --------
    >>> import forecast
    >>> scenario = forecast.read("plan.yaml")
    >>> run = forecast.simulate(scenario, paths=4_000)
    >>> certain = forecast.Variant(held={"services.bread.baseline.annual": 60e9})
    >>> forecast.simulate(scenario, paths=4_000, variant=certain).chance("revenue").value != run.chance("revenue").value
    True
    >>> same = forecast.simulate(scenario, paths=4_000, variant=forecast.Variant())
    >>> same.chance("revenue") == run.chance("revenue")
    True
    """

    resampled: frozenset[str] = frozenset()
    """Names of streams with other random numbers: an assumption (`services.post.growth`, or per event
    `shocks.floods.classes.local.days`), what may happen (`initiatives.x.happens`), the number and days of a shock's
    events (`shocks.floods`), what is drawn for each event (`shocks.covid.hard.happens`, `shocks.floods.class`), a
    service's monthly surprises (`services.post`, `services.post.level_noise`), what a correlation has in common
    (`correlations.x`), a year's climate (`climate`), the places' months (`places`); all below some, or all but some."""
    held: Mapping[str, float] = field(default_factory=FrozenDict)
    """By name of a draw, the value in base units that it is known to have."""
    moved: Mapping[str, float] = field(default_factory=FrozenDict)
    """By name of a draw, the step by which its distribution moves on the scale of its kind; its width stays."""
    switched: Mapping[str, bool] = field(default_factory=FrozenDict)
    """By initiative, whether it is certain (True) or off (False)."""
    replaced: frozenset[str] = frozenset()
    """Dotted names of entries that are those of `source`: `shocks.covid`, `costs.rent`, `services.post.growth`,
    `workforce`; an entry that `source` lacks is taken out."""
    source: Scenario | None = None
    """The other plan."""

    @property
    def changes_plan(self) -> bool:
        """True where more than random numbers changes."""
        return bool(self.held or self.moved or self.switched or self.replaced)


def vary_plan(scenario: Scenario, variant: Variant) -> Scenario:
    """Change the records of a plan; no file is read.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    variant : Variant
        Its changes; entries of another plan come first, then initiatives, then single assumptions.

    Returns
    -------
    Scenario
        The changed plan; the same object where nothing but random numbers changes.

    Raises
    ------
    KeyError
        The plan has no assumption, initiative or entry of such a name; the message names the nearest.
    ValueError
        Entries are replaced without a plan that they come from.
    """
    varied = scenario
    for name in sorted(variant.replaced):
        if variant.source is None:
            raise ValueError(f"{name!r} comes from another plan, but there is no source")
        varied = _replace_entry(varied, variant.source, name.split("."), name)
    for name, is_on in sorted(variant.switched.items()):
        varied = _switch_initiative(varied, name, is_on)
    return _change_assumptions(varied, variant)


def _change_assumptions(scenario: Scenario, variant: Variant) -> Scenario:
    changed = {*variant.held, *variant.moved}
    if not changed:
        return scenario
    streams = {assumption.stream_name for assumption in scenario.assumptions()}
    if unknown := changed - streams:
        raise KeyError(_unknown_name("assumption", min(unknown), streams))

    def change(assumption: Assumption) -> Assumption:
        stream = assumption.stream_name
        if stream in variant.moved:
            assumption = assumption.moved(variant.moved[stream])
        return assumption.held(variant.held[stream]) if stream in variant.held else assumption

    cases = scenario.cases
    return map_assumptions(scenario.model_copy(update={"cases": FrozenDict()}), change).model_copy(
        update={"cases": cases}
    )


def _switch_initiative(scenario: Scenario, name: str, is_on: bool) -> Scenario:
    if name not in scenario.initiatives:
        raise KeyError(_unknown_name("initiative", name, scenario.initiatives))
    update: dict[str, Any] = {"active": True, "chance": None} if is_on else {"active": False}
    initiative = scenario.initiatives[name].model_copy(update=update)
    return scenario.model_copy(update={"initiatives": FrozenDict({**scenario.initiatives, name: initiative})})


def _replace_entry(content: Any, source: Any, keys: list[str], name: str) -> Any:
    """The same record or table with one entry of another one; entries that both lack are an error."""
    key, *inner = keys
    mine, theirs = _entry(content, key), _entry(source, key)
    if mine is None and theirs is None:
        raise KeyError(_unknown_name("entry", name, _entry_names(content)))
    entry = _replace_entry(mine, theirs, inner, name) if inner and mine is not None and theirs is not None else theirs
    if entry is mine:
        return content
    if isinstance(content, Record):
        return content.model_copy(update={key: entry if entry is not None else _default(content, key)})
    entries = {**content, key: entry}
    return FrozenDict({each: value for each, value in entries.items() if value is not None})


def _entry(content: Any, key: str) -> Any:
    if isinstance(content, Record):
        return getattr(content, key, None) if key in type(content).model_fields else None
    return content.get(key) if isinstance(content, Mapping) else None


def _default(record: Record, key: str) -> Any:
    return type(record).model_fields[key].get_default(call_default_factory=True)


def _entry_names(content: Any) -> list[str]:
    return list(type(content).model_fields) if isinstance(content, Record) else list(content or ())


def _unknown_name(kind: str, name: str, known: Any) -> str:
    matches = get_close_matches(name, list(known), 1, 0.5)
    return f"the plan has no {kind} {name!r}" + (f"; did you mean {matches[0]!r}?" if matches else "")
