"""What a dotted name is called by people: `services.postal.growth` is "Post and delivery: growth"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forecast.i18n import LANGUAGES, Words
from forecast.plan.record import Label
from forecast.plan.scenario import Scenario

_SILENT = (
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


def label_of(scenario: Scenario, name: str) -> Label:
    """The label of a service, shock, initiative, cost or target, or of an assumption inside one, in both languages."""
    parts = name.split(".")
    owner, rest = _owner(scenario, parts)
    said = {language: _sentence(scenario, owner, rest, Words(language)) for language in LANGUAGES}
    return Label(vi=said["vi"], en=said["en"])


def _owner(scenario: Scenario, parts: list[str]) -> tuple[tuple[Any, str] | None, list[str]]:
    """The named thing that a name begins with, and what is left of the name."""
    if parts[:2] == ["history", "shocks"] and scenario.history and len(parts) > 2:
        return (scenario.history.shocks.get(parts[2]), parts[2]), parts[3:]
    table = getattr(scenario, parts[0], None) if len(parts) > 1 else None
    if isinstance(table, dict):
        return (table.get(parts[1]), parts[1]), parts[2:]
    return None, parts


def _sentence(scenario: Scenario, owner: tuple[Any, str] | None, rest: list[str], words: Words) -> str:
    head = _called(owner[0], owner[1], words) if owner else ""
    tail = ", ".join(filter(None, _parts(scenario, owner[0] if owner else scenario, rest, words)))
    if not head:
        return tail[:1].upper() + tail[1:]
    return f"{head}: {tail}" if tail else head


def _parts(scenario: Scenario, inside: Any, rest: list[str], words: Words) -> Iterator[str]:
    """The steps of a name below `inside`, each by its own label where it has one."""
    for part in rest:
        inside = inside.get(part) if isinstance(inside, Mapping) else getattr(inside, part, None)
        yield inside.label.of(words.language) if getattr(inside, "label", None) else _part(scenario, part, words)


def _called(thing: Any, name: str, words: Words) -> str:
    label = getattr(thing, "label", None) or getattr(thing, "action", None)
    return label.of(words.language) if label is not None else _spelled(name)


def _spelled(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _part(scenario: Scenario, part: str, words: Words) -> str:
    if part in scenario.services:
        return _called(scenario.services[part], part, words)
    if words.has(f"key.{part}"):
        return words(f"key.{part}")
    return "" if part in _SILENT else part.replace("_", " ")
