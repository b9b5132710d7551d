"""What pydantic says is wrong with a tree, said in the planner's words at the planner's place."""

from __future__ import annotations

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
"""The key inside an assumption at which a complaint is made."""

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
    near = renamed if renamed in allowed else closest_match(key, unset, 0.5) or closest_match(key, allowed)
    code = "unknown_key" if near else "unknown_key_here"
    path = join_key_path(parent.path, key)
    return Problem.of(parent.key_locations[key], path, code, instead=near, keys=", ".join(allowed))


def validation_problems(wrong: ValidationError, tree: MappingNode) -> list[tuple[Problem, tuple[str, ...]]]:
    """Each error as a complaint, with the steps to its node in the tree."""
    found = []
    for error in wrong.errors(include_url=False, include_input=False):
        node, steps, rest = _find_node(tree, error["loc"])
        parent, _, _ = _find_node(tree, steps[:-1])
        complaint = _problem_from_error(error, node, rest, parent)
        if complaint.code != "same_as_is_wrong":
            found.append((complaint, steps))
    return found


def drop_consequent_problems(complaints: list[Problem]) -> list[Problem]:
    """Without what follows from another complaint.

    A missing key that an unknown key beside it was meant to be, an idle null of which more is said, and whatever
    stands below a clash of parents.
    """
    meant = {
        f"{one.path.rpartition('.')[0]}.{dict(one.params)['instead']}".lstrip(".")
        for one in complaints
        if one.code == "unknown_key"
    }
    told = {one.path for one in complaints if not one.code.startswith(NOTHING_TO_DELETE)}
    clashes = tuple(f"{one.path}." for one in complaints if one.code == "parents_clash")
    return [
        one
        for one in complaints
        if not (one.code == "missing" and one.path in meant)
        and not (one.code.startswith(NOTHING_TO_DELETE) and one.path in told)
        and not one.path.startswith(clashes)
    ]


def _find_node(tree: MappingNode, loc: tuple[int | str, ...]) -> tuple[Any, tuple[str, ...], str]:
    """The node that an error is about, the steps to it, and a last key that is not in the tree."""
    node: Any = tree
    steps: list[str] = []
    rest = ""
    for step in loc:
        child = None
        if isinstance(node, MappingNode):
            child = node.get(str(step))
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node):
            child = node[step]
        if child is None:
            rest = str(step)  # a tag of a union, a key that is missing, an empty entry
        else:
            node, rest = child, ""
            steps.append(str(step))
    return node, tuple(steps), rest


def _problem_from_error(error: Any, node: Any, rest: str, parent: Any) -> Problem:
    code, facts = error["type"], {key: str(value) for key, value in (error.get("ctx") or {}).items()}
    where, at = _node_location(node), node.path
    if rest == "[key]":
        where = parent.key_locations.get(at.rpartition(".")[2], where)
    if (said := _shape_problem(code, facts, node, rest)) is not None:
        return said
    if isinstance(node, MappingNode) and KEY_BY_CODE.get(code) in node:
        where = _node_location(node[KEY_BY_CODE[code]])
    elif isinstance(node, MappingNode) and facts.get("key") in node.key_locations:
        where = node.key_locations[facts["key"]]
    elif (
        isinstance(node, MappingNode)
        and isinstance(node.get("value"), ScalarNode | MappingNode | SequenceNode)
        and rest != "[key]"
    ):
        where = _node_location(node["value"])
    return Problem.of(where, at, code, **facts)


def _shape_problem(code: str, facts: dict[str, str], node: Any, rest: str) -> Problem | None:
    """What pydantic itself says: a key is missing, a list stands where a map belongs."""
    where, at = _node_location(node), node.path
    match code:
        case "missing":
            return Problem.of(where, f"{at}.{rest}" if at else rest, "missing")
        case "union_tag_not_found":
            return Problem.of(where, f"{at}.kind" if at else "kind", "missing")
        case "union_tag_invalid":
            return _choice_problem(node["kind"].location, f"{at}.kind", str(node["kind"]), facts["expected_tags"])
        case "literal_error":
            return _choice_problem(where, at, str(node), facts["expected"])
        case "model_type" | "model_attributes_type" | "dict_type":
            return Problem.of(where, at, "map_expected", text=format_node(node)[:60])
        case "tuple_type" | "list_type":
            return Problem.of(where, at, "list_expected", text=format_node(node)[:60])
        case "string_type":
            return Problem.of(where, at, "text_expected")
    return None


def _node_location(node: Any) -> Location:
    assert isinstance(node, MappingNode | SequenceNode | ScalarNode)
    return node.location


def _choice_problem(where: Location, at: str, text: str, expected: str) -> Problem:
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    near = closest_match(text, words, 0.5)
    return Problem.of(
        where,
        at,
        "one_of_near" if near else "one_of",
        text=text,
        words=", ".join(words),
        instead=near,
    )


MAX_PRUNING_ROUNDS = 4
PRUNED_TABLES = ("shocks", "initiatives", "targets", "costs", "correlations", "decisions", "stated")
"""Tables whose entries are left out as a whole."""
PLACEHOLDERS = {"name": "?", "horizon": {"from": "2021-01", "months": "12"}}
"""What stands for a required part that cannot be read."""


def validate_pruned(
    tree: MappingNode, wrong: Iterable[tuple[str, ...]], context: ParseContext
) -> tuple[Scenario, frozenset[str]] | None:
    """The scenario of a tree without its wrong parts, and their names; None when too much is wrong.

    `wrong` holds the steps to each part; the tree stays as it is.
    """
    unread: set[str] = set()
    pruned, steps = _copy_mapping(tree), list(wrong)
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


def _placeholder_node(content: object, at: str) -> object:
    where = Location("")
    if not isinstance(content, dict):
        return ScalarNode(str(content), where, at)
    node = MappingNode(where, at)
    node.key_locations.update(dict.fromkeys(content, where))
    node.update({key: _placeholder_node(value, f"{at}.{key}") for key, value in content.items()})
    return node
