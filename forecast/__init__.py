"""Simulate a business plan before living it: how likely each target is, why, and what would change it.

```python
import forecast

scenario = forecast.read("scenarios/covid.yaml")
run = forecast.simulate(scenario)
forecast.report(run, "reports/")
```
`__all__` is the public API; each name has an example, which the tests run in `tests/support/bakery/`. Names are loaded
when they are first used, so that the command line answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from forecast._version import __version__ as __version__

if TYPE_CHECKING:
    from forecast.errors import CheckError, ForecastError, InputError, Location, OutputError, Problem
    from forecast.history.ledger import History, read_history
    from forecast.plan.loading.loader import read
    from forecast.plan.scenario import Scenario
    from forecast.plan.variant import Variant
    from forecast.runs.repository import open_run, verify
    from forecast.simulation.results import Simulation
    from forecast.simulation.simulate import ExecutionOptions, simulate
    from forecast.workflows.backtest import backtest
    from forecast.workflows.compare import compare
    from forecast.workflows.run import analyse, plot, report

_MODULES = {
    "CheckError": "errors",
    "ExecutionOptions": "simulation.simulate",
    "ForecastError": "errors",
    "History": "history.ledger",
    "InputError": "errors",
    "Location": "errors",
    "OutputError": "errors",
    "Problem": "errors",
    "Scenario": "plan.scenario",
    "Simulation": "simulation.results",
    "Variant": "plan.variant",
    "analyse": "workflows.run",
    "backtest": "workflows.backtest",
    "compare": "workflows.compare",
    "open_run": "runs.repository",
    "plot": "workflows.run",
    "read": "plan.loading.loader",
    "read_history": "history.ledger",
    "report": "workflows.run",
    "simulate": "simulation.simulate",
    "verify": "runs.repository",
}
"""Public name -> module that has it."""

__all__ = [
    "CheckError",
    "ExecutionOptions",
    "ForecastError",
    "History",
    "InputError",
    "Location",
    "OutputError",
    "Problem",
    "Scenario",
    "Simulation",
    "Variant",
    "analyse",
    "backtest",
    "compare",
    "open_run",
    "plot",
    "read",
    "read_history",
    "report",
    "simulate",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'forecast' has no attribute {name!r}")
    value = getattr(import_module(f"forecast.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
