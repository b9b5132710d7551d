"""Help and version."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from forecast.cli import COMMANDS
from forecast.i18n import LANGUAGES, message_catalog
from tests.support.command_line import run_command
from tests.support.plans import ROOT


def test_help_names_every_command_in_both_languages(call: Any) -> None:
    for language in LANGUAGES:
        page = call("--lang", language, "--help")
        assert page.code == 0
        assert page.err == ""
        for name in COMMANDS:
            assert message_catalog()[f"help_{name}"][language].split(".")[0][:20] in page.out
    assert call().out == call("--help").out


def test_every_command_has_a_help_page(call: Any) -> None:
    for name in [*COMMANDS, "data disaggregate"]:
        page = call(*name.split(), "--help")
        assert page.code == 0
        assert page.out.startswith(f"Usage: forecast {name}")


def test_every_option_is_explained(call: Any) -> None:
    for name in COMMANDS:
        for line in call(name, "--help").out.splitlines():
            if line.startswith("  --"):
                assert len(line.split()) > 2 or line.endswith("CHANCE"), line


def test_help_loads_no_heavy_library() -> None:
    code = "import sys; from forecast.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)
    loaded = set(done.stderr.decode().split())
    assert not loaded & {"numpy", "pandas", "pydantic", "matplotlib", "statsmodels", "rich", "jinja2", "ruamel.yaml"}


def test_python_m_prints_the_version() -> None:
    done = run_command("--version")
    assert done.code == 0
    assert done.out.startswith("forecast ")
