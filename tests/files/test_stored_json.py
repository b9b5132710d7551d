"""JSON that is read back is strict, and an edited entry is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from forecast.files.stored_json import DIGESTS_KEY, changed_entries, parse_json, read_json_object, seal

CONTENT = {"seed": 7, "data": [{"size": 3}], "parameters": {"bread": {"a": 0.1}, "rice": {"a": 0.2}}, "empty": {}}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": 9223372036854775808}',
        '{"a": -9223372036854775808}',
        '{"a": ' + "9" * 5_000 + "}",
        '{"a": 1, "a": 1}',
        '{"a": {"b": 1, "b": 2}}',
        "[" * 33 + "]" * 33,
        "[" * 100_000,
        '{"a":' * 2_000 + "1" + "}" * 2_000,
        "",
        "{",
    ],
)
def test_numbers_keys_and_depth_are_bounded(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_plain_json_is_parsed() -> None:
    assert parse_json(json.dumps(CONTENT)) == CONTENT
    assert parse_json(b'{"a": 9223372036854775807, "b": -1.5e300}') == {"a": 2**63 - 1, "b": -1.5e300}


def test_only_an_object_in_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("[1]")
    (tmp_path / "object").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "object")
    os.mkfifo(tmp_path / "pipe")
    assert read_json_object(tmp_path / "object") == {}
    for name in ("list", "link", "pipe", ".", "nothing", "/dev/zero"):
        with pytest.raises((OSError, ValueError)):
            read_json_object(tmp_path / name)


def test_an_edited_added_or_removed_entry_is_named() -> None:
    sealed = json.loads(json.dumps(seal(CONTENT)))
    assert changed_entries(sealed) == ()
    bread = {"bread": {"a": 0.3}, "rice": {"a": 0.2}}
    assert changed_entries({**sealed, "seed": 8}) == ("seed",)
    assert changed_entries({**sealed, "data": []}) == ("data",)
    assert changed_entries({**sealed, "parameters": bread}) == ("parameters.bread",)
    assert changed_entries({**sealed, "parameters": {"rice": {"a": 0.2}}}) == ("parameters.bread",)
    assert changed_entries({**sealed, "note": "mine"}) == ("note",)
    assert changed_entries({key: value for key, value in sealed.items() if key != "seed"}) == ("seed",)
    assert changed_entries(CONTENT) == (DIGESTS_KEY,)
    assert changed_entries({**sealed, DIGESTS_KEY: 5}) == (DIGESTS_KEY,)
