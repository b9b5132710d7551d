"""The effective plan, value by value: its text, its meaning, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from forecast.errors import Location
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.i18n import Translator
from forecast.periods import first_day
from forecast.plan.assumption import Assumption, read_provenance
from forecast.plan.bilingual import NO_TEXT, Label
from forecast.plan.describe import describe_assumption, describe_skewness, describe_weights
from forecast.plan.document import Node
from forecast.plan.loading.loader import LoadedPlan, read_plan
from forecast.plan.loading.missing_texts import missing_text_warnings
from forecast.plan.scenario import Scenario, assumptions_known_after
from forecast.plan.tree import format_node, is_label

__all__ = ["EffectivePlan", "EffectiveValue", "effective_values", "read_effective_plan"]


@dataclass(frozen=True)
class EffectiveValue:
    """One value of the effective plan."""

    name: str
    text: str
    """As written."""
    location: Location
    assumption: Assumption | None = None
    is_weights: bool = False
    """True for a season, a shape or the weights of places."""
    replaced: tuple[tuple[str, Location], ...] = ()
    """Values that it replaces, the farthest ancestor first."""
    source: Label = NO_TEXT
    grade: str = ""
    known_since: str = ""
    is_known_later: bool = False
    """True when its source came out after the day of the plan."""
    currency: str = "VND"
    label: Label | None = None
    """The text in both languages, of a label."""
    is_default: bool = False
    """True when the plan does not write it."""

    def shown_text(self, t: Translator) -> str:
        """As written; a label in the reader's language."""
        return self.text if self.label is None else self.label.in_language(t.language)

    def describe(self, t: Translator) -> str:
        """Its meaning in words; empty for a text or a list."""
        if self.is_weights:
            return describe_weights(self.text, t)
        if self.assumption is None:
            return ""
        meaning = describe_assumption(self.assumption, self.currency, t)
        same = self.assumption.same_as
        return t("means_same", name=same, meaning=meaning) if same else meaning

    def warning(self, t: Translator) -> str:
        """Warning that its text may not be what was meant; empty for none."""
        if self.assumption is None or self.assumption.same_as:
            return ""
        return describe_skewness(self.assumption, self.currency, t)

    def to_dict(self) -> dict[str, object]:
        """The value for machines: every part of it, its meaning in English, P10, P50 and P90 in base units."""
        number: dict[str, object] = {}
        if self.assumption is not None:
            p10, p50, p90 = (float(value) for value in self.assumption.distribution.ppf(np.array([0.1, 0.5, 0.9])))
            number = {"same_as": self.assumption.same_as, "p10": p10, "p50": p50, "p90": p90}
        return {
            "name": self.name,
            "text": self.text,
            "meaning": self.describe(Translator("en")),
            "warning": self.warning(Translator("en")),
            "where": "" if self.is_default else str(self.location),
            **number,
            "replaced": [{"text": text, "where": str(location)} for text, location in self.replaced],
            "source": self.source.plain,
            "grade": self.grade,
            "known": self.known_since,
            "known_later": self.is_known_later,
        }

    def format_line(self, t: Translator) -> str:
        """The value in one line, for people."""
        remarks = [self.describe(t)]
        if self.is_default:
            remarks.append(t("value_not_written"))
        if self.grade:
            remarks.append(t("value_grade", grade=self.grade))
        if self.source:
            remarks.append(t("value_source", source=self.source.in_language(t.language)))
        if self.is_known_later:
            remarks.append(t("value_known_later", known=self.known_since))
        if self.replaced:
            text, location = self.replaced[-1]
            remarks.append(t("value_replaces", text=text, where=f"{location.file}:{location.line}"))
        remark = "; ".join(part for part in remarks if part)
        place = "" if self.is_default else f"  [{self.location.file}:{self.location.line}]"
        return f"{self.name}: {self.shown_text(t)}{place}" + (f"  {remark}" if remark else "")


