"""The command line called as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.plans import ROOT

BAKERY_PLAN = """\
name: {en: A bakery, vi: Tiệm bánh}
horizon: {from: 2026-01, months: 12}
services:
  bread:
    baseline: {method: given, annual: 50 million VND to 70 million VND, shape: flat, noise: 4%}
targets:
  revenue: {measure: revenue, period: 2026, at_least: 60 million VND}
  first_quarter: {measure: revenue, period: 2026-Q1, at_least: 14 million VND}
"""


class CommandResult:
    """Exit code, standard output and standard error of a call."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def text(self) -> str:
        """Standard output with single blanks, as if no line of it had been broken."""
        return " ".join(self.out.split())

    @property
    def complaints(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


def start_command(
    *arguments: str | Path, extra_environment: dict[str, str] | None = None, **more: Any
) -> subprocess.Popen[bytes]:
    """`forecast` in a process of its own; `more` goes to Popen."""
    command = [sys.executable, "-m", "forecast", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **(extra_environment or {})}
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen(command, env=environment, **options)


def run_command(*arguments: str | Path, **more: Any) -> CommandResult:
    """Run `forecast` in a process of its own to its end."""
    process = start_command(*arguments, **more)
    out, err = process.communicate(timeout=60)
    return CommandResult(process.returncode, (out or b"").decode(), (err or b"").decode())
