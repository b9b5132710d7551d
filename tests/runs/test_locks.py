"""Locks on disk: never replaced, in one chain, and every edit is named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forecast.errors import LockError, OutputError
from forecast.files.stored_json import DIGESTS_KEY, seal
from forecast.runs import lock_files
from forecast.runs.lock_chain import check_chain
from forecast.runs.lock_files import read_locks, write_lock
from forecast.runs.locks import is_lock_name, lock_bytes, lock_file
from tests.support.locks import append_lock, build_lock

Content = dict[str, Any]


def rewrite(path: Path, edit: Callable[[Content], object], *, sealed: bool = True) -> None:
    """Edit a lock as somebody with an editor and this program's digests could."""
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    if sealed:
        content = seal({key: value for key, value in content.items() if key != DIGESTS_KEY})
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8")


def codes(folder: Path) -> dict[str, set[str]]:
    """File -> codes of its problems."""
    with pytest.raises(LockError) as caught:
        read_locks(folder)
    assert caught.value.exit_code == 3
    result: dict[str, set[str]] = {}
    for problem in caught.value.problems:
        assert problem.message("vi")
        assert problem.message("en")
        result.setdefault(Path(problem.location.file).name, set()).add(problem.code)
    return result


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """A folder with three locks, the second a new version of the first."""
    folder = tmp_path / "locked"
    append_lock(folder)
    append_lock(folder, name="plan-v2", version=2, supersedes="plan")
    append_lock(folder, name="2025-01", revises="plan-v2")
    return folder


def test_locks_come_back_in_the_order_in_which_they_were_made(chain: Path) -> None:
    first, second, third = read_locks(chain)
    assert [lock.name for lock in (first, second, third)] == ["plan", "plan-v2", "2025-01"]
    assert (first.previous, second.previous, third.previous) == ("", first.digest, second.digest)
    assert first == build_lock()
    assert len(first.short_hash) == 8
    assert first.digest.startswith(first.short_hash)


def test_a_folder_without_locks_has_none(tmp_path: Path) -> None:
    assert read_locks(tmp_path / "nothing") == ()


def test_one_changed_byte_anywhere_is_named(chain: Path) -> None:
    path = lock_file(chain, "2025-01")
    original = path.read_bytes()
    for place in range(0, len(original), 7):
        changed = bytes([original[place] ^ 1])
        path.write_bytes(original[:place] + changed + original[place + 1 :])
        with pytest.raises(LockError) as caught:
            read_locks(chain)
        assert path.name in str(caught.value)
    path.write_bytes(original)
    assert len(read_locks(chain)) == 3


def test_an_edited_entry_is_named(chain: Path) -> None:
    rewrite(lock_file(chain, "plan"), lambda c: c["targets"]["revenue"].update(at_least=95.0), sealed=False)
    with pytest.raises(LockError, match=r"targets\.revenue"):
        read_locks(chain)
    assert codes(chain) == {"plan.json": {"lock_edited"}}  # not those that follow it, which are whole


def test_an_approval_edited_in_with_all_digests_made_anew_shows_in_the_chain(chain: Path) -> None:
    rewrite(lock_file(chain, "plan"), lambda c: c.update(approved_by="the director", reference="QD 1"))
    assert codes(chain) == {"plan-v2.json": {"lock_link_changed"}}
    with pytest.raises(LockError, match="it is plan, edited"):
        read_locks(chain)


def test_a_missing_link_is_named(chain: Path) -> None:
    digest = read_locks(chain)[1].short_hash
    lock_file(chain, "plan-v2").unlink()
    assert codes(chain)["2025-01.json"] <= {"lock_link_missing", "lock_link_changed"}
    with pytest.raises(LockError, match=digest):
        read_locks(chain)


def test_the_first_lock_cannot_go_unnoticed(chain: Path) -> None:
    lock_file(chain, "plan").unlink()
    assert codes(chain) == {"plan-v2.json": {"lock_link_missing"}}


def test_two_locks_that_follow_the_same_one_are_named(chain: Path) -> None:
    fork = build_lock(name="other", previous=read_locks(chain)[0].digest)
    lock_file(chain, "other").write_bytes(lock_bytes(fork))
    assert codes(chain) == {"plan-v2.json": {"lock_chain_forked"}}


def test_a_lock_of_another_schema_is_named(chain: Path) -> None:
    rewrite(lock_file(chain, "2025-01"), lambda c: c.update(schema=2))
    assert codes(chain) == {"2025-01.json": {"lock_other_schema"}}


def test_a_lock_under_another_name_is_named(chain: Path) -> None:
    os.rename(lock_file(chain, "2025-01"), lock_file(chain, "2025-02"))
    assert codes(chain) == {"2025-02.json": {"lock_renamed"}}


def test_the_same_entries_in_another_layout_are_named(chain: Path) -> None:
    path = lock_file(chain, "2025-01")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    assert codes(chain) == {"2025-01.json": {"lock_layout"}}


