"""From YAML to a Scenario: files, overlays, `same_as`, records, checks; every complaint at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from forecast.errors import Complaint, InputError, Where
from forecast.files.columns import column_reader
from forecast.files.paths import content_of, inside, project_of, shown
from forecast.files.yaml import Map, Text
from forecast.plan.checks import CHECKS, Ground
from forecast.plan.checks.correlations import IMPOSSIBLE, Repair, repaired
from forecast.plan.loading.layers import Family, Layer
from forecast.plan.loading.overlays import Merged, merge
from forecast.plan.loading.overrides import layer_of_settings
from forecast.plan.loading.references import resolve
from forecast.plan.loading.removed import Dropped, without_the_deleted, without_the_sure
from forecast.plan.loading.validation import of_validation, pruned, said_once, unknown_keys
from forecast.plan.quantity_types import Reading
from forecast.plan.record import Table, is_name
from forecast.plan.scenario import Scenario
from forecast.plan.tree import copy_of, keys_in, places_in, shown_of

MAX_COMPLAINTS = 100
"""Complaints that are printed; more help nobody."""
MAX_READINGS = 40
"""Of one plan."""
MAX_NODES_OF_READINGS = 40_000
"""Keys and values of a plan, times its readings."""


def read(path: str | Path, *, set: Mapping[str, object] | None = None) -> Scenario:  # noqa: A002
    """The scenario of a plan file with its parents and the settings on top; InputError with every complaint."""
    return read_plan(Path(path), settings=set).scenario


def read_text(
    text: str,
    folder: str | Path = ".",
    name: str = "plan.yaml",
    *,
    set: Mapping[str, object] | None = None,  # noqa: A002
) -> Scenario:
    """The scenario of a plan that is given as text, as if it stood in `folder` under `name`."""
    return read_plan(Path(folder) / name, text=text, settings=set).scenario


@dataclass(frozen=True)
class Plan:
    """A scenario, and how it came about."""

    scenario: Scenario
    merged: Merged
    """The tree that it was made of, and what each value replaced."""
    dropped: tuple[Dropped, ...] = ()
    """Correlations that went with a deleted or a settled number."""
    repairs: tuple[Repair, ...] = ()
    """Correlations that were moved; with `repair` alone."""


def read_plan(
    path: Path, text: str | None = None, settings: Mapping[str, object] | None = None, *, repair: bool = False
) -> Plan:
    """The scenario with the merged tree that it was made of; InputError with every complaint.

    `repair` moves correlations that are not possible together to the nearest that are.
    """
    family = Family(project_of(path.parent))
    if text is None:
        place = Where(shown(path))
        content_of(path, place, "", most=None)  # a file that is none is said before where it lies
        inside(path.name, path.parent, family.project, place, "")
        layer = family.read(path, place)
    else:
        layer = family.layer(text, path)
    if settings:
        layer, complaints = layer_of_settings(settings, layer)
        family.complaints += complaints
    merged = merge(layer)
    folders = {one.file: one.folder for one in (*layer.ancestors, layer)}
    work = _Work(family.project, folders, shown(path), repair)
    scenario = work.whole(merged)
    complaints = said_once(family.complaints + merged.complaints + work.complaints)
    complaints = [_name_of_two(one, layer) for one in complaints]
    if complaints or scenario is None:
        raise InputError(sorted(set(complaints))[:MAX_COMPLAINTS])
    return Plan(scenario, merged, tuple(work.dropped), tuple(work.repairs))


@dataclass
class _Work:
    """Makes scenarios of trees, and gathers what is wrong with them."""

    project: Path
    folders: Mapping[str, Path]
    file: str
    repair: bool = False
    complaints: list[Complaint] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

    def whole(self, merged: Merged) -> Scenario | None:
        """The scenario of a merged tree, with its readings as scenarios."""
        overlays = merged.tree.get("readings")
        base = _without_readings(merged)
        scenario = self.one(base, merged.deleted)
        if isinstance(overlays, Map) and _too_many(overlays, merged.tree):
            place = merged.tree.keys_where["readings"]
            self.complaints.append(Complaint.of(place, "readings", "too_many_readings", limit=MAX_READINGS))
        elif isinstance(overlays, Map):
            readings = {name: self.reading(merged, overlays, name) for name in overlays}
            found = {name: one for name, one in readings.items() if one is not None}
            scenario = scenario and scenario.model_copy(update={"readings": Table(found)})
        elif overlays is not None:
            place = merged.tree.keys_where["readings"]
            self.complaints.append(Complaint.of(place, "readings", "map_expected", text=shown_of(overlays)[:60]))
        return scenario

    def reading(self, merged: Merged, overlays: Map, name: str) -> Scenario | None:
        """The plan with one reading laid over it; its complaints stand under its own name."""
        overlay, where = overlays[name], overlays.keys_where[name]
        if not isinstance(overlay, Map) or not is_name(name):
            code = "not_a_name" if isinstance(overlay, Map) else "map_expected"
            facts = {"name": name[:60], "text": shown_of(overlay)[:60]}
            self.complaints.append(Complaint.of(where, f"readings.{name}", code, **facts))
            return None
        base = _without_readings(merged)
        if revived := _revived(overlay, base, merged.deleted, f"readings.{name}"):
            self.complaints += revived
            return None
        over = merge(Layer(where.file, self.project, overlay, (Layer("", self.project, base),)))
        over.complaints += [
            Complaint.of(overlay.keys_where[key], key, "not_in_a_reading")
            for key in ("readings", "extends")
            if key in overlay
        ]
        apart = _Work(self.project, self.folders, self.file, self.repair)
        scenario = apart.one(over.tree, {**merged.deleted, **over.deleted})
        known = {(one.where, one.code, one.facts) for one in self.complaints}
        own_places = {node.where for _, node in places_in(overlay)} | keys_in(overlay)
        for one in over.complaints + apart.complaints:
            if (one.where, one.code, one.facts) not in known:
                place = one.where if one.where in own_places else where
                self.complaints.append(Complaint(place, f"readings.{name}.{one.at}".rstrip("."), one.code, one.facts))
        return scenario

    def one(self, tree: Map, deleted: Mapping[str, Where]) -> Scenario | None:
        """The scenario of an effective tree without readings."""
        self.complaints += unknown_keys(tree)
        self.complaints += resolve(tree)
        self.dropped += without_the_deleted(tree, deleted)
        self.paths(tree)
        currency = tree.get("currency")
        context = Reading(currency if isinstance(currency, Text) else "VND", column_reader(self.folders, self.project))
        try:
            scenario, unread = Scenario.model_validate(tree, context=context), frozenset[str]()
        except ValidationError as wrong:
            errors = of_validation(wrong, tree)
            self.complaints += [complaint for complaint, _ in errors]
            partial = pruned(tree, [steps for _, steps in errors], context)
            if partial is None:
                return None
            scenario, unread = partial
        scenario, settled = without_the_sure(scenario, tree)
        self.dropped += settled
        ground = Ground(scenario, tree, deleted, unread)
        found = [complaint for check in CHECKS for complaint in islice(check(ground), MAX_COMPLAINTS)]
        if self.repair and any(one.code == IMPOSSIBLE for one in found):
            found = [one for one in found if one.code != IMPOSSIBLE]
            scenario, moved = repaired(scenario)
            self.repairs += moved
        self.complaints += found
        return scenario.model_copy(update={"file": self.file, "readings": Table()}).placed(_places(ground))

    def paths(self, tree: Map) -> None:
        """Make the files that the plan names ones that open from the working directory."""
        for holder, key in (("history", "file"), ("places", "file"), ("places", "ledger")):
            record = tree.get(holder)
            name = record.get(key) if isinstance(record, Map) else None
            if isinstance(record, Map) and isinstance(name, Text):
                try:
                    path = inside(name, self.folders[name.where.file], self.project, name.where, name.at)
                    content_of(path, name.where, name.at, most=None)
                    record[key] = Text(shown(path), name.where, name.at)
                except InputError as wrong:
                    self.complaints += wrong.complaints


def _places(ground: Ground) -> dict[str, Where]:
    """Where the keys stand that are checked against the history later."""
    names = ["horizon.from", "baseline", *(f"baseline.{key}" for key in ground.names("baseline"))]
    for service in ground.names("services"):
        at = f"services.{service}"
        names += [at, f"{at}.growth", *(f"{at}.baseline.{key}" for key in ground.names(f"{at}.baseline"))]
    return {at: ground.where(at) for at in names if ground.node(at) is not None}


def _name_of_two(complaint: Complaint, layer: Layer) -> Complaint:
    """A name that is missing because it is not taken from two parents says so."""
    while len(layer.parents) == 1:
        layer = layer.parents[0]
    missing = complaint.at == "name" and complaint.code == "missing" and layer.parents
    return replace(complaint, code="name_of_two_parents") if missing else complaint


def _too_many(overlays: Map, tree: Map) -> bool:
    """Whether the readings would take longer than a person waits."""
    nodes = sum(1 for _ in places_in(tree)) if len(overlays) > 1 else 0
    return len(overlays) > MAX_READINGS or nodes * len(overlays) > MAX_NODES_OF_READINGS


def _revived(overlay: Map, base: Map, deleted: Mapping[str, Where], at: str) -> list[Complaint]:
    """A complaint about each table or entry that a plan deleted and a reading sets something of, or deletes again."""
    found = []
    for name, where in sorted(deleted.items()):
        table, _, entry = name.partition(".")
        said, left = (overlay, base) if not entry else (overlay.get(table), base.get(table))
        key = entry or table
        if "." in entry or not isinstance(said, Map) or key not in said:
            continue
        if (not isinstance(left, Map) or left.get(key) is None) and (entry or said[key] is None):
            code = "reading_idle" if said[key] is None else "reading_revives"
            facts = {"name": name, "deleted": where, "reading": at}
            found.append(Complaint.of(said.keys_where[key], f"{at}.{name}", code, **facts))
    return found


def _without_readings(merged: Merged) -> Map:
    base = copy_of(merged.tree, "")
    assert isinstance(base, Map)
    base.pop("readings", None)
    return base
