"""From YAML to a Scenario: files, overlays, `same_as`, records, cross checks; every complaint at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from forecast.assumption import Reading
from forecast.complaints import of_validation, unknown_keys
from forecast.errors import Complaint, InputError, Where
from forecast.noun import Table
from forecast.overlays import Merged, copy_of, merge
from forecast.plan import Scenario
from forecast.plan_files import Family, Layer, inside, project_of, shown
from forecast.same_as import keys_in, places_in, resolve
from forecast.settings import layer_of_settings
from forecast.written import Map, Text

MAX_COMPLAINTS = 100
"""Complaints that are printed; more help nobody."""


def read(path: str | Path, *, set: Mapping[str, object] | None = None) -> Scenario:  # noqa: A002
    """The scenario of a plan file with its parents and the settings on top; InputError with every complaint."""
    return read_plan(Path(path), settings=set).scenario


def read_text(text: str, folder: str | Path = ".", name: str = "plan.yaml", *, set: Mapping[str, object] | None = None) -> Scenario:  # noqa: A002
    """The scenario of a plan that is given as text, as if it stood in `folder` under `name`."""
    return read_plan(Path(folder) / name, text=text, settings=set).scenario


@dataclass
class Plan:
    """A scenario, and how it came about."""

    scenario: Scenario
    merged: Merged
    layer: Layer


def read_plan(path: Path, text: str | None = None, settings: Mapping[str, object] | None = None) -> Plan:
    """The scenario with the merged tree that it was made of; InputError with every complaint."""
    family = Family(project_of(path.parent))
    if text is None:
        inside(path.name, path.parent, family.project, Where(shown(path)), "")
        layer = family.read(path, Where(shown(path)))
    else:
        layer = family.layer(text, path)
    if settings:
        layer, complaints = layer_of_settings(settings, layer)
        family.complaints += complaints
    merged = merge(layer)
    folders = {one.file: one.folder for one in (*layer.ancestors, layer)}
    reading = _Reading(family.project, folders, shown(path))
    scenario = reading.whole(merged)
    complaints = family.complaints + merged.complaints + reading.complaints
    if complaints or scenario is None:
        raise InputError(sorted(set(complaints))[:MAX_COMPLAINTS])
    return Plan(scenario, merged, layer)


@dataclass
class _Reading:
    project: Path
    folders: Mapping[str, Path]
    file: str
    complaints: list[Complaint] = field(default_factory=list)

    def whole(self, merged: Merged) -> Scenario | None:
        """The scenario of a merged tree, with its readings as scenarios."""
        tree = merged.tree
        overlays = tree.get("readings")
        base = copy_of(tree, "")
        assert isinstance(base, Map)
        base.pop("readings", None)
        scenario = self.one(base)
        if scenario is None or not isinstance(overlays, Map):
            return scenario
        readings = {name: self.reading(merged, name) for name in overlays}
        found = {name: one for name, one in readings.items() if one is not None}
        return scenario.model_copy(update={"readings": Table(found)})

    def reading(self, merged: Merged, name: str) -> Scenario | None:
        """The plan with one reading laid over it; its complaints stand under its own name."""
        overlays = merged.tree["readings"]
        assert isinstance(overlays, Map)
        overlay, where = overlays[name], overlays.keys_where[name]
        if not isinstance(overlay, Map):
            self.complaints.append(Complaint.of(where, f"readings.{name}", "map_expected", text=str(overlay)[:60]))
            return None
        base = copy_of(merged.tree, "")
        assert isinstance(base, Map)
        base.pop("readings", None)
        over = merge(Layer(where.file, self.project, overlay, (Layer("", self.project, base),)))
        apart = _Reading(self.project, self.folders, self.file)
        scenario = apart.one(over.tree)
        known = {(one.where, one.code, one.facts) for one in self.complaints}
        inside_it = {node.where for _, node in places_in(overlay)} | keys_in(overlay)
        for one in over.complaints + apart.complaints:
            if (one.where, one.code, one.facts) not in known:
                place = one.where if one.where in inside_it else where
                self.complaints.append(Complaint(place, f"readings.{name}.{one.at}".rstrip("."), one.code, one.facts))
        return scenario

    def one(self, tree: Map) -> Scenario | None:
        """The scenario of an effective tree without readings."""
        self.complaints += unknown_keys(tree)
        self.complaints += resolve(tree)
        self.paths(tree)
        currency = tree.get("currency")
        context = Reading(currency if isinstance(currency, Text) else "VND")
        try:
            scenario = Scenario.model_validate(tree, context=context)
        except ValidationError as wrong:
            self.complaints += [complaint for complaint, _ in of_validation(wrong, tree, self.file)]
            return None
        return scenario.model_copy(update={"file": self.file, "readings": Table()})

    def paths(self, tree: Map) -> None:
        """Make the files that the plan names ones that open from the working directory."""
        for key in ("history", "places"):
            record = tree.get(key)
            name = record.get("file") if isinstance(record, Map) else None
            if isinstance(record, Map) and isinstance(name, Text):
                try:
                    path = inside(name, self.folders[name.where.file], self.project, name.where, name.at)
                    record["file"] = Text(shown(path), name.where, name.at)
                except InputError as wrong:
                    self.complaints += wrong.complaints
