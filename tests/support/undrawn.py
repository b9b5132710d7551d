"""Runs that are published without being drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from forecast.i18n import Translator
from forecast.reports.content.context import RunView
from forecast.simulation.results import Simulation
from forecast.workflows import publish


def draw_only(patch: pytest.MonkeyPatch, *pages: str) -> None:
    """Publish pages and figures but these as empty files: to draw all takes a second, and is other tests' subject."""
    render_named_files = publish._render_named_files

    def render(run: Simulation, view: RunView, t: Translator, names: Sequence[str]) -> dict[str, bytes]:
        drawn = [name for name in names if name in pages or name.endswith(".csv")]
        return {**dict.fromkeys(names, b""), **render_named_files(run, view, t, drawn)}

    patch.setattr(publish, "_render_named_files", render)
