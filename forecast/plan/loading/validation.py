"""Errors of pydantic as problems in the planner's words, at the location in the planner's file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from forecast.errors import Location, Problem, closest_match
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.plan.document import PlanDocument
from forecast.plan.quantity_types import ParseContext
from forecast.plan.scenario import Scenario
from forecast.plan.tree import format_node, join_key_path

KEY_BY_CODE = {"grade_needs_source": "grade", "unknown_grade": "grade", "not_known": "known"}
"""The key inside an assumption at which a problem is reported."""

UNKNOWN_KEY_CODES = ("unknown_key", "unknown_key_here")
EMPTY_CODES = ("label_empty", "too_short")
"""Problems of a map that holds nothing."""
NOTHING_TO_DELETE = "nothing_to_delete"

RENAMED_KEYS = {
    "depth": "loss_share",
    "wander": "level_noise",
    "above": "understated_by",
    "want": "required_chance",
    "readings": "cases",
}
"""Keys of an earlier form of the language: an unknown key is answered with the name that replaced it."""


def unknown_key_problems(document: PlanDocument) -> list[Problem]:
    """A problem for each key that the language does not have."""
    return [_unknown_key_problem(*unknown) for unknown in document.unknown_keys]


def _unknown_key_problem(parent: MappingNode, key: str, allowed: tuple[str, ...]) -> Problem:
    renamed = RENAMED_KEYS.get(key, "")
    unset = [name for name in allowed if name not in parent]
    suggestion = renamed if renamed in allowed else closest_match(key, unset, 0.5) or closest_match(key, allowed)
    code = "unknown_key" if suggestion else "unknown_key_here"
    path = join_key_path(parent.path, key)
    return Problem.of(parent.key_locations[key], path, code, instead=suggestion, keys=", ".join(allowed))


def validation_problems(error: ValidationError, tree: MappingNode) -> list[tuple[Problem, tuple[str, ...]]]:
    """Each error of pydantic as a problem, with the steps to its node in the tree."""
    problems = []
    for details in error.errors(include_url=False, include_input=False):
        node, steps, missing_step = _find_node(tree, details["loc"])
        parent, _, _ = _find_node(tree, steps[:-1])
        problem = _problem_from_error(details, node, missing_step, parent)
        if problem.code != "same_as_is_wrong":
            problems.append((problem, steps))
    return problems


def drop_consequent_problems(problems: list[Problem]) -> list[Problem]:
    """The problems without those that follow from another.

    A missing key that an unknown key beside it was meant to be, a map that is empty without its unknown keys, units of
    a currency that is none, a `same_as` beside a value, a null without effect of which more is said, and whatever
    stands below a clash of parents.
    """
    intended = {
        f"{problem.path.rpartition('.')[0]}.{dict(problem.params)['instead']}".lstrip(".")
        for problem in problems
        if problem.code == "unknown_key"
    }
    unknown = Counter(_parent_of(problem) for problem in problems if problem.code in UNKNOWN_KEY_CODES)
    missing = Counter(_parent_of(problem) for problem in problems if problem.code == "missing")
    explained = {path for path, count in unknown.items() if path and count >= missing[path]}
    doubled = {problem.path for problem in problems if problem.code == "value_or_same_as"}
    has_currency = all(problem.code != "not_a_currency" for problem in problems)
    reported = {problem.path for problem in problems if not problem.code.startswith(NOTHING_TO_DELETE)}
    clashes = tuple(f"{problem.path}." for problem in problems if problem.code == "parents_clash")
    return [
        problem
        for problem in problems
        if not (problem.code == "missing" and (problem.path in intended or _parent_of(problem) in explained))
        and not (problem.code in EMPTY_CODES and problem.path in unknown)
        and not (problem.code.startswith("unknown_unit") and not has_currency)
        and not (problem.code.startswith("same_as_") and problem.path in doubled)
        and not (problem.code.startswith(NOTHING_TO_DELETE) and problem.path in reported)
        and not problem.path.startswith(clashes)
    ]


def _parent_of(problem: Problem) -> str:
    """Dotted name of what the key of a problem stands in."""
    return problem.path.rpartition(".")[0]


def _find_node(tree: MappingNode, loc: tuple[int | str, ...]) -> tuple[Any, tuple[str, ...], str]:
    """The node that an error is about, the steps to it, and a last key that is not in the tree."""
    node: Any = tree
    steps: list[str] = []
    missing_step = ""
    for step in loc:
        child = None
        if isinstance(node, MappingNode):
            child = node.get(str(step))
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node):
            child = node[step]
        if child is None:
            missing_step = str(step)  # a tag of a union, a key that is missing, an empty entry
        else:
            node, missing_step = child, ""
            steps.append(str(step))
    return node, tuple(steps), missing_step


def _problem_from_error(details: Any, node: Any, missing_step: str, parent: Any) -> Problem:
    code, params = details["type"], {key: str(value) for key, value in (details.get("ctx") or {}).items()}
    location, path = _node_location(node), node.path
    if missing_step == "[key]":
        location = parent.key_locations.get(path.rpartition(".")[2], location)
    if details["msg"]:  # our own errors have none
        return _shape_problem(code, params, node, missing_step)
    if isinstance(node, MappingNode) and KEY_BY_CODE.get(code) in node:
        location = _node_location(node[KEY_BY_CODE[code]])
    elif isinstance(node, MappingNode) and params.get("key") in node.key_locations:
        location = node.key_locations[params["key"]]
    elif (
        isinstance(node, MappingNode)
        and isinstance(node.get("value"), ScalarNode | MappingNode | SequenceNode)
        and missing_step != "[key]"
    ):
        location = _node_location(node["value"])
    return Problem.of(location, path, code, **params)


def _shape_problem(code: str, params: dict[str, str], node: Any, missing_step: str) -> Problem:
    """Problem of an error that is pydantic's own: a missing key, a list in place of a map."""
    location, path = _node_location(node), node.path
    match code:
        case "missing":
            return Problem.of(location, f"{path}.{missing_step}" if path else missing_step, "missing")
        case "union_tag_not_found":
            return Problem.of(location, f"{path}.kind" if path else "kind", "missing")
        case "union_tag_invalid":
            kind = node["kind"]
            return _choice_problem(kind.location, f"{path}.kind", format_node(kind)[:60], params["expected_tags"])
        case "literal_error":
            return _choice_problem(location, path, format_node(node)[:60], params["expected"])
        case "model_type" | "model_attributes_type" | "dict_type":
            return Problem.of(location, path, "map_expected", text=format_node(node)[:60])
        case "tuple_type" | "list_type":
            return Problem.of(location, path, "list_expected", text=format_node(node)[:60])
        case "string_type":
            return Problem.of(location, path, "text_expected")
        case "too_short":
            return Problem.of(location, path, "too_short")
    return Problem.of(location, path, "not_as_expected", text=format_node(node)[:60])


