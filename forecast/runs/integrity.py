"""Integrity of a manifest: the digest of each of its entries, and the run id as the hash of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forecast.files.stored_json import changed_entries
from forecast.runs.manifest import is_id_of_inputs
from forecast.runs.ownership import RUNS_FOLDER

__all__ = ["describe_entries", "edited_entries"]

MAX_NAMED_ENTRIES = 12
"""Entries of a manifest that a message names."""
MAX_ENTRY_CHARACTERS = 80
"""Characters of each."""


def edited_entries(manifest: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """Name the entries of a manifest that are not as they were written.

    Parameters
    ----------
    manifest : mapping
        Content of manifest.json.
    folder : Path
        Folder of the run.

    Returns
    -------
    tuple of str
        Dotted names: `seed`, `parameters.postal`; `run_id` where it is not the hash of the inputs, or not its folder's.
    """
    if names := changed_entries(manifest):
        return names
    is_elsewhere = folder.parent.name == RUNS_FOLDER and folder.name != manifest["run_id"]  # a copy may have any name
    return () if is_id_of_inputs(manifest) and not is_elsewhere else ("run_id",)


def describe_entries(file: str, names: tuple[str, ...]) -> str:
    """Write a file with the names of some of its entries, for a message.

    Parameters
    ----------
    file : str
        Name of the file.
    names : tuple of str
        Names of the entries.

    Returns
    -------
    str
        `manifest.json (seed, parameters.postal)`; of many names the first ones and the number of the others.
    """
    listed = ", ".join(name[:MAX_ENTRY_CHARACTERS] for name in names[:MAX_NAMED_ENTRIES])
    more = len(names) - MAX_NAMED_ENTRIES
    return f"{file} ({listed}" + (f", … +{more})" if more > 0 else ")")
