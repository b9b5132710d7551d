"""Overlays: what the files of a plan set, merged key by key.

Maps merge; scalars, lists and assumptions are replaced as a whole; `null` deletes. Each ancestor counts once, and
parents clash only by what they set themselves and no common child sets anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from forecast.errors import Complaint, Where, nearest
from forecast.files.yaml import Map
from forecast.plan.keys import ROOT, Slot
from forecast.plan.loading.layers import Layer, in_order
from forecast.plan.tree import copy_of, dotted, shown_of

ENOUGH = 100
"""Complaints after which no nearest name is looked for."""


@dataclass(frozen=True)
class Part:
    """What one layer says at one name."""

    layer: Layer
    node: object
    where: Where
    """Of its key."""


@dataclass
class Merged:
    """The effective tree, and what was lost on the way."""

    tree: Map
    complaints: list[Complaint] = field(default_factory=list)
    replaced: dict[str, list[Part]] = field(default_factory=dict)
    """What a value of this name stands in place of, nearest last."""
    deleted: dict[str, Where] = field(default_factory=dict)
    """Names that a `null` took away, and where it stands."""


def merge(layer: Layer) -> Merged:
    """Everything that a layer and its ancestors say."""
    merged = Merged(Map())
    parts = [Part(one, one.tree, one.tree.where) for one in in_order(layer)]
    merged.tree = _Merging(merged, layer).maps(parts, ROOT, "")
    return merged


@dataclass
class _Merging:
    merged: Merged
    root: Layer

    def maps(self, parts: list[Part], slot: Slot, at: str) -> Map:
        """The maps of several layers as one, keys in the order in which they first come."""
        last = parts[-1].node
        assert isinstance(last, Map)
        tree = Map(last.where, at)
        by_key: dict[str, list[Part]] = {}
        for part in parts:
            assert isinstance(part.node, Map)
            for key, node in part.node.items():
                by_key.setdefault(key, []).append(Part(part.layer, node, part.node.keys_where[key]))
        if not at and "name" in by_key:
            by_key["name"] = self.only_from_single_parents(by_key["name"])
        for key, said in by_key.items():
            self.entry(tree, key, said, slot.under(key))
        return tree

    def entry(self, tree: Map, key: str, said: list[Part], slot: Slot) -> None:
        """Settle one key."""
        at = dotted(tree.at, key)
        alive = self.after_replacing(said, slot, at)
        if not alive:
            return
        tree.keys_where[key] = alive[-1].where
        maps = [part for part in alive if not self.whole(part, slot)]
        if maps:
            tree[key] = self.maps(maps, slot, at)
        elif alive[-1].node is not None or self.in_reading(at):
            tree[key] = copy_of(alive[-1].node, at)
        else:
            del tree.keys_where[key]

    def after_replacing(self, said: list[Part], slot: Slot, at: str) -> list[Part]:
        """The parts that no descendant replaces; complains of clashes and of idle deletions."""
        alive: list[Part] = []
        for part in said:
            before = [one for one in alive if one.layer in part.layer.ancestors]
            if part.node is None and not self.in_reading(at):
                self.deletion(part, before, at)
            if self.whole(part, slot):
                alive = [one for one in alive if one not in before]
                self.merged.replaced.setdefault(at, []).extend(one for one in before if one.node is not None)
            elif any(self.whole(one, slot) for one in before):
                alive = [one for one in alive if one not in before or not self.whole(one, slot)]
            alive.append(part)
        return self.without_clash(alive, slot, at)

    def deletion(self, part: Part, before: list[Part], at: str) -> None:
        if any(one.node is not None for one in before):
            self.merged.deleted[at] = part.where
            return
        key = at.rpartition(".")[2]
        if key[:1].isdigit():
            self.merged.complaints.append(Complaint.of(part.where, at, "comma_in_braces", text=key))
            return
        siblings = self.names_beside(part, at)
        near = nearest(key, siblings) if len(self.merged.complaints) < ENOUGH else ""
        code = "nothing_to_delete_near" if near else "nothing_to_delete"
        self.merged.complaints.append(Complaint.of(part.where, at, code, instead=near))

    def names_beside(self, part: Part, at: str) -> list[str]:
        """Keys that the ancestors of a part have beside it."""
        found: dict[str, None] = {}
        for ancestor in part.layer.ancestors:
            node: object = ancestor.tree
            for step in at.split(".")[:-1]:
                node = node.get(step) if isinstance(node, Map) else None
            if isinstance(node, Map):
                found.update(dict.fromkeys(key for key, value in node.items() if value is not None))
        return sorted(found)

    def without_clash(self, alive: list[Part], slot: Slot, at: str) -> list[Part]:
        for one in alive:
            for other in alive:
                if other.layer is one.layer or not self.whole(one, slot):
                    continue
                related = one.layer in other.layer.ancestors or other.layer in one.layer.ancestors
                if not related and not _alike(one.node, other.node):
                    first, second = sorted((one, other), key=lambda part: in_order(self.root).index(part.layer))
                    self.clash(first, second, at)
                    return [other for other in alive if not self.whole(other, slot)] or [one]
        return alive

    def clash(self, one: Part, other: Part, at: str) -> None:
        child = next(
            layer for layer in in_order(self.root) if {one.layer, other.layer} <= layer.ancestors
        )  # the first that inherits both
        self.merged.complaints.append(
            Complaint.of(
                child.extends,
                at,
                "parents_clash",
                one=one.where,
                text=shown_of(one.node),
                other=other.where,
                other_text=shown_of(other.node),
            )
        )

    def only_from_single_parents(self, said: list[Part]) -> list[Part]:
        """A name is taken from a parent, but never from one of two."""
        line = [self.root]
        while len(line[-1].parents) == 1:
            line.append(line[-1].parents[0])
        return [part for part in said if part.layer in line]

    @staticmethod
    def whole(part: Part, slot: Slot) -> bool:
        return slot.is_whole(part.node)

    @staticmethod
    def in_reading(at: str) -> bool:
        """Whether a null here belongs to a reading, which deletes only when it is read."""
        return at.startswith("readings.") and at.count(".") > 1


def _alike(one: object, other: object) -> bool:
    if isinstance(one, Map) and isinstance(other, Map):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other
