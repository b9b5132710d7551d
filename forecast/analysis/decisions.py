"""Findings that a decision rests on, beside the answer: sources of the uncertainty, early warning and ways to fail."""

from __future__ import annotations

from functools import partial

from forecast.analysis.failure_modes import failure_modes
from forecast.analysis.findings import DecisionFindings
from forecast.analysis.triggers import early_warning
from forecast.analysis.uncertainty_sources import uncertainty_sources
from forecast.engines.background import run_in_background
from forecast.simulation.results import Simulation

__all__ = ["collect_decisions"]


def collect_decisions(run: Simulation) -> DecisionFindings:
    """Find what a decision rests on, as far as the draws of a run and a few thousand paths more tell.

    Parameters
    ----------
    run : Simulation
        With a sample of its paths.

    Returns
    -------
    DecisionFindings
        Empty without a target, and without a sample.
    """
    target = run.scenario.main_target
    if not target or run.path_sample is None:
        return DecisionFindings()
    with run_in_background(partial(failure_modes, run)) as failures:
        sources, warning = uncertainty_sources(run, target), early_warning(run, target)
        return DecisionFindings(sources, warning, failures.result())
