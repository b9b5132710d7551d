"""The runs of a folder, one a row: for the terminal, for JSON, and as `reports/index.html`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecast.errors import OutputError
from forecast.i18n import Words
from forecast.runs.repository import Kept


@dataclass(frozen=True)
class Row:
    """One run."""

    kept: Kept
    shown: bool
    """Whether `reports/<scenario>` leads to it."""
    chances: Mapping[str, float]
    """Target -> chance."""

    @property
    def made(self) -> str:
        """When, by the local clock."""
        return datetime.fromtimestamp(self.kept.made).astimezone().strftime("%Y-%m-%d %H:%M")

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        manifest = self.kept.manifest
        keys = ("run_id", "kind", "scenario", "seed", "paths", "language")
        common = {key: manifest[key] for key in keys if key in manifest}
        return {**common, "run_dir": str(self.kept.folder), "newest": self.shown, "chances": dict(self.chances)}

    def line(self, words: Words) -> str:
        """As one line of text."""
        parts = [self.kept.run_id, self.made, self.kept.scenario, *self.said(words)]
        return "  ".join(parts + ([words("runs_shown")] if self.shown else []))

    def said(self, words: Words) -> list[str]:
        """Each target with its chance."""
        return [f"{name} {words.percent(chance)}" for name, chance in self.chances.items()]


def rows_of(kept: Sequence[Kept], shown: Collection[str]) -> list[Row]:
    """The rows of runs, in their order."""
    return [Row(one, one.folder.name in shown, _chances(one)) for one in kept]


def _chances(kept: Kept) -> dict[str, float]:
    with suppress(OutputError, AttributeError, KeyError, TypeError, ValueError):
        return {str(name): float(target["chance"]) for name, target in kept.summary()["targets"].items()}
    return {}
