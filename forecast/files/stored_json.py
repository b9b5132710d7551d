"""JSON that is read back: strict, bounded, from regular files; and digests of its entries, by which edits are named."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forecast.files.fingerprint import json_digest
from forecast.files.paths import read_regular_bytes

__all__ = ["DIGESTS_KEY", "MAX_JSON_BYTES", "changed_entries", "parse_json", "read_json_object", "seal"]

MAX_JSON_BYTES = 64 * 2**20
"""Size of a file; the summary of 10,000 places has 6 MiB."""
MAX_JSON_DEPTH = 32
"""Levels of objects and lists; those of a run have 8."""
MAX_INTEGER = 2**63
"""Whole numbers are below it: seeds, sizes, numbers of paths."""
DIGESTS_KEY = "digests"
"""Key of the digests of all other entries."""


def parse_json(text: str | bytes) -> Any:
    """Parse JSON with finite numbers, unique keys and bounded depth.

    Parameters
    ----------
    text : str or bytes
        JSON; bytes are UTF-8.

    Returns
    -------
    object
        Of dict, list, str, float, int, bool and None.

    Raises
    ------
    ValueError
        It is no such JSON.
    """
    try:
        content = json.loads(
            text if isinstance(text, str) else text.decode("utf-8"),
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite_number,
            parse_int=_bounded_integer,
        )
        _check_depth(content, MAX_JSON_DEPTH)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    return content


def read_json_object(path: Path) -> dict[str, Any]:
    """Read a JSON object from a regular file that is no link.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    OSError
        There is no such file, it is not a regular one, it is too large, or it cannot be read.
    ValueError
        It is no JSON object, see `parse_json`.
    """
    content = parse_json(read_regular_bytes(path, MAX_JSON_BYTES))
    if not isinstance(content, dict):
        raise ValueError("the JSON is no object")
    return content


def seal(content: Mapping[str, Any]) -> dict[str, Any]:
    """Add the digest of each entry under `DIGESTS_KEY`.

    Parameters
    ----------
    content : mapping
        Plain JSON.

    Returns
    -------
    dict
        The content and its digests.
    """
    return {**content, DIGESTS_KEY: _entry_digests(content)}


def changed_entries(sealed: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the entries that are not as they were sealed.

    Parameters
    ----------
    sealed : mapping
        From `seal`, read back.

    Returns
    -------
    tuple of str
        Dotted names, sorted: `seed`, `parameters.postal`; `DIGESTS_KEY` where there are no digests.
    """
    digests = sealed.get(DIGESTS_KEY)
    if not isinstance(digests, Mapping):
        return (DIGESTS_KEY,)
    actual = _entry_digests({key: value for key, value in sealed.items() if key != DIGESTS_KEY})
    changed = {name for name in {*actual, *digests} if actual.get(name) != digests.get(name)}
    outer = {name.partition(".")[0] for name in changed if "." in name}  # an object that was empty, or is now
    return tuple(sorted(changed - outer))


def _entry_digests(content: Mapping[str, Any]) -> dict[str, str]:
    """Digest of each entry by its name; those of an object one by one, so that an edit is named closely."""
    digests: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            digests |= {f"{key}.{name}": json_digest(entry) for name, entry in value.items()}
        else:
            digests[key] = json_digest(value)
    return digests


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("the JSON has a key twice")
    return content


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number of the JSON is not finite")
    return number


def _bounded_integer(text: str) -> int:
    number = int(text) if len(text) <= len(str(MAX_INTEGER)) else MAX_INTEGER
    if abs(number) >= MAX_INTEGER:
        raise ValueError("a whole number of the JSON is too large")
    return number


def _check_depth(content: Any, levels: int) -> None:
    """ValueError where objects and lists are nested deeper than so many levels."""
    if isinstance(content, dict | list):
        if levels == 0:
            raise ValueError("the JSON is nested too deeply")
        for item in content.values() if isinstance(content, dict) else content:
            _check_depth(item, levels - 1)
