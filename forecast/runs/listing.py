"""The runs of a folder, one a row: for the terminal, for JSON, and as `reports/index.html`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecast.errors import OutputError
from forecast.i18n import Translator
from forecast.runs.repository import StoredRun


@dataclass(frozen=True)
class ListedRun:
    """One run."""

    run: StoredRun
    is_linked: bool
    """Whether `reports/<scenario>` leads to it."""
    chances: Mapping[str, float]
    """Target -> chance."""

    @property
    def created_text(self) -> str:
        """When, by the local clock."""
        return datetime.fromtimestamp(self.run.created).astimezone().strftime("%Y-%m-%d %H:%M")

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        manifest = self.run.manifest
        keys = ("run_id", "kind", "scenario", "seed", "paths", "language")
        common = {key: manifest[key] for key in keys if key in manifest}
        return {**common, "run_dir": str(self.run.folder), "newest": self.is_linked, "chances": dict(self.chances)}

    def to_text(self, words: Translator) -> str:
        """As one line of text."""
        parts = [self.run.run_id, self.created_text, self.run.scenario, *self.chance_texts(words)]
        return "  ".join(parts + ([words("runs_shown")] if self.is_linked else []))

    def chance_texts(self, words: Translator) -> list[str]:
        """Each target with its chance."""
        return [f"{name} {words.percent(chance)}" for name, chance in self.chances.items()]


def listed_runs(kept: Sequence[StoredRun], shown: Collection[str]) -> list[ListedRun]:
    """The rows of runs, in their order."""
    return [ListedRun(one, one.folder.name in shown, _target_chances(one)) for one in kept]


def _target_chances(kept: StoredRun) -> dict[str, float]:
    with suppress(OutputError, AttributeError, KeyError, TypeError, ValueError):
        return {str(name): float(target["chance"]) for name, target in kept.summary()["targets"].items()}
    return {}
