"""The effective plan, value by value: what it says, what that means, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from forecast.errors import Where
from forecast.files.yaml import Map, Sequence, Text
from forecast.i18n import Words
from forecast.periods import first_day
from forecast.plan.assumption import ABOUT, RESOLVED, Assumption
from forecast.plan.describe import meaning_of, weights_shown
from forecast.plan.loading.loader import Plan, read_plan
from forecast.plan.loading.references import resolve
from forecast.plan.scenario import known_after
from forecast.plan.tree import shown_of

SPOKEN = ("vi", "en")
"""Keys of a label; its two languages are one value."""


@dataclass(frozen=True)
class Value:
    """One value of the effective plan."""

    name: str
    text: str
    """As written."""
    where: Where
    assumption: Assumption | None = None
    weights: bool = False
    """Whether it is a season, a shape or the like."""
    replaced: tuple[tuple[str, Where], ...] = ()
    """What it stands in place of, the farthest ancestor first."""
    source: str = ""
    grade: str = ""
    known: str = ""
    later: bool = False
    """Whether its source came out after the day of the plan."""
    currency: str = "VND"

    def meaning(self, words: Words) -> str:
        """What it means, in words; empty for what is no number."""
        if self.weights:
            return weights_shown(self.text, words)
        if self.assumption is None:
            return ""
        said = meaning_of(self.assumption, self.currency, words)
        same = self.assumption.same_as
        return words("means_same", name=same, meaning=said) if same else said

    def facts(self) -> dict[str, object]:
        """The value for machines: every part of it, its meaning in English, P10, P50 and P90 in base units."""
        own, number = self.assumption, {}
        if own is not None:
            p10, p50, p90 = (float(value) for value in own.chance.quantile(np.array([0.1, 0.5, 0.9])))
            number = {"same_as": own.same_as, "p10": p10, "p50": p50, "p90": p90}
        return {
            "name": self.name,
            "text": self.text,
            "meaning": self.meaning(Words("en")),
            "where": str(self.where),
            **number,
            "replaced": [{"text": text, "where": str(where)} for text, where in self.replaced],
            "source": self.source,
            "grade": self.grade,
            "known": self.known,
            "known_later": self.later,
        }

    def line(self, words: Words) -> str:
        """The value in one line, for people."""
        told = [self.meaning(words)]
        if self.grade:
            told.append(words("value_grade", grade=self.grade))
        if self.source:
            told.append(words("value_source", source=self.source))
        if self.later:
            told.append(words("value_known_later", known=self.known))
        if self.replaced:
            text, where = self.replaced[-1]
            told.append(words("value_replaces", text=text, where=f"{where.file}:{where.line}"))
        rest = "; ".join(part for part in told if part)
        return f"{self.name}: {self.text}  [{self.where.file}:{self.where.line}]" + (f"  {rest}" if rest else "")


@dataclass(frozen=True)
class Effective:
    """Every value of a plan, and what was dropped on the way."""

    plan: Plan
    values: tuple[Value, ...]

    def notes(self, words: Words) -> tuple[str, ...]:
        """What went without being asked for: correlations of a name that was deleted or settled."""
        return tuple(
            words(one.why, correlation=one.correlation, name=one.name, where=one.where) for one in self.plan.dropped
        )

    def text(self, words: Words) -> str:
        """The plan in plain text, one value a line, notes last."""
        return "\n".join([*(value.line(words) for value in self.values), *self.notes(words)])


def effective(path: str | Path, set: Mapping[str, object] | None = None) -> Effective:  # noqa: A002
    """The effective plan of a file; InputError with every complaint."""
    plan = read_plan(Path(path), settings=set)
    return Effective(plan, values_of(plan))


def values_of(plan: Plan) -> tuple[Value, ...]:
    """Every value of a plan that was read, by name."""
    tree = plan.merged.tree
    resolve(tree)
    assumptions = {a.name: a for a in plan.scenario.assumptions()}
    for name, reading in plan.scenario.readings.items():
        assumptions |= {f"readings.{name}.{a.name}": a for a in reading.assumptions()}
    as_of = plan.scenario.as_of or date.fromordinal(first_day(plan.scenario.horizon.from_))
    later = {a.name for a in known_after(plan.scenario, as_of)}
    values = [_value(at, node, plan, assumptions.get(at), at in later) for at, node in _leaves(tree)]
    return tuple(sorted(values, key=lambda value: (value.name.startswith("readings."), value.name)))


def _leaves(node: object) -> Iterator[tuple[str, Map | Sequence | Text]]:
    """The values of a tree: texts, lists, labels, and numbers with their source."""
    match node:
        case Map() if node.keys() & {"value", "same_as"} or (node and set(node) <= set(SPOKEN)):
            yield node.at, node
        case Map():
            for child in node.values():
                yield from _leaves(child)
        case Sequence() | Text():
            yield node.at, node


def _value(at: str, node: Map | Sequence | Text, plan: Plan, assumption: Assumption | None, later: bool) -> Value:
    content = node.get("value") if isinstance(node, Map) else node
    replaced = plan.merged.replaced.get(at, [])
    about = {key: str(node[key]) for key in ABOUT if isinstance(node, Map) and key in node}
    own = content if isinstance(content, Text | Map | Sequence) else node
    return Value(
        name=at,
        text=assumption.text if assumption else _text(node, content, plan),
        where=assumption.where if assumption else own.where,
        assumption=assumption,
        weights=assumption is None and isinstance(node, Map) and "value" in node,
        replaced=tuple((shown_of(part.node), part.where) for part in replaced),
        source=assumption.source if assumption else about.get("source", ""),
        grade=assumption.grade if assumption else about.get("grade", ""),
        known=assumption.known if assumption else about.get("known", ""),
        later=later,
        currency=plan.scenario.currency,
    )


def _text(node: Map | Sequence | Text, content: object, plan: Plan) -> str:
    if isinstance(node, Map) and set(node) <= set(SPOKEN):
        return str(node.get(plan.scenario.language, next(iter(node.values()))))
    if isinstance(content, Map):
        return ", ".join(f"{key}: {shown_of(value)}" for key, value in content.items() if key != RESOLVED)
    return shown_of(content if content is not None else node)
