"""Below `simulate` nothing knows a whole scenario: blocks get the compiled plan."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import forecast
from forecast.plan.scenario import Scenario
from forecast.simulation.compiled import compile_plan
from forecast.timeseries.baseline import fit_baseline
from tests.support.plans import FULL_PLAN, SCENARIOS, read_plan_text

SIMULATION = Path(forecast.__file__).parent / "simulation"
COMPILERS = (SIMULATION / "compiled.py", SIMULATION / "compiled_inputs.py")
ALLOWED = {
    "simulate.py: simulate(scenario)",
    "closed_year.py: find_closed_year(scenario)",
    "results.py: Simulation.scenario",
    "side_by_side.py: simulate_targets(plans)",
    "side_by_side.py: simulate_variants(scenario)",
    "notebook.py: results_html(scenario)",
    "notebook.py: _target_cells(scenario)",
    "side_by_side.py: TargetPaths.scenario",
}
"""The functions that are called from above, and what holds or shows the plan for the readers of a result."""


def test_only_simulate_and_the_compiler_take_a_scenario() -> None:
    holders = {
        f"{path.name}: {holder}"
        for path in sorted(SIMULATION.rglob("*.py"))
        if path not in COMPILERS
        for holder in scenario_holders(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert holders == ALLOWED


def test_only_they_import_it() -> None:
    importers = {
        path.relative_to(SIMULATION).as_posix()
        for path in SIMULATION.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom | ast.Import) and any(name.name.endswith("Scenario") for name in node.names)
    }
    assert importers == {
        "closed_year.py", "compiled.py", "compiled_inputs.py", "notebook.py", "results.py", "side_by_side.py",
        "simulate.py",
    }  # fmt: skip


def test_no_compiled_plan_holds_a_scenario() -> None:
    shipped = (forecast.read(SCENARIOS / f"{name}.yaml") for name in ("covid-and-floods", "by-commune"))
    for scenario in (*shipped, read_plan_text(FULL_PLAN)):
        plan = compile_plan(scenario, fit_baseline(scenario), 4096)
        kinds = {type(value) for value in values_below(plan)}
        assert Scenario not in kinds
        assert len(kinds) > 10


def test_the_law_sees_what_it_forbids() -> None:
    code = """
class Held:
    plan: Mapping[str, "Scenario"]
    def __init__(self, scenario: Scenario) -> None:
        self.kept: Scenario | None = scenario
async def other(*, whole: list[forecast.Scenario]) -> None: ...
"""
    assert set(scenario_holders(ast.parse(code))) == {
        "Held.plan",
        "__init__(scenario)",
        "self.kept",
        "other(whole)",
    }


def scenario_holders(tree: ast.Module) -> Iterator[str]:
    """Parameters and annotated attributes whose annotation names a `Scenario`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args
            every = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
            yield from (f"{node.name}({a.arg})" for a in every if a is not None and names_scenario(a.annotation))
        elif isinstance(node, ast.ClassDef):
            attributes = (line for line in node.body if isinstance(line, ast.AnnAssign))
            yield from (
                f"{node.name}.{ast.unparse(line.target)}" for line in attributes if names_scenario(line.annotation)
            )
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Attribute)
            and names_scenario(node.annotation)
        ):
            yield ast.unparse(node.target)


def names_scenario(annotation: ast.expr | None) -> bool:
    for node in ast.walk(annotation) if annotation is not None else ():
        match node:
            case ast.Name(id="Scenario") | ast.Attribute(attr="Scenario"):
                return True
            case ast.Constant(value=str(text)) if "Scenario" in text:
                return True
    return False


def values_below(value: object) -> Iterator[object]:
    """A record, and everything that it holds."""
    yield value
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from values_below(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from values_below(entry)
    elif isinstance(value, tuple | list):
        for entry in value:
            yield from values_below(entry)
