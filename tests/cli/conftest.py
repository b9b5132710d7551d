"""Fixtures of the command-line tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from forecast.cli import main
from tests.support.command_line import BAKERY_PLAN, CommandResult
from tests.support.undrawn import draw_only


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str | Path) -> CommandResult:
        code = main([str(argument) for argument in arguments])
        return CommandResult(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def bakery_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose plan was run once, drawn and published; nobody changes it."""
    folder = tmp_path_factory.mktemp("bakery")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "bakery.yaml").write_text(BAKERY_PLAN)
    assert main(["run", str(folder / "scenarios" / "bakery.yaml"), "--paths", "2_000", "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def project(bakery_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of that project."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(bakery_project, folder, symlinks=True)
    return folder


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs whose pages and figures are empty files."""
    draw_only(monkeypatch)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "bakery.yaml").write_text(BAKERY_PLAN)
    return tmp_path / "bakery.yaml"
