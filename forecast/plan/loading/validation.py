"""What pydantic says is wrong with a tree, said in the planner's words at the planner's place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from forecast.errors import Location, Problem, closest_match
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.plan.keys import ROOT_SCHEMA, KeySchema
from forecast.plan.quantity_types import ParseContext
from forecast.plan.scenario import Scenario
from forecast.plan.tree import copy_node, format_node

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


def remove_unknown_keys(node: object, slot: KeySchema = ROOT_SCHEMA) -> list[Problem]:
    """Complain of keys that the language does not have, and take them out of the tree."""
    if isinstance(node, SequenceNode):
        return [one for item in node for one in remove_unknown_keys(item, KeySchema())]
    if not isinstance(node, MappingNode) or (slot.value_type is not None and slot.is_atomic(node)):
        return []
    found = []
    keys = slot.keys(node)
    for key in list(node):
        if keys is not None and key not in keys:
            found.append(_unknown_key_problem(node, key, keys))
            del node[key]
        else:
            found += remove_unknown_keys(node[key], slot.child(key))
    return found


def _unknown_key_problem(node: MappingNode, key: str, keys: tuple[str, ...]) -> Problem:
    renamed = RENAMED_KEYS.get(key, "")
    unset = [name for name in keys if name not in node]
    near = renamed if renamed in keys else closest_match(key, unset, 0.5) or closest_match(key, keys)
    code = "unknown_key" if near else "unknown_key_here"
    at = f"{node.path}.{key}" if node.path else key
    return Problem.of(node.key_locations[key], at, code, instead=near, keys=", ".join(keys))


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
    """The scenario of a tree without its wrong parts, and their names; None when too much is wrong."""
    rest = copy_node(tree, "")
    assert isinstance(rest, MappingNode)
    unread: set[str] = set()
    steps = list(wrong)
    for _ in range(MAX_PRUNING_ROUNDS):
        for one in steps:
            unread.add(_remove_part(rest, one))
        for key, stub in PLACEHOLDERS.items():
            if key not in rest:
                rest[key] = _placeholder_node(stub, key)
                unread.add(key)
        try:
            return Scenario.model_validate(rest, context=context), frozenset(unread)
        except ValidationError as again:
            steps = [found for _, found in validation_problems(again, rest)]
    return None


def _remove_part(tree: MappingNode, steps: tuple[str, ...]) -> str:
    """Take out the part that holds an error; its dotted name."""
    if not steps:
        return ""
    depth = 1
    if steps[0] in PRUNED_TABLES and len(steps) > 1:
        depth = 2
    elif steps[0] in ("services", "history") and len(steps) > 2:
        depth = 3
    node: object = tree
    for step in steps[: depth - 1]:
        node = node.get(step) if isinstance(node, MappingNode) else None
    if isinstance(node, MappingNode):
        node.pop(steps[depth - 1], None)
    return ".".join(steps[:depth])


def _placeholder_node(content: object, at: str) -> object:
    where = Location("")
    if not isinstance(content, dict):
        return ScalarNode(str(content), where, at)
    node = MappingNode(where, at)
    node.key_locations.update(dict.fromkeys(content, where))
    node.update({key: _placeholder_node(value, f"{at}.{key}") for key, value in content.items()})
    return node
