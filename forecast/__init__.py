"""Simulate a business plan before living it: how likely each target is, why, and what would change it.

```python
import forecast

scenario = forecast.read("scenarios/covid.yaml")
run = forecast.simulate(scenario)
forecast.report(run, "reports/")
```
Names are loaded when they are first used, so that the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from forecast._version import __version__ as __version__

if TYPE_CHECKING:
    from forecast.errors import CheckError, ForecastError, InputError, Location, OutputError, Problem
    from forecast.plan.loading.loader import read
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import open_run, verify
    from forecast.simulation.simulate import ExecutionOptions, Simulation, simulate
    from forecast.workflows.backtest import backtest
    from forecast.workflows.compare import compare
    from forecast.workflows.run import plot, report

_HOMES = {
    "CheckError": "errors",
    "Problem": "errors",
    "ExecutionOptions": "simulation.simulate",
    "ForecastError": "errors",
    "InputError": "errors",
    "OutputError": "errors",
    "Scenario": "plan.scenario",
    "Simulation": "simulation.simulate",
    "Location": "errors",
    "backtest": "workflows.backtest",
    "compare": "workflows.compare",
    "open_run": "runs.repository",
    "plot": "workflows.run",
    "read": "plan.loading.loader",
    "report": "workflows.run",
    "simulate": "simulation.simulate",
    "verify": "runs.repository",
}

__all__ = [
    "CheckError",
    "ExecutionOptions",
    "ForecastError",
    "InputError",
    "Location",
    "OutputError",
    "Problem",
    "Scenario",
    "Simulation",
    "backtest",
    "compare",
    "open_run",
    "plot",
    "read",
    "report",
    "simulate",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'forecast' has no attribute {name!r}")
    found = getattr(import_module(f"forecast.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
