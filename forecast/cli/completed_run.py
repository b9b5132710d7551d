"""A plan that was run, as commands hand it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.i18n import Translator

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario
    from forecast.runs.repository import StoredRun


@dataclass(frozen=True)
class CompletedRun:
    """A plan that was run."""

    run: StoredRun
    summary: dict[str, Any]
    t: Translator
    scenario: Scenario
    workbook: Path | None = None
    """Its workbook, where one was asked for."""
    table: Path | None = None
    """The copy of its quantiles for a spreadsheet, where one was asked for."""
