"""One simplified plan in six tools: paths a second on one core, and the chance of the target with its error.

Twelve months, three services with a range for the year that holds the noise of its months, a Poisson epidemic whose
waves may overlap, one initiative, one target. Here it is a plan in YAML; elsewhere it is written by hand, as one would
write it there, and once in numpy as by an expert, who also counts every month of every service as forecast does. The
other tools live in an environment of their own (`python -m venv PEERS`, `PEERS/bin/pip install squigglepy monaco
ema-workbench pymc`): `python -m benchmarks.peers --python PEERS/bin/python` measures all in turn, in several rounds,
and prints the table; `--write` puts it into peers.md, `--gate` exits 1 beyond the limits, `--only` names the tools that
are run.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import NormalDist
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HERE = Path(__file__)
PLAN = """
name: The plan of the peers
as_of: 2020-12-31
horizon: {from: 2021-01, months: 12}
baseline: {method: given, shape: flat, noise: 6%}
services:
  postal: {baseline: {annual: 61 tỷ to 73.2 tỷ}}
  finance: {baseline: {annual: 52 tỷ to 59.8 tỷ}}
  distribution: {baseline: {annual: 123.3 tỷ to 143.85 tỷ}}
shocks:
  waves: {kind: epidemic, waves_per_year: 2, length: 45 days, mild: {effect: {volume: {all: -30% to -10%}}}}
initiatives:
  shop: {chance: 60%, start: 2021-04, effect: {revenue: {distribution: 2% to 6%}}}
targets:
  revenue: {measure: revenue, period: 2021, at_least: 250 tỷ}