def _node_location(node: Any) -> Location:
    assert isinstance(node, MappingNode | SequenceNode | ScalarNode)
    return node.location


def _choice_problem(location: Location, path: str, text: str, expected: str) -> Problem:
    choices = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    suggestion = closest_match(text, choices, 0.5)
    return Problem.of(
        location,
        path,
        "one_of_near" if suggestion else "one_of",
        text=text,
        words=", ".join(choices),
        instead=suggestion,
    )


MAX_PRUNING_ROUNDS = 4
PRUNED_TABLES = ("shocks", "initiatives", "targets", "costs", "correlations", "decisions", "stated")
"""Tables whose entries are left out as a whole."""
PLACEHOLDERS = {"name": "?", "horizon": {"from": "2021-01", "months": "12"}}
"""Stand-ins for required parts that cannot be read."""


def validate_pruned(
    tree: MappingNode, invalid: Iterable[tuple[str, ...]], context: ParseContext
) -> tuple[Scenario, frozenset[str]] | None:
    """The scenario of a tree without its wrong parts, and their names; None when too much is wrong.

    `invalid` holds the steps to each part; the tree stays as it is.
    """
    unread: set[str] = set()
    pruned, steps = _copy_mapping(tree), list(invalid)
    for _ in range(MAX_PRUNING_ROUNDS):
        for part in map(_part_of, steps):
            unread.add(".".join(part))
            pruned = _without_part(pruned, part)
        placeholders = {key: stub for key, stub in PLACEHOLDERS.items() if key not in pruned}
        pruned.update({key: _placeholder_node(stub, key) for key, stub in placeholders.items()})
        unread |= placeholders.keys()
        try:
            return Scenario.model_validate(pruned, context=context), frozenset(unread)
        except ValidationError as error:
            steps = [path for _, path in validation_problems(error, pruned)]
    return None


def _part_of(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Steps to the part that is left out for an error at `steps`: an entry of a table, or a key of the plan."""
    if steps and steps[0] in PRUNED_TABLES:
        return steps[:2]
    if steps and steps[0] in ("services", "history") and len(steps) > 2:
        return steps[:3]
    return steps[:1]


def _without_part(tree: MappingNode, part: tuple[str, ...]) -> MappingNode:
    """A copy of a tree without one part; what does not lead to the part is shared."""
    copied = _copy_mapping(tree)
    if len(part) == 1:
        copied.pop(part[0], None)
    elif part and isinstance(child := copied.get(part[0]), MappingNode):
        copied[part[0]] = _without_part(child, part[1:])
    return copied


def _copy_mapping(node: MappingNode) -> MappingNode:
    copied = MappingNode(node.location, node.path)
    copied.key_locations.update(node.key_locations)
    copied.update(node)
    return copied


def _placeholder_node(content: object, path: str) -> object:
    location = Location("")
    if not isinstance(content, dict):
        return ScalarNode(str(content), location, path)
    node = MappingNode(location, path)
    node.key_locations.update(dict.fromkeys(content, location))
    node.update({key: _placeholder_node(value, f"{path}.{key}") for key, value in content.items()})
    return node
