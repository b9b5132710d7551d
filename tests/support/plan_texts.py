"""A small plan as text, and the problems that reading finds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from forecast.errors import InputError
from forecast.plan.loading.loader import read_text
from forecast.plan.scenario import Scenario

SMALL_PLAN = """\
name: a small plan
horizon: {from: 2021-01, months: 12}
services:
  postal:
    baseline: {method: given, annual: 5 tỷ}
"""
"""Five lines: what is added begins on line 6."""


def read_scenario(text: str, folder: Path, settings: Mapping[str, object] | None = None) -> Scenario:
    """The scenario of a text that stands in `folder` as a.yaml."""
    return read_text(text, folder, "a.yaml", set=settings)


def problems_in(text: str, folder: Path, settings: Mapping[str, object] | None = None) -> list[str]:
    """The problems of a text in English, file names without their folder; empty when it can be read."""
    try:
        read_scenario(text, folder, settings)
    except InputError as error:
        lines = [problem.message("en") for problem in error.problems]
        return [line.replace(f"{folder.as_posix()}/", "") for line in lines]
    return []