"""
RANGES = ((61.0, 73.2), (52.0, 59.8), (123.3, 143.85))
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
EDGES = tuple(sum(DAYS[:month]) for month in range(13))
NOISE, RATE, LENGTH, CHANCE, TARGET, MOST = 0.06, 2.0, 45.0, 0.6, 250.0, 14
"""MOST: waves of a year beyond which a chance of 1e-8 is cut."""
Z90 = NormalDist().inv_cdf(0.9)


def lognormal_parameters(low: float, high: float) -> tuple[float, float]:
    """Mean and sd of the logarithm, by P10 and P90."""
    return math.log(low * high) / 2, math.log(high / low) / (2 * Z90)


def month_parameters(low: float, high: float) -> tuple[float, float]:
    """Mean and sd of the logarithm of a middle month, of a year by its P10 and P90.

    The range of the year holds the noise of its months too: the year's own sd is what that noise leaves, and its
    median stays (docs/model.md, section 2).
    """
    mean, sd = lognormal_parameters(low, high)
    by_months = NOISE**2 / 12
    return mean - math.log(12) - (NOISE**2 - by_months) / 2, math.sqrt(max(0.0, sd**2 - by_months))


LOSS = (0.2, 0.1 / Z90)
"""Mean and sd of a loss of 10% to 30%, which is clipped at 0 and 1."""
LIFT_LOG = lognormal_parameters(1.02, 1.06)
EXPERT_BLOCK, N_BINS, YEAR = 16_384, 8_192, 12
"""Paths of a block and bins of a histogram, as forecast has them; the place of the year behind its months."""
MONTH_OF_DAY = np.repeat(np.arange(12), DAYS)


def simulate_year(
    middles: Sequence[float], noise: Sequence[float], starts: list[float], loss: float, lift: float
) -> float:
    """The revenue of one path in plain Python; `noise` is 36 logarithms, `lift` 1 where the initiative fails."""
    starts = sorted(starts)
    covered = [0.0] * 12
    for i, start in enumerate(starts):
        end = min([start + LENGTH, *starts[i + 1 : i + 2]])
        for month in range(12):
            covered[month] += max(0.0, min(end, EDGES[month + 1]) - max(start, EDGES[month]))
    kept = [1 - loss * days / length for days, length in zip(covered, DAYS, strict=True)]
    total = 0.0
    for service, middle in enumerate(middles):
        for month in range(12):
            gain = lift if service == 2 and month >= 3 else 1.0
            total += middle * math.exp(noise[12 * service + month]) * gain * kept[month]
    return total


def simulate_years(middles: Floats, noise: Floats, starts: Floats, loss: Floats, lift: Floats) -> Floats:
    """The same for many paths in numpy: (3, n), (3, 12, n), (MOST, n) with infinity for no wave, (n,), (n,)."""
    months = np.exp(noise)
    months *= middles[:, None]
    starts = np.sort(starts, axis=0)
    ends = starts + LENGTH
    np.minimum(ends[:-1], starts[1:], out=ends[:-1])
    months[2, 3:] *= lift
    total = np.zeros(len(loss))
    by_month = months.sum(axis=0)
    for month in range(12):
        days = np.clip(np.minimum(ends, EDGES[month + 1]) - np.maximum(starts, EDGES[month]), 0, None).sum(axis=0)
        total += by_month[month] * (1 - loss * days / DAYS[month])
    return total


def by_forecast(paths: int) -> tuple[float, float]:
    """The plan in YAML."""
    import forecast
    from forecast.plan.loading.loader import read_text

    scenario = read_text(PLAN, folder=HERE.parents[1] / "scenarios")
    started = time.process_time()
    run = forecast.simulate(scenario, paths=paths, seed=1)
    return run.chance("revenue").value, time.process_time() - started


class CountedFigure:
    """One figure of many paths: its histogram, whose bins the first block fixes, its sums, and what a target misses."""

    def __init__(self, first: Floats, target: float | None = None) -> None:
        low, high = first.min(), first.max()
        self.low, self.scale = low - (high - low) / 8, N_BINS / (1.25 * (high - low))
        self.counts = np.zeros(N_BINS, np.int64)
        self.least, self.most, self.total, self.squares = math.inf, -math.inf, 0.0, 0.0
        self.target, self.hits, self.shortfall, self.shortfall_squares = target, 0, 0.0, 0.0

    def add(self, values: Floats) -> None:
        """Count the values of a block, (paths,)."""
        self.least, self.most = min(self.least, values.min()), max(self.most, values.max())
        positions = values - self.low
        positions *= self.scale
        self.total += positions.sum()
        self.squares += np.dot(positions, positions)
        if self.target is not None:
            missing = self.target - values[values < self.target]
            self.hits += len(values) - len(missing)
            self.shortfall += missing.sum()
            self.shortfall_squares += np.dot(missing, missing)
        self.counts += np.bincount(np.clip(positions.astype(np.int32), 0, N_BINS - 1), minlength=N_BINS)


def by_expert(paths: int) -> tuple[float, float]:
    """Numpy by an expert: blocks in the cache, sparse waves, noise of 32 bits; months and services are counted."""
    numbers = np.random.Generator(np.random.SFC64(1))
    figures: dict[tuple[str, int], CountedFigure] = {}
    started = time.process_time()
    for first in range(0, paths, EXPERT_BLOCK):
        values = simulate_block_by_hand(numbers, min(EXPERT_BLOCK, paths - first))
        for key, of_figure in values.items():
            if key not in figures:
                figures[key] = CountedFigure(of_figure, TARGET if key == ("revenue", YEAR) else None)
            figures[key].add(of_figure)
    return figures["revenue", YEAR].hits / paths, time.process_time() - started


def simulate_block_by_hand(numbers: np.random.Generator, n: int) -> dict[tuple[str, int], Floats]:
    """By measure and month, or `YEAR`, the revenue of some paths, (n,)."""
    share_kept = share_kept_of_months(numbers, n)
    happens = numbers.random(n) < CHANCE
    mean, sd = LIFT_LOG
    lift = np.where(happens, np.exp(mean + sd * numbers.standard_normal(n)), 1.0)
    total = np.zeros((12, n))
    values: dict[tuple[str, int], Floats] = {}
    for service, ends in enumerate(RANGES):
        mean, sd = month_parameters(*ends)
        middle = np.exp(mean + sd * numbers.standard_normal(n))
        noise = numbers.standard_normal((12, n), dtype=np.float32)
        noise *= np.float32(NOISE)
        months = np.exp(noise, out=noise).astype(np.float64)
        months *= middle
        if service == 2:
            months[3:] *= lift
        months *= share_kept
        total += months
        values |= {(f"service {service}", month): row for month, row in enumerate(months)}
        values[f"service {service}", YEAR] = months.sum(axis=0)
    values |= {("revenue", month): row for month, row in enumerate(total)}
    values["revenue", YEAR] = total.sum(axis=0)
    return values


def share_kept_of_months(numbers: np.random.Generator, n: int) -> Floats:
    """(12, n) share of each month that the waves leave: one entry a wave and month that it touches."""
    path = np.repeat(np.arange(n), numbers.poisson(RATE, n))
    moment = path + numbers.random(len(path))
    moment.sort(kind="stable")  # the waves of a path are neighbours: timsort is fastest
    start = (moment - path) * EDGES[-1]
    end = start + LENGTH
    meets_next = path[1:] == path[:-1]
    np.minimum(end[:-1], start[1:], out=end[:-1], where=meets_next)
    days_lost = np.zeros(12 * n)
    edges = np.array(EDGES, np.float64)
    month = MONTH_OF_DAY.take(start.astype(np.intp))
    while len(path):
        closing = np.minimum(end, edges[month + 1])
        days_lost += np.bincount(month * n + path, closing - start, 12 * n)
        goes_on = np.flatnonzero((end > closing) & (month < 11))
        path, end, month, start = path[goes_on], end[goes_on], month[goes_on] + 1, closing[goes_on]
    loss = np.clip(LOSS[0] + LOSS[1] * numbers.standard_normal(n), 0, 1)
    share_kept = days_lost.reshape(12, n)
    share_kept *= -loss
    share_kept /= np.array(DAYS, np.float64)[:, None]
    share_kept += 1
    return share_kept


def by_loop(paths: int) -> tuple[float, float]:
    """Plain Python, the standard library alone."""
    draw = random.Random(1)
    (loss_mean, loss_sd), (lift_mean, lift_sd) = LOSS, LIFT_LOG
    levels = [month_parameters(*ends) for ends in RANGES]
    started = time.process_time()
    hits = 0
    for _ in range(paths):
        middles = [math.exp(draw.gauss(mean, sd)) for mean, sd in levels]
        noise = [draw.gauss(0, NOISE) for _ in range(36)]
        starts, moment = [], draw.expovariate(RATE)
        while moment < 1:
            starts.append(365 * moment)
            moment += draw.expovariate(RATE)
        loss = min(max(draw.gauss(loss_mean, loss_sd), 0.0), 1.0)
        lift = math.exp(draw.gauss(lift_mean, lift_sd)) if draw.random() < CHANCE else 1.0
        hits += simulate_year(middles, noise, starts, loss, lift) >= TARGET
    return hits / paths, time.process_time() - started


def by_squigglepy(paths: int) -> tuple[float, float]:
    """Its samples, put together in numpy."""
    sq: Any = import_module("squigglepy")
    sq.set_seed(1)
    started = time.process_time()

    def normal(mean: float, sd: float, n: int) -> Floats:
        return np.asarray(sq.sample(sq.norm(mean=mean, sd=sd), n=n))

    middles = np.exp([normal(*month_parameters(*ends), paths) for ends in RANGES])
    noise = normal(0, NOISE, 36 * paths).reshape(3, 12, paths)
    count = np.asarray(sq.sample(sq.poisson(RATE), n=paths))
    starts = np.asarray(sq.sample(sq.uniform(0, 365), n=MOST * paths)).reshape(MOST, paths)
    starts[np.arange(MOST)[:, None] >= count] = np.inf
    loss = np.clip(normal(*LOSS, paths), 0, 1)
    happens = np.asarray(sq.sample(sq.bernoulli(CHANCE), n=paths))
    lift = np.where(happens, np.exp(normal(*LIFT_LOG, paths)), 1.0)
    chance = float(np.mean(simulate_years(middles, noise, starts, loss, lift) >= TARGET))
    return chance, time.process_time() - started


def by_pymc(paths: int) -> tuple[float, float]:
    """Its draws, put together in numpy; a first draw, which compiles them, is not counted."""
    pm: Any = import_module("pymc")
    levels = [month_parameters(*ends) for ends in RANGES]
    drawn = [
        pm.Normal.dist([mean for mean, _ in levels], [sd for _, sd in levels], shape=(paths, 3)),
        pm.Normal.dist(0, NOISE, shape=(3, 12, paths)),
        pm.Poisson.dist(RATE, shape=paths),
        pm.Uniform.dist(0, 365, shape=(MOST, paths)),
        pm.Normal.dist(*LOSS, shape=paths),
        pm.Bernoulli.dist(CHANCE, shape=paths),
        pm.Normal.dist(*LIFT_LOG, shape=paths),
    ]
    pm.draw(drawn, random_seed=2)
    started = time.process_time()
    middles, noise, count, starts, loss, happens, lift = pm.draw(drawn, random_seed=1)
    starts = np.where(np.arange(MOST)[:, None] < count, starts, np.inf)
    total = simulate_years(np.exp(middles.T), noise, starts, np.clip(loss, 0, 1), np.where(happens, np.exp(lift), 1.0))
    return float(np.mean(total >= TARGET)), time.process_time() - started


def input_names() -> list[str]:
    """The 54 numbers that a path is made of, for tools that name them one by one."""
    noise = [f"e{i}" for i in range(36)]
    return ["a0", "a1", "a2", *noise, *(f"s{i}" for i in range(MOST)), "count", "loss", "happens", "lift"]


def path_revenue(drawn: dict[str, float]) -> float:
    """The revenue of a path from its named numbers: standard normals, shares of the year, a count."""
    middles = [
        math.exp(mean + sd * drawn[f"a{i}"]) for i, (mean, sd) in enumerate(month_parameters(*ends) for ends in RANGES)
    ]
    noise = [NOISE * drawn[f"e{i}"] for i in range(36)]
    starts = [365 * drawn[f"s{i}"] for i in range(int(drawn["count"]))]
    loss = min(max(LOSS[0] + LOSS[1] * drawn["loss"], 0.0), 1.0)
    lift = math.exp(LIFT_LOG[0] + LIFT_LOG[1] * drawn["lift"]) if drawn["happens"] < CHANCE else 1.0
    return simulate_year(middles, noise, starts, loss, lift)


def by_monaco(paths: int) -> tuple[float, float]:
    """Its named inputs, one call a case."""
    mc: Any = import_module("monaco")
    stats: Any = import_module("scipy.stats")

    def preprocess(case: Any) -> tuple[dict[str, float]]:
        return ({name: case.invals[name].val for name in input_names()},)

    def run(drawn: dict[str, float]) -> tuple[float]:
        return (path_revenue(drawn),)

    def postprocess(case: Any, revenue: float) -> None:
        case.addOutVal(name="revenue", val=revenue)

    functions = {"preprocess": preprocess, "run": run, "postprocess": postprocess}
    started = time.process_time()
    sim = mc.Sim("peers", paths, functions, samplemethod="random", seed=1, verbose=False)
    for name in input_names():
        if name[0] == "s" or name == "happens":
            sim.addInVar(name, stats.uniform, {"loc": 0, "scale": 1})
        elif name == "count":
            sim.addInVar(name, stats.poisson, {"mu": RATE})
        else:
            sim.addInVar(name, stats.norm, {"loc": 0, "scale": 1})
    sim.runSim()
    chance = float(np.mean(np.asarray(sim.outvars["revenue"].vals) >= TARGET))
    return chance, time.process_time() - started


def by_ema(paths: int) -> tuple[float, float]:
    """Its experiments, even numbers carried to the chances inside the model."""
    ema: Any = import_module("ema_workbench")
    logging.getLogger("EMA").setLevel(logging.ERROR)
    quantile = NormalDist().inv_cdf
    steps = [math.exp(-RATE) * sum(RATE**i / math.factorial(i) for i in range(k + 1)) for k in range(MOST)]

    def model(**drawn: float) -> dict[str, float]:
        values = {
            name: u if name[0] == "s" or name == "happens" else quantile(min(max(u, 1e-12), 1 - 1e-12))
            for name, u in drawn.items()
        }
        values["count"] = sum(drawn["count"] > step for step in steps)
        return {"revenue": path_revenue(values)}

    started = time.process_time()
    made = ema.Model("peers", function=model)
    made.uncertainties = [ema.RealParameter(name, 0, 1) for name in input_names()]
    made.outcomes = [ema.ScalarOutcome("revenue")]
    _, outcomes = ema.perform_experiments(made, scenarios=paths)
    return float(np.mean(outcomes["revenue"] >= TARGET)), time.process_time() - started


TOOLS: dict[str, tuple[str, str, Callable[[int], tuple[float, float]], int]] = {
    "forecast": ("forecast", "a plan in YAML, with the statement of every month", by_forecast, 1_000_000),
    "expert": ("numpy", "by an expert: blocks, sparse waves; months and services counted", by_expert, 1_000_000),
    "squigglepy": ("squigglepy", "samples, the plan by hand in numpy", by_squigglepy, 200_000),
    "pymc": ("PyMC", "draws, the plan by hand in numpy", by_pymc, 200_000),
    "loop": ("plain Python", "one path after another", by_loop, 20_000),
    "ema-workbench": ("EMA Workbench", "one experiment a path (Latin hypercube)", by_ema, 10_000),
    "monaco": ("monaco", "one case a path", by_monaco, 5_000),
}
"""Package -> its name, how the plan is written there, the function, and how many paths."""


HERE_TOOLS = ("forecast", "expert")
"""Run by this Python, whose numpy both share."""
ROUNDS = 3
MAX_TIMES_EXPERT, MIN_TIMES_SQUIGGLEPY = 1.5, 1.5
"""Time of forecast over that of the expert, and its paths a second over those of squigglepy."""


def run_in_turn(ways: Sequence[str], python: str, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Run the tools one after another, several times; of each the quickest run, or why it did not run."""
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, of_tool in runs.items():
            if not (of_tool and "error" in of_tool[0]):
                of_tool.append(run_tool(way, sys.executable if way in HERE_TOOLS else python))
    return [min(of_tool, key=lambda run: run.get("seconds", math.inf)) for of_tool in runs.values()]


