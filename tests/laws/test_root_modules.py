"""`python forecast/__main__.py` puts the files of `forecast/` before the standard library on the path."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.plans import ROOT


def test_no_module_at_the_root_has_a_name_of_the_standard_library() -> None:
    names = {path.stem for path in (ROOT / "forecast").iterdir() if path.suffix in ("", ".py")}
    assert "periods" in names
    assert not names & set(sys.stdlib_module_names)


def test_the_program_runs_as_a_file() -> None:
    command = [sys.executable, str(ROOT / "forecast" / "__main__.py"), "check", str(ROOT / "scenarios/plan-2021.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert finished.returncode == 0, finished.stderr
