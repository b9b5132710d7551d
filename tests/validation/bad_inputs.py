"""Bad plans, ledgers, stored files and command lines: is each refused as documented, with its place, in bounded work?

Each is given to the command line in a folder of its own. Required: the exit code; a place in each line of exit code 2;
no traceback and no bug of ours; at most 5 s of CPU and 1 GB; a message below 10 kB without control characters; and a
folder in which nothing changed. Prints one JSON object; exit 1 where one of them fails.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from forecast.files.characters import escape_invisible
from forecast.i18n import LANGUAGES, Translator
from tests.validation.command_scene import PreparedScene, prepare_scene
from tests.validation.forked_commands import CommandEnding, in_lanes, merge_counts, run_forked, warm_up

__all__ = ["BadInput", "bad_inputs", "refuse_bad_inputs"]

MAX_CPU_SECONDS = 5.0
MAX_MEMORY_BYTES = 2**30
MAX_MESSAGE_BYTES = 10_000
PLACE = re.compile(r".+?:\d+:\d+: ", re.DOTALL)
"""Start of each line about an input: `plan.yaml:3:5: `."""
MAX_SECONDS = 120
"""Seconds after which a command that does not end is killed: it waits for something."""

PLAN = """\
name: p
horizon: {from: 2026-01, months: 12}
paths: 100
services:
  a:
    growth: 1% to 2%
    baseline: {method: given, annual: 100 tỷ, noise: 1%}
targets:
  goal: {measure: revenue, period: 2026, at_least: 90 tỷ}
"""
LEDGER_PLAN = """\
name: p
horizon: {from: 2026-01, months: 12}
history: sales.csv
services:
  a: {growth: 1% to 2%}
"""
HEADER = "month,service,status,revenue"
ROWS = [f"{year}-{month:02},a,actual,{100 + month}000000" for year in (2023, 2024, 2025) for month in range(1, 13)]
RECIPE = {
    "annual": "totals.csv",
    "season": {"a": {"weights": [1] * 12, "before_tet": 0.1, "holiday": -0.5}},
    "shocks_of": "p.yaml",
    "to": "out.csv",
}
TOTALS = "year,service,revenue\n2023,a,1400\n2024,a,1500\n"
Content = bytes | str | Callable[[Path], None]
"""Content of a file, or a function that makes something else of that name."""


@dataclass(frozen=True)
class BadInput:
    """A call that must be refused."""

    kind: str
    name: str
    command: tuple[str, ...] = ("check", "p.yaml")
    files: Mapping[str, Content] = field(default_factory=dict)
    codes: tuple[int, ...] = (2,)
    """Exit codes that are documented for it."""
    scene_folders: tuple[str, ...] = ()
    """Folders of a scene with true reports that it gets a copy of, before `files` are written."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--only", default="", help="a text in the kind or the name")
    asked = parser.parse_args()
    result = refuse_bad_inputs(lanes=asked.lanes, only=asked.only)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0 if result["holds"] else 1


def refuse_bad_inputs(*, lanes: int = 2, only: str = "", prepared: PreparedScene | None = None) -> dict[str, Any]:
    """Give each bad input to the command line.

    Parameters
    ----------
    lanes : int
        Commands at a time.
    only : str
        A text in the kind or the name of those that are tried; all by default.
    prepared : PreparedScene, optional
        True reports, of which copies are damaged; built anew by default.

    Returns
    -------
    dict
        `inputs`, `by_kind`, `exit_codes`, the largest `cpu_seconds`, `memory_mib` and `message_bytes`, `faults`
        and `holds`.
    """
    warm_up()
    inputs = [entry for entry in bad_inputs() if only in f"{entry.kind}: {entry.name}"]
    with tempfile.TemporaryDirectory() as place:
        scene = (prepared or prepare_scene(Path(place))).scene

        def work(lane: int) -> dict[str, Any]:
            folder = Path(place) / f"lane-{lane}"
            folder.mkdir()
            endings = [
                (entry, *_refuse(entry, folder / str(row), scene.folder))
                for row, entry in enumerate(inputs)
                if row % lanes == lane
            ]
            return _summary(endings)

        results = in_lanes(work, lanes)
    largest = {
        key: max(result.pop(key) for result in results) for key in ("cpu_seconds", "memory_mib", "message_bytes")
    }
    merged = merge_counts(results)
    return {**merged, **largest, "holds": not merged["faults"]}


def _summary(endings: Sequence[tuple[BadInput, CommandEnding, list[str]]]) -> dict[str, Any]:
    return {
        "inputs": len(endings),
        "by_kind": dict(Counter(entry.kind for entry, _, _ in endings)),
        "exit_codes": dict(Counter(str(ending.code) for _, ending, _ in endings)),
        "cpu_seconds": round(max(ending.cpu_seconds for _, ending, _ in endings), 2),
        "memory_mib": max(ending.peak_bytes for _, ending, _ in endings) // 2**20,
        "message_bytes": max(len(ending.err.encode()) for _, ending, _ in endings),
        "faults": [f"{entry.kind}: {entry.name}: {fault}" for entry, _, faults in endings for fault in faults],
    }