@dataclass(frozen=True)
class EffectivePlan:
    """Every value of a plan, and the names that left its correlations."""

    plan: LoadedPlan
    values: tuple[EffectiveValue, ...]

    def notes(self, t: Translator) -> tuple[str, ...]:
        """One sentence for each name that left a correlation because it is deleted or constant."""
        return tuple(
            t(removed.message_key, correlation=removed.correlation, name=removed.name, where=removed.location)
            for removed in self.plan.removed
        )

    def warnings(self, t: Translator) -> tuple[str, ...]:
        """One sentence for each value that may not be what was meant, and for each text that is missing."""
        of_values = (
            t("value_warning", name=value.name, where=f"{value.location.file}:{value.location.line}", warning=warning)
            for value in self.values
            if (warning := value.warning(t))
        )
        return (*of_values, *missing_text_warnings(self.plan, t))

    def format_text(self, t: Translator) -> str:
        """The plan in plain text, one value a line, notes and warnings last."""
        return "\n".join([*(value.format_line(t) for value in self.values), *self.notes(t), *self.warnings(t)])


def read_effective_plan(path: str | Path, set: Mapping[str, object] | None = None) -> EffectivePlan:  # noqa: A002
    """Read a plan and list its values.

    Parameters
    ----------
    path : str or Path
        A plan file.
    set : mapping of str to object, optional
        Values by dotted name that replace those of the file, as `--set` does.

    Returns
    -------
    EffectivePlan
        Every value with its meaning and location.

    Raises
    ------
    InputError
        The plan is wrong: every problem at once.
    """
    plan = read_plan(Path(path), overrides=set)
    return EffectivePlan(plan, effective_values(plan))


def effective_values(plan: LoadedPlan) -> tuple[EffectiveValue, ...]:
    """List every value of a plan.

    Parameters
    ----------
    plan : LoadedPlan
        A plan that was read.

    Returns
    -------
    tuple of EffectiveValue
        Sorted by name; those of cases last.
    """
    scenario = plan.scenario
    assumptions = {a.name: a for a in scenario.assumptions()}
    for name, case in scenario.cases.items():
        assumptions |= {f"cases.{name}.{a.name}": a for a in case.assumptions()}
    as_of = scenario.as_of or date.fromordinal(first_day(scenario.horizon.from_))
    known_later = {a.name for a in assumptions_known_after(scenario, as_of)}
    values = (
        _effective_value(name, node, plan, assumptions.get(name), name in known_later)
        for name, node in plan.document.values()
    )
    in_order = sorted((*values, *_default_values(scenario)), key=lambda v: (v.name.startswith("cases."), v.name))
    return tuple(in_order)


def _default_values(scenario: Scenario) -> Iterator[EffectiveValue]:
    """Assumptions that hold although the plan does not write them."""
    correlation = scenario.correlation_of_years
    if scenario.growth_correlation is None and scenario.has_correlated_years:
        name, text, location = correlation.name, correlation.text, correlation.location
        yield EffectiveValue(name, text, location, correlation, grade=correlation.grade, is_default=True)


def _effective_value(
    name: str, node: Node, plan: LoadedPlan, assumption: Assumption | None, is_known_later: bool
) -> EffectiveValue:
    content = node.get("value") if isinstance(node, MappingNode) else node
    replaced = plan.document.replaced.get(name, ())
    is_number = isinstance(node, MappingNode) and any(key in node for key in ("value", "same_as"))
    provenance = read_provenance(node) if isinstance(node, MappingNode) and is_number else {}
    value_node = content if isinstance(content, ScalarNode | MappingNode | SequenceNode) else node
    return EffectiveValue(
        name=name,
        text=assumption.text if assumption else _value_text(node, content, plan),
        location=assumption.location if assumption else value_node.location,
        assumption=assumption,
        is_weights=assumption is None and isinstance(node, MappingNode) and "value" in node,
        replaced=tuple((format_node(value), location) for value, location in replaced),
        source=assumption.source if assumption else provenance.get("source", NO_TEXT),
        grade=assumption.shown_grade if assumption else provenance.get("grade", ""),
        known_since=assumption.known_since if assumption else provenance.get("known_since", ""),
        is_known_later=is_known_later,
        currency=plan.scenario.currency,
        label=Label.model_validate(dict(node)) if isinstance(node, MappingNode) and is_label(node) else None,
    )


def _value_text(node: Node, content: object, plan: LoadedPlan) -> str:
    if isinstance(node, MappingNode) and is_label(node):
        return str(node.get(plan.scenario.language, next(iter(node.values()))))
    if isinstance(content, MappingNode):
        return ", ".join(f"{key}: {format_node(value)}" for key, value in content.items())
    return format_node(content if content is not None else node)
