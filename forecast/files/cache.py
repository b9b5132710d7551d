"""Cache of results in files named by what they are made of, and the folder where it lies."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.errors import OutputError
from forecast.files.atomic import write_file
from forecast.files.paths import read_regular_bytes
from forecast.files.stored_json import parse_json
from forecast.files.temporaries import remove_stale_temporaries

__all__ = ["Cache", "CacheEntry", "cache_folder"]

_METADATA_NAME = "facts.json"
_KEY_LENGTH = 40
"""Hexadecimal digits of a key that name its file."""
_ENTRY_NAME = rf"[0-9a-f]{{{_KEY_LENGTH}}}\.entry"
"""Files that are ours, in a folder that may be the user's: FORECAST_CACHE."""
MAX_ENTRY_BYTES = 2 * 2**30
"""Size of an entry; that of a run of 200 figures with every value kept has 0.2 GiB."""
_UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    EOFError,
    SyntaxError,
    TypeError,
    OverflowError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)
"""Errors of the libraries that read an archive of arrays which is none."""


def cache_folder() -> Path:
    """Return the folder where fits and finished chunks are kept between runs.

    Returns
    -------
    Path
        FORECAST_CACHE; else the user's cache folder; else, for a user without a home, the temporary one.
    """
    if chosen := os.environ.get("FORECAST_CACHE"):
        return Path(chosen)
    from platformdirs import user_cache_path  # 13 ms to import, and not needed where the folder is chosen

    try:
        return user_cache_path("forecast", appauthor=False)
    except RuntimeError:  # a user without a home
        return Path(tempfile.gettempdir()) / "forecast"


class CacheEntry(NamedTuple):
    """Content of a cache under one key."""

    metadata: dict[str, Any]
    """JSON content."""
    arrays: dict[str, NDArray[Any]]


class Cache:
    """Folder of entries named by what they are made of; a damaged entry is a miss, and is written again.

    Parameters
    ----------
    folder : Path
        It is made when the first entry is put.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        remove_stale_temporaries(folder, _ENTRY_NAME)

    @staticmethod
    def key(*parts: object) -> str:
        """Key of a result that is made of `parts`: texts, numbers, bytes, and JSON of them."""
        digest = hashlib.sha256()
        for part in parts:
            content = part if isinstance(part, bytes) else json.dumps(part, sort_keys=True, ensure_ascii=False).encode()
            digest.update(len(content).to_bytes(8, "little") + content)
        return digest.hexdigest()

    def get(self, key: str) -> CacheEntry | None:
        """Return the entry; None when there is none that can be read whole."""
        try:
            content = read_regular_bytes(self._file(key), MAX_ENTRY_BYTES)
            digest, _, body = content.partition(b"\n")
            if hashlib.sha256(body).hexdigest().encode() != digest:
                return None
            arrays = _read_arrays(body)
            metadata = parse_json(arrays.pop(_METADATA_NAME).tobytes())
        except _UNREADABLE:
            return None
        return CacheEntry(metadata, arrays) if isinstance(metadata, dict) else None

    def put(self, key: str, metadata: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bool:
        """Write an entry; False when it is too large or the disk refuses: the result is then computed again."""
        body = io.BytesIO()
        content: dict[str, Any] = dict(arrays)
        content[_METADATA_NAME] = np.frombuffer(json.dumps(metadata, sort_keys=True).encode(), dtype=np.uint8)
        np.savez(body, **content)
        if body.tell() > MAX_ENTRY_BYTES:  # it would not be read again
            return False
        digest = hashlib.sha256(body.getbuffer()).hexdigest().encode()
        entry = b"\n".join((digest, body.getbuffer()))
        del body  # as large as the entry
        try:
            write_file(self._file(key), entry)
        except OutputError:
            return False
        return True

    def has(self, key: str) -> bool:
        """Return whether there is an entry, even one that cannot be read."""
        try:
            return self._file(key).is_file()
        except OSError:  # a name that is too long for the disk
            return False

    def remove(self, key: str) -> None:
        """Remove an entry, if it is there."""
        with suppress(OSError):
            self._file(key).unlink(missing_ok=True)

    def remove_older_than(self, days: float) -> None:
        """Remove the entries that are older than so many days."""
        with suppress(OSError):
            for file in self.folder.glob("*.entry"):
                if re.fullmatch(_ENTRY_NAME, file.name) and time.time() - file.lstat().st_mtime > days * 86_400:
                    file.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.folder / f"{key[:_KEY_LENGTH]}.entry"


def _read_arrays(body: bytes) -> dict[str, NDArray[Any]]:
    """Arrays of an archive by name; ValueError where one is packed, or named twice."""
    with zipfile.ZipFile(io.BytesIO(body)) as members:
        infos = members.infolist()
    if any(info.compress_type != zipfile.ZIP_STORED or info.file_size > len(body) for info in infos):
        raise ValueError("an array that we do not write")
    if len({info.filename for info in infos}) != len(infos):
        raise ValueError("two arrays of one name")
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        return {name: np.asarray(archive[name]) for name in archive.files}
