"""Plans with a list of places."""

from __future__ import annotations

from pathlib import Path

from forecast.plan.loading.loader import read_text
from forecast.plan.scenario import Scenario
from forecast.simulation.block import BlockResult, simulate_block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK
from forecast.timeseries.baseline import fit_baseline
from tests.support.plans import FULL_PLAN

SEVEN_PLACES = """place,district,name,weight,weight.b
p1,east,One,1,4
p2,east,Two,2,1
p3,west,Three,3,0
p4,west,Four,1,2
p5,west,Five,0.5,2
p6,north,Six,4,1
p7,north,Seven,0,3
"""


STATED_2020 = """
stated: {"2020": {total: 245 tỷ, services: {a: 118 tỷ, b: 125 tỷ}}}
"""


WITH_SHOCKS = FULL_PLAN.replace("places: {count: 216}", "places: {file: places.csv, noise: 10% to 30%}") + STATED_2020


WITHOUT_SHOCKS = """
name: Two services
horizon: {from: 2021-01, months: 12}
places: {file: places.csv}
services:
  a: {baseline: {method: given, annual: "normal(120 tỷ, 5 tỷ)", shape: flat, noise: 5%}}
  b: {baseline: {method: given, annual: "normal(130 tỷ, 12 tỷ)", shape: flat}}
"""


def place_list(count: int, districts: int = 6) -> str:
    """A list of equal places, evenly over districts, as CSV."""
    rows = [f"{row:05d},d{row * districts // count:03d}" for row in range(count)]
    return "\n".join(["place,district", *rows]) + "\n"


def read_plan(folder: Path, text: str, places: str = SEVEN_PLACES, **settings: object) -> Scenario:
    """The scenario of a plan beside its list of places, with overrides such as `horizon__months="30"`."""
    (folder / "places.csv").write_text(places, encoding="utf-8")
    return read_text(text, folder, set={key.replace("__", "."): value for key, value in settings.items()})


def simulate_one_block(scenario: Scenario, block: int = 1) -> tuple[CompiledPlan, BlockResult]:
    """The compiled plan, and the result of one block of it."""
    compiled_plan = compile_plan(scenario, fit_baseline(scenario), 4 * PATHS_PER_BLOCK)
    return compiled_plan, simulate_block(compiled_plan, range(block, block + 1))
