"""From YAML to a Scenario: files, overlays, `same_as`, records, checks; every complaint at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from forecast.errors import InputError, Location, Problem
from forecast.files.csv import column_reader
from forecast.files.paths import display_path, find_project, read_regular_file, resolve_in_project
from forecast.files.yaml import MappingNode, ScalarNode
from forecast.plan.checks import CHECKS
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.correlations import IMPOSSIBLE_CODE, CorrelationRepair, repair_correlations
from forecast.plan.loading.layers import Layer, PlanLoader
from forecast.plan.loading.overlays import MergedTree, merge_layers
from forecast.plan.loading.overrides import build_override_layer
from forecast.plan.loading.references import resolve_references
from forecast.plan.loading.removed import RemovedName, remove_constant_names, remove_deleted_names
from forecast.plan.loading.validation import (
    drop_consequent_problems,
    remove_unknown_keys,
    validate_pruned,
    validation_problems,
)
from forecast.plan.quantity_types import ParseContext
from forecast.plan.record import FrozenDict, is_valid_name
from forecast.plan.scenario import Scenario
from forecast.plan.tree import collect_key_locations, copy_node, format_node, iter_nodes

MAX_PLAN_PROBLEMS = 100
"""Complaints that are printed; more help nobody."""
MAX_CASES = 40
"""Of one plan."""
MAX_CASE_NODES = 40_000
"""Keys and values of a plan, times its cases."""


def read(path: str | Path, *, set: Mapping[str, object] | None = None) -> Scenario:  # noqa: A002
    """Read a plan with its parents.

    Parameters
    ----------
    path : str or Path
        A plan file.
    set : mapping of str to object, optional
        Values by dotted name that replace those of the file, as `--set` does.

    Returns
    -------
    Scenario
        The plan, complete and checked.

    Raises
    ------
    InputError
        The plan is wrong: every problem at once, each with its file and line.

    Examples
    --------
    >>> import forecast
    >>> scenario = forecast.read("plan.yaml", set={"shocks.heat.chance": "20%"})
    >>> scenario.shocks["heat"].chance.text
    '20%'
    """
    return read_plan(Path(path), overrides=set).scenario


def read_text(
    text: str,
    folder: str | Path = ".",
    name: str = "plan.yaml",
    *,
    set: Mapping[str, object] | None = None,  # noqa: A002
) -> Scenario:
    """The scenario of a plan that is given as text, as if it stood in `folder` under `name`."""
    return read_plan(Path(folder) / name, text=text, overrides=set).scenario


@dataclass(frozen=True)
class LoadedPlan:
    """A scenario, and how it came about."""

    scenario: Scenario
    merged: MergedTree
    """The tree that it was made of, and what each value replaced."""
    removed: tuple[RemovedName, ...] = ()
    """Correlations that went with a deleted or a settled number."""
    repairs: tuple[CorrelationRepair, ...] = ()
    """Correlations that were moved; with `repair` alone."""


def read_plan(
    path: Path, text: str | None = None, overrides: Mapping[str, object] | None = None, *, repair: bool = False
) -> LoadedPlan:
    """The scenario with the merged tree that it was made of; InputError with every complaint.

    `repair` moves correlations that are not possible together to the nearest that are.
    """
    family = PlanLoader(find_project(path.parent))
    if text is None:
        place = Location(display_path(path))
        read_regular_file(path, place, "", max_bytes=None)  # a file that is none is said before where it lies
        resolve_in_project(path.name, path.parent, family.project, place, "")
        layer = family.read_layer(path, place)
    else:
        layer = family.parse_layer(text, path)
    if overrides:
        layer, complaints = build_override_layer(overrides, layer)
        family.problems += complaints
    merged = merge_layers(layer)
    folders = {one.file: one.folder for one in (*layer.ancestors, layer)}
    work = _ScenarioBuilder(family.project, folders, display_path(path), repair)
    scenario = work.build(merged)
    complaints = drop_consequent_problems(family.problems + merged.problems + work.problems)
    complaints = [_explain_missing_name(one, layer) for one in complaints]
    if complaints or scenario is None:
        raise InputError(sorted(set(complaints))[:MAX_PLAN_PROBLEMS])
    return LoadedPlan(scenario, merged, tuple(work.removed), tuple(work.repairs))


@dataclass
class _ScenarioBuilder:
    """Makes scenarios of trees, and gathers what is wrong with them."""

    project: Path
    folders: Mapping[str, Path]
    file: str
    repair: bool = False
    problems: list[Problem] = field(default_factory=list)
    removed: list[RemovedName] = field(default_factory=list)
    repairs: list[CorrelationRepair] = field(default_factory=list)

    def build(self, merged: MergedTree) -> Scenario | None:
        """The scenario of a merged tree, with its cases as scenarios."""
        overlays = merged.tree.get("cases")
        base = _without_cases(merged)
        scenario = self.build_from_tree(base, merged.deleted)
        if isinstance(overlays, MappingNode) and _has_too_many_cases(overlays, merged.tree):
            place = merged.tree.key_locations["cases"]
            self.problems.append(Problem.of(place, "cases", "too_many_cases", limit=MAX_CASES))
        elif isinstance(overlays, MappingNode):
            cases = {name: self.build_case(merged, overlays, name) for name in overlays}
            found = {name: one for name, one in cases.items() if one is not None}
            scenario = scenario and scenario.model_copy(update={"cases": FrozenDict(found)})
        elif overlays is not None:
            place = merged.tree.key_locations["cases"]
            self.problems.append(Problem.of(place, "cases", "map_expected", text=format_node(overlays)[:60]))
        return scenario

    def build_case(self, merged: MergedTree, overlays: MappingNode, name: str) -> Scenario | None:
        """The plan with one case laid over it; its complaints stand under its own name."""
        overlay, where = overlays[name], overlays.key_locations[name]
        if not isinstance(overlay, MappingNode) or not is_valid_name(name):
            code = "not_a_name" if isinstance(overlay, MappingNode) else "map_expected"
            facts = {"name": name[:60], "text": format_node(overlay)[:60]}
            self.problems.append(Problem.of(where, f"cases.{name}", code, **facts))
            return None
        base = _without_cases(merged)
        if revived := _deleted_key_problems(overlay, base, merged.deleted, f"cases.{name}"):
            self.problems += revived
            return None
        over = merge_layers(Layer(where.file, self.project, overlay, (Layer("", self.project, base),)))
        over.problems += [
            Problem.of(overlay.key_locations[key], key, "not_in_a_case")
            for key in ("cases", "extends")
            if key in overlay
        ]
        apart = _ScenarioBuilder(self.project, self.folders, self.file, self.repair)
        scenario = apart.build_from_tree(over.tree, {**merged.deleted, **over.deleted})
        known = {(one.location, one.code, one.params) for one in self.problems}
        own_places = {node.location for _, node in iter_nodes(overlay)} | collect_key_locations(overlay)
        for one in over.problems + apart.problems:
            if (one.location, one.code, one.params) not in known:
                place = one.location if one.location in own_places else where
                self.problems.append(Problem(place, f"cases.{name}.{one.path}".rstrip("."), one.code, one.params))
        return scenario

    def build_from_tree(self, tree: MappingNode, deleted: Mapping[str, Location]) -> Scenario | None:
        """The scenario of an effective tree without cases."""
        self.problems += remove_unknown_keys(tree)
        self.problems += resolve_references(tree)
        self.removed += remove_deleted_names(tree, deleted)
        self.resolve_data_paths(tree)
        currency = tree.get("currency")
        context = ParseContext(
            currency if isinstance(currency, ScalarNode) else "VND", column_reader(self.folders, self.project)
        )
        try:
            scenario, unread = Scenario.model_validate(tree, context=context), frozenset[str]()
        except ValidationError as wrong:
            errors = validation_problems(wrong, tree)
            self.problems += [complaint for complaint, _ in errors]
            partial = validate_pruned(tree, [steps for _, steps in errors], context)
            if partial is None:
                return None
            scenario, unread = partial
        scenario, settled = remove_constant_names(scenario, tree)
        self.removed += settled
        ground = CheckContext(scenario, tree, deleted, unread)
        found = [complaint for check in CHECKS for complaint in islice(check(ground), MAX_PLAN_PROBLEMS)]
        if self.repair and any(one.code == IMPOSSIBLE_CODE for one in found):
            found = [one for one in found if one.code != IMPOSSIBLE_CODE]
            scenario, moved = repair_correlations(scenario)
            self.repairs += moved
        self.problems += found
        return scenario.model_copy(update={"file": self.file, "cases": FrozenDict()}).with_locations(
            _baseline_key_locations(ground)
        )

    def resolve_data_paths(self, tree: MappingNode) -> None:
        """Make the files that the plan names ones that open from the working directory."""
        for holder, key in (("history", "file"), ("places", "file"), ("places", "ledger")):
            record = tree.get(holder)
            name = record.get(key) if isinstance(record, MappingNode) else None
            if isinstance(record, MappingNode) and isinstance(name, ScalarNode):
                try:
                    path = resolve_in_project(
                        name, self.folders[name.location.file], self.project, name.location, name.path
                    )
                    read_regular_file(path, name.location, name.path, max_bytes=None)
                    record[key] = ScalarNode(display_path(path), name.location, name.path)
                except InputError as wrong:
                    self.problems += wrong.problems


def _baseline_key_locations(ground: CheckContext) -> dict[str, Location]:
    """Where the keys stand that are checked against the history later."""
    names = ["horizon.from", "baseline", *(f"baseline.{key}" for key in ground.names("baseline"))]
    for service in ground.names("services"):
        at = f"services.{service}"
        names += [at, f"{at}.growth", *(f"{at}.baseline.{key}" for key in ground.names(f"{at}.baseline"))]
    return {at: ground.location_of(at) for at in names if ground.node(at) is not None}


def _explain_missing_name(complaint: Problem, layer: Layer) -> Problem:
    """A name that is missing because it is not taken from two parents says so."""
    while len(layer.parents) == 1:
        layer = layer.parents[0]
    missing = complaint.path == "name" and complaint.code == "missing" and layer.parents
    return replace(complaint, code="name_of_two_parents") if missing else complaint


def _has_too_many_cases(overlays: MappingNode, tree: MappingNode) -> bool:
    """Whether the cases would take longer than a person waits."""
    nodes = sum(1 for _ in iter_nodes(tree)) if len(overlays) > 1 else 0
    return len(overlays) > MAX_CASES or nodes * len(overlays) > MAX_CASE_NODES


def _deleted_key_problems(
    overlay: MappingNode, base: MappingNode, deleted: Mapping[str, Location], at: str
) -> list[Problem]:
    """A complaint about each table or entry that a plan deleted and a case sets something of, or deletes again."""
    found = []
    for name, where in sorted(deleted.items()):
        table, _, entry = name.partition(".")
        said, left = (overlay, base) if not entry else (overlay.get(table), base.get(table))
        key = entry or table
        if "." in entry or not isinstance(said, MappingNode) or key not in said:
            continue
        if (not isinstance(left, MappingNode) or left.get(key) is None) and (entry or said[key] is None):
            code = "case_idle" if said[key] is None else "case_revives"
            facts = {"name": name, "deleted": where, "case": at}
            found.append(Problem.of(said.key_locations[key], f"{at}.{name}", code, **facts))
    return found


def _without_cases(merged: MergedTree) -> MappingNode:
    base = copy_node(merged.tree, "")
    assert isinstance(base, MappingNode)
    base.pop("cases", None)
    return base
