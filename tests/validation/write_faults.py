"""Refuse each disk operation of each command that writes: a full disk, and an input/output error.

A command is run once for each operation: there the disk fails. It must end with exit code 4 and one line, or with 0
where the operation was not needed; the earlier report is as it was, and the next start leaves nothing lying about.
Prints one JSON object; exit 1 where anything else happened.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from forecast.reports import backtest, compare, comparison_sheet
from forecast.reports.charts.chart import Chart
from forecast.workflows import publish
from tests.validation.command_scene import CACHE, WRITING_COMMANDS, CommandScene, PreparedScene, prepare_scene
from tests.validation.disk_operations import NEEDS_SPACE, fail_at
from tests.validation.forked_commands import CommandEnding, in_lanes, merge_counts, warm_up

__all__ = ["refuse_writes"]

ERRORS = {"disk full": errno.ENOSPC, "EIO": errno.EIO}
FULL_DISK_KINDS = NEEDS_SPACE | {"rename", "replace"}
"""Operations that a full disk may refuse."""
CACHE_COMMANDS = ("fit", "reuse-fit")
"""Commands that publish as `run` does, so that only their operations in the cache are tried."""
DRAWN = b"drawn" * 5_000
SMALL_DISK_KILOBYTES = (96, 128, 160, 192, 256, 320, 384)
"""Room on a small disk: less than a run needs, from its start to its last file."""


class WriteFault(NamedTuple):
    """One failure to try."""

    command: str
    error: str
    """Key of `ERRORS`."""
    number: int
    """Number of the operation."""
    kind: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="so many failures; 0 for every one")
    parser.add_argument("--lanes", type=int, default=2)
    asked = parser.parse_args()
    result = refuse_writes(sample=asked.sample, lanes=asked.lanes)
    print(json.dumps(result, indent=1))
    return 0 if result["holds"] else 1


def refuse_writes(
    *, sample: int = 0, lanes: int = 2, seed: int = 1, prepared: PreparedScene | None = None
) -> dict[str, Any]:
    """Let disk operations of the commands that write fail, one at a time.

    Parameters
    ----------
    sample : int
        Failures that are tried, of each command and kind of operation about as many; 0 for every one.
    lanes : int
        Commands at a time, each in a folder of its own.
    seed : int
        Of the sample.
    prepared : PreparedScene, optional
        The scene of which each lane gets a copy; built anew by default.

    Returns
    -------
    dict
        `failures`, `of` (all that there are), `by_command`, `by_error`, `exit_codes`, `small_disks` (full disks of the
        system, which need root), `faults` and `holds`.
    """
    warm_up()
    with tempfile.TemporaryDirectory() as place:
        scene, costs = prepared or prepare_scene(Path(place))
        failures = [
            WriteFault(name, error, operation.number, operation.kind)
            for name, cost in costs.items()
            for operation in cost.operations
            if name not in CACHE_COMMANDS or operation.path.startswith(str(scene.folder / CACHE))
            for error, code in ERRORS.items()
            if code != errno.ENOSPC or operation.kind in FULL_DISK_KINDS
        ]
        chosen = _spread_sample(failures, sample, random.Random(seed)) if sample else failures
        scenes = [scene.copy_to(Path(place) / f"lane-{lane}") for lane in range(lanes)]

        def work(lane: int) -> dict[str, Any]:
            return _fail_in_scene(scenes[lane], chosen[lane::lanes], lane)

        result = merge_counts(in_lanes(work, lanes))
        small_disks, disk_faults = _fill_small_disks(scene, Path(place), SMALL_DISK_KILOBYTES[:: 3 if sample else 1])
    faults = [*result.pop("faults"), *disk_faults]
    return {"of": len(failures), **result, "small_disks": small_disks, "faults": faults, "holds": not faults}


def _spread_sample(failures: Sequence[WriteFault], count: int, rng: random.Random) -> list[WriteFault]:
    """A sample in which each command, error and kind of operation comes about as often."""
    by_kind: dict[tuple[str, str, str], list[WriteFault]] = {}
    for failure in rng.sample(failures, len(failures)):
        by_kind.setdefault((failure.command, failure.error, failure.kind), []).append(failure)
    groups = rng.sample(list(by_kind.values()), len(by_kind))
    rounds = (group[row] for row in range(max(map(len, groups))) for group in groups if row < len(group))
    return [failure for failure, _ in zip(rounds, range(count), strict=False)]


def _fail_in_scene(scene: CommandScene, failures: Sequence[WriteFault], lane: int) -> dict[str, Any]:
    """Try some failures in one folder, one after the other."""
    by_command, by_error = dict.fromkeys(WRITING_COMMANDS, 0), dict.fromkeys(ERRORS, 0)
    exit_codes = {"0": 0, "4": 0}
    faults: list[str] = []
    lasting_faults: dict[str, str] = {}
    """Faults in the folder, and after which failure it was seen first."""
    for row, failure in enumerate(failures):
        turn = 2 + row
        command = WRITING_COMMANDS[failure.command]
        command.prepare(scene, turn)
        fail = partial(_skip_drawing_and_fail, scene.folder, failure.number, ERRORS[failure.error])
        ending = scene.run(command.words(turn), fail)
        by_command[failure.command] += 1
        by_error[failure.error] += 1
        exit_codes[str(ending.code)] = exit_codes.get(str(ending.code), 0) + 1
        where = f"{failure.command}, {failure.error} at operation {failure.number} ({failure.kind})"
        faults += [f"{where}: {fault}" for fault in _ending_faults(ending)]
        for fault in (*scene.faults(), *scene.start_again(), *scene.faults()):
            lasting_faults.setdefault(fault, f"{where}: {fault}")
    counts = {"failures": len(failures), "by_command": by_command, "by_error": by_error, "exit_codes": exit_codes}
    return {**counts, "faults": [*faults, *lasting_faults.values()]}


def _skip_drawing_and_fail(folder: Path, number: int, code: int) -> None:
    """Let an operation fail in this process, which draws nothing: what is in the pages is not what is asked here."""
    publish._render_named_files = lambda run, view, t, names: dict.fromkeys(names, DRAWN)
    for owner, names in (
        (compare, ("render_comparison_page",)),
        (comparison_sheet, ("render_comparison_pdf",)),
        (backtest, ("render_backtest_page",)),
        (Chart, ("png",)),
    ):
        for name in names:
            setattr(owner, name, lambda *_: DRAWN)
    fail_at((folder,), number, code)


def _ending_faults(ending: CommandEnding) -> list[str]:
    """Faults of the end of a command whose disk failed."""
    if ending.code == 0:
        return [f"a line on stderr though all went well: {ending.err.strip()[:300]}"] if ending.err else []
    faults = []
    if ending.code != 4:
        faults.append(f"exit code {ending.code}")
    if len(ending.complaints) != 1 or "Traceback" in ending.err:
        faults.append(f"not one line: {ending.err.strip()[:300]!r}")
    return faults


def _fill_small_disks(scene: CommandScene, place: Path, sizes: Sequence[int]) -> tuple[str, list[str]]:
    """Run on disks of the system that are too small; how many there were, and what went wrong."""
    if os.geteuid() != 0:
        return "none: mounting a disk needs root", []
    faults, count = [], 0
    for size in sizes:
        folder = place / f"small-{size}"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(folder)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            return "none: no right to mount a disk", []
        try:
            words = ["run", "bakery.yaml", "--paths", "300", "--seed", "5", "--out", str(folder), "--quiet"]
            ending = scene.run(words)
            count += ending.code == 4
            faults += [f"a disk of {size} kB: {fault}" for fault in _ending_faults(ending)]
            if ending.code == 0 or list(folder.rglob("*.tmp-*")):
                faults.append(f"a disk of {size} kB: exit code {ending.code}, or something stray on it")
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    return str(count), faults


if __name__ == "__main__":
    sys.exit(main())
