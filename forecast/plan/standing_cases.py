"""Standing cases: doubts that no plan writes down, tried on every plan beside its own cases.

People set growths one by one, though one economy moves them all; their 80% ranges hold less than 80%; and how alike the
years of a growth are is known to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

from forecast.i18n import Translator
from forecast.plan.assumption import Assumption
from forecast.plan.bilingual import Label
from forecast.plan.checks.correlations import repair_correlations
from forecast.plan.record import FrozenDict, map_assumptions
from forecast.plan.scenario import DEFAULT_GROWTH_CORRELATION, Correlation, Scenario
from forecast.plan.yearly_changes import change_in_year, draw_of_change
from forecast.stats.distributions import Constant

__all__ = ["standing_cases"]

TOGETHER_RANK = 0.6
"""Rank correlation of all growths where they move together [C]: two thirds of the way from none to one and the same."""
WIDER_FACTOR = 1.5
"""Width of a range of judgement over the written one [C]. Ranges that people give are sometimes 40% as wide as it takes
to hold what they claim to hold (Soll and Klayman 2004), 1 / 0.4 = 2.5: this is a third of the way there."""
TOGETHER_KEY = "standing.growths_together"
"""Correlation of the growths that move together; no planner's name has a dot."""


def standing_cases(scenario: Scenario) -> dict[str, Scenario]:
    """Make the standing cases that can change a figure of a plan.

    Parameters
    ----------
    scenario : Scenario
        The plan.

    Returns
    -------
    dict of str to Scenario
        By name, the plan with one doubt more and the case's title; none that would be the plan itself.

    References
    ----------
    Soll and Klayman (2004), Overconfidence in interval estimates. Journal of Experimental Psychology: Learning, Memory
    and Cognition 30, 299-314.
    """
    cases = {name: build(scenario) for name, build in STANDING_CASES.items()}
    return {name: _with_title(case, name) for name, case in cases.items() if case is not None}


def _with_title(case: Scenario, name: str) -> Scenario:
    title = Label(vi=Translator("vi")(f"case.{name}"), en=Translator("en")(f"case.{name}"))
    return case.model_copy(update={"name": title, "cases": FrozenDict()})


def _growths_together(scenario: Scenario) -> Scenario | None:
    """The plan with one rank between all unsure growths; its other correlations stay, as far as both are possible."""
    growths = _unsure_growths(scenario)
    ranks = {
        pair: entry.rank
        for entry in scenario.correlations.values()
        for pair in combinations(sorted(entry.between), 2)
        if growths.issuperset(pair)
    }
    pairs = tuple(combinations(sorted(growths), 2))
    if all(ranks.get(pair) == TOGETHER_RANK for pair in pairs):
        return None
    correlations = {}
    for name, entry in scenario.correlations.items():
        if len(growths.intersection(entry.between)) < 2:
            correlations[name] = entry
            continue
        others = (pair for pair in combinations(entry.between, 2) if not growths.issuperset(pair))
        correlations |= {f"{name}.{n}": entry.model_copy(update={"between": pair}) for n, pair in enumerate(others)}
    correlations[TOGETHER_KEY] = Correlation(between=tuple(sorted(growths)), rank=TOGETHER_RANK)
    case = scenario.model_copy(update={"correlations": FrozenDict(correlations)})
    return repair_correlations(case)[0]


def _unsure_growths(scenario: Scenario) -> set[str]:
    """Names of the draws of growths that count in the horizon and are not sure."""
    changes, years = scenario.yearly_changes, scenario.changing_years
    return {
        draw_of_change(name, changes[name])
        for name in changes
        if name.endswith(".growth") and not all(change_in_year(changes[name], year).is_constant for year in years[name])
    }


def _wider_ranges(scenario: Scenario) -> Scenario | None:
    """The plan with every range of grade C wider; a number that is another's takes its grade from there."""
    grades = {assumption.name: assumption.grade for assumption in scenario.assumptions()}

    def widen(assumption: Assumption) -> Assumption:
        is_judgement = grades.get(assumption.stream_name, assumption.grade) == "C"
        return assumption.widened(WIDER_FACTOR) if is_judgement else assumption

    is_wider = any(widen(assumption) != assumption for assumption in scenario.assumptions())
    return map_assumptions(scenario, widen) if is_wider else None


def _independent_years(scenario: Scenario) -> Scenario | None:
    return _with_year_correlation(scenario, 0.0)


def _same_every_year(scenario: Scenario) -> Scenario | None:
    return _with_year_correlation(scenario, 1.0)


def _with_year_correlation(scenario: Scenario, correlation: float) -> Scenario | None:
    if not scenario.has_correlated_years or scenario.correlation_of_years.value == correlation:
        return None
    assumption = replace(DEFAULT_GROWTH_CORRELATION, text=f"{correlation:g}", distribution=Constant(correlation))
    return scenario.model_copy(update={"growth_correlation": assumption})


STANDING_CASES: dict[str, Callable[[Scenario], Scenario | None]] = {
    "growths_together": _growths_together,
    "independent_years": _independent_years,
    "same_growth_every_year": _same_every_year,
    "wider_ranges": _wider_ranges,
}
"""By name, in the order of a report: the plan with one doubt more, or None where it would change nothing."""
