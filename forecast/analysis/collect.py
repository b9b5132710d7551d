"""All that a report tells of one run."""

from __future__ import annotations

from pathlib import Path

from forecast.analysis.bridge import bridge_of
from forecast.analysis.cases import readings_of
from forecast.analysis.districts import districts_of
from forecast.analysis.exceedance import exceedance_of
from forecast.analysis.findings import Findings, ReadingRow
from forecast.analysis.monthly import months_of
from forecast.analysis.sensitivity import sensitivity_of
from forecast.analysis.targets import targets_of
from forecast.history.ledger import History, read_history
from forecast.plan.scenario import main_of
from forecast.simulation.simulate import Progress, Simulation


def find(
    run: Simulation,
    *,
    readings: tuple[ReadingRow, ...] | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Findings:
    """Ask every question of a run; its readings are played here, on its luck, unless they come played."""
    scenario = run.scenario
    main = main_of(scenario)
    if readings is None:
        readings = readings_of(scenario, paths=run.paths, seed=run.seed, cache=cache, progress=progress)
    return Findings(
        targets=targets_of(run, readings),
        main=main,
        months=months_of(run, _history(run)),
        bridge=bridge_of(run),
        exceedance={name: exceedance_of(run, name) for name in sorted(scenario.targets)},
        sensitivity=sensitivity_of(run, main) if main else None,
        readings=readings,
        joint=run.joint if len(scenario.targets) > 1 else None,
        districts=districts_of(run),
    )


def _history(run: Simulation) -> History | None:
    source = run.scenario.history
    return read_history(source.file, run.scenario.currency) if source is not None else None
