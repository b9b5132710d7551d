"""Runs of a folder, one a row: for the terminal, for JSON, and for `reports/index.html`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forecast.errors import OutputError
from forecast.i18n import LANGUAGES, Translator
from forecast.i18n.amounts import error_points, whole_percent
from forecast.runs.repository import StoredRun

__all__ = ["ListedPlan", "ListedRun", "PlanRuns", "listed_runs", "runs_by_plan"]


@dataclass(frozen=True)
class ListedPlan:
    """File and labels of a plan, by language; empty where a summary has none."""

    file: str = ""
    """Below the folder of the project."""
    name: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Target -> language -> label."""
    compared: tuple[str, ...] = ()
    """Names of the plans of a comparison, in order."""


@dataclass(frozen=True)
class PlanRuns:
    """The runs of one plan, or of one comparison."""

    newest: ListedRun
    older: tuple[ListedRun, ...]
    """The newest of them first."""


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
    intervals: Mapping[str, tuple[float, float]]
    """Target -> 95% simulation interval of its chance."""
    plan: ListedPlan = ListedPlan()
    """Its plan, by its summary."""

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

    def name_text(self, t: Translator) -> str:
        """Name the plan in a language.

        Parameters
        ----------
        t : Translator
            The language.

        Returns
        -------
        str
            Its name, or that of its folder.
        """
        return self.plan.name.get(t.language) or self.run.scenario

    def target_texts(self, t: Translator) -> list[tuple[str, str]]:
        """Write each target by its label, with its chance.

        Parameters
        ----------
        t : Translator
            The language.

        Returns
        -------
        list of tuple
            `("Revenue above 250 billion VND", "74% ±0.3")`.
        """
        labels = (self.plan.targets.get(name, {}).get(t.language) or name for name in self.chances)
        return [(label, self._chance_text(name, t)) for label, name in zip(labels, self.chances, strict=True)]

    def _chance_text(self, name: str, t: Translator) -> str:
        percent = whole_percent(self.chances[name], t, self.required_chances.get(name))
        return f"{percent} ±{error_points(*self.intervals[name], t)}"

    def chance_texts(self, t: Translator) -> list[str]:
        """Write each target with its chance.

        Parameters
        ----------
        t : Translator
            The language of the number.

        Returns
        -------
        list of str
            `Revenue above 250 billion VND 74% ±0.3`.
        """
        return [f"{label} {chance}" for label, chance in self.target_texts(t)]


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
    return [ListedRun(run, run.folder.name in linked, *_target_chances(run), _listed_plan(run)) for run in runs]


def runs_by_plan(rows: Sequence[ListedRun]) -> list[PlanRuns]:
    """Group rows by the folder that shows them.

    Parameters
    ----------
    rows : sequence of ListedRun
        In the order of the list.

    Returns
    -------
    list of PlanRuns
        In the order of their newest run: the one that the folder shows, else the first of the list.
    """
    by_name: dict[str, list[ListedRun]] = {}
    for row in rows:
        by_name.setdefault(row.run.scenario, []).append(row)
    groups = []
    for members in by_name.values():
        newest = next((row for row in members if row.is_linked), members[0])
        groups.append(PlanRuns(newest, tuple(row for row in members if row is not newest)))
    return groups


def _listed_plan(run: StoredRun) -> ListedPlan:
    """The plan of a run by its summary, or the plans of a comparison."""
    with suppress(OutputError, AttributeError, KeyError, TypeError, ValueError):
        summary = run.summary()
        if "runs" in summary:
            plans = [each["plan"] for each in summary["runs"].values()]
            names = {str(key): " · ".join(str(plan["name"][key]) for plan in plans) for key in LANGUAGES}
            return ListedPlan(name=names, compared=tuple(map(str, summary["runs"])))
        plan = summary["plan"]
        labels = {str(key): {k: str(v) for k, v in label.items()} for key, label in plan["targets"].items()}
        return ListedPlan(str(plan["file"]), {key: str(text) for key, text in plan["name"].items()}, labels)
    return ListedPlan()


def _target_chances(run: StoredRun) -> tuple[dict[str, float], dict[str, float], dict[str, tuple[float, float]]]:
    """Target -> chance, -> required chance and -> interval of the chance; empty where the summary of a run has none."""
    with suppress(OutputError, AttributeError, KeyError, TypeError, ValueError):
        targets = run.summary()["targets"]
        chances = {str(name): float(target["chance"]) for name, target in targets.items()}
        required = {str(name): target.get("required_chance") for name, target in targets.items()}
        intervals = {str(name): (float(target["low"]), float(target["high"])) for name, target in targets.items()}
        return chances, {name: float(chance) for name, chance in required.items() if chance is not None}, intervals
    return {}, {}, {}
