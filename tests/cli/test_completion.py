"""Completion of command lines by a shell: bash runs click's own script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.plans import ROOT

LINE = """
eval "$(_FORECAST_COMPLETE=bash_source forecast)"
COMP_WORDS=({words})
COMP_CWORD={last}
_forecast_completion forecast
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete(folder: Path, *words: str) -> list[str]:
    """Words that bash offers for the last of some words."""
    program = folder / "bin" / "forecast"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m forecast "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    script = LINE.format(words=" ".join(f"'{word}'" for word in ("forecast", *words)), last=len(words))
    command = ["bash", "--norc", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("ro",), ["roll"]),
        (("run", "plan.yaml", "--prec"), ["--precision"]),
        (("run", "plan.yaml", "--lang", "v"), ["vi"]),
        (("check", "plan.yaml", "--only", ""), ["unsure"]),
        (("excel", "im"), ["import"]),
    ],
)
def test_bash_completes_commands_options_and_their_words(
    tmp_path: Path, words: tuple[str, ...], offered: list[str]
) -> None:
    assert complete(tmp_path, *words) == offered


def test_a_plan_is_completed_with_files(tmp_path: Path) -> None:
    line = {"COMP_WORDS": "forecast run pl", "COMP_CWORD": "2", "_FORECAST_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "forecast"], env={**os.environ, **line, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == "file,pl"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str, tmp_path: Path) -> None:
    environment = {**os.environ, "_FORECAST_COMPLETE": f"{shell}_source", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "forecast"], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert f"_FORECAST_COMPLETE={shell}_complete" in done.stdout
    assert not done.stderr