def _refuse(entry: BadInput, folder: Path, scene: Path) -> tuple[CommandEnding, list[str]]:
    """Give one bad input to the command line in a new folder; its end, and what is wrong with it."""
    folder.mkdir()
    project = folder / "project"
    project.mkdir()
    for name in entry.scene_folders:
        shutil.copytree(scene / name, project / name, symlinks=True)
    for name, content in {
        "p.yaml": PLAN,
        "bakery.yaml": scene / "bakery.yaml",
        "shop.yaml": scene / "shop.yaml",
        "sales.csv": scene / "sales.csv",
        **entry.files,
    }.items():
        _make(project / name, content)
    before = _tree(project)
    language = LANGUAGES[len(entry.name) % 2]
    words = [*entry.command] if entry.kind == "options" else [*entry.command, "--lang", language]
    ending = run_forked(
        words, project, environment={"FORECAST_CACHE": str(project / "cache")}, prepare=_limit_resources
    )
    faults = _ending_faults(entry, ending)
    if entry.codes != (0,) and (changed := sorted(set(before.items()) ^ set(_tree(project).items()))):
        faults.append(f"the folder changed: {changed[0][0]}")
    shutil.rmtree(folder)
    return ending, faults


def _limit_resources() -> None:
    """End this process when it works for too long, or waits."""
    seconds = int(3 * MAX_CPU_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    signal.alarm(MAX_SECONDS)


def _make(path: Path, content: Any) -> None:
    """Write one file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copy(content, path)
    elif callable(content):
        content(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def _tree(folder: Path) -> dict[str, str]:
    """Everything in a folder, by name: its kind and its content."""
    tree = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = ""
        if stat.S_ISLNK(mode):
            content = os.readlink(path)
        elif stat.S_ISREG(mode) and path.stat().st_size < 2**27:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        tree[path.relative_to(folder).as_posix()] = f"{stat.S_IFMT(mode)} {content}"
    return tree


def _ending_faults(entry: BadInput, ending: CommandEnding) -> list[str]:
    """Faults of the end of a command that was given a bad input."""
    message = ending.err
    faults = [] if ending.code in entry.codes else [f"exit code {ending.code}: {message.strip()[:300]!r}"]
    if "Traceback" in message or any(_bug_words(language) in message for language in LANGUAGES):
        faults.append(f"a bug of ours: {message[-300:]!r}")
    if ending.code != 0 and not message.strip():
        faults.append("no word on stderr")
    if ending.code in (3, 4) and len(ending.complaints) != 1:
        faults.append(f"{len(ending.complaints)} lines for exit code {ending.code}")
    if ending.code == 2:
        *lines, last = ending.complaints or [""]
        lines += [last] if not lines or PLACE.match(last) else []  # the last may count the others
        faults += [f"a line without a place: {line[:200]!r}" for line in lines if not PLACE.match(line)]
    if escape_invisible(message) != message or any(ord(letter) < 32 and letter != "\n" for letter in message):
        faults.append("a control character in the message")
    for name, value, most in (
        ("s of CPU", ending.cpu_seconds, MAX_CPU_SECONDS),
        ("bytes of memory", ending.peak_bytes, MAX_MEMORY_BYTES),
        ("bytes of messages", len(message.encode()), MAX_MESSAGE_BYTES),
    ):
        if value > most:
            faults.append(f"{value} {name}")
    return faults


def _bug_words(language: Any) -> str:
    """Words of the sentence that owns up to a bug, which no other sentence has."""
    return Translator(language)("bug", fault="\0").partition("\0")[0].strip()


def bad_inputs() -> list[BadInput]:
    """All bad inputs, each with a name of its own within its kind."""
    return [
        *_bad_yaml(),
        *_bad_values(),
        *_bad_links(),
        *_irregular_files(),
        *_bad_ledgers(),
        *_bad_recipes(),
        *_bad_options(),
        *_bad_stored_files(),
        *_mutated_bytes(),
    ]


def _bad_yaml() -> Iterator[BadInput]:
    texts: dict[str, str | bytes] = {
        "empty": "",
        "a comment alone": "# nothing\n",
        "a list": "- a\n- b\n",
        "a scalar": "hello\n",
        "a number": "42\n",
        "a tab for indentation": "name: p\nservices:\n\ta: {}\n",
        "an open bracket": PLAN + "correlations: [1, 2\n",
        "an open brace": "name: {en: p\n",
        "an open quote": 'name: "p\n',
        "a closing bracket too many": "name: p]\nhorizon: ]\n",
        "a key twice": PLAN + "paths: 200\n",
        "a nested key twice": PLAN + "climate: {shape: 2, shape: 3}\n",
        "an anchor": "name: &n p\nlanguage: *n\n",
        "an alias of nothing": "name: *n\n",
        "a billion laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nname: *c\n",
        "a merge key": PLAN + "more:\n  <<: {a: 1}\n",
        "a tag of Python": "name: !!python/object/apply:os.system ['true']\n",
        "a tag of our own": "name: !x p\n",
        "two documents": PLAN + "---\n" + PLAN,
        "a directive in the middle": PLAN + "%YAML 1.1\n",
        "a complex key": "? [a, b]\n: c\n",
        "a key that is a map": "{a: 1}: b\n",
        "1,000 brackets": PLAN + "x: " + "[" * 1_000 + "]" * 1_000 + "\n",
        "1,000 braces": PLAN + "x: " + "{a: " * 1_000 + "1" + "}" * 1_000 + "\n",
        "depth by indentation": PLAN + "".join(f"{' ' * row}k:\n" for row in range(1, 300)),
        "NUL": PLAN + "note: a\0b\n",
        "an escape character": PLAN + "note: a\x1b[31mb\n",
        "a bell in a key": PLAN + "no\x07te: a\n",
        "letters that turn a line around": PLAN + "note: a\u202eb\n",
        "a zero-width space in a key": PLAN.replace("growth", "gro\u200bwth"),
        "a soft hyphen in a number": PLAN.replace("1% to 2%", "1\u00ad0% to 20%"),
        "Latin-1": "name: Café\n".encode("latin-1"),
        "windows-1258": "name: \xd0\xf4ng\n".encode("latin-1") + PLAN.encode(),
        "UTF-16 without a mark": PLAN.encode("utf-16-le"),
        "UTF-32": PLAN.encode("utf-32"),
        "half a letter": PLAN.encode() + b"note: \xc4",
        "overlong UTF-8": PLAN.encode() + b"note: \xc0\xaf\n",
        "a surrogate": PLAN.encode() + b"note: \xed\xa0\x80\n",
        "an escaped surrogate": PLAN + 'note: "\\ud800"\n',
        "an unknown escape": PLAN + 'note: "\\q"\n',
        "random bytes": random.Random(1).randbytes(4_000),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "a zip": b"PK\x03\x04" + bytes(500),
        "161 kB": PLAN + "# " + "x" * 161 * 1024 + "\n",
        "4,000 unknown keys": PLAN + "".join(f"unknown{row}: 1\n" for row in range(4_000)),
        "a key of 1,000 letters": PLAN + "k" * 1_000 + ": 1\n",
        "a key of a dot": PLAN.replace("  a:\n", "  a.b:\n"),
        "an empty key": PLAN + '"": 1\n',
        "a name that is a list": PLAN.replace("name: p", "name: [p]"),
        "a misspelt key": PLAN.replace("growth", "grwth"),
        "no services": PLAN.partition("services")[0],
        "services empty": PLAN.partition("services")[0] + "services: {}\n",
        "services null": PLAN.partition("services")[0] + "services:\n",
        "a block scalar for a map": PLAN.replace("{from: 2026-01, months: 12}", "|\n  from: 2026-01"),
    }
    yield from (BadInput("YAML", name, files={"p.yaml": text}) for name, text in texts.items())


_VALUES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "units": (
        "growth: 1% to 2%",
        (
            "abc",
            "1,5,3%",
            "10% to",
            "to 10%",
            "1% to 2% to 3%",
            "1 tỷ",
            "1%%",
            "%",
            "1 kg",
            "5 days",
            "1 triệu to 2%",
            "1% - 2%",
            "1%-2%",
            "+ 1%",
            "٣%",
            "１%",
            "0x10%",
            "1__0%",
            "1e400%",
            "NaN",
            ".nan",
            ".inf",
            "inf%",
            "-inf",
            "yes",
            "[1%, 2%]",
            "{}",
            "{value: }",
            "{value: 1%, unknown: 2}",
            "{grade: A}",
            "~1%",
            "1/3",
            "=1%",
            "${GROWTH}",
            "{{growth}}",
            "1% to 2% tỷ",
            "1;2",
            "'1% to 2%\u00a0%'",
            "1%to2%",
        ),
    ),
    "distributions": (
        "growth: 1% to 2%",
        (
            "normal(1%, -1%)",
            "normal(1%)",
            "normal(1%, 0)x",
            "pert(1%, 2%)",
            "pert(3%, 2%, 1%)",
            "triangular(1%, 1%, 1%",
            "uniform(2%, 1%)",
            "uniform(1%, 2%",
            "beta(1, 2)",
            "lognormal(-1%, 1%)",
            "cauchy(0, 1)",
            "__import__('os')",
            "normal(normal(1%, 1%), 1%)",
            "uniform(, )",
            "uniform()",
            "exp(1)",
            "discrete()",
        ),
    ),
    "bounds": (
        "growth: 1% to 2%",
        ("20% to 10%", "-150%", "-100% to 10%", "-200% to -150%"),
    ),
    "amounts": (
        "annual: 100 tỷ",
        (
            "-5 tỷ",
            "100%",
            "100",
            "100 EUR",
            "1e300 tỷ",
            "100 tỷ to 50 tỷ",
            "0 tỷ to -1 tỷ",
            "1.000.000,5.5",
            "100 tỷ tỷ",
            "một trăm tỷ",
            "$100",
            "100 ty to",
            "'100 tỷ # x'",
            "uniform(1 tỷ, 2%)",
            "9" * 400 + " tỷ",
            "null",
            "true",
        ),
    ),
    "noise": ("noise: 1%", ("-1%", "1 tỷ", "a%", "[]")),
    "months": (
        "from: 2026-01",
        (
            "2026-13",
            "2026-00",
            "26-01",
            "0000-01",
            "99999-01",
            "2026-1-1-1",
            "2026-Q5",
            "2026-02-30",
            "tháng 13/2026",
            "Jan",
            "[2026, 1]",
            "null",
            "1e3",
            "2026--01",
            "-2026-01",
            "9999-12",
            "1500-01",
        ),
    ),
    "counts": ("months: 12", ("0", "-1", "1.5", "100000", "twelve", "1e9", "12 months 3", "null", "[12]", "9" * 50)),
    "paths": ("paths: 100", ("0", "-5", "99", "1e300", "1.5", "many", "null", "[]", "1" + "0" * 30)),
    "periods": (
        "period: 2026",
        ("2030", "2026-Q9", "2026-13", "2025", "20", "next year", "2026-01 to 2025-01", "null", "{}", "2026-Q1-2"),
    ),
    "targets": (
        "at_least: 90 tỷ",
        (
            "at_least: 90%",
            "at_least: 1 to 2 tỷ",
            "at_most: ",
            "at_least: 90 tỷ, at_most: 80 tỷ",
            "at_lest: 90 tỷ",
            "at_least: 90 tỷ, required_chance: 150%",
            "at_least: 90 tỷ, required_chance: -1%",
            "at_least: 90 người",
        ),
    ),
    "text": (
        "name: p",
        (
            "name: {en: }",
            "name: {fr: p}",
            "name: {en: [a]}",
            "language: de\nname: p",
            "currency: XXXX\nname: p",
            "as_of: yesterday\nname: p",
            "seed: -1\nname: p",
            "seed: 1.5\nname: p",
            "seed: 99999999999999999999\nname: p",
        ),
    ),
}
"""Kind -> the text of the plan that is replaced, and what replaces it: a value, or all of it for targets and text."""


def _bad_values() -> Iterator[BadInput]:
    for kind, (text, values) in _VALUES.items():
        key, _, _ = text.partition(": ")
        for value in values:
            is_whole = kind in ("targets", "text")
            plan = PLAN.replace(text, value if is_whole else f"{key}: {value}", 1)
            yield BadInput(kind, value[:60], files={"p.yaml": plan})


def _bad_links() -> Iterator[BadInput]:
    additions = {
        "a parent that is missing": "extends: nothing.yaml\n",
        "itself as parent": "extends: p.yaml\n",
        "two parents that extend each other": "extends: q.yaml\n",
        "the parent of the folder": "extends: ../../../etc/passwd\n",
        "an absolute parent": "extends: /etc/passwd\n",
        "an address": "extends: https://example.org/p.yaml\n",
        "a parent that is a list of lists": "extends: [[q.yaml]]\n",
        "a number as parent": "extends: 7\n",
        "an empty parent": "extends: ''\n",
        "a history that is missing": "history: nothing.csv\n",
        "a history outside": "history: ../../secret.csv\n",
        "a history with a back slash": "history: 'data\\x.csv'\n",
        "a history with NUL": 'history: "a\\0b.csv"\n',
        "a history of 600 letters": f"history: {'x' * 600}.csv\n",
        "a correlation with nothing": "correlations: [{between: [services.a.growth, services.b.growth], value: 50%}]\n",
        "an unknown shock": "shocks: {s: {kind: meteor}}\n",
        "a shock without a kind": "shocks: {s: {chance: 10%}}\n",
        "a shock on an unknown service": "shocks: {s: {kind: event, from: 2026-02-01, until: 2026-03-01, chance: 50%, "
        "effect: {volume: {zz: -10%}}}}\n",
        "a shock that ends before it starts": "shocks: {s: {kind: event, from: 2026-05-01, until: 2026-03-01, "
        "chance: 50%, effect: {volume: {all: -10%}}}}\n",
        "an initiative that needs nothing known": "initiatives: {i: {needs: [zz], start: 2026-02, "
        "effect: {volume: {all: 1%}}}}\n",
        "an initiative that needs itself": "initiatives: {i: {needs: [i], start: 2026-02, "
        "effect: {volume: {all: 1%}}}}\n",
        "a circle of initiatives": "initiatives: {i: {needs: [j], start: 2026-02, effect: {volume: {all: 1%}}}, "
        "j: {needs: [i], start: 2026-02, effect: {volume: {all: 1%}}}}\n",
        "a case that changes what is not there": "cases: {c: {services.zz.growth: 1%}}\n",
        "cases that are a list": "cases: [a, b]\n",
        "places that are missing": "places: {file: nothing.csv}\n",
        "places below zero": "places: {count: -5}\n",
    }
    for name, text in additions.items():
        yield BadInput("links", name, files={"p.yaml": PLAN + text, "q.yaml": "extends: p.yaml\n"})
    same_as = {
        "same_as nothing": "{same_as: services.zz.growth}",
        "same_as itself": "{same_as: services.a.growth}",
        "same_as of another unit": "{same_as: services.a.baseline.annual}",
        "same_as a list": "{same_as: [a]}",
        "same_as an empty text": "{same_as: ''}",
    }
    for name, value in same_as.items():
        yield BadInput("links", name, files={"p.yaml": PLAN.replace("1% to 2%", value, 1)})
    chain = {f"q{row}.yaml": f"extends: q{row + 1}.yaml\n" for row in range(150)}
    yield BadInput("links", "150 parents", files={"p.yaml": "extends: q0.yaml\n", **chain, "q150.yaml": PLAN})


def _link_to(target: str) -> Callable[[Path], None]:
    return lambda path: os.symlink(target, path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(".", os.O_RDONLY)
        os.chdir(path.parent)  # the name of a socket has at most 107 letters
        server.bind(path.name)
        os.fchdir(here)
        os.close(here)


def _sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(10 * 2**30)


def _folder(path: Path) -> None:
    path.mkdir()


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


def _irregular_files() -> Iterator[BadInput]:
    makers: dict[str, Callable[[Path], None]] = {
        "missing": _unlink,
        "a folder": _folder,
        "a pipe": partial(os.mkfifo),
        "a socket": _socket,
        "a link to nothing": _link_to("nothing"),
        "a link to itself": _link_to("p2.yaml"),
        "a link to /dev/zero": _link_to("/dev/zero"),
        "a link to /dev/null": _link_to("/dev/null"),
        "a link to /proc/self/environ": _link_to("/proc/self/environ"),
        "10 GiB": _sparse,
    }
    for name, make in makers.items():
        yield BadInput("irregular files", f"a plan that is {name}", ("check", "p2.yaml"), {"p2.yaml": make})
        files: dict[str, Content] = {"p.yaml": LEDGER_PLAN.replace("sales.csv", "p2.yaml"), "p2.yaml": make}
        yield BadInput("irregular files", f"a ledger that is {name}", files=files)
        if "itself" not in name:
            files = {"p2.yaml": make}
            command = ("run", "bakery.yaml", "--reuse-fit", "p2.yaml")
            yield BadInput("irregular files", f"a manifest that is {name}", command, files, codes=(2, 4))
    yield BadInput("irregular files", "reports that are a file", ("run", "p.yaml", "--out", "bakery.yaml"), codes=(4,))
    yield BadInput(
        "irregular files",
        "reports that are a pipe",
        ("list", "--out", "pipe"),
        {"pipe": partial(os.mkfifo)},
        codes=(4,),
    )
    yield BadInput("irregular files", "reports in a file", ("run", "p.yaml", "--out", "bakery.yaml/x"), codes=(4,))
    yield BadInput(
        "irregular files",
        "reports that are somebody's",
        ("run", "p.yaml", "--out", "mine"),
        {"mine/letter.txt": "dear"},
        codes=(4,),
    )
    yield BadInput("irregular files", "a new plan in a file", ("new", "bakery.yaml/x"), codes=(2, 4))
    yield BadInput("irregular files", "a new plan over a file", ("new", "bakery.yaml"))
    yield BadInput("irregular files", "a line end in a name", ("check", "p\nq.yaml"), {"p\nq.yaml": PLAN})
    yield BadInput("irregular files", "an escape in a name", ("check", "p\x1b.yaml"), {"p\x1b.yaml": PLAN})


def _ledger(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def _bad_ledgers() -> Iterator[BadInput]:
    first = ROWS[0]
    texts: dict[str, str | bytes] = {
        "empty": "",
        "a head alone": _ledger(),
        "no head": _ledger(*ROWS[1:], header=first),
        "an unknown column": _ledger(*(f"{row},1" for row in ROWS), header=f"{HEADER},sold"),
        "a column twice": _ledger(*(f"{row},1" for row in ROWS), header=f"{HEADER},revenue"),
        "no revenue": _ledger(*(row.rpartition(",")[0] for row in ROWS), header="month,service,status"),
        "a short row": _ledger("2023-01,a", *ROWS[1:]),
        "a long row": _ledger(f"{first},1,2,3", *ROWS[1:]),
        "an open quote": _ledger(f'"{first}', *ROWS[1:]),
        "a quote inside": _ledger('2023-01,a"b,actual,1', *ROWS[1:]),
        "semicolons and commas": _ledger(first.replace(",", ";"), *ROWS[1:]),
        "NUL": _ledger(f"{first}\0", *ROWS[1:]),
        "Latin-1": _ledger(first.replace(",a,", ",café,"), *ROWS[1:]).encode("latin-1"),
        "UTF-16 without a mark": _ledger(*ROWS).encode("utf-16-le"),
        "random bytes": random.Random(2).randbytes(3_000),
        "a month twice": _ledger(*ROWS, ROWS[5]),
        "a gap": _ledger(*ROWS[:5], *ROWS[6:]),
        "month 13": _ledger("2023-13,a,actual,1", *ROWS[1:]),
        "month 00": _ledger("2023-00,a,actual,1", *ROWS[1:]),
        "a day": _ledger("2023-01-32,a,actual,1", *ROWS[1:]),
        "a word for a month": _ledger("soon,a,actual,1", *ROWS[1:]),
        "a month that could be two": _ledger("01/02/2023,a,actual,1", *ROWS[1:]),
        "year 1": _ledger("0001-01,a,actual,1", *ROWS[1:]),
        "an unknown service": _ledger("2023-01,b,actual,1", *ROWS[1:]),
        "no service": _ledger("2023-01,,actual,1", *ROWS[1:]),
        "an unknown status": _ledger("2023-01,a,sure,1", *ROWS[1:]),
        "a word for an amount": _ledger("2023-01,a,actual,much", *ROWS[1:]),
        "an empty amount": _ledger("2023-01,a,actual,", *ROWS[1:]),
        "NaN": _ledger("2023-01,a,actual,NaN", *ROWS[1:]),
        "infinity": _ledger("2023-01,a,actual,1e999", *ROWS[1:]),
        "1e300": _ledger("2023-01,a,actual,1e300", *ROWS[1:]),
        "an amount of two marks": _ledger('2023-01,a,actual,"1.000,5.5"', *ROWS[1:]),
        "an amount that could be two": _ledger(*(row[: row.rindex(",")] + ",1.234" for row in ROWS)),
        "a formula": _ledger("2023-01,a,actual,=1+1", *ROWS[1:]),
        "a percent": _ledger("2023-01,a,actual,5%", *ROWS[1:]),
        "digits of another script": _ledger("2023-01,a,actual,١٢٣", *ROWS[1:]),
        "a sum in the last row": _ledger(*ROWS, "total,a,actual,1"),
        "half a year": _ledger(*ROWS[:6]),
        "zeros alone": _ledger(*(row[: row.rindex(",")] + ",0" for row in ROWS)),
        "60,000 rows of one month": _ledger(*([first] * 60_000)),
        "2,000 columns": _ledger(*ROWS, header=HEADER + "".join(f",c{row}" for row in range(2_000))),
        "a field of 1 MB": _ledger(f"2023-01,{'a' * 10**6},actual,1", *ROWS[1:]),
        "letters that turn a line around": _ledger("2023-01,a\u202eb,actual,1", *ROWS[1:]),
    }
    for name, text in texts.items():
        yield BadInput("ledgers", name, files={"p.yaml": LEDGER_PLAN, "sales.csv": text})


def _bad_recipes() -> Iterator[BadInput]:
    season = {"weights": [1] * 12, "before_tet": 0.1, "holiday": -0.5}
    contents: dict[str, object] = {
        "a list": [],
        "a text": "x",
        "null": None,
        "no totals": {key: value for key, value in RECIPE.items() if key != "annual"},
        "totals that are missing": {**RECIPE, "annual": "nothing.csv"},
        "an output elsewhere": {**RECIPE, "to": "/tmp/x.csv"},
        "an output above": {**RECIPE, "to": "../x.csv"},
        "an output over a plan": {**RECIPE, "to": "p.yaml"},
        "eleven weights": {**RECIPE, "season": {"a": {**season, "weights": [1] * 11}}},
        "weights below zero": {**RECIPE, "season": {"a": {**season, "weights": [-1] * 12}}},
        "a season of another service": {**RECIPE, "season": {"b": season}},
        "a plan that is missing": {**RECIPE, "shocks_of": "nothing.yaml"},
        "an unknown method": {**RECIPE, "method": "magic"},
        "a bool for a change": {**RECIPE, "season": {"a": {**season, "holiday": True}}},
        "a season that is a list": {**RECIPE, "season": [season]},
    }
    command = ("data", "disaggregate", "r.json")
    for name, content in contents.items():
        yield BadInput("recipes", name, command, {"r.json": json.dumps(content), "totals.csv": TOTALS})
    texts: dict[str, str | bytes] = {
        "empty": "",
        "half": json.dumps(RECIPE)[:40],
        "NaN": '{"annual": NaN}',
        "deep": "[" * 50_000,
        "bytes": b"\xff\xfe\x00",
    }
    for name, text in texts.items():
        yield BadInput("recipes", f"{name} for JSON", command, {"r.json": text, "totals.csv": TOTALS})


def _bad_options() -> Iterator[BadInput]:
    words: tuple[str, ...] = (
        "fly",
        "runn p.yaml",
        "run",
        "run --paths",
        "run p.yaml --paths x",
        "run p.yaml --paths 1",
        "run p.yaml --paths -5",
        "run p.yaml --paths 1e5",
        "run p.yaml --paths 99999999999999",
        "run p.yaml --seed -1",
        "run p.yaml --seed 1.5",
        "run p.yaml --seed ١",
        "run p.yaml --workers 0",
        "run p.yaml --workers 1000",
        "run p.yaml --engine spark",
        "run p.yaml --engine dask:",
        "run p.yaml --lang fr",
        "run p.yaml --unknown",
        "run p.yaml --pth 5",
        "run p.yaml -x",
        "run p.yaml p.yaml",
        "run p.yaml --set",
        "run p.yaml --set a",
        "run p.yaml --set =",
        "run p.yaml --set =1",
        "run p.yaml --set services.a.growth=",
        "run p.yaml --set services.zz.growth=1%",
        "run p.yaml --set services.a.growth=abc",
        "run p.yaml --set a..b=1",
        "run p.yaml --set paths=1 --set paths=2",
        "run p.yaml --set services.a.growth={",
        "run p.yaml --set services=null",
        "run p.yaml --set name=\x1b[31m",
        "run p.yaml --precision 0",
        "run p.yaml --precision 60%",
        "run p.yaml --precision -1%",
        "run p.yaml --precision x",
        "run p.yaml --as-of tomorrow",
        "run p.yaml --as-of 2026-02-30",
        "run p.yaml --fail-under 150%",
        "run p.yaml --fail-under x=50%",
        "run p.yaml --fail-under goal=",
        "run p.yaml --fail-under",
        "run p.yaml --pin x",
        "run p.yaml --reuse-fit nothing.json",
        "run p.yaml bakery.yaml --reuse-fit p.yaml",
        "run nothing.yaml",
        "run .",
        "run p.yaml --quiet=1",
        "run p.yaml --json --json=x",
        "compare p.yaml",
        "compare p.yaml p.yaml",
        "compare",
        "compare p.yaml nothing.yaml",
        "check",
        "check p.yaml bakery.yaml",
        "check --set x p.yaml",
        "check sales.csv",
        "backtest p.yaml",
        "backtest bakery.yaml --origins 0",
        "backtest shop.yaml --origins x",
        "backtest shop.yaml --origins 999",
        "backtest",
        "new",
        "new con",
        "new a b",
        "new .",
        "list extra",
        "list --out",
        "verify",
        "schema x",
        "data",
        "data x",
        "data disaggregate",
        "data disaggregate nothing.json",
        "data disaggregate p.yaml",
        "data disaggregate p.yaml --method magic",
        "--lang",
        "--lang xx run p.yaml",
        "run p.yaml --engine dask:nowhere --workers 2",
        "run --set services.a.growth=9e999% p.yaml",
    )
    for line in words:
        yield BadInput("options", line, tuple(line.split(" ")), codes=(0, 2) if line == "data" else (2,))
    yield BadInput("options", "an empty word", ("run", ""))
    yield BadInput("options", "NUL cannot be typed, a surrogate can", ("check", "p\udcff.yaml"))
    yield BadInput("options", "a word of 100,000 letters", ("check", "p.yaml", "--set", "a=" + "9" * 100_000))
    yield BadInput("options", "20,000 words", ("check", "p.yaml", *("--set", "k=1") * 10_000))
    yield BadInput("options", "a path through 1,500 folders", ("run", "p.yaml", "--out", "x/" * 1_500))
    yield BadInput("options", "reports called con", ("run", "p.yaml", "--out", "con"), codes=(4,))
    yield BadInput("options", "verify nothing", ("verify", "nothing"), codes=(4,))
    yield BadInput("options", "verify a plan", ("verify", "p.yaml"), codes=(4,))
    yield BadInput("options", "verify a short id", ("verify", "ab"), codes=(4,))


def _edit_json(name: str, change: Callable[[dict[str, Any]], object]) -> Content:
    """A function that changes a JSON file of a report."""

    def edit(path: Path) -> None:
        file = path.with_name(name) if path.suffix == "" else path
        content = json.loads(file.read_text(encoding="utf-8"))
        change(content)
        file.write_text(json.dumps(content), encoding="utf-8")

    return edit


def _replace_with(content: bytes | Callable[[Path], None]) -> Content:
    """A function that puts something else in the place of a file."""

    def replace_file(path: Path) -> None:
        path.unlink()
        if callable(content):
            content(path)
        else:
            path.write_bytes(content)

    return replace_file


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _recode(path: Path) -> None:
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


def _bad_stored_files() -> Iterator[BadInput]:
    changes: dict[str, Content] = {
        "empty": _replace_with(b""),
        "half": _halve,
        "not JSON": _replace_with(b"hello"),
        "a list": _replace_with(b"[1, 2]"),
        "a number": _replace_with(b"7"),
        "deep": _replace_with(b"[" * 100_000),
        "a key twice": _replace_with(b'{"run_id": "abcd", "run_id": "abcd"}'),
        "NaN": _replace_with(b'{"schema": NaN}'),
        "1e999": _replace_with(b'{"schema": 1e999}'),
        "a whole number of 5,000 digits": _replace_with(b'{"schema": ' + b"9" * 5_000 + b"}"),
        "bytes": _replace_with(random.Random(3).randbytes(2_000)),
        "UTF-16": _recode,
        "a pipe": _replace_with(partial(os.mkfifo)),
        "a folder": _replace_with(_folder),
        "a link to /dev/zero": _replace_with(_link_to("/dev/zero")),
        "10 GiB": _replace_with(_sparse),
        "missing": _unlink,
        "another schema": _edit_json("", lambda content: content.update(schema=99)),
        "a text for its schema": _edit_json("", lambda content: content.update(schema="2")),
        "no run id": _edit_json("", lambda content: content.pop("run_id")),
        "a path for its run id": _edit_json("", lambda content: content.update(run_id="../../x")),
        "a path for its scenario": _edit_json("", lambda content: content.update(scenario="../x")),
        "outputs above": _edit_json("", lambda content: content["outputs"].update({"../../x": "0" * 64})),
        "outputs that are a list": _edit_json("", lambda content: content.update(outputs=[])),
        "another seed": _edit_json("", lambda content: content.update(seed=7)),
        "a control character in its scenario": _edit_json("", lambda content: content.update(scenario="a\x1bb")),
        "an unknown kind": _edit_json("", lambda content: content.update(kind="dream")),
        "no digests": _edit_json("", lambda content: content.pop("digests")),
        "digests that are a text": _edit_json("", lambda content: content.update(digests="x")),
        "parameters that are null": _edit_json("", lambda content: content.update(parameters=None)),
        "changed parameters": _edit_json("", lambda content: content["parameters"].update(counter={"blend": {}})),
    }
    for name, change in changes.items():
        files = {"reports/shop/manifest.json": change}
        yield BadInput(
            "stored files", f"verify a manifest: {name}", ("verify", "reports/shop"), files, (3, 4), ("reports",)
        )
        pin = ("run", "shop.yaml", "--reuse-fit", "reports/shop/manifest.json", "--paths", "100")
        yield BadInput("stored files", f"fits of a manifest: {name}", pin, files, scene_folders=("reports",))
    for name in ("empty", "half", "a list", "bytes", "a pipe", "a folder", "missing", "NaN", "a link to /dev/zero"):
        files = {"reports/bakery/summary.json": changes[name]}
        command = ("verify", "reports/bakery")
        yield BadInput("stored files", f"verify a summary: {name}", command, files, (3, 4), ("reports",))
    for name in ("empty", "half", "bytes", "a pipe", "a folder", "10 GiB"):
        entry = {"cache": partial(_damage_entries, changes[name])}
        run = ("run", "shop.yaml", "--paths", "100", "--seed", "77", "--quiet")
        yield BadInput("stored files", f"an entry of the cache: {name}", run, entry, (0,), ("cache", "reports"))
    for name, text in (("nothing", ".runs/0123456789abcdef"), ("above", "../.."), ("itself", "loop")):
        files = {"reports/loop": _link_to(text)}
        command = ("verify", "reports/loop")
        yield BadInput("stored files", f"verify a link that leads to {name}", command, files, (3, 4), ("reports",))


def _damage_entries(change: Content, folder: Path) -> None:
    """Change every entry of a cache."""
    assert callable(change)
    for entry in folder.glob("*.entry"):
        change(entry)


def _mutated_bytes() -> Iterator[BadInput]:
    """Plans in which some bytes are others, by a fixed seed; those that can still be read are allowed to."""
    rng = random.Random(20)
    for number in range(20):
        content = bytearray(PLAN.encode())
        for _ in range(rng.randint(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        yield BadInput("changed bytes", str(number), files={"p.yaml": bytes(content)}, codes=(0, 2))


if __name__ == "__main__":
    sys.exit(main())
