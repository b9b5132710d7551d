"""Runs of a folder, one a row: for the terminal, for JSON, and for `reports/index.html`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecast.errors import OutputError
from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent
from forecast.plan.bilingual import Label
from forecast.runs.repository import StoredRun

__all__ = ["ListedRun", "listed_runs"]


@dataclass(frozen=True)
class ListedRun:
    """One run of a list."""

    run: StoredRun
    is_linked: bool
    """True where `reports/<scenario>` leads to it."""
    chances: Mapping[str, float]
    """Target -> chance."""
    required_chances: Mapping[str, float]
    """Target -> chance that is required, where one is."""
    labels: Mapping[str, Label]
    """Target -> its label, where it has one."""

    @property
    def created_text(self) -> str:
        """Time at which it was published, by the local clock: `2021-01-11 09:30`; dashes where no clock shows it."""
        try:
            return datetime.fromtimestamp(self.run.created).astimezone().strftime("%Y-%m-%d %H:%M")
        except (ValueError, OverflowError, OSError):
            return "----------------"

    def to_dict(self) -> dict[str, Any]:
        """Convert the row to JSON.

        Returns
        -------
        dict
            Its id, kind, scenario, seed, paths and language, its folder, whether it is the newest, and its chances.
        """
        manifest = self.run.manifest
        keys = ("run_id", "kind", "scenario", "seed", "paths", "language")
        common = {key: manifest[key] for key in keys if key in manifest}
        return {**common, "run_dir": str(self.run.folder), "newest": self.is_linked, "chances": dict(self.chances)}

    def to_text(self, t: Translator) -> str:
        """Write the row as one line.

        Parameters
        ----------
        t : Translator
            The language of the line.

        Returns
        -------
        str
            Its id, time, scenario and chances, two spaces between two of them.
        """
        parts = [self.run.run_id, self.created_text, self.run.scenario, *self.chance_texts(t)]
        return "  ".join(parts + ([t("runs_shown")] if self.is_linked else []))

    def chance_texts(self, t: Translator) -> list[str]:
        """Write each target with its chance.

        Parameters
        ----------
        t : Translator
            The language of the number.

        Returns
        -------
        list of str
            `Revenue above 250 billion VND 74%`; its key in place of a label that it does not have.
        """
        shown = {name: label.in_language(t.language) for name, label in self.labels.items()}
        return [
            f"{shown.get(name, name)} {whole_percent(chance, t, self.required_chances.get(name))}"
            for name, chance in self.chances.items()
        ]


def listed_runs(runs: Sequence[StoredRun], linked: Collection[str]) -> list[ListedRun]:
    """List runs with their chances.

    Parameters
    ----------
    runs : sequence of StoredRun
        The runs.
    linked : collection of str
        Ids of those that a link shows.

    Returns
    -------
    list of ListedRun
        One row a run, in the order of `runs`.
    """
    return [ListedRun(run, run.folder.name in linked, *_target_chances(run)) for run in runs]


def _target_chances(run: StoredRun) -> tuple[dict[str, float], dict[str, float], dict[str, Label]]:
    """By target its chance, the chance that is required and its label; empty where the summary of a run has none."""
    with suppress(OutputError, AttributeError, KeyError, TypeError, ValueError):
        targets = run.summary()["targets"]
        chances = {str(name): float(target["chance"]) for name, target in targets.items()}
        required = {str(name): target.get("required_chance") for name, target in targets.items()}
        labels = {str(name): Label.model_validate(t["label"]) for name, t in targets.items() if t.get("label")}
        return chances, {name: float(chance) for name, chance in required.items() if chance is not None}, labels
    return {}, {}, {}
