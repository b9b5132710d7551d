"""The cache: damaged entries are misses, and nothing in it is executed."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
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


def write_entry(folder: Path, body: bytes) -> Cache:
    """A cache whose entry `Cache.key("fit")` has a body with its right hash."""
    cache = Cache(folder)
    file = folder / f"{Cache.key('fit')[:40]}.entry"
    file.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    return cache


@pytest.mark.parametrize("kind", ["no archive", "packed", "huge", "infinite", "twice", "a list", "text"])
def test_an_archive_that_we_do_not_write_is_a_miss(tmp_path: Path, kind: str) -> None:
    body = io.BytesIO()
    facts = {"packed": b"{}", "infinite": b'{"a": Infinity}', "twice": b'{"a": 1, "a": 1}', "a list": b"[1]"}
    content = {"facts.json": np.frombuffer(facts.get(kind, b"{}"), np.uint8)}
    if kind == "packed":
        np.savez_compressed(body, zeros=np.zeros(10**6), **content)
    elif kind == "huge":  # a header that claims a terabyte
        with zipfile.ZipFile(body, "w") as archive:
            header = io.BytesIO()
            shape = {"descr": "<f8", "fortran_order": False, "shape": (2**37,)}
            np.lib.format.write_array_header_1_0(header, shape)
            archive.writestr("mean.npy", header.getvalue())
    elif kind == "text":
        np.savez(body, **{"facts.json": np.array(["{}"])})
    elif kind != "no archive":
        np.savez(body, **content)
    assert write_entry(tmp_path, body.getvalue()).get(Cache.key("fit")) is None


def test_a_pipe_or_a_link_in_the_place_of_an_entry_is_a_miss(tmp_path: Path) -> None:
    cache, key = Cache(tmp_path / "cache"), Cache.key("fit")
    cache.put(key, {}, {})
    (file,) = (tmp_path / "cache").iterdir()
    file.rename(tmp_path / "entry")
    file.symlink_to(tmp_path / "entry")
    assert cache.get(key) is None
    file.unlink()
    os.mkfifo(file)
    assert cache.get(key) is None


@pytest.mark.parametrize("folder", ["a" * 300, "a/" * 3_000, "pipe"])
def test_a_folder_that_cannot_be_keeps_nothing(tmp_path: Path, folder: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    cache, key = Cache(tmp_path / folder), Cache.key("fit")
    assert not cache.put(key, {}, {})
    assert not cache.has(key)
    assert cache.get(key) is None
    cache.remove(key)
    cache.remove_older_than(0)
