"""Closed and full streams and few file handles end with their documented code and at most one line.

`help` is a program of its own, started by a shell; the other commands are forked from this process, their streams as
Python finds them at its start.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TextIO

import pytest

from tests.validation.forked_commands import run_forked

COMMANDS = {
    "help": "--help",
    "list": "list",
    "check": "check scenarios/bakery.yaml",
    "verify": "verify bakery",
    "run": "run scenarios/bakery.yaml --paths 2000 --seed {seed} --quiet",
    "wrong": "check nothing.yaml",
}
STREAMS = {
    ">&-": (0, 2),
    "2>&-": (0, 2),
    ">&- 2>&-": (0, 2),
    ">&- 2>&- <&-": (0, 2),
    ">/dev/full": (4, 2),
    "2>/dev/full": (0, 2),
    ">/dev/full 2>/dev/full": (4, 2),
}
"""Redirection -> exit code of a command that works, and of one whose input is wrong."""


def run_shell(project: Path, script: str) -> tuple[int, str]:
    """Exit code and standard error of a script in a project; `forecast` is this one."""
    program = f"{shlex.quote(sys.executable)} -m forecast"
    done = subprocess.run(
        ["bash", "-c", script.replace("forecast", program, 1)], cwd=project, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stderr


def redirect(redirection: str) -> None:
    """Close or replace the descriptors of this process as a shell does, and open its streams as Python does then."""
    for word in redirection.split():
        descriptor = {"2": 2, "<": 0}.get(word[0], 1)
        os.close(descriptor)
        if word.endswith("/dev/full"):
            assert os.open("/dev/full", os.O_WRONLY) == descriptor  # the lowest free number
    sys.stdin, sys.stdout, sys.stderr = open_stream(0, "r"), open_stream(1, "w"), open_stream(2, "w")  # type: ignore[assignment]


def open_stream(descriptor: int, mode: str) -> TextIO | None:
    """A standard stream; None where its descriptor is closed."""
    try:
        return open(descriptor, mode, encoding="utf-8", closefd=False)
    except OSError:
        return None


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("redirection", STREAMS)
def test_a_closed_or_full_stream_has_its_code(project: Path, command: str, redirection: str) -> None:
    arguments = COMMANDS[command].format(seed=100 + list(STREAMS).index(redirection))
    if command == "help":
        code, err = run_shell(project, f"forecast {arguments} {redirection}")
    else:
        ending = run_forked(arguments.split(), project, prepare=partial(redirect, redirection))
        code, err = ending.code, ending.err
    assert code == STREAMS[redirection][command == "wrong"], err
    assert err.count("\n") <= 1
    assert "fault of its own" not in err


@pytest.mark.parametrize("files", [10, *(pytest.param(count, marks=pytest.mark.slow) for count in (14, 20)), 17])
@pytest.mark.parametrize("engine", ["local", pytest.param("dask", marks=pytest.mark.slow)])
def test_few_file_handles_are_one_line(project: Path, files: int, engine: str) -> None:
    seed = files + (300 if engine == "dask" else 0)  # else the run of the other engine is shown again
    call = f"run scenarios/bakery.yaml --paths 2000 --seed {seed} --engine {engine} --workers 1 --quiet"
    code, err = run_shell(project, f"ulimit -n {files}; forecast {call}")
    assert code in ((0, 4) if engine == "local" else (4,)), err
    assert err.count("\n") == (1 if code else 0), err
    assert "fault of its own" not in err


@pytest.mark.slow
def test_a_long_cache_path_keeps_nothing_and_disturbs_nothing(project: Path) -> None:
    for number, folder in enumerate(("a" * 300, "d/" * 2_500)):
        call = f"run scenarios/bakery.yaml --paths 2000 --seed {900 + number} --quiet"
        code, err = run_shell(project, f"FORECAST_CACHE=/tmp/{folder} forecast {call}")
        assert (code, err) == (0, "")
