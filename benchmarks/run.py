"""Times of the commands, as ratios that hold on any machine: beside a fixed program, a warm run, or a bare Python.

Every command is called in turn in each round, and each figure is the median of the rounds. `--json` prints one JSON
object, `--gate` exits 1 beyond the bars on CPU time; what other programs do meanwhile hardly moves those.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

HERE = Path(__file__).parents[1]
PLAN = "scenarios/covid.yaml"
COMPARED_PLANS = (PLAN, "scenarios/covid-and-floods.yaml", "scenarios/storms-and-floods.yaml")
QUICK_REPEATS = 5
"""Calls of a bare Python and of `--help` in each round; their sums are compared."""
BARS = {"answer": 0.5, "warm": 2.7, "found": 0.35, "check": 0.35, "compare3": 1.6, "help": 9.0}
"""The most that a figure should be; those of wall time hold where two cores are free.

`warm` was 2.2 before a report had its section on decisions: findings of half a simulation, four figures and a page.
"""
GATED = ("warm", "found", "check", "help")
"""Figures that the gate checks by CPU time."""
MEANINGS = {
    "answer": "wall time to the answer / wall time of a run with stored fits",
    "warm": "CPU time of that run / the floor",
    "cold": "CPU time of a first run / the floor",
    "found": "wall time of a run found on disk / of one with stored fits",
    "check": "wall time of `check` / of a run with stored fits",
    "compare3": "wall time of `compare` of three plans / of a run of one",
    "help": "wall time of `--help` / of a bare Python",
    "floor": "the floor: CPU seconds of `python -m benchmarks.floor`",
}


class Timing(NamedTuple):
    """Seconds of one call of a command."""

    wall: float
    cpu: float
    """CPU time of the process and of its children."""
    answer: float
    """Wall time until it printed its first line; until its end where it printed none."""


class Round(NamedTuple):
    """Every command once, or its sum over several calls."""

    bare: Timing
    help: Timing
    floor: Timing
    check: Timing
    cold: Timing
    warm: Timing
    reused: Timing
    """The warm run again, which is found on disk."""
    compare3: Timing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slack", type=float, default=1.0, help="factor on the bars of the gate")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    rounds = list(time_rounds(asked.rounds))
    figures = {name: statistics.median(ratios(each)[name] for each in rounds) for name in MEANINGS}
    cpu = {name: statistics.median(cpu_ratios(each)[name] for each in rounds) for name in cpu_ratios(rounds[0])}
    if asked.json:
        print(json.dumps({name: round(value, 3) for name, value in figures.items()}))
    else:
        print_table(figures, cpu, f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after")
    beyond = [name for name in GATED if cpu[name] > BARS[name] * asked.slack]
    if asked.gate and beyond:
        print(f"beyond the bars, by CPU time: {', '.join(beyond)}", file=sys.stderr)
        return 1
    return 0


def ratios(times: Round) -> dict[str, float]:
    """The figures of one round, by name."""
    floor, wall = times.floor.cpu, times.warm.wall
    return {
        "answer": times.warm.answer / wall,
        "warm": times.warm.cpu / floor,
        "cold": times.cold.cpu / floor,
        "found": times.reused.wall / wall,
        "check": times.check.wall / wall,
        "compare3": times.compare3.wall / wall,
        "help": times.help.wall / times.bare.wall,
        "floor": floor,
    }


def cpu_ratios(times: Round) -> dict[str, float]:
    """The figures of one round by CPU time, which other programs hardly move; not of what waits for a second core."""
    floor, warm = times.floor.cpu, times.warm.cpu
    return {
        "warm": warm / floor,
        "cold": times.cold.cpu / floor,
        "found": times.reused.cpu / warm,
        "check": times.check.cpu / warm,
        "compare3": times.compare3.cpu / warm,
        "help": times.help.cpu / times.bare.cpu,
    }


def print_table(figures: dict[str, float], cpu: dict[str, float], load: str) -> None:
    """The table of `benchmarks/README.md`."""
    print(f"{processor_name()}, {os.cpu_count()} cores, {load}.\n")
    print("| | bar | measured | by CPU time |\n|---|--:|--:|--:|")
    for name, meaning in MEANINGS.items():
        bar, by_cpu = (f"{table[name]:.2f}" if name in table else "" for table in (BARS, cpu))
        print(f"| {meaning} | {bar} | {figures[name]:.2f} | {by_cpu} |")


def processor_name() -> str:
    """Name of the processor, as the system tells it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def time_rounds(count: int) -> Iterator[Round]:
    """Time every command in each round; one round before them leaves bytecode, fonts and fits in their caches."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count + 1):
            measured = time_round(Path(folder), 2 * number + 1)
            if number:
                yield measured


def time_round(folder: Path, seed: int) -> Round:
    """Time every command; the runs have this seed and the next, so that none is found on disk."""
    stored, empty = folder / "cache", folder / "empty"
    shutil.rmtree(empty, ignore_errors=True)
    options = ["--quiet", "--out", str(folder / "reports"), "--seed"]
    forecast = ["-m", "forecast"]
    run = [*forecast, "run", PLAN, *options]
    compared = [*forecast, "compare", *COMPARED_PLANS, *options, str(seed)]
    return Round(
        bare=sum_timings([time_command(["-c", "pass"], stored) for _ in range(QUICK_REPEATS)]),
        help=sum_timings([time_command([*forecast, "--help"], stored) for _ in range(QUICK_REPEATS)]),
        floor=time_command(["-m", "benchmarks.floor"], stored),
        check=time_command([*forecast, "check", PLAN], stored),
        cold=time_command([*run, str(seed + 1)], empty),
        warm=time_command([*run, str(seed)], stored),
        reused=time_command([*run, str(seed)], stored),
        compare3=time_command(compared, stored),
    )


def sum_timings(timings: list[Timing]) -> Timing:
    """The sum of several calls."""
    return Timing(*map(sum, zip(*timings, strict=True)))


def time_command(arguments: list[str], cache: Path) -> Timing:
    """Run Python with these arguments and a folder for fits; CalledProcessError where it fails."""
    environment = {**os.environ, "FORECAST_CACHE": str(cache), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's calls after the first find the bytecode
    before, started = getrusage(RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen([sys.executable, *arguments], cwd=HERE, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        answer = time.perf_counter() - started
        process.stdout.read()
    wall, after = time.perf_counter() - started, getrusage(RUSAGE_CHILDREN)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timing(wall, cpu, answer)


if __name__ == "__main__":
    sys.exit(main())
