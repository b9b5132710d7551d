"""From YAML to a Scenario: files, overlays, `same_as`, records, checks; every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from forecast.errors import InputError, Location, Problem
from forecast.files.csv import column_reader
from forecast.files.paths import (
    display_path,
    find_project,
    is_reserved_name,
    name_problem,
    path_in_linked_project,
    read_regular_file,
    require_in_project,
    resolve_in_project,
    suggest_name,
)
from forecast.files.yaml import MappingNode, ScalarNode
from forecast.plan.checks import CHECKS
from forecast.plan.checks.context import CheckContext
from forecast.plan.checks.correlations import IMPOSSIBLE_CODE, CorrelationRepair, repair_correlations
from forecast.plan.document import DocumentEntry, PlanDocument, index_plan
from forecast.plan.loading.layers import Layer, PlanLoader, plan_day
from forecast.plan.loading.overlays import MergedTree, merge_layers
from forecast.plan.loading.overrides import OVERRIDE_FILE, build_override_layer
from forecast.plan.loading.references import resolve_references
from forecast.plan.loading.removed import RemovedName, remove_constant_names, remove_deleted_names
from forecast.plan.loading.validation import (
    drop_consequent_problems,
    unknown_key_problems,
    validate_pruned,
    validation_problems,
)
from forecast.plan.quantity_types import ParseContext
from forecast.plan.record import FrozenDict, is_valid_name
from forecast.plan.scenario import Scenario
from forecast.plan.standing_cases import STANDING_CASES
from forecast.plan.tree import format_node

__all__ = ["LoadedPlan", "read", "read_document", "read_plan", "read_text"]

MAX_PLAN_PROBLEMS = 100
"""Problems that are printed; more help nobody."""
MAX_CASES = 40
"""Cases of one plan."""
MAX_CASE_NODES = 15_000
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
    """Read a plan from a text.

    Parameters
    ----------
    text : str
        The YAML.
    folder : str or Path, optional
        The folder that its parents and data files are looked for from.
    name : str, optional
        File name for its locations.
    set : mapping of str to object, optional
        Values by dotted name that replace those of the text, as `--set` does.

    Returns
    -------
    Scenario
        The plan, complete and checked.

    Raises
    ------
    InputError
        The plan is wrong: every problem at once.
    """
    return read_plan(Path(folder) / name, text=text, overrides=set).scenario


@dataclass(frozen=True)
class LoadedPlan:
    """A scenario, and how it came about."""

    scenario: Scenario
    document: PlanDocument
    """The plan as written: each key with its location, and the values that it replaced."""
    removed: tuple[RemovedName, ...] = ()
    """Correlations that went with a deleted or a settled number."""
    repairs: tuple[CorrelationRepair, ...] = ()
    """Correlations that were moved; with `repair` alone."""
    plan_files: tuple[str, ...] = ()
    """The file of the plan and those of its parents, as shown in problems, sorted."""
    column_files: tuple[str, ...] = ()
    """Data files from which the plan draws a column, as shown in problems, sorted."""


def read_plan(
    path: Path, text: str | None = None, overrides: Mapping[str, object] | None = None, *, repair: bool = False
) -> LoadedPlan:
    """Read a plan, and keep how it came about.

    Parameters
    ----------
    path : Path
        The plan file, or where `text` is taken to stand.
    text : str, optional
        The YAML; read from `path` when it is left out.
    overrides : mapping of str to object, optional
        Values by dotted name that replace those of the file, as `--set` does.
    repair : bool, optional
        Whether correlations that are not possible together are moved to the nearest that are.

    Returns
    -------
    LoadedPlan
        The scenario, its document, and the correlations that changed.

    Raises
    ------
    InputError
        The plan is wrong: every problem at once, each with its location.
    """
    path = path_in_linked_project(path)
    loader = PlanLoader(find_project(path.parent))
    if problem := name_problem(path, loader.project):
        raise InputError([problem])
    if text is None:
        location = Location(display_path(path))
        read_regular_file(path, location, "", max_bytes=None)  # a file that is none is named before where it lies
        require_in_project(path, loader.project, location)
        layer = loader.read_layer(path, location)
    else:
        layer = loader.parse_layer(text, path)
    if overrides:
        layer, override_problems = build_override_layer(overrides, layer)
        loader.problems += override_problems
    merged = merge_layers(layer)
    document = index_plan(merged.tree, merged.deleted, merged.replaced)
    folders = {each.file: each.folder for each in (*layer.ancestors, layer)}
    builder = _ScenarioBuilder(loader.project, folders, display_path(path), repair)
    scenario = builder.build(merged, document)
    problems = drop_consequent_problems(loader.problems + merged.problems + builder.problems)
    problems += _file_name_problems(path)
    problems = [_explain_missing_name(problem, layer) for problem in problems]
    if problems or scenario is None:
        raise InputError(sorted(set(problems))[:MAX_PLAN_PROBLEMS])
    plan_files = {each.file for each in (*layer.ancestors, layer)} - {OVERRIDE_FILE}
    return LoadedPlan(
        _made_on(scenario, plan_day(layer)),
        document,
        tuple(builder.removed),
        tuple(builder.repairs),
        tuple(sorted(plan_files)),
        tuple(sorted(map(display_path, builder.column_files))),
    )


def _made_on(scenario: Scenario, day: date | None) -> Scenario:
    """The plan and its cases, made on a day."""
    cases = {name: case.with_plan_day(day) for name, case in scenario.cases.items()}
    return scenario.model_copy(update={"cases": FrozenDict(cases)}).with_plan_day(day)


def read_document(path: Path) -> PlanDocument:
    """Read what a plan and its parents write, without checking that it is a plan.

    Parameters
    ----------
    path : Path
        The plan file.

    Returns
    -------
    PlanDocument
        The merged tree, each key with its location.

    Raises
    ------
    InputError
        A file cannot be read, or is no YAML of the language.
    """
    path = path_in_linked_project(path)
    loader = PlanLoader(find_project(path.parent))
    layer = loader.read_layer(path, Location(display_path(path)))
    if loader.problems:
        raise InputError(loader.problems)
    merged = merge_layers(layer)
    return index_plan(merged.tree, merged.deleted, merged.replaced)


def _file_name_problems(path: Path) -> list[Problem]:
    """The problem of a file whose name no folder may have on Windows: it names that of the reports, which travel."""
    if not is_reserved_name(path.stem):
        return []
    location = Location(display_path(path))
    return [Problem.of(location, "", "reserved_name", name=path.stem, instead=suggest_name(path.stem))]


@dataclass
class _ScenarioBuilder:
    """Makes scenarios of documents, and gathers their problems."""

    project: Path
    folders: Mapping[str, Path]
    file: str
    repair: bool = False
    problems: list[Problem] = field(default_factory=list)
    removed: list[RemovedName] = field(default_factory=list)
    repairs: list[CorrelationRepair] = field(default_factory=list)
    column_files: set[Path] = field(default_factory=set)

    def build(self, merged: MergedTree, document: PlanDocument) -> Scenario | None:
        """The scenario of a document, with its cases as scenarios."""
        scenario = self.build_scenario(document)
        overlays = merged.tree.get("cases")
        if overlays is None:
            return scenario
        location = merged.tree.key_locations["cases"]
        if not isinstance(overlays, MappingNode):
            self.problems.append(Problem.of(location, "cases", "map_expected", text=format_node(overlays)[:60]))
        elif _has_too_many_cases(document):
            self.problems.append(Problem.of(location, "cases", "too_many_cases", limit=MAX_CASES))
        else:
            cases = {name: self.build_case(merged, document, overlays, name) for name in overlays}
            readable = {name: case for name, case in cases.items() if case is not None}
            scenario = scenario and scenario.model_copy(update={"cases": FrozenDict(readable)})
        return scenario

    def build_case(
        self, merged: MergedTree, document: PlanDocument, overlays: MappingNode, name: str
    ) -> Scenario | None:
        """The plan with one case laid over it; its problems stand under its own name."""
        overlay, location = overlays[name], overlays.key_locations[name]
        if name in STANDING_CASES:
            self.problems.append(Problem.of(location, f"cases.{name}", "case_is_standing", name=name))
            return None
        if not isinstance(overlay, MappingNode) or not is_valid_name(name):
            code = "not_a_name" if isinstance(overlay, MappingNode) else "map_expected"
            params = {"name": name[:60], "text": format_node(overlay)[:60]}
            self.problems.append(Problem.of(location, f"cases.{name}", code, **params))
            return None
        base = Layer("", self.project, _without_cases(merged.tree), is_merged=True)
        if revived := _deleted_key_problems(overlay, base.tree, merged.deleted, f"cases.{name}"):
            self.problems += revived
            return None
        case = merge_layers(Layer(location.file, self.project, overlay, (base,)))
        case.problems += [
            Problem.of(overlay.key_locations[key], key, "not_in_a_case")
            for key in ("cases", "extends")
            if key in overlay
        ]
        builder = _ScenarioBuilder(self.project, self.folders, self.file, self.repair, column_files=self.column_files)
        scenario = builder.build_scenario(index_plan(case.tree, {**merged.deleted, **case.deleted}, case.replaced))
        self.add_case_problems(case.problems + builder.problems, name, document.cases[name].values(), location)
        return scenario

    def add_case_problems(
        self, problems: Iterable[Problem], name: str, entries: Iterable[DocumentEntry], location: Location
    ) -> None:
        """Add the problems of a case that the plan does not have too; at the case's key where they lie outside it."""
        known = {(problem.location, problem.code, problem.params) for problem in self.problems}
        inside = {each for entry in entries for each in entry.locations}
        for problem in problems:
            if (problem.location, problem.code, problem.params) not in known:
                place = problem.location if problem.location in inside else location
                path = f"cases.{name}.{problem.path}".rstrip(".")
                self.problems.append(Problem(place, path, problem.code, problem.params))

    def build_scenario(self, document: PlanDocument) -> Scenario | None:
        """The scenario of a document without its cases."""
        references, reference_problems = resolve_references(document)
        self.problems += unknown_key_problems(document) + reference_problems
        self.removed += remove_deleted_names(document)
        self.resolve_data_paths(document)
        currency = document.node("currency")
        context = ParseContext(
            currency if isinstance(currency, ScalarNode) else "VND",
            column_reader(self.folders, self.project, self.column_files.add),
            references,
        )
        result = self.validate(document.tree, context)
        if result is None:
            return None
        scenario, unread = result
        scenario, settled = remove_constant_names(scenario, document)
        self.removed += settled
        scenario = self.check(CheckContext(scenario, document, unread))
        return scenario.model_copy(update={"file": self.file, "cases": FrozenDict()}).with_locations(
            _later_key_locations(document)
        )

    def validate(self, tree: MappingNode, context: ParseContext) -> tuple[Scenario, frozenset[str]] | None:
        """The scenario of a tree, and the names of its parts that cannot be read; None when too much is wrong."""
        try:
            return Scenario.model_validate(tree, context=context), frozenset()
        except ValidationError as error:
            problems = validation_problems(error, tree)
            self.problems += [problem for problem, _ in problems]
            return validate_pruned(tree, [steps for _, steps in problems], context)

    def check(self, context: CheckContext) -> Scenario:
        """The scenario, its correlations moved where that is asked for and needed; keeps what the checks find."""
        problems = [problem for check in CHECKS for problem in islice(check(context), MAX_PLAN_PROBLEMS)]
        scenario = context.scenario
        if self.repair and any(problem.code == IMPOSSIBLE_CODE for problem in problems):
            problems = [problem for problem in problems if problem.code != IMPOSSIBLE_CODE]
            scenario, repairs = repair_correlations(scenario)
            self.repairs += repairs
        self.problems += problems
        return scenario

    def resolve_data_paths(self, document: PlanDocument) -> None:
        """Make the files that the plan names ones that open from the working directory."""
        years = ((f"stated.{year}", "periods") for year in document.mapping("stated") or ())
        for table, key in (("history", "file"), ("places", "file"), ("places", "ledger"), *years):
            record, name = document.mapping(table), document.node(f"{table}.{key}")
            if record is not None and isinstance(name, ScalarNode):
                try:
                    path = resolve_in_project(
                        name, self.folders[name.location.file], self.project, name.location, name.path
                    )
                    read_regular_file(path, name.location, name.path, max_bytes=None)
                    record[key] = ScalarNode(display_path(path), name.location, name.path)
                except InputError as error:
                    self.problems += error.problems


