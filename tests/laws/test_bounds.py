"""Bounds before work: for whatever is read, the answer comes in 5 s and 1 GB, in messages that a person can read.

Ledgers, which take memory, are read by a program of its own; the other commands are forked from this process.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.validation.forked_commands import CommandEnding, run_forked

MAX_CPU_SECONDS = 5
MAX_MEMORY_BYTES = 2**30
MAX_ADDED_BYTES = 900 * 2**20
"""Memory of a command that is forked, beyond that of this process."""
MAX_MESSAGE_BYTES = 10_000

HEAD = """name: p
language: en
horizon: {from: 2026-01, months: MONTHS}
paths: 100
baseline: {method: given, annual: 100 tỷ, noise: 1%}
"""
PLAN = HEAD.replace("MONTHS", "12") + "services: {a: {}}\n"
LEDGER_PLAN = "name: p\nhorizon: {from: 2026-01, months: 12}\nhistory: a.csv\nservices: {a: {growth: 1%}}\n"
HEADER = "month,service,status,revenue\n"
EPIDEMIC = """shocks:
  e:
    kind: epidemic
    waves_per_year: RATE
    length: 10 days
    mild: {effect: {volume: {all: -20%}}}
"""
RECIPE = {
    "annual": "totals.csv",
    "season": {"a": {"weights": [1] * 12, "before_tet": 0.1, "holiday": -0.5}},
    "shocks_of": "p.yaml",
    "to": "out.csv",
}


def services(count: int) -> str:
    return "services:\n" + "".join(f"  s{i}: {{growth: 1% to 2%}}\n" for i in range(count))


def written(value: str, count: int = 75) -> str:
    return (
        PLAN.partition("services")[0]
        + "services:\n"
        + "".join(f"  s{i}: {{growth: '{value}'}}\n" for i in range(count))
    )


@dataclass(frozen=True)
class Hostile:
    """A call that must be refused, and the words that say why."""

    expected: str
    plan: str = PLAN
    files: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("check", "p.yaml")


def ledger(expected: str, text: str) -> Hostile:
    return Hostile(expected, LEDGER_PLAN, {"a.csv": text})


def recipe(expected: str, **changes: object) -> Hostile:
    files = {"r.json": json.dumps({**RECIPE, **changes}), "totals.csv": "year,service,revenue\n2020,a,1400\n"}
    return Hostile(expected, PLAN, files, ("data", "disaggregate", "r.json"))


COMMAND_LINES = {
    "a seed of 5,000 digits": Hostile("is not a whole number", command=("run", "p.yaml", "--seed", "9" * 5_000)),
    "paths 1e300": Hostile("is not a whole number", command=("run", "p.yaml", "--paths", "1e300")),
    "a huge setting": Hostile(
        "a word of 100002 characters", command=("check", "p.yaml", "--set", "a=" + "9" * 100_000)
    ),
    "an option 10,000 times": Hostile("20004 words", command=("check", "p.yaml", *("--set", "k=1") * 10_000)),
    "all words together": Hostile("characters on the command", command=("check", "p.yaml", *["x" * 10_000] * 20)),
    "a deep path": Hostile("through 1500 folders", command=("run", "p.yaml", "--out", "x/" * 1_500)),
}
PLANS = {
    "unknown keys": Hostile("more problems", PLAN + "".join(f"unk{i}: 1\n" for i in range(5_000))),
    "long unknown keys": Hostile("more problems", PLAN + "".join(f"k{i}{'x' * 900}: 1\n" for i in range(150))),
    "a long choice": Hostile("growth_over", PLAN + "growth_over: " + "k" * 150_000 + "\n"),
    "dots and dashes": Hostile("is not a number", written("." * 990 + "–" * 300 + "x")),
    "many ranges in one": Hostile("is not a number", written("1 to " * 390)),
    "a circle of same_as": Hostile(
        "more than 50 names by same_as",
        PLAN.partition("services")[0]
        + "services:\n"
        + "".join(f"  s{i}: {{growth: {{same_as: services.s{(i + 1) % 2_400}.growth}}}}\n" for i in range(2_400)),
    ),
    "a million waves": Hostile("more events than can be", PLAN + EPIDEMIC.replace("RATE", "1e6")),
    "a rate that may be a million": Hostile("more events than can be", PLAN + EPIDEMIC.replace("RATE", "1 to 1e6")),
    "500 services for ten years": Hostile("GB of memory", HEAD.replace("MONTHS", "120") + services(500)),
}
LEDGERS = {
    "300,000 rows": ledger("more than 250000 rows", HEADER + "2018-01,a,actual,1\n" * 300_000),
    "240,000 rows twice": ledger("stands already", HEADER + "2018-01,a,actual,1\n" * 240_000),
    "200,000 bad months": ledger("at least 150 more", HEADER + "x,a,actual,1\n" * 200_000),
    "four million short rows": ledger("write every field", HEADER + "a\n" * 4_000_000),
    "7 MB in one row": ledger("1000+ fields", HEADER + "," * 7_000_000 + "x\n"),
    "900 unknown columns": ledger("unknown column", HEADER.strip() + "".join(f",c{i}" for i in range(900)) + "\n1\n"),
    "7,000 rows of 995 fields": ledger(
        "unknown column",
        HEADER.strip()
        + "".join(f",c{i}" for i in range(991))
        + "\n"
        + ("2018-01,a,actual,1" + "," * 991 + "\n") * 7_000,
    ),
}
RECIPES = {
    "a number for a path": recipe("is not a path", annual=1),
    "a list for a path": recipe("is not a path", to=[]),
    "null for a plan": recipe("is not a path", shocks_of=None),
    "a text for weights": recipe(
        "needs twelve 'weights'", season={"a": {"weights": "1" * 12, "before_tet": 0, "holiday": 0}}
    ),
    "endless weights": recipe("needs twelve", season={"a": {"weights": [1e308] * 12, "before_tet": 0, "holiday": 0}}),
}


def limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (2 * MAX_CPU_SECONDS, 2 * MAX_CPU_SECONDS))


def write_files(folder: Path, hostile: Hostile) -> list[str]:
    """Write the files of a call; its words."""
    for name, text in {"p.yaml": hostile.plan, **hostile.files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*hostile.command, "--lang", "en"]


def run_alone(words: list[str], folder: Path) -> CommandEnding:
    """The end of a command that is a program of its own."""
    with (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "forecast", *words],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            preexec_fn=limit_resources,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    message = (folder / "stderr").read_text(encoding="utf-8")
    seconds = usage.ru_utime + usage.ru_stime
    return CommandEnding(process.returncode, "", message, seconds, usage.ru_maxrss * 1024)


def assert_refused(ending: CommandEnding, hostile: Hostile) -> None:
    assert hostile.expected in ending.err, ending.err[:300]
    assert ending.code == 2
    assert len(ending.err.encode()) < MAX_MESSAGE_BYTES
    assert ending.cpu_seconds < MAX_CPU_SECONDS


@pytest.mark.parametrize("hostile", LEDGERS.values(), ids=LEDGERS)
def test_a_ledger_that_is_too_much_is_refused_in_bounded_time_memory_and_words(
    tmp_path: Path, hostile: Hostile
) -> None:
    ending = run_alone(write_files(tmp_path, hostile), tmp_path)
    assert_refused(ending, hostile)
    assert ending.peak_bytes < MAX_MEMORY_BYTES


OTHERS = {**COMMAND_LINES, **PLANS, **RECIPES}


@pytest.mark.parametrize("hostile", OTHERS.values(), ids=OTHERS)
def test_what_is_too_much_is_refused_in_bounded_time_memory_and_words(tmp_path: Path, hostile: Hostile) -> None:
    words = write_files(tmp_path, hostile)
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    ending = run_forked(words, tmp_path, prepare=limit_resources)
    assert_refused(ending, hostile)
    assert ending.peak_bytes - before < MAX_ADDED_BYTES
