"""The cache: damaged entries are misses, and nothing in it is executed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from forecast.files.cache import Cache


def test_a_cache_returns_what_was_stored(tmp_path: Path) -> None:
    cache, key = Cache(tmp_path), Cache.key("fit", {"a": 1}, b"data")
    assert cache.get(key) is None
    cache.put(key, {"mase": 0.5, "name": "bưu chính"}, {"mean": np.arange(3.0)})
    entry = cache.get(key)
    assert entry is not None
    assert entry.metadata == {"mase": 0.5, "name": "bưu chính"}
    assert entry.arrays["mean"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_damaged_entry_is_a_miss_and_can_be_replaced(tmp_path: Path, keep: int) -> None:
    cache, key = Cache(tmp_path), Cache.key("fit")
    cache.put(key, {"a": 1}, {"mean": np.ones(2)})
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:keep])
    assert cache.get(key) is None
    cache.put(key, {"a": 1}, {"mean": np.ones(2)})
    assert cache.get(key) is not None


def test_a_pickle_in_a_cache_is_never_loaded(tmp_path: Path) -> None:
    import hashlib
    import io

    body = io.BytesIO()
    np.savez(body, mean=np.array([print], dtype=object))
    cache, key = Cache(tmp_path), Cache.key("fit")
    cache.put(key, {}, {})
    (file,) = tmp_path.iterdir()
    file.write_bytes(hashlib.sha256(body.getvalue()).hexdigest().encode() + b"\n" + body.getvalue())
    assert cache.get(key) is None


def test_keys_differ_when_any_part_differs() -> None:
    keys = {Cache.key(*parts) for parts in (("a", "b"), ("ab",), ("a", b"b"), ("a", 1), ("a", 2), ("a",), ())}
    assert len(keys) == 7


def test_only_entries_of_the_cache_are_removed(tmp_path: Path) -> None:
    mine = ["notes.entry", "a.entry.bak", f".notes.0.tmp-{2**22 + 1}", f"{'0' * 40}.entry.txt"]
    stale = f".{'0' * 40}.entry.0.tmp-{2**22 + 1}"
    cache, key = Cache(tmp_path), Cache.key("fit")
    cache.put(key, {}, {})
    for name in (*mine, stale):
        (tmp_path / name).write_text("x")
    for path in tmp_path.iterdir():
        os.utime(path, (0, 0))
    Cache(tmp_path).remove_older_than(30)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(mine)
