"""The central case as rows of live formulas, from the drifts to the profit.

The rows repeat the sums and products of `forecast.simulation.model` in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable

from forecast.plan.scenario import Scenario
from forecast.reports.workbook.effect_rows import EffectRows
from forecast.reports.workbook.model_rows import ModelRows
from forecast.reports.workbook.service_rows import ServiceRows
from forecast.reports.workbook.statement_rows import StatementRows
from forecast.simulation.central_case import CentralCase

__all__ = ["build_model"]


def build_model(scenario: Scenario, central: CentralCase, input_names: Iterable[str]) -> ModelRows:
    """Lay out the central case.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    central : CentralCase
        Its central case.
    input_names : iterable of str
        Dotted names of the assumptions that stand for cells.

    Returns
    -------
    ModelRows
        Every line in the order of the sheet.
    """
    rows = ModelRows(central, frozenset(input_names))
    effects = EffectRows(rows)
    effects.add_drifts()
    effects.add_initiatives()
    services = ServiceRows(rows, effects)
    baselines = {name: services.add_baseline(name) for name in central.plan.services}
    effects.add_donors(baselines)
    for name in central.plan.services:
        services.add_outcome(name, baselines[name])
    if central.plan.baseline.gap is not None:
        services.add_gap()
    StatementRows(scenario, rows, effects).add_all()
    return rows