def _later_key_locations(document: PlanDocument) -> dict[str, Location]:
    """Locations of the keys that are checked against the history or another plan later, by dotted name."""
    names = [
        "currency",
        "horizon.from",
        "history.ordinary",
        "targets",
        "baseline",
        *(f"baseline.{key}" for key in document.mapping("baseline") or ()),
    ]
    for service in document.mapping("services") or ():
        path = f"services.{service}"
        baseline = document.mapping(f"{path}.baseline") or ()
        names += [path, f"{path}.growth", *(f"{path}.baseline.{key}" for key in baseline)]
    return {name: document.location_of(name) for name in names if document.node(name) is not None}


def _explain_missing_name(problem: Problem, layer: Layer) -> Problem:
    """A name that is missing because it is not taken from two parents says so."""
    while len(layer.parents) == 1:
        layer = layer.parents[0]
    missing = problem.path == "name" and problem.code == "missing" and layer.parents
    return replace(problem, code="name_of_two_parents") if missing else problem


def _has_too_many_cases(document: PlanDocument) -> bool:
    """True when the cases would take longer than a person waits."""
    count = len(document.cases)
    return count > MAX_CASES or (count > 1 and document.node_count * count > MAX_CASE_NODES)


def _deleted_key_problems(
    overlay: MappingNode, base: MappingNode, deleted: Mapping[str, Location], path: str
) -> list[Problem]:
    """A problem for each table or entry that a plan deletes and a case sets something of, or deletes again."""
    problems = []
    for name, location in sorted(deleted.items()):
        table, _, entry = name.partition(".")
        in_case, in_plan = (overlay, base) if not entry else (overlay.get(table), base.get(table))
        key = entry or table
        if "." in entry or not isinstance(in_case, MappingNode) or key not in in_case:
            continue
        is_absent = not isinstance(in_plan, MappingNode) or in_plan.get(key) is None
        if is_absent and (entry or in_case[key] is None):
            code = "case_idle" if in_case[key] is None else "case_revives"
            params = {"name": name, "deleted": location, "case": path}
            problems.append(Problem.of(in_case.key_locations[key], f"{path}.{name}", code, **params))
    return problems


def _without_cases(tree: MappingNode) -> MappingNode:
    """The tree that cases are laid over; all below its keys is shared."""
    base = MappingNode(tree.location)
    base.key_locations.update(tree.key_locations)
    base.update((key, node) for key, node in tree.items() if key != "cases")
    return base
