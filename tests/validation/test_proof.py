"""The proof sees what it must see: disk operations, wrong endings, faults of readers; and it keeps its section."""

from __future__ import annotations

import errno
import os
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from forecast.errors import InputError, Location, OutputError
from forecast.files import atomic
from tests.validation import bad_inputs, fuzz
from tests.validation.bad_inputs import BadInput
from tests.validation.disk_operations import count_operations, fail_at, kill_at, read_operations
from tests.validation.forked_commands import CommandEnding, in_lanes, merge_counts
from tests.validation.proof import HEADING, NEXT_HEADING, kept_section, replace_section

WRITE_KINDS = ["mkdir", "open", "write", "flush", "fsync", "close", "replace", "fsync"]


def write_in_child(folder: Path, prepare: partial[None]) -> int:
    """Exit code of a process that writes a file: 4 where the disk refuses, negative for a signal."""
    process = os.fork()
    if process == 0:
        os.setpgid(0, 0)
        prepare()
        try:
            atomic.write_file(folder / "file", b"new")
        except OutputError:
            os._exit(4)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_every_disk_operation_of_a_write_is_seen(tmp_path: Path) -> None:
    folder, record = tmp_path / "inner", tmp_path / "record"
    assert write_in_child(folder, partial(count_operations, (folder,), record)) == 0
    operations = read_operations(record)
    assert [operation.kind for operation in operations] == WRITE_KINDS
    assert [operation.number for operation in operations] == list(range(len(WRITE_KINDS)))


@pytest.mark.parametrize("number", range(len(WRITE_KINDS) + 1))
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, None])
def test_each_operation_can_fail_or_be_the_last(tmp_path: Path, number: int, code: int | None) -> None:
    prepare = partial(kill_at, (tmp_path,), number) if code is None else partial(fail_at, (tmp_path,), number, code)
    (tmp_path / "file").write_bytes(b"old")
    # an error where the folder that is there is made changes nothing
    is_harmless = number == len(WRITE_KINDS) or (number == 0 and code == errno.EIO)
    assert write_in_child(tmp_path, prepare) == (0 if is_harmless else -9 if code is None else 4)
    is_replaced = is_harmless or number == len(WRITE_KINDS) - 1
    assert (tmp_path / "file").read_bytes() == (b"new" if is_replaced else b"old")


def test_a_kill_in_the_middle_leaves_what_the_proof_must_find(tmp_path: Path) -> None:
    write_in_child(tmp_path, partial(kill_at, (tmp_path,), WRITE_KINDS.index("fsync")))
    assert [path.name[: len(".file.")] for path in tmp_path.iterdir()] == [".file."]


@pytest.mark.parametrize(
    ("code", "message", "fault"),
    [
        (2, "p.yaml:1:1: a: is wrong\n", ""),
        (2, "p.yaml:1:1: a: is wrong\nand 7 more problems\n", ""),
        (2, "a: is wrong\np.yaml:1:1: b: is wrong\n", "a line without a place"),
        (2, "", "no word on stderr"),
        (0, "", "exit code 0"),
        (1, "p.yaml:1:1: Traceback\n", "a bug of ours"),
        (2, "p.yaml:1:1: \x1b[31m\n", "a control character"),
        (2, "p.yaml:1:1: " + "x" * 10_001, "bytes of messages"),
    ],
)
def test_a_wrong_ending_is_a_fault(code: int, message: str, fault: str) -> None:
    faults = bad_inputs._ending_faults(BadInput("YAML", "x"), CommandEnding(code, "", message, 0.1, 1))
    assert any(fault in text for text in faults) if fault else faults == []


def test_too_much_work_is_a_fault() -> None:
    ending = CommandEnding(2, "", "p.yaml:1:1: a\n", 5.1, 2**30 + 1)
    assert len(bad_inputs._ending_faults(BadInput("YAML", "x"), ending)) == 2


def test_bad_inputs_are_many_and_of_different_names() -> None:
    counts = Counter((entry.kind, entry.name) for entry in bad_inputs.bad_inputs())
    assert len(counts) >= 500
    assert max(counts.values()) == 1


def fails_with(error: BaseException) -> fuzz.FuzzTarget:
    def read(content: bytes) -> None:
        raise error

    return fuzz.FuzzTarget(read, [b""], fuzz.change_text, 1)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (InputError.of(Location("p.yaml"), "a", "nothing_to_delete"), ""),
        (OutputError("no_run", path="x"), ""),
        (InputError.of(Location("p.yaml", 0), "a", "nothing_to_delete"), "no place"),
        (InputError.of(Location("p.yaml"), "a", "no_such_sentence"), "no message, KeyError"),
        (KeyError("a"), "KeyError at test_proof.py"),
        (RecursionError(), "RecursionError at test_proof.py"),
    ],
)
def test_a_reader_may_raise_nothing_but_documented_errors(error: BaseException, fault: str) -> None:
    seen, was_read = fuzz._try(fails_with(error), b"")
    assert not was_read
    assert seen is None if not fault else seen is not None and seen[0].startswith(fault)


def test_lanes_answer_in_order_and_add_up() -> None:
    results = in_lanes(lambda lane: {"count": lane, "by": {"a": 1}, "faults": [str(lane)]}, 2)
    assert [result["count"] for result in results] == [0, 1]
    assert merge_counts(results) == {"count": 1, "by": {"a": 2}, "faults": ["0", "1"]}


def test_the_section_is_put_in_its_place_and_kept() -> None:
    page = f"# Evidence\n\ntext\n\n{NEXT_HEADING}\n\nmore\n"
    section = f"{HEADING}\n\ntable\n\n"
    assert kept_section(page) == ""
    written = replace_section(page, section)
    assert written == f"# Evidence\n\ntext\n\n{section}{NEXT_HEADING}\n\nmore\n"
    assert kept_section(written) == section
    assert replace_section(written, section.replace("table", "other")) == written.replace("table", "other")
