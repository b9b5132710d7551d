"""A run as its pages see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from forecast.analysis.findings import DecisionFindings, Findings, TargetRow
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale
from forecast.periods import first_day
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario, assumptions_known_after

__all__ = ["RunView"]

if TYPE_CHECKING:
    from forecast.timeseries.baseline import Baseline


@dataclass(frozen=True)
class RunView:
    """One run, as the pages need it.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    summary : Mapping
        Content of summary.json.
    findings : Findings
        Results of the analyses.
    baseline : Baseline
        Fitted baseline models of the services.
    manifest : Mapping, optional
        The part of the manifest known before the outputs are written: hashes, versions.
    decisions : DecisionFindings
        What the section on decisions shows beside the findings.
    """

    scenario: Scenario
    summary: Mapping[str, Any]
    findings: Findings
    baseline: Baseline
    manifest: Mapping[str, Any] = field(default_factory=dict)
    decisions: DecisionFindings = field(default_factory=DecisionFindings)

    @property
    def short_name(self) -> str:
        """Name of the run's folder: `covid`."""
        return str(self.summary.get("scenario", ""))

    def notes(self, t: Translator) -> list[str]:
        """Return the sentences of the notes on the pages themselves."""
        return [t(note["key"], **note["params"]) for note in self.summary.get("notes", ())]

    @property
    def main_target(self) -> TargetRow | None:
        """Target that the page is about; None for a plan without targets."""
        return next((row for row in self.findings.targets if row.name == self.findings.main_target), None)

    @property
    def as_of(self) -> date:
        """Day of the plan; the first day of the horizon where the plan gives none."""
        return self.scenario.as_of or date.fromordinal(first_day(self.scenario.horizon.from_))

    @property
    def measure(self) -> str:
        """Measure that the page is about."""
        return self.main_target.measure if self.main_target else self.findings.months.measure

    @property
    def measure_key(self) -> str:
        """Measure as figures are named: `revenue@442` of a place."""
        return self.main_target.measure_key if self.main_target else self.measure

    @property
    def period(self) -> str:
        """Period that the page is about, as written."""
        return self.main_target.period if self.main_target else str(self.scenario.horizon.calendar.years[0])

    @property
    def statistics(self) -> Mapping[str, float]:
        """Mean, sd and quantiles of the main measure in its period; empty when the summary has none."""
        statistics: Mapping[str, float] = (
            self.summary.get("measures", {}).get(self.measure_key, {}).get(self.period, {})
        )
        return statistics

    def main_scale(self, t: Translator) -> AmountScale:
        """Return the scale of the main measure over its period."""
        sizes = [value for key, value in self.statistics.items() if key.startswith("p")]
        if self.main_target:
            sizes.append(self.main_target.threshold)
        return self.scale_for(self.measure, self.period, sizes, t)

    def scale_for(self, measure: str, period: str, sizes: list[float], t: Translator) -> AmountScale:
        """Return the scale of some amounts of a measure; a productivity is that of a year, whatever its period."""
        return choose_scale(measure, sizes, self.scenario.currency, t)

    def bridge_scale(self, t: Translator) -> AmountScale:
        """Return the scale of the bridge: of its ends and of every partial sum."""
        bridge = self.findings.bridge
        if bridge is None:
            return self.main_scale(t)
        sums = list(accumulate((step.amount for step in bridge.steps), initial=bridge.start.amount))
        return self.scale_for(bridge.measure, bridge.period, [*sums, bridge.end.amount, bridge.plan], t)

    def months_scale(self, t: Translator) -> AmountScale:
        """Return the scale of the months."""
        months = self.findings.months
        sizes = [bar.p90 for bar in months.bars] + [bar.plan for bar in months.bars if bar.plan is not None]
        return choose_scale(months.measure, sizes, self.scenario.currency, t, yearly=False)

    def assumptions(self) -> tuple[Assumption, ...]:
        """Return every assumption of the plan, each name once, in the order of the plan."""
        by_name = {a.name: a for a in self.scenario.assumptions()}
        return tuple(by_name.values())

    def drawn_assumptions(self) -> tuple[Assumption, ...]:
        """Return the assumptions that are drawn, each draw once: those that have a grade of their own."""
        return self.scenario.drawn_assumptions()

    def hindsight_assumptions(self) -> frozenset[str]:
        """Return the names of the assumptions whose sources came out after the day of the plan."""
        return frozenset(assumption.name for assumption in assumptions_known_after(self.scenario, self.as_of))
