"""Causes by which two plans differ: what is drawn and computed counts, never where or how it is written.

A cause is some entries that go together from one plan to the other. Any set of causes taken from the other plan is a
plan that can be simulated: entries that need each other are one cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from forecast.analysis.earlier_forecasts import PlanState
from forecast.errors import Location
from forecast.files.fingerprint import to_jsonable
from forecast.plan.assumption import Assumption
from forecast.plan.record import FrozenDict, Record, for_service
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import Drift, Epidemic, Weather
from forecast.plan.targets import Target
from forecast.plan.variant import Variant, vary_plan
from forecast.plan.workforce import ImpliedHeadcount
from forecast.simulation.compiled_inputs import changes_by_year
from forecast.timeseries.baseline import ServiceBaseline

__all__ = ["BRIDGED", "PlanCause", "PlanPair", "find_causes", "known_measures"]

BRIDGED = "{bridge}"
"""Name of the target that stands for the figure that is asked about: after all names that a planner may give."""
_TEXT_FIELDS = frozenset(("label", "note", "account", "unit", "keep_jobs"))
"""Fields of records that no figure depends on."""
_CHOICE_FIELDS = ("method", "level", "noise", "persistence", "level_noise", "annual", "shape")
"""Choices of a baseline that are drawn or computed; masked months count through the fit."""
_UNDRAWN_FITS = frozenset(
    ("weights", "mase", "coverage80", "coverage95", "checks", "masked_actual", "annual_quantiles", "notes")
)
"""Figures of a fitted baseline that only a report shows."""
_HISTORY_ENTRIES = ("history", "stated", "growth_over", "as_of")
_CORRELATION_ENTRIES = ("correlations", "copula", "growth_correlation")


@dataclass(frozen=True)
class PlanCause:
    """Entries that differ between two plans and go together."""

    names: tuple[str, ...]
    """`shocks.X`, `initiatives` or `initiatives.X`, `volume`, `price`, `history`, `costs`, `people`, `places`,
    `climate`, `correlations` or `target`; several where one needs another."""
    entries: frozenset[str] = frozenset()
    """Dotted names of the entries of the plan."""

    @property
    def name(self) -> str:
        """The names in one text."""
        return "+".join(self.names)


@dataclass(frozen=True)
class PlanPair:
    """Two plans of the same services and months, and the figure that is asked about."""

    first: PlanState
    last: PlanState
    figure: Target
    """Its threshold is that of the first plan, where the figure has one."""

    def mixed(self, causes: Iterable[PlanCause]) -> PlanState:
        """The first plan with some causes of the last one."""
        chosen = list(causes)
        names = {name for cause in chosen for name in cause.names}
        entries = frozenset(entry for cause in chosen for entry in cause.entries)
        first, last = (self._filled(state.scenario) for state in (self.first, self.last))
        scenario = vary_plan(first, Variant(replaced=entries, source=last)) if entries else first
        of_people = last if "people" in names else first
        scenario = scenario.model_copy(update={"targets": self._targets(of_people)})
        return PlanState(scenario, self._mixed_baseline(names))

    def unmixed(self) -> PlanState:
        """The last plan as it is, with the figure that is asked about."""
        scenario = _without_pages(self.last.scenario)
        return PlanState(scenario.model_copy(update={"targets": self._targets(scenario)}), self.last.baseline)

    def _filled(self, scenario: Scenario) -> Scenario:
        """A plan with the places and the climate of the other one, where nothing of its own asks for them."""
        other = self.last.scenario if scenario is self.first.scenario else self.first.scenario
        filled: dict[str, Any] = {key: getattr(other, key) for key in _missing_grounds(scenario, other)}
        return _without_pages(scenario.model_copy(update=filled) if filled else scenario)

    def _targets(self, scenario: Scenario) -> FrozenDict[Target]:
        """The figure that is asked about, and the targets that imply a headcount."""
        implied = scenario.workforce is not None and isinstance(scenario.workforce.headcount, ImpliedHeadcount)
        needed = {name: target for name, target in scenario.targets.items() if implied and target.place is None}
        return FrozenDict({**needed, BRIDGED: self.figure})

    def _mixed_baseline(self, names: set[str]) -> Any:
        first, last = self.first.baseline, self.last.baseline
        base = last if "history" in names else first

        def choose(service: str) -> ServiceBaseline:
            is_given = first.services[service].kind == "given"
            return (last if ("volume" if is_given else "history") in names else first).services[service]

        return replace(base, services={service: choose(service) for service in base.services})


def _without_pages(scenario: Scenario) -> Scenario:
    """The plan without what only its pages show."""
    return scenario.model_copy(
        update={"cases": FrozenDict(), "decisions": FrozenDict(), "notes": FrozenDict(), "targets": scenario.targets}
    )


def find_causes(pair: PlanPair, *, each: bool = False) -> tuple[PlanCause, ...]:
    """List the causes by which two plans differ.

    Parameters
    ----------
    pair : PlanPair
        The plans and the figure.
    each : bool
        Whether each initiative is a cause of its own; all of them are one by default.

    Returns
    -------
    tuple of PlanCause
        Shocks by name, initiatives, then the others; empty where the plans draw and compute the same.
    """
    first, last = pair.first.scenario, pair.last.scenario
    causes = {f"shocks.{name}": frozenset((f"shocks.{name}",)) for name in _changed(first.shocks, last.shocks)}
    initiatives = _changed(_active(first), _active(last))
    if each:
        causes |= {f"initiatives.{name}": frozenset((f"initiatives.{name}",)) for name in initiatives}
    elif initiatives:
        causes["initiatives"] = frozenset(("initiatives",))
    causes |= dict(_common_causes(pair))
    groups = _joined(causes, _needs(pair, set(causes)))
    return tuple(PlanCause(names, frozenset(entry for name in names for entry in causes[name])) for names in groups)


def known_measures(scenario: Scenario) -> tuple[str, ...]:
    """List the measures of the whole plan.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    tuple of str
        Such as `revenue`, `revenue.postal` and `cost.wages`.
    """
    measures = ["revenue", *(f"revenue.{service}" for service in scenario.service_names)]
    if scenario.costs:
        spending = [name for name, entry in scenario.initiatives.items() if entry.active and entry.cost is not None]
        measures += ["cost", "profit", "margin", *(f"cost.{name}" for name in (*sorted(scenario.costs), *spending))]
    if scenario.workforce is not None:
        measures += ["headcount", "productivity"]
    return tuple(measures)


def _common_causes(pair: PlanPair) -> Iterator[tuple[str, frozenset[str]]]:
    """Causes that are no shock and no initiative, each with its entries."""
    first, last = pair.first.scenario, pair.last.scenario
    if _volume(pair.first) != _volume(pair.last):
        names = [f"services.{service}.{key}" for service in first.service_names for key in ("growth", "baseline")]
        yield "volume", _present(pair, ["baseline", *names])
    if _prices(first) != _prices(last):
        yield "price", _present(pair, [f"services.{service}.price_change" for service in first.service_names])
    has_random_events = any(
        not isinstance(shock, Drift) for scenario in (first, last) for shock in scenario.shocks.values()
    )
    if _history(pair.first, has_random_events) != _history(pair.last, has_random_events):
        yield "history", _present(pair, _HISTORY_ENTRIES)
    if _content(first.costs) != _content(last.costs):
        yield "costs", frozenset(("costs",))
    if _people(first) != _people(last):
        yield "people", frozenset(("workforce",))
    filled = {*_missing_grounds(first, last), *_missing_grounds(last, first)}
    if "places" not in filled and _places(first) != _places(last):
        yield "places", frozenset(("places",))
    if "climate" not in filled and _content(first.climate) != _content(last.climate):
        yield "climate", frozenset(("climate",))
    if _correlations(first) != _correlations(last):
        yield "correlations", _present(pair, _CORRELATION_ENTRIES)


def _content(content: Any) -> Any:
    """Reduce a part of a plan to what is drawn and computed: no labels, notes, sources or places in files."""
    match content:
        case Assumption():
            drawn = [content.dimension, type(content.distribution).__name__, to_jsonable(content.distribution)]
            return drawn if content.is_constant else [content.stream_name, *drawn]
        case Location():
            return None
        case Record():
            names = [name for name in type(content).model_fields if name not in _TEXT_FIELDS]
            return {name: _content(getattr(content, name)) for name in names}
        case Mapping():
            return {str(key): _content(content[key]) for key in sorted(content)}
        case tuple() | list():
            return [_content(item) for item in content]
    if is_dataclass(content):
        return {field.name: _content(getattr(content, field.name)) for field in fields(content)}
    return to_jsonable(content)


def _changed(first: Mapping[str, Any], last: Mapping[str, Any]) -> list[str]:
    names = sorted(first.keys() | last.keys())
    return [name for name in names if _content(first.get(name)) != _content(last.get(name))]


def _active(scenario: Scenario) -> dict[str, Any]:
    """The initiatives that are on, and those that others need."""
    needed = {name for entry in scenario.initiatives.values() for name in entry.needs}
    return {name: entry for name, entry in scenario.initiatives.items() if entry.active or name in needed}


def _present(pair: PlanPair, names: Iterable[str]) -> frozenset[str]:
    """The entries that one of the plans has."""
    scenarios = (pair.first.scenario, pair.last.scenario)
    return frozenset(name for name in names if any(_entry(scenario, name) is not None for scenario in scenarios))


def _entry(content: Any, name: str) -> Any:
    for key in name.split("."):
        content = content.get(key) if isinstance(content, Mapping) else getattr(content, key)
    return content


def _volume(state: PlanState) -> Any:
    """Growth and choices of each baseline, and the baselines that the planner gives."""
    scenario = state.scenario
    parts = []
    for service in scenario.service_names:
        choice, fitted = scenario.baseline_for(service), state.baseline.services[service]
        growth = _content(changes_by_year(scenario, f"services.{service}.growth"))
        choices = [_content(getattr(choice, key)) for key in _CHOICE_FIELDS]
        parts.append([growth, choices, _drawn_fit(fitted) if fitted.kind == "given" else None])
    return parts


def _prices(scenario: Scenario) -> Any:
    return [_content(changes_by_year(scenario, f"services.{name}.price_change")) for name in scenario.service_names]


def _drawn_fit(fitted: ServiceBaseline) -> Any:
    names = [field.name for field in fields(fitted) if field.name not in _UNDRAWN_FITS]
    return [_content(getattr(fitted, name)) for name in names]


def _history(state: PlanState, has_random_events: bool) -> Any:
    """Fits, books and stated figures, the shocks that the history holds, and the day after which events are random."""
    scenario, baseline = state.scenario, state.baseline
    source = scenario.history
    known = scenario.as_of or baseline.last_known_month
    stated = scenario.stated_total_before(baseline.calendar.years[0])
    return [
        [_drawn_fit(fitted) for _, fitted in sorted(baseline.services.items()) if fitted.kind != "given"],
        to_jsonable(baseline.correlation),
        to_jsonable(baseline.booked),
        _content(baseline.estimate_errors),
        _content(source.shocks) if source else {},
        list(source.ordinary_months) if source else [],
        scenario.growth_over if source else "",
        None if stated is None else _content(stated.total),
        [_stated_parts(scenario, fitted) for _, fitted in sorted(baseline.services.items())],
        to_jsonable(known) if has_random_events or baseline.booked else None,
    ]


def _stated_parts(scenario: Scenario, fitted: ServiceBaseline) -> Any:
    """Figures that documents state of one service in its base year, or in the last stated year where it has none."""
    years = [str(fitted.base_year)] if fitted.base_year is not None else sorted(scenario.stated)[-1:]
    stated = [scenario.stated[year] for year in years if year in scenario.stated]
    return [
        [
            _content(for_service(year.services, fitted.service)),
            _content(for_service(year.understated_by, fitted.service)),
        ]
        for year in stated
    ]


def _people(scenario: Scenario) -> Any:
    workforce = scenario.workforce
    if workforce is None or not isinstance(workforce.headcount, ImpliedHeadcount):
        return _content(workforce)
    targets = [
        [target.measure, target.period.text, _content(target.threshold)]
        for _, target in sorted(scenario.targets.items())
        if target.place is None and target.measure in ("revenue", "productivity")
    ]
    return [_content(workforce), targets]


def _correlations(scenario: Scenario) -> Any:
    is_gaussian = scenario.copula == "gaussian"  # another copula has a common draw for each, by its name
    entries = sorted(
        ("" if is_gaussian else name, sorted(entry.between), entry.rank)
        for name, entry in scenario.correlations.items()
    )
    years = _content(scenario.correlation_of_years) if scenario.has_correlated_years else None
    return [[list(entry) for entry in entries], scenario.copula if entries else "", years]


def _places(scenario: Scenario) -> Any:
    places = scenario.places
    if places is None:
        return None
    contents = [None if file is None else Path(file).read_bytes() for file in (places.file, places.ledger)]
    return [_content(places.count), _content(places.weights), _content(places.noise), contents]


def _missing_grounds(scenario: Scenario, other: Scenario) -> list[str]:
    """Places and climate that a plan lacks, the other one has, and nothing of the plan would feel."""
    shocks = scenario.shocks.values()
    feels_climate = any(isinstance(shock, Weather) for shock in shocks)
    is_listed = other.places is not None and other.places.file is not None
    feels_places = feels_climate or (is_listed and any(isinstance(shock, Epidemic) for shock in shocks))
    feels = {"places": feels_places, "climate": feels_climate}
    return [
        key
        for key in ("places", "climate")
        if getattr(scenario, key) is None and getattr(other, key) is not None and not feels[key]
    ]


def _needs(pair: PlanPair, names: set[str]) -> Iterator[tuple[str, ...]]:
    """Groups of causes that cannot be taken one without the other."""
    first, last = pair.first, pair.last
    scenarios = (first.scenario, last.scenario)
    for scenario in scenarios:
        for name, initiative in scenario.initiatives.items():
            for other in (*initiative.needs, *initiative.excludes):
                yield f"initiatives.{name}", f"initiatives.{other}"
    for service, fitted in first.baseline.services.items():
        other_fit = last.baseline.services[service]
        if (fitted.kind == "given", fitted.measured, fitted.scale) != (
            other_fit.kind == "given",
            other_fit.measured,
            other_fit.scale,
        ):
            yield "history", "volume", "price", "costs"
    per_person = any(cost.per_person_month for scenario in scenarios for cost in scenario.costs.values())
    if per_person and (scenarios[0].workforce is None) != (scenarios[1].workforce is None):
        yield "costs", "people"
    if (scenarios[0].places is None) != (scenarios[1].places is None) and "places" in names:
        weather = [
            f"shocks.{name}"
            for scenario in scenarios
            for name, shock in scenario.shocks.items()
            if isinstance(shock, Weather)
        ]
        yield "places", *weather


def _joined(causes: Mapping[str, Any], groups: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Names of the causes: those that a group holds together, and the others by themselves."""
    joined = {name: {name} for name in causes}
    for group in groups:
        members = [name for name in dict.fromkeys(group) if name in causes]
        together = set().union(*(joined[name] for name in members)) if members else set()
        for name in together:
            joined[name] = together
    in_order = list(causes)
    unique = {tuple(name for name in in_order if name in joined[first]) for first in in_order}
    return sorted(unique, key=lambda names: in_order.index(names[0]))
