"""Proof that nothing is lost, nothing let in, nothing misread.

Kills, bad inputs, refused writes, same bytes, fuzz and mutants. `--full` runs everything in about an hour and writes
its table to docs/evidence.md; `--sample` runs what CI runs, in a few minutes. `--only PART` runs one part and prints
its result, which `--json` prints as JSON; `--of FOLDER` writes the table from such files, PART.json each. Exit 1 where
anything fails.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tests.validation import bad_inputs, fuzz, kills, same_bytes, write_faults
from tests.validation.command_scene import PreparedScene, prepare_scene
from tests.validation.forked_commands import warm_up

__all__ = ["EVIDENCE_PAGE", "kept_section", "replace_section"]

EVIDENCE_PAGE = Path(__file__).parents[2] / "docs" / "evidence.md"
HEADING = "## Nothing lost, nothing let in, nothing misread"
NEXT_HEADING = "## Sobol points: not used"
"""Heading before which the section is put where the page does not have it yet."""
LANES = 2
KILLS = {"full": 1_000, "sample": 50}
REFUSED_WRITES = {"full": 0, "sample": 40}
"""0 for every one."""
FUZZ_SECONDS = {"full": 600, "sample": 60}
MUTANTS = {"full": 200, "sample": 20}


def _kills(size: str, scene: Callable[[], PreparedScene]) -> dict[str, Any]:
    return kills.kill_commands(times=KILLS[size], lanes=LANES, prepared=scene())


def _bad_inputs(size: str, scene: Callable[[], PreparedScene]) -> dict[str, Any]:
    return bad_inputs.refuse_bad_inputs(lanes=LANES, prepared=scene())


def _write_faults(size: str, scene: Callable[[], PreparedScene]) -> dict[str, Any]:
    return write_faults.refuse_writes(sample=REFUSED_WRITES[size], lanes=LANES, prepared=scene())


def _same_bytes(size: str, scene: Callable[[], PreparedScene]) -> dict[str, Any]:
    return same_bytes.compare_surroundings(sample=size == "sample")


def _fuzz(size: str, scene: Callable[[], PreparedScene]) -> dict[str, Any]:
    return fuzz.fuzz_readers(seconds=FUZZ_SECONDS[size], lanes=LANES, prepared=scene())


def _mutants(size: str, scene: Callable[[], PreparedScene]) -> dict[str, Any]:
    result = import_module("tests.validation.mutants").run_mutants(sample=MUTANTS[size], workers=LANES)
    return {**result, "holds": result["passed"]}


PARTS: Mapping[str, Callable[[str, Callable[[], PreparedScene]], dict[str, Any]]] = {
    "bad-inputs": _bad_inputs,
    "write-faults": _write_faults,
    "kills": _kills,
    "same-bytes": _same_bytes,
    "fuzz": _fuzz,
    "mutants": _mutants,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_const", dest="size", const="full", default="sample")
    size.add_argument("--sample", action="store_const", dest="size", const="sample")
    parser.add_argument("--only", action="append", choices=PARTS, default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--of", type=Path, help="a folder with PART.json for each part, as --full --json printed them")
    asked = parser.parse_args()
    if asked.of:
        results = {name: json.loads((asked.of / f"{name}.json").read_text(encoding="utf-8")) for name in PARTS}
    else:
        results = run_parts(asked.size, asked.only or list(PARTS))
    if asked.json:
        print(json.dumps(results[asked.only[0]] if len(asked.only) == 1 else results, indent=1, ensure_ascii=False))
    else:
        print(results_table(results))
    for name, result in results.items():
        for fault in result.get("faults", ()):
            print(f"{name}: {fault}", file=sys.stderr)
    if asked.of or (asked.size == "full" and not asked.only):
        page = replace_section(EVIDENCE_PAGE.read_text(encoding="utf-8"), evidence_section(results))
        EVIDENCE_PAGE.write_text(page, encoding="utf-8")
    return 0 if all(result["holds"] for result in results.values()) else 1


def run_parts(size: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """The result of each of these parts, with its seconds; the scene is built once, for the parts that need one."""
    warm_up()
    with tempfile.TemporaryDirectory() as place:
        scene = cache(lambda: prepare_scene(Path(place)))
        results = {}
        for name in names:
            started = time.monotonic()
            results[name] = {**PARTS[name](size, scene), "seconds": round(time.monotonic() - started)}
            print(
                f"{name}: {'holds' if results[name]['holds'] else 'FAILS'}, {results[name]['seconds']} s",
                file=sys.stderr,
            )
    return results


def results_table(results: Mapping[str, Mapping[str, Any]]) -> str:
    """One row a part: what was tried, and what came of it."""
    rows = [f"| {name} | {ROW_TEXTS[name](result)} | {_verdict(result)} |" for name, result in results.items()]
    return "\n".join(["| part | tried | result |", "|---|---|---|", *rows])


def _verdict(result: Mapping[str, Any]) -> str:
    if result["holds"]:
        return "all as required"
    return f"**{len(result.get('faults', ())) or 'some'} not as required**"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _kills_text(result: Mapping[str, Any]) -> str:
    moments = result["by_moment"]
    return (
        f"{result['kills']:,} kills with kill -9 that ended a command ({_counts(result['by_command'])}): "
        f"{moments['operation']:,} before a disk operation, {moments['publishing']:,} just after it began to write, "
        f"{moments['any']:,} at any moment; {result['strays_before']:,} temporary files until the next start"
    )


def _bad_inputs_text(result: Mapping[str, Any]) -> str:
    return (
        f"{result['inputs']:,} bad inputs ({_counts(result['by_kind'])}); at most "
        f"{result['cpu_seconds']:.1f} s of CPU, {result['memory_mib']:,} MiB and {result['message_bytes']:,} bytes of "
        "messages"
    )


def _write_faults_text(result: Mapping[str, Any]) -> str:
    return (
        f"{result['failures']:,} of {result['of']:,} refused disk operations ({_counts(result['by_error'])}; "
        f"{_counts(result['by_command'])}), and full disks of the system: {result['small_disks']}"
    )


def _same_bytes_text(result: Mapping[str, Any]) -> str:
    skipped = f"; not here: {', '.join(result['skipped'])}" if result["skipped"] else ""
    return (
        f"{result['files']} files and the id of a run of {result['paths']:,} paths, in {len(result['variants'])} other "
        f"surroundings: {', '.join(result['variants'])}{skipped}"
    )


def _fuzz_text(result: Mapping[str, Any]) -> str:
    return (
        f"{result['cpu_seconds']:,} s of CPU, {result['executions']:,} inputs ({_counts(result['by_target'])}), of "
        f"which {result['accepted']:,} could be read; the slowest took {result['slowest']:.1f} s"
    )


def _mutants_text(result: Mapping[str, Any]) -> str:
    survivors = len(result["survivors"])
    equivalent = result["equivalent"] if isinstance(result["equivalent"], int) else len(result["equivalent"])
    return (
        f"{result['mutants']:,} mutants, {result['caught']:,} caught, {equivalent:,} equivalent, {survivors:,} survive"
    )


ROW_TEXTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "bad-inputs": _bad_inputs_text,
    "write-faults": _write_faults_text,
    "kills": _kills_text,
    "same-bytes": _same_bytes_text,
    "fuzz": _fuzz_text,
    "mutants": _mutants_text,
}


def evidence_section(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The section of docs/evidence.md, from its heading to the empty line at its end."""
    return f"""{HEADING}

Written by `python -m tests.validation.proof --full` (Python {platform.python_version()}, {platform.machine()},
{platform.system()}); CI runs a sample of each part. Whatever is killed or refused, every report that was there stays
readable and `verify` says that it is whole; a bad input ends with its exit code, its place, in at most 5 s of CPU and
1 GB, and changes nothing.

{results_table(results)}

"""


def kept_section(page: str) -> str:
    """The section of a page as it stands; empty where the page has none."""
    start = page.find(HEADING)
    if start < 0:
        return ""
    end = page.find("\n## ", start)
    return page[start:] if end < 0 else page[start : end + 1]


def replace_section(page: str, section: str) -> str:
    """The page with this section in the place of the earlier one, or before `NEXT_HEADING`."""
    if earlier := kept_section(page):
        return page.replace(earlier, section)
    return page.replace(NEXT_HEADING, section + NEXT_HEADING)


if __name__ == "__main__":
    sys.exit(main())
