"""What pydantic says is wrong with a tree, said in the planner's words at the planner's place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from forecast.errors import Complaint, Where, nearest
from forecast.files.yaml import Map, Sequence, Text
from forecast.plan.keys import ROOT, Slot
from forecast.plan.quantity_types import Reading
from forecast.plan.scenario import Scenario
from forecast.plan.tree import copy_of, shown_of

KEY_OF_CODE = {"grade_needs_source": "grade", "unknown_grade": "grade", "not_known": "known"}
"""The key inside an assumption at which a complaint is made."""

IDLE = "nothing_to_delete"


def unknown_keys(node: object, slot: Slot = ROOT) -> list[Complaint]:
    """Complain of keys that the language does not have, and take them out of the tree."""
    if isinstance(node, Sequence):
        return [one for item in node for one in unknown_keys(item, Slot())]
    if not isinstance(node, Map) or (slot.number is not None and slot.is_whole(node)):
        return []
    found = []
    keys = slot.keys(node)
    for key in list(node):
        if keys is not None and key not in keys:
            found.append(_unknown(node, key, keys))
            del node[key]
        else:
            found += unknown_keys(node[key], slot.under(key))
    return found


def _unknown(node: Map, key: str, keys: tuple[str, ...]) -> Complaint:
    free = [one for one in keys if one not in node]
    near = nearest(key, free, 0.5) or nearest(key, keys)
    code = "unknown_key" if near else "unknown_key_here"
    at = f"{node.at}.{key}" if node.at else key
    return Complaint.of(node.keys_where[key], at, code, instead=near, keys=", ".join(keys))


def of_validation(wrong: ValidationError, tree: Map) -> list[tuple[Complaint, tuple[str, ...]]]:
    """Each error as a complaint, with the steps to its node in the tree."""
    found = []
    for error in wrong.errors(include_url=False, include_input=False):
        node, steps, rest = _walk(tree, error["loc"])
        parent, _, _ = _walk(tree, steps[:-1])
        complaint = _complaint(error, node, rest, parent)
        if complaint.code != "same_as_is_wrong":
            found.append((complaint, steps))
    return found


def said_once(complaints: list[Complaint]) -> list[Complaint]:
    """Without what follows from another complaint.

    A missing key that an unknown key beside it was meant to be, an idle null of which more is said, and whatever
    stands below a clash of parents.
    """
    meant = {
        f"{one.at.rpartition('.')[0]}.{dict(one.facts)['instead']}".lstrip(".")
        for one in complaints
        if one.code == "unknown_key"
    }
    told = {one.at for one in complaints if not one.code.startswith(IDLE)}
    clashes = tuple(f"{one.at}." for one in complaints if one.code == "parents_clash")
    return [
        one
        for one in complaints
        if not (one.code == "missing" and one.at in meant)
        and not (one.code.startswith(IDLE) and one.at in told)
        and not one.at.startswith(clashes)
    ]


def _walk(tree: Map, loc: tuple[int | str, ...]) -> tuple[Any, tuple[str, ...], str]:
    """The node that an error is about, the steps to it, and a last key that is not in the tree."""
    node: Any = tree
    steps: list[str] = []
    rest = ""
    for step in loc:
        child = None
        if isinstance(node, Map):
            child = node.get(str(step))
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node):
            child = node[step]
        if child is None:
            rest = str(step)  # a tag of a union, a key that is missing, an empty entry
        else:
            node, rest = child, ""
            steps.append(str(step))
    return node, tuple(steps), rest


def _complaint(error: Any, node: Any, rest: str, parent: Any) -> Complaint:
    code, facts = error["type"], {key: str(value) for key, value in (error.get("ctx") or {}).items()}
    where, at = _place(node), node.at
    if rest == "[key]":
        where = parent.keys_where.get(at.rpartition(".")[2], where)
    if (said := _of_shape(code, facts, node, rest)) is not None:
        return said
    if isinstance(node, Map) and KEY_OF_CODE.get(code) in node:
        where = _place(node[KEY_OF_CODE[code]])
    elif isinstance(node, Map) and facts.get("key") in node.keys_where:
        where = node.keys_where[facts["key"]]
    elif isinstance(node, Map) and isinstance(node.get("value"), Text | Map | Sequence) and rest != "[key]":
        where = _place(node["value"])
    return Complaint.of(where, at, code, **facts)


def _of_shape(code: str, facts: dict[str, str], node: Any, rest: str) -> Complaint | None:
    """What pydantic itself says: a key is missing, a list stands where a map belongs."""
    where, at = _place(node), node.at
    match code:
        case "missing":
            return Complaint.of(where, f"{at}.{rest}" if at else rest, "missing")
        case "union_tag_not_found":
            return Complaint.of(where, f"{at}.kind" if at else "kind", "missing")
        case "union_tag_invalid":
            return _one_of(node["kind"].where, f"{at}.kind", str(node["kind"]), facts["expected_tags"])
        case "literal_error":
            return _one_of(where, at, str(node), facts["expected"])
        case "model_type" | "model_attributes_type" | "dict_type":
            return Complaint.of(where, at, "map_expected", text=shown_of(node)[:60])
        case "tuple_type" | "list_type":
            return Complaint.of(where, at, "list_expected", text=shown_of(node)[:60])
        case "string_type":
            return Complaint.of(where, at, "text_expected")
    return None


def _place(node: Any) -> Where:
    assert isinstance(node, Map | Sequence | Text)
    return node.where


def _one_of(where: Where, at: str, text: str, expected: str) -> Complaint:
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    near = nearest(text, words, 0.5)
    return Complaint.of(
        where,
        at,
        "one_of_near" if near else "one_of",
        text=text,
        words=", ".join(words),
        instead=near,
    )


ROUNDS = 4
TABLES = ("shocks", "initiatives", "targets", "costs", "correlations", "decisions", "stated")
"""Tables whose entries are left out as a whole."""
STUBS = {"name": "?", "horizon": {"from": "2021-01", "months": "12"}}
"""What stands for a required part that cannot be read."""


def pruned(tree: Map, wrong: Iterable[tuple[str, ...]], context: Reading) -> tuple[Scenario, frozenset[str]] | None:
    """The scenario of a tree without its wrong parts, and their names; None when too much is wrong."""
    rest = copy_of(tree, "")
    assert isinstance(rest, Map)
    unread: set[str] = set()
    steps = list(wrong)
    for _ in range(ROUNDS):
        for one in steps:
            unread.add(_cut(rest, one))
        for key, stub in STUBS.items():
            if key not in rest:
                rest[key] = _stub(stub, key)
                unread.add(key)
        try:
            return Scenario.model_validate(rest, context=context), frozenset(unread)
        except ValidationError as again:
            steps = [found for _, found in of_validation(again, rest)]
    return None


def _cut(tree: Map, steps: tuple[str, ...]) -> str:
    """Take out the part that holds an error; its dotted name."""
    if not steps:
        return ""
    depth = 1
    if steps[0] in TABLES and len(steps) > 1:
        depth = 2
    elif steps[0] in ("services", "history") and len(steps) > 2:
        depth = 3
    node: object = tree
    for step in steps[: depth - 1]:
        node = node.get(step) if isinstance(node, Map) else None
    if isinstance(node, Map):
        node.pop(steps[depth - 1], None)
    return ".".join(steps[:depth])


def _stub(content: object, at: str) -> object:
    where = Where("")
    if not isinstance(content, dict):
        return Text(str(content), where, at)
    node = Map(where, at)
    node.keys_where.update(dict.fromkeys(content, where))
    node.update({key: _stub(value, f"{at}.{key}") for key, value in content.items()})
    return node
