"""Findings that a decision rests on, made by hand, for the tests of figures and pages."""

from __future__ import annotations

from forecast.analysis.findings import DecisionFindings
from forecast.analysis.levers import Lever
from forecast.analysis.seek import CaseChance, SeekRow, SeekTable
from forecast.analysis.triggers import EarlyWarning, TriggerLevel, TriggerMonth
from forecast.analysis.uncertainty_sources import SourceShare, UncertaintySources
from forecast.plan.bilingual import Label
from forecast.stats.intervals import Estimate


def make_chance(value: float) -> Estimate:
    """A chance with its simulation error."""
    return Estimate(value, value - 0.004, value + 0.004)


def make_decisions(mean: float = 258e9) -> DecisionFindings:
    """Sources, levers and early warning of the plan with Covid."""
    shares = (("judgement", 0.58), ("record", 0.06), ("chance", 0.36))
    sources = UncertaintySources(
        "revenue",
        "revenue",
        "2021",
        tuple(SourceShare(source, make_chance(share), make_chance(share), ()) for source, share in shares),
        8_192,
    )
    cases = (CaseChance("parts", Label(vi="Theo bộ phận", en="By part"), 0.82, True),)
    rows = tuple(
        SeekRow(
            Lever((name,), kind, change),
            make_chance(chance),
            Estimate(chance - 0.78, 0, 0.1),
            chance > 0.8,
            cases=cases,
        )
        for name, kind, change, chance in (
            ("initiatives.merit_payouts", "decide", "certain_early", 0.81),
            ("initiatives.commune_level", "decide", "certain", 0.79),
            ("shocks.covid_waves.hard", "outside", "without", 0.84),
        )
    )
    reachable = Estimate(248.6e9, 248.4e9, 248.8e9)
    seek = SeekTable("revenue", 0.8, make_chance(0.78), reachable, rows, cases, 32_768, 16_384)
    months = []
    for number in range(1, 12):
        middle = mean * number / 12
        levels = tuple(
            TriggerLevel(chance, Estimate(middle - down, middle - down - 1e8, middle - down + 1e8), False,
                         make_chance(0.2), make_chance(0.75), make_chance(0.66), 0.22, (0.43, 0.6))
            for chance, down in ((0.5, 0.7e9 * number), (0.2, 1e9 * number))
        )  # fmt: skip
        outlook = (middle - 1.2e9 * number, middle, middle + 1.2e9 * number)
        months.append(TriggerMonth(f"2021-{number:02}", levels, number / 12, outlook))
    warning = EarlyWarning("revenue", "revenue", "2021", make_chance(0.78), "2021-01", True, tuple(months), 32_768)
    return DecisionFindings(sources, warning, seek=seek)
