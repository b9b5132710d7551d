"""Texts that a plan does not give: labels of what reports name, and the second language of a text."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import Location
from forecast.files.yaml import MappingNode
from forecast.i18n import LANGUAGES, Translator
from forecast.plan.document import Node
from forecast.plan.loading.loader import LoadedPlan
from forecast.plan.tree import is_label

__all__ = ["missing_text_warnings"]

LABELLED_TABLES = ("services", "costs", "shocks", "initiatives", "history.shocks")
"""Tables whose entries reports name; a target without a label is named by its measure, period and goal."""


def missing_text_warnings(plan: LoadedPlan, t: Translator) -> tuple[str, ...]:
    """Ask for the labels and the languages that a plan lacks.

    Parameters
    ----------
    plan : LoadedPlan
        A plan that was read.
    t : Translator
        Language of the sentences.

    Returns
    -------
    tuple of str
        One sentence a text, with its file and line; a plain text counts for both languages.
    """
    unlabelled = ((name, location, t("label_missing")) for name, location in _unlabelled_entries(plan))
    return tuple(
        t("value_warning", name=name, where=f"{location.file}:{location.line}", warning=warning)
        for name, location, warning in (*unlabelled, *_one_language_texts(plan, t))
    )


def _unlabelled_entries(plan: LoadedPlan) -> Iterator[tuple[str, Location]]:
    """Name and location of each entry that reports name and that has no label."""
    entries = plan.document.entries
    for name, entry in entries.items():
        table, _, key = name.rpartition(".")
        owner, _, last = table.rpartition(".")
        is_class = last == "classes" and owner.startswith("shocks.") and owner.count(".") == 1
        is_named = bool(key) and (table in LABELLED_TABLES or is_class) and isinstance(entry.node, MappingNode)
        if is_named and f"{name}.label" not in entries:
            yield name, entry.key_location


def _one_language_texts(plan: LoadedPlan, t: Translator) -> Iterator[tuple[str, Location, str]]:
    """Name, location and sentence of each map that has a text in one language alone."""
    for name, node in plan.document.values():
        for path, text in _bilingual_maps(name, node):
            lacking = [language for language in LANGUAGES if not text.get(language)]
            if len(lacking) == 1:
                (present,) = (str(text[language]) for language in LANGUAGES if language not in lacking)
                yield path, text.location, t("language_missing", language=lacking[0], text=present)


def _bilingual_maps(name: str, node: Node) -> Iterator[tuple[str, MappingNode]]:
    """The maps of texts by language under a value: itself, or its source and note."""
    if not isinstance(node, MappingNode):
        return
    if is_label(node):
        yield name, node
    for key in ("source", "note"):
        text = node.get(key)
        if isinstance(text, MappingNode):
            yield f"{name}.{key}", text