HOSTILE_ENTRIES: dict[str, Any] = {
    "sources": {"scenarios/plan.yaml": "name: Plan\n", "../../outside.yaml": "name: X\n"},
    "plan": "/etc/passwd",
    "name": "../plan",
    "ledger": {"file": "data/../../ledger.csv", "digest": "0" * 64, "rows": []},
    "seed": "1",
    "paths": True,
    "horizon": {"first": "2025-13", "months": 12},
    "locked_at": "yesterday",
    "quantiles": {"revenue": {"2025": [1.0, 2.0]}},
    "history_alone": {"revenue": {"2025": [float(n) for n in range(11, 0, -1)]}},
    "quantile_levels": [0.5],
    "chances": {"revenue": {"value": 1.5, "low": 0.1, "high": 0.2}},
    "targets": {"revenue": {"measure": "revenue", "period": "2025"}},
    "program": {"version": "1.0"},
    "effective": {"a": 1},
    "as_of": "2025-02-30",
    "note": "an entry of no lock",
    "closed_months": "2025-01",
}


@pytest.mark.parametrize("key", HOSTILE_ENTRIES)
def test_a_sealed_lock_with_an_impossible_entry_is_refused(chain: Path, key: str) -> None:
    rewrite(lock_file(chain, "2025-01"), lambda c: c.update({key: HOSTILE_ENTRIES[key]}))
    assert codes(chain) == {"2025-01.json": {"lock_entry_wrong"}}


HOSTILE_FILES = {
    "empty": b"",
    "no JSON": b"\x00\xff\xfe",
    "a list": b"[]\n",
    "no schema": b"{}\n",
    "NaN": b'{"schema": 1, "seed": NaN}',
    "deep": b'{"schema": 1, "fits": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "key twice": b'{"schema": 1, "schema": 1}',
    "endless integer": b'{"schema": ' + b"9" * 5_000 + b"}",
    "half a pair": b'{"schema": 1, "name": "\\ud800"}',
    "schema is true": b'{"schema": true}',
}


@pytest.mark.parametrize("kind", HOSTILE_FILES)
def test_a_hostile_file_is_named(chain: Path, kind: str) -> None:
    (chain / "extra.json").write_bytes(HOSTILE_FILES[kind])
    assert codes(chain) == {"extra.json": {"lock_not_json"}} or codes(chain) == {"extra.json": {"lock_edited"}}


def test_a_huge_file_a_folder_and_a_link_are_named(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_files, "MAX_JSON_BYTES", 100_000)
    (chain / "huge.json").write_bytes(b" " * 100_001)
    (chain / "folder.json").mkdir()
    (chain / "link.json").symlink_to("plan.json")
    names = ("folder.json", "huge.json", "link.json")
    assert codes(chain) == {key: {"lock_not_read"} for key in names}


def test_other_files_beside_the_locks_are_nobodys_business(chain: Path) -> None:
    (chain / "readme.txt").write_text("signed sheets are in the safe", encoding="utf-8")
    (chain / ".plan.json.0.tmp-1").write_bytes(b"{")
    assert len(read_locks(chain)) == 3


def test_a_lock_is_never_replaced(chain: Path) -> None:
    newest = read_locks(chain)[-1]
    before = lock_file(chain, "plan").read_bytes()
    with pytest.raises(OutputError) as caught:
        write_lock(chain, build_lock(previous=newest.digest, seed=2))
    assert (caught.value.code, caught.value.exit_code) == ("lock_exists", 4)
    assert lock_file(chain, "plan").read_bytes() == before
    assert sorted(path.name for path in chain.glob("*.json")) == ["2025-01.json", "plan-v2.json", "plan.json"]


def test_whoever_locks_second_is_told(chain: Path) -> None:
    newest = read_locks(chain)[-1]
    write_lock(chain, build_lock(name="mine", previous=newest.digest))
    with pytest.raises(OutputError) as caught:
        write_lock(chain, build_lock(name="yours", previous=newest.digest))
    assert caught.value.code == "lock_overtaken"
    assert caught.value.params["name"] == "mine"
    assert not lock_file(chain, "yours").exists()


def test_a_broken_chain_takes_no_further_lock(chain: Path) -> None:
    lock_file(chain, "plan").unlink()
    with pytest.raises(LockError):
        append_lock(chain, name="next")


def test_versions_and_revisions_name_earlier_locks(chain: Path) -> None:
    chained = read_locks(chain)
    newest = chained[-1].digest
    wrong = {
        "lock_no_revised": build_lock(name="a", previous=newest, revises="later"),
        "lock_no_version": build_lock(name="b", previous=newest, version=2, supersedes="plan"),  # plan-v2 does already
    }
    for code, lock in wrong.items():
        assert [problem.code for problem in check_chain(chain, [*chained, lock])] == [code]
    good = build_lock(name="plan-v3", previous=newest, version=3, supersedes="plan-v2", revises="2025-01")
    assert check_chain(chain, [*chained, good]) == []


@pytest.mark.parametrize("name", ["2025-03", "kế-hoạch-2025", "plan v2", "a.b"])
def test_a_plain_name_is_a_name_of_a_lock(name: str) -> None:
    assert is_lock_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a\\b", "-x", ".x", "con", "a:b", "x" * 121, "a\nb", " a", "a?"]
)
def test_what_no_disk_takes_everywhere_is_no_name_of_a_lock(name: str) -> None:
    assert not is_lock_name(name)
