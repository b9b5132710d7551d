"""Names for people: `services.postal.growth` is "Post and delivery: growth"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forecast.i18n import LANGUAGES, Translator
from forecast.plan.bilingual import Label
from forecast.plan.scenario import Scenario

__all__ = ["display_label", "display_name"]

_UNLABELLED_KEYS = (
    "effect",
    "classes",
    "baseline",
    "productivity",
    "shocks",
    "initiatives",
    "services",
    "costs",
    "stated",
    "history",
)


def display_label(scenario: Scenario, name: str) -> Label:
    """Name what a dotted name stands for: a service, shock, initiative, cost, target, or an assumption inside one.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    name : str
        A dotted name such as `services.postal.growth`.

    Returns
    -------
    Label
        The text in both languages.
    """
    parts = name.split(".")
    owner, steps = _find_owner(scenario, parts)
    labels = {language: _label_text(scenario, owner, steps, Translator(language)) for language in LANGUAGES}
    return Label(vi=labels["vi"], en=labels["en"])


def display_name(name: str, label: Label | None, t: Translator) -> str:
    """Name an entry of a plan or a step of a bridge in one language.

    Parameters
    ----------
    name : str
        Its key, such as `postal`.
    label : Label, optional
        Its label in the plan.
    t : Translator
        The language.

    Returns
    -------
    str
        The label, or the term for that key, or the key without its underscores.
    """
    if label is not None and label.in_language(t.language):
        return label.in_language(t.language)
    key = f"key.{name}"
    return t(key) if t.has(key) else name.rpartition(".")[2].replace("_", " ")


def _find_owner(scenario: Scenario, parts: list[str]) -> tuple[tuple[Any, str] | None, list[str]]:
    """The named thing that a name begins with, and what is left of the name."""
    if parts[:2] == ["history", "shocks"] and scenario.history and len(parts) > 2:
        return (scenario.history.shocks.get(parts[2]), parts[2]), parts[3:]
    table = getattr(scenario, parts[0], None) if len(parts) > 1 else None
    if isinstance(table, dict):
        return (table.get(parts[1]), parts[1]), parts[2:]
    return None, parts


def _label_text(scenario: Scenario, owner: tuple[Any, str] | None, steps: list[str], t: Translator) -> str:
    head = _owner_name(owner[0], owner[1], t) if owner else ""
    tail = ", ".join(filter(None, _step_labels(scenario, owner[0] if owner else scenario, steps, t)))
    if not head:
        return tail[:1].upper() + tail[1:]
    return f"{head}: {tail}" if tail else head


def _step_labels(scenario: Scenario, inside: Any, steps: list[str], t: Translator) -> Iterator[str]:
    """The steps of a name below `inside`, each by its own label where it has one."""
    for step in steps:
        inside = inside.get(step) if isinstance(inside, Mapping) else getattr(inside, step, None)
        yield (
            inside.label.in_language(t.language) if getattr(inside, "label", None) else _step_label(scenario, step, t)
        )


def _owner_name(thing: Any, name: str, t: Translator) -> str:
    label = getattr(thing, "label", None) or getattr(thing, "action", None)
    return label.in_language(t.language) if label is not None else _humanize(name)


def _humanize(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _step_label(scenario: Scenario, step: str, t: Translator) -> str:
    if step in scenario.services:
        return _owner_name(scenario.services[step], step, t)
    if t.has(f"key.{step}"):
        return t(f"key.{step}")
    return "" if step in _UNLABELLED_KEYS else step.replace("_", " ")
