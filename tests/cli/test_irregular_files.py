"""A pipe, a device or a folder in the place of a file is refused at once, by every command."""

from __future__ import annotations

import os
import resource
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.command_line import run_command
from tests.validation.forked_commands import run_forked

MAX_SECONDS = 30
"""Far below a wait for a pipe, which has no end; a busy machine takes seconds for a refusal."""
MAX_CPU_SECONDS = 5
"""Far below the time to read a device that has no end."""
COMMANDS = {
    "check": ["check", "{}"],
    "run": ["run", "{}"],
    "backtest": ["backtest", "{}"],
    "compare": ["compare", "scenarios/plan.yaml", "{}"],
    "recipe": ["data", "disaggregate", "{}"],
    "verify": ["verify", "{}"],
    "pin": ["run", "scenarios/plan.yaml", "--reuse-fit", "{}"],
    "history": ["run", "scenarios/plan.yaml", "--set", "history.file=../odd"],
    "extends": ["check", "scenarios/child.yaml"],
    "list": ["list", "--out", "{}"],
    "reports": ["run", "scenarios/plan.yaml", "--out", "{}"],
}
TAKES_FOLDERS = ("list", "reports")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("irregular") / "project"
    assert run_command("new", folder).code == 0
    (folder / "scenarios" / "child.yaml").write_text("extends: ../odd\n")
    return folder


def limit_resources() -> None:
    """End this process when it waits, or reads without an end."""
    signal.alarm(MAX_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_refused_at_once(project: Path, command: str, kind: str) -> None:
    odd = project / "odd"
    if odd.is_dir() and not odd.is_symlink():
        shutil.rmtree(odd)
    odd.unlink(missing_ok=True)
    match kind:
        case "pipe":
            os.mkfifo(odd)
        case "device":
            odd.symlink_to("/dev/zero")
        case "folder":
            odd.mkdir()
            if command in TAKES_FOLDERS:
                pytest.skip("a folder is right here")
    done = run_forked([word.format(odd) for word in COMMANDS[command]], project, prepare=limit_resources)
    assert done.code in (2, 4), done.err
    assert len(done.complaints) == 1
    assert "fault of its own" not in done.err