def run_tool(way: str, python: str) -> dict[str, Any]:
    """Run one tool in a separate process."""
    command = (
        [python, str(HERE), "--one", way] if way != "forecast" else [python, "-m", "benchmarks.peers", "--one", way]
    )
    process = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    lines = [line for line in process.stdout.splitlines() if line.startswith("{")]
    if process.returncode or not lines:
        return {"way": way, "error": (process.stderr.strip().splitlines() or ["no answer"])[-1]}
    return dict(json.loads(lines[-1]))


def measure_tool(way: str) -> dict[str, Any]:
    """Run one tool in this process; its chance and its seconds."""
    _, _, function, paths = TOOLS[way]
    function(paths // 50)  # what is loaded or compiled at the first use does not count
    chance, seconds = function(paths)
    return {"way": way, "paths": paths, "chance": chance, "seconds": seconds, "version": tool_version(way)}


def tool_version(way: str) -> str:
    """Version of the tool."""
    if way == "forecast":
        return str(import_module("forecast").__version__)
    if way == "loop":
        return platform.python_version()
    return np.__version__ if way == "expert" else version(way)


def markdown_table(results: list[dict[str, Any]]) -> str:
    """In Markdown, the fastest first."""
    base = next(result for result in results if result["way"] == "forecast")
    lines = [
        "| tool | how | paths | chance of 250 tỷ | differs by | paths/s | forecast is faster by |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    speed = {result["way"]: result["paths"] / result["seconds"] for result in results if "seconds" in result}
    for result in sorted(results, key=lambda result: -speed.get(result["way"], 0)):
        name, how, _, _ = TOOLS[result["way"]]
        if "error" in result:
            lines.append(f"| {name} | {how} | | | | not run: {result['error']} | |")
            continue
        p = result["chance"]
        error = math.sqrt(p * (1 - p) / result["paths"])
        combined_error = math.hypot(error, math.sqrt(base["chance"] * (1 - base["chance"]) / base["paths"]))
        off = "" if result is base else f"{(p - base['chance']) / combined_error:+.1f} standard errors"
        lines.append(
            f"| {name} {result['version']} | {how} | {result['paths']:,} | {p:.4f} ± {1.96 * error:.4f} | {off} "
            f"| {speed[result['way']]:,.0f} | {speed['forecast'] / speed[result['way']]:.1f} |"
        )
    return "\n".join(lines)


def results_agree(results: list[dict[str, Any]]) -> bool:
    """Whether all that ran lie within four standard errors of the plan."""
    base = next(result for result in results if result["way"] == "forecast")
    answered = [result for result in results if "chance" in result]
    spread = [
        math.sqrt(p * (1 - p) * (1 / result["paths"] + 1 / base["paths"]))
        for result in answered
        if (p := result["chance"])
    ]
    return all(
        abs(result["chance"] - base["chance"]) <= 4 * error for result, error in zip(answered, spread, strict=True)
    )


TEXT = """# Other tools side by side

One simplified plan, written for each tool: twelve months, three services with a range for the year that holds the noise
of its months, a Poisson epidemic whose waves may overlap, one initiative, the chance of 250 tỷ. One process and one
thread each, seconds of the processor, the least of three runs in turn on one machine. Made by:

```bash
python -m venv PEERS && PEERS/bin/pip install squigglepy monaco ema-workbench pymc
python -m benchmarks.peers --python PEERS/bin/python --write
```

{table}

The other tools answer the one question that was programmed by hand; forecast also keeps every month, service and step
of the bridge of the same paths, with their quantiles. The expert's numpy counts the months and services too, in the
same histograms, and no step of the bridge; the aim is at most {limit} times its time. What is compiled at a first
draw is not counted.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="of the environment that holds the other tools")
    parser.add_argument("--one", choices=sorted(TOOLS), help="run one tool in this process and print what it says")
    parser.add_argument("--write", action="store_true", help="put the table into peers.md")
    parser.add_argument("--only", nargs="+", choices=sorted(TOOLS), default=list(TOOLS), help="beside forecast")
    parser.add_argument("--gate", action="store_true")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure_tool(asked.one)))
        return 0
    results = run_in_turn(list(dict.fromkeys(["forecast", *asked.only])), asked.python)
    print(markdown_table(results))
    ratios = time_ratios(results)
    print(json.dumps(ratios))
    if asked.write:
        text = TEXT.format(table=markdown_table(results), limit=MAX_TIMES_EXPERT)
        HERE.with_suffix(".md").write_text(text, encoding="utf-8")
    return 0 if results_agree(results) and (not asked.gate or is_fast_enough(ratios)) else 1


def time_ratios(results: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds a path of forecast over those of each other tool that ran."""
    seconds = {result["way"]: result["seconds"] / result["paths"] for result in results if "seconds" in result}
    return {way: round(seconds["forecast"] / value, 3) for way, value in seconds.items() if way != "forecast"}


def is_fast_enough(ratios: dict[str, float]) -> bool:
    """Return whether forecast keeps its limits beside the other tools; one that is not installed has none."""
    limits = {"expert": MAX_TIMES_EXPERT, "squigglepy": 1 / MIN_TIMES_SQUIGGLEPY}
    return all(ratios[way] <= limit for way, limit in limits.items() if way in ratios)


if __name__ == "__main__":
    sys.exit(main())
