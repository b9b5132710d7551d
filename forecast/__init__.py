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

if TYPE_CHECKING:
    from forecast.backtesting import backtest
    from forecast.comparing import compare
    from forecast.errors import CheckError, Complaint, ForecastError, InputError, OutputError, Where
    from forecast.plan import Scenario
    from forecast.reader import read
    from forecast.reporting import plot, report
    from forecast.runs import open_run, verify
    from forecast.simulation import Course, Simulation, simulate

__version__ = "0.1.0"

_HOMES = {
    "CheckError": "errors",
    "Complaint": "errors",
    "Course": "simulation",
    "ForecastError": "errors",
    "InputError": "errors",
    "OutputError": "errors",
    "Scenario": "plan",
    "Simulation": "simulation",
    "Where": "errors",
    "backtest": "backtesting",
    "compare": "comparing",
    "open_run": "runs",
    "plot": "reporting",
    "read": "reader",
    "report": "reporting",
    "simulate": "simulation",
    "verify": "runs",
}

__all__ = [
    "CheckError",
    "Complaint",
    "Course",
    "ForecastError",
    "InputError",
    "OutputError",
    "Scenario",
    "Simulation",
    "Where",
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
