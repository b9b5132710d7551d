"""Differences between two states of a plan, key by key: what is written, and where it stands now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from forecast.errors import Location
from forecast.files.yaml import MappingNode, ScalarNode, SequenceNode
from forecast.plan.document import DocumentEntry, PlanDocument

__all__ = ["KeyDifference", "document_differences", "naming_key", "written_texts"]

VALUE_ENDING = ".value"
"""`growth: 5%` and `growth: {value: 5%}` say the same."""


@dataclass(frozen=True)
class KeyDifference:
    """A key whose text is another one, or that is new or gone."""

    name: str
    """Dotted; of a table that is new or gone as a whole, the name of the table."""
    old: str | None
    """None where it is new."""
    new: str | None
    """None where it is gone."""
    location: Location
    """Where it stands now; of what is gone, the nearest table that it stood in."""


@dataclass(frozen=True)
class _WrittenText:
    text: str
    location: Location


def document_differences(old: PlanDocument, new: PlanDocument) -> tuple[KeyDifference, ...]:
    """List the keys in which two documents differ: values, sources, notes and labels, not their order or comments.

    Parameters
    ----------
    old, new : PlanDocument
        The plan then and now.

    Returns
    -------
    tuple of KeyDifference
        By file and line.
    """
    before, after = _texts(old), _texts(new)
    differences = [
        KeyDifference(name, before[name].text, after[name].text, after[name].location)
        for name in before.keys() & after.keys()
        if before[name].text != after[name].text
    ]
    for name, gone in _as_tables(before.keys() - after.keys(), after).items():
        differences.append(KeyDifference(name, _join(before, gone), None, _nearest_location(new, name)))
    for name, added in _as_tables(after.keys() - before.keys(), before).items():
        differences.append(KeyDifference(name, None, _join(after, added), min(after[key].location for key in added)))
    return tuple(sorted(differences, key=lambda each: (each.location, each.name)))


def written_texts(document: PlanDocument) -> dict[str, str]:
    """List the texts of a document.

    Parameters
    ----------
    document : PlanDocument
        A plan.

    Returns
    -------
    dict of str to str
        Dotted name -> what is written, sorted; an item of a list has its number, an empty table is `{}`, a list `[]`.
    """
    return {name: written.text for name, written in sorted(_texts(document).items())}


def naming_key(document: PlanDocument, file: str) -> str:
    """Find the key by which a plan names a data file.

    Parameters
    ----------
    document : PlanDocument
        A plan.
    file : str
        Path of the file, of which the last name counts.

    Returns
    -------
    str
        Dotted name of the first such key; empty where there is none.
    """
    ending = file.rpartition("/")[2]
    return next((name for name, written in sorted(_texts(document).items()) if ending in written.text), "")


def _texts(document: PlanDocument) -> dict[str, _WrittenText]:
    """Texts by the names below which nothing else stands."""
    entries = chain(document.entries.items(), *(case.items() for case in document.cases.values()))
    texts = {}
    for name, entry in entries:
        text = _leaf_text(entry)
        if text is not None:
            location = entry.key_location if entry.node is None else entry.node.location
            texts[name.removesuffix(VALUE_ENDING)] = _WrittenText(text, location)
    return texts


def _leaf_text(entry: DocumentEntry) -> str | None:
    """The text of an entry; None for a table or a list with entries of its own."""
    match entry.node:
        case None:
            return "null"
        case MappingNode():
            return None if entry.node else "{}"
        case SequenceNode():
            return None if entry.node else "[]"
        case ScalarNode():
            return str(entry.node)


def _as_tables(names: Iterable[str], others: Mapping[str, _WrittenText]) -> dict[str, list[str]]:
    """Names by the outermost table of which the other document has nothing."""
    known = {prefix for name in others for prefix in (*_prefixes(name), name)}
    tables: dict[str, list[str]] = {}
    for name in sorted(names):
        table = next(prefix for prefix in (*_prefixes(name), name) if prefix not in known or prefix == name)
        tables.setdefault(table, []).append(name)
    return tables


def _prefixes(name: str) -> list[str]:
    """Names of the tables that a name stands in, outermost first."""
    steps = name.split(".")
    return [".".join(steps[:count]) for count in range(1, len(steps))]


def _join(texts: Mapping[str, _WrittenText], names: list[str]) -> str:
    return ", ".join(texts[name].text for name in names)


def _nearest_location(document: PlanDocument, name: str) -> Location:
    """Where a `null` deletes a name, else the nearest table above it."""
    return document.deletion_of(name) or document.location_of(name)
