"""Collect the findings of one run."""

from __future__ import annotations

from dataclasses import replace

from forecast.analysis.bridge import compute_bridge, effects_by_cause
from forecast.analysis.cases import SimulatedCase, case_row
from forecast.analysis.districts import rank_districts
from forecast.analysis.earlier_forecasts import YearReferences
from forecast.analysis.exceedance import exceedance_curve, tail_risk
from forecast.analysis.findings import Findings
from forecast.analysis.monthly import summarise_months
from forecast.analysis.quantile_dots import likely_outcomes
from forecast.analysis.sensitivity import compute_sensitivity
from forecast.analysis.targets import evaluate_targets
from forecast.analysis.year_to_date import analyse_year
from forecast.plan.accounts import read_plan_history
from forecast.simulation.results import Simulation

__all__ = ["add_cases", "collect_findings"]


def collect_findings(
    run: Simulation, cases: tuple[SimulatedCase, ...] = (), references: YearReferences | None = None
) -> Findings:
    """Run every analysis of a simulation.

    Parameters
    ----------
    run : Simulation
        With a sample of its paths, for the sensitivity; without one the findings have none.
    cases : tuple of SimulatedCase
        The other assumption cases, simulated with the run's random numbers; `add_cases` adds them later.
    references : YearReferences, optional
        What the year to date is compared with; by default the plan itself without its books.

    Returns
    -------
    Findings
        Amounts in the plan's currency, chances and shares from 0 to 1.
    """
    scenario = run.scenario
    main = scenario.main_target
    history = read_plan_history(scenario)
    year, months = analyse_year(run, history, summarise_months(run, history), references or YearReferences())
    findings = Findings(
        targets=(),
        main_target=main,
        months=months,
        bridge=compute_bridge(run),
        exceedance={name: exceedance_curve(run, name) for name in sorted(scenario.targets)},
        sensitivity=compute_sensitivity(run, main) if main else None,
        cases=(),
        joint_chance=run.joint_chance if len(scenario.targets) > 1 else None,
        districts=rank_districts(run),
        tails={name: tail_risk(run, name) for name in sorted(scenario.targets)},
        year=year,
        dots=likely_outcomes(run),
        effects=effects_by_cause(run),
    )
    return add_cases(findings, run, cases)


def add_cases(findings: Findings, run: Simulation, cases: tuple[SimulatedCase, ...]) -> Findings:
    """Add the other assumption cases to the findings of a plan, which can be collected while they are simulated.

    Parameters
    ----------
    findings : Findings
        Those of the run alone.
    run : Simulation
        The run.
    cases : tuple of SimulatedCase
        The other assumption cases, simulated with the run's random numbers.

    Returns
    -------
    Findings
        With the chances of the cases, and with the spread of each target over them.
    """
    case_rows = tuple(case_row(run, case) for case in cases)
    return replace(findings, targets=evaluate_targets(run, case_rows), cases=case_rows)
