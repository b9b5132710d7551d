"""Fuzz of everything that is read: plans, settings, numbers, ledgers, recipes, manifests, summaries, fits and caches.

Shipped plans and true stored files are changed by a fixed seed, with a dictionary of the words of the language, for so
many seconds of CPU. Nothing but the documented errors may come out; each message can be written in both languages, is
below 10 kB, has a place, and no control character; no input takes more than 5 s of CPU. Not Hypothesis: it counts
examples, and here the time is given; it also keeps what it tries apart from any corpus. A fault is written to a file,
and `--replay FILE` tries it again. Prints one JSON object; exit 1 where there is a fault.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from forecast.errors import CheckError, InputError, Location, OutputError, Problem
from forecast.files.cache import Cache
from forecast.files.characters import escape_invisible
from forecast.files.month_forms import normalize_period, recognize_month
from forecast.files.stored_json import DIGESTS_KEY, seal
from forecast.i18n import LANGUAGES, Translator
from forecast.periods import parse_month, parse_period
from forecast.plan import assumption
from forecast.plan.accounts import read_plan_history
from forecast.plan.expressions import parse_expression
from forecast.plan.loading.effective import effective_values
from forecast.plan.loading.loader import read_plan
from forecast.plan.quantity_types import ParseContext
from forecast.runs import repository
from forecast.runs.listing import listed_runs
from forecast.timeseries.baseline import fit_tasks, unfitted_notes
from forecast.timeseries.checks import check_baselines, check_history
from forecast.timeseries.ensemble.cache import restore_fits
from forecast.timeseries.ensemble.pinned import read_pinned_fits, restore_pinned
from forecast.timeseries.reconstruction import read_recipe
from forecast.units import QuantityError, read_quantity
from tests.support.plans import FULL_PLAN, ROOT
from tests.validation.bad_inputs import LEDGER_PLAN, PLAN, RECIPE, ROWS, TOTALS
from tests.validation.command_scene import CommandScene, PreparedScene
from tests.validation.forked_commands import in_lanes, merge_counts

__all__ = ["fuzz_readers"]

MAX_CPU_SECONDS = 5.0
MAX_MESSAGE_BYTES = 10_000
FAULTS_FOLDER = Path(tempfile.gettempdir()) / "forecast-fuzz"
MAX_CHANGES = 6
TOKENS = (
    *r"""
    : - , ; [ ] { } ( ) # & * ! | > % @ ` ' " \ \0 --- ... ? << = ~ null true yes NaN inf -inf .nan 1e308 -1 0
    1e-308 9999999999999999999999 0.1 1,5 1.5.5 1.000.000 1_000 -0 +1 ½ ٣ １ 0x1F tỷ triệu đồng VND EUR USD people
    người days ngày weeks tuần months tháng percent to đến extends services growth baseline method given fit annual
    shape noise persistence level_noise shocks kind event flood storm epidemic drift from until chance effect volume
    price recovered within initiatives start ramp needs takes_from targets measure revenue profit productivity
    period at_least at_most required_chance cases correlations between value same_as source grade note known A B C
    horizon history places count file ledger climate currency language name paths seed as_of costs people
    growth_over uniform( normal( pert( triangular( lognormal( beta( empirical( discrete( 2026-01 2026-13 2026-Q1
    2026 1899 2200 T1/2026 tet all week_of Tết month service status actual reconstructed estimate example run_id
    scenario outputs digests parameters blend mean root weights past é ế 😀
    """.split(),  # noqa: SIM905
    *"\t\n \0\x07\x1b\u202e\u200b\xad\u2028\ufeff",
)
"""Words of the language, of ledgers and of stored files, and characters that are special somewhere."""


ODD_JSON: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    0.5,
    1e308,
    2**62,
    "",
    "x" * 2_000,
    "../x",
    "a\x1b\u202e",
    [],
    {},
    [[[]]],
)


ODD_YAML = (
    *TOKENS,
    *re.split(
        r";\s+",
        """[]; {}; [a]; [a, b]; {a: 1}; {value: 1%}; {same_as: services.a.growth}; {same_as: []}; {same_as: {}};
    {value: []}; {value: 1%, source: [x]}; {en: a}; {en: [a]}; [[a]]; [{}]; {2026: 1%};
    {2026: {same_as: services.a.growth}}; ''; [null]; {all: 1%}; {all: []}; {zz: 1%};
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    {from: 2026-01}; 2026-05; 2026-02-30; 50%; -100%; 100%; 200%; 1 tỷ; 0 tỷ; -1 tỷ; 1% to 2%; 2% to 1%;
    uniform(0%, 1%); normal(1%, 1000%); 3 months; 0 days""",
    ),
)
"""Texts that may stand in the place of a value of a plan."""
PLAN_VALUE = re.compile(rb"(?<=: )[^,{}\[\]\n]+|(?<=: )\{[^{}\n]*\}|(?<=: )\[[^\[\]\n]*\]")
PLAN_LINE = re.compile(rb"[^\n]+\n")
RICH_PLAN = """\
name: {en: rich, vi: giàu}
as_of: 2026-01-05
currency: VND
seed: 7
horizon: {from: 2026-01, months: 24}
services:
  a:
    label: {en: A, vi: A}
    growth: {2026: 1% to 2%, 2027: {same_as: services.a.growth.2026}}
    baseline: {method: given, annual: 100 tỷ to 120 tỷ, shape: flat, noise: 1% to 2%, persistence: 20%}
  b:
    growth: {value: 1% to 3%, grade: B, source: somebody, note: n, known: 2025-12-01}
    price_change: {same_as: services.b.growth}
    baseline: {method: given, annual: 50 tỷ, shape: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], noise: 1%}
shocks:
  works: {kind: event, from: 2026-05-04, until: 2026-07-31, chance: 50%, effect: {volume: {a: -20% to -5%}}}
  rivals: {kind: drift, over: 12 months, reach: 20% to 30%, effect: {price: {a: -4% to 1%}}}
initiatives:
  shop: {chance: 60%, start: "uniform(2026-02, 2026-08)", effect: {revenue: {b: 2%}}, takes_from: {a: 20%}}
targets:
  goal: {measure: revenue, period: 2026, at_least: 150 tỷ, required_chance: 60%}
  quarter: {measure: revenue, period: 2026-Q1, at_least: 30 tỷ}
cases:
  low: {services: {a: {growth: {2026: -1%}}}}
  none: {shocks: {works: null}}
"""


class _TooSlowError(BaseException):
    """An input took more CPU than is allowed."""


@dataclass(frozen=True)
class FuzzTarget:
    """Something that reads, and what it is given at first."""

    read: Callable[[bytes], None]
    seeds: Sequence[bytes]
    change: Callable[[random.Random, bytes, Sequence[bytes]], bytes]
    share: int
    """Share of the inputs, relative to the others."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of CPU, of all lanes together")
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=Path, help="a file that an earlier fuzz wrote")
    asked = parser.parse_args()
    if asked.replay:
        fault = replay_fault(asked.replay)
        print(fault or "no fault")
        return 1 if fault else 0
    result = fuzz_readers(seconds=asked.seconds, lanes=asked.lanes, seed=asked.seed)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 0 if result["holds"] else 1


def fuzz_readers(
    *, seconds: float, lanes: int = 2, seed: int = 1, prepared: PreparedScene | None = None
) -> dict[str, Any]:
    """Change inputs and read them for some time.

    Parameters
    ----------
    seconds : float
        Of CPU, of all lanes together.
    lanes : int
        Processes.
    seed : int
        Of the changes.
    prepared : PreparedScene, optional
        True reports and caches, of which copies are changed; made anew by default.

    Returns
    -------
    dict
        `cpu_seconds`, `executions`, `by_target`, `accepted` (inputs that were read without an error), `slowest` (CPU
        seconds of one input), `distinct_faults`, `faults` (each with the file that replays it) and `holds`.
    """
    with tempfile.TemporaryDirectory() as place:
        scene = _scene(prepared, Path(place))

        def work(lane: int) -> dict[str, Any]:
            folder = Path(place) / f"lane-{lane}"
            folder.mkdir()
            return _fuzz(_targets(folder, scene), random.Random(f"{seed}-{lane}"), seconds / lanes)

        results = in_lanes(work, lanes)
    slowest = max(result.pop("slowest") for result in results)
    merged = merge_counts(results)
    faults = list({fault["key"]: fault for fault in merged.pop("faults")}.values())
    shown = [f"{fault['key']}: {fault['text']} ({fault['file']})" for fault in faults]
    merged["cpu_seconds"] = round(merged["cpu_seconds"])
    return {**merged, "slowest": slowest, "distinct_faults": len(faults), "faults": shown, "holds": not faults}


def replay_fault(file: Path) -> str:
    """Read again what a fuzz wrote to a file; the fault, or an empty text."""
    stored = json.loads(file.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "lane").mkdir()
        targets = _targets(Path(place) / "lane", _scene(None, Path(place)))
        fault, _ = _try(targets[stored["target"]], base64.b64decode(stored["content"]))
    return "" if fault is None else fault[1]


def _scene(prepared: PreparedScene | None, place: Path) -> CommandScene:
    if prepared is not None:
        return prepared.scene
    scene = CommandScene(place / "scene")
    scene.build()
    return scene


def _fuzz(targets: Mapping[str, FuzzTarget], rng: random.Random, seconds: float) -> dict[str, Any]:
    """Read changed inputs until the CPU time is used."""
    names = [name for name, target in targets.items() for _ in range(target.share)]
    by_target: Counter[str] = Counter()
    accepted, slowest, faults = 0, 0.0, {}
    started = time.process_time()
    while (spent := time.process_time() - started) < seconds:
        name = rng.choice(names)
        target = targets[name]
        content = target.change(rng, rng.choice(target.seeds), target.seeds)
        before = time.process_time()
        fault, was_read = _try(target, content)
        slowest = max(slowest, time.process_time() - before)
        by_target[name] += 1
        accepted += was_read
        if fault is not None and (key := f"{name}: {fault[0]}") not in faults:
            faults[key] = {"key": key, "text": fault[1][:300], "file": _store_fault(name, content, fault[1])}
    counts = {"cpu_seconds": spent, "executions": by_target.total(), "by_target": dict(by_target), "accepted": accepted}
    return {**counts, "slowest": round(slowest, 2), "faults": list(faults.values())}


def _store_fault(target: str, content: bytes, text: str) -> str:
    """Write what makes a fault to a file, for `--replay`."""
    FAULTS_FOLDER.mkdir(exist_ok=True)
    file = FAULTS_FOLDER / f"{target}-{hashlib.sha256(content).hexdigest()[:12]}.json"
    stored = {"target": target, "fault": text, "content": base64.b64encode(content).decode()}
    file.write_text(json.dumps(stored, indent=1), encoding="utf-8")
    return str(file)


def _try(target: FuzzTarget, content: bytes) -> tuple[tuple[str, str] | None, bool]:
    """Read one input; its fault as a key and a text, if any, and whether it was read without an error."""
    try:
        with _bounded_cpu():
            target.read(content)
    except (InputError, CheckError, OutputError) as error:
        try:
            fault = _message_fault(error)
        except Exception as message_error:  # a sentence that is missing, or cannot be made
            fault = f"no message, {type(message_error).__name__} {message_error}: {error!r}"
        return (None if fault is None else (fault.partition(":")[0], fault)), False
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        key = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
        return (key, f"{key}: {error}"), False
    return None, True


@contextmanager
def _bounded_cpu() -> Iterator[None]:
    """Raise `_TooSlowError` after too much CPU."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _TooSlowError

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _message_fault(error: InputError | CheckError | OutputError) -> str | None:
    """Faults of the message of an error."""
    if isinstance(error, InputError):
        if any(not p.location.file or p.location.line < 1 or p.location.column < 1 for p in error.problems):
            return f"no place: {error}"
        texts = [problem.message(language) for problem in error.problems for language in LANGUAGES]
    else:
        texts = [Translator(language)(error.code, **error.params) for language in LANGUAGES]
    for text in texts:
        if len(text.encode(errors="replace")) > MAX_MESSAGE_BYTES:
            return f"long message: {text[:200]}"
        if re.search(r"\{[a-z_]+\}", text) and not re.search(r"\{[a-z_]+\}", str(getattr(error, "problems", ""))):
            return f"an empty placeholder: {text[:200]}"
        if re.search("[\x00-\x08\x0b-\x1f\x7f]", escape_invisible(text).replace("\r", "")):
            return f"control character: {text[:200]!r}"
    return None


def _targets(folder: Path, scene: CommandScene) -> dict[str, FuzzTarget]:
    """Everything that reads, by name; files are written to `folder`."""
    project = folder / "project"
    shutil.copytree(ROOT / "scenarios", project / "scenarios")
    shutil.copytree(ROOT / "data", project / "data")
    shutil.copytree(scene.reports, folder / "reports", symlinks=True)
    shutil.copytree(scene.folder / "cache", folder / "cache")
    for name in ("shop.yaml", "sales.csv", "bakery.yaml"):
        shutil.copy(scene.folder / name, folder)
    shipped = [
        path.read_bytes() for path in sorted((ROOT / "scenarios").glob("*.yaml")) if path.stat().st_size < 20_000
    ]
    small = [text.encode() for text in (PLAN, FULL_PLAN, RICH_PLAN, LEDGER_PLAN)] + [
        (scene.folder / "bakery.yaml").read_bytes()
    ]
    ledger = "\n".join(["month,service,status,revenue", *ROWS, ""])
    return {
        "plan": FuzzTarget(_plan_reader(project), [*small * 4, *shipped], change_plan, 8),
        "setting": FuzzTarget(_setting_reader(folder), _settings(), change_text, 4),
        "number": FuzzTarget(_read_number, _expressions(), change_text, 30),
        "month": FuzzTarget(
            _read_month, [b"2026-01", b"T1/2026", b"2026-Q3", b"Jan 2026", b"1/2026", b"2026"], change_text, 20
        ),
        "ledger": FuzzTarget(
            _ledger_reader(folder), [ledger.encode(), ledger.replace(",", ";").encode()], change_text, 6
        ),
        "recipe": FuzzTarget(_recipe_reader(folder), [json.dumps(RECIPE).encode()], change_text_or_json, 4),
        **_stored_targets(folder),
    }


def _stored_targets(folder: Path) -> dict[str, FuzzTarget]:
    """Readers of stored files."""
    manifests = [path.read_bytes() for path in sorted((folder / "reports").glob("*/manifest.json"))]
    pinned = [(folder / "reports" / "shop" / "manifest.json").read_bytes()]
    summaries = [path.read_bytes() for path in sorted((folder / "reports").glob("*/summary.json"))]
    entries = [path.read_bytes() for path in sorted((folder / "cache").glob("*.entry"))]
    return {
        "manifest": FuzzTarget(_manifest_reader(folder), manifests, change_sealed_json, 4),
        "summary": FuzzTarget(_summary_reader(folder), summaries, change_text_or_json, 4),
        "fits": FuzzTarget(_fits_reader(folder), pinned, change_sealed_json, 4),
        "cache": FuzzTarget(_cache_reader(folder), entries, _change_entry, 4),
    }


def _settings() -> list[bytes]:
    return [
        b"services.a.growth=1% to 5%",
        b"services.a.growth={value: 2%, grade: A, source: x}",
        b"targets.goal=null",
        b"shocks.s={kind: drift, over: 3 months, effect: {price: {a: -1%}}}",
        b"paths=1_000",
        "name={en: a, vi: ă}".encode(),
    ]


def _expressions() -> list[bytes]:
    texts = """
        1% to 2%; normal(1%, 2%); pert(5%, 70%, 100%); 100 tỷ đến 140 tỷ; uniform(2021-02, 2021-08); 5 to 30 triệu;
        4 to 10 weeks; 1838 people; 1,234.5 EUR; lognormal(0.1, 0.2); triangular(1, 2, 3); beta(2, 3); -0.5; 2021-03-15;
        empirical(a.csv, x); discrete(1: 20%, 2: 80%); 1.000.000 đồng; cuối tháng 3/2021; week_of(2021-02)
    """
    return [text.strip().encode() for text in texts.split(";")]


def _plan_reader(project: Path) -> Callable[[bytes], None]:
    path = project / "scenarios" / "fuzzed.yaml"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        effective_values(read_plan(path))

    return read


def _setting_reader(folder: Path) -> Callable[[bytes], None]:
    path = folder / "set.yaml"
    path.write_text(PLAN, encoding="utf-8")

    def read(content: bytes) -> None:
        key, _, value = content.decode("utf-8", errors="replace").partition("=")
        effective_values(read_plan(path, overrides={key: value}))

    return read


def _read_number(content: bytes) -> None:
    """Read a text as a number of every type; a refusal is raised as the problem that a plan gets."""
    text = content.decode("utf-8", errors="replace")
    types = [value for value in vars(assumption).values() if isinstance(value, assumption.AssumptionType)]
    problems = []
    for quantity_type in types:
        try:
            parse_expression(text, quantity_type, ParseContext())
        except QuantityError as error:
            problems.append(Problem.of(Location("fuzz"), "number", error.code, **error.params))
    with suppress(QuantityError):
        read_quantity(text, "EUR")
    if problems:
        raise InputError(problems)


def _read_month(content: bytes) -> None:
    """Read a text as a month, a period and a form of one; only ValueError says that it is none."""
    text = content.decode("utf-8", errors="replace")
    recognize_month(text)
    for read in (parse_month, parse_period):
        with suppress(ValueError):
            read(normalize_period(text))


def _ledger_reader(folder: Path) -> Callable[[bytes], None]:
    plan = folder / "ledger.yaml"
    plan.write_text(LEDGER_PLAN.replace("sales.csv", "fuzzed.csv"), encoding="utf-8")
    scenario = None

    def read(content: bytes) -> None:
        nonlocal scenario
        (folder / "fuzzed.csv").write_bytes(content)
        scenario = scenario or read_plan(plan).scenario
        history = read_plan_history(scenario)
        assert history is not None
        if problems := [*check_baselines(scenario), *check_history(scenario, history)]:
            raise InputError(problems)
        for key, params in (*history.notes, *unfitted_notes(scenario, history)):
            for language in LANGUAGES:
                Translator(language)(key, **dict(params))

    return read


def _recipe_reader(folder: Path) -> Callable[[bytes], None]:
    (folder / "p.yaml").write_text(PLAN, encoding="utf-8")
    (folder / "totals.csv").write_text(TOTALS, encoding="utf-8")

    def read(content: bytes) -> None:
        (folder / "recipe.json").write_bytes(content)
        read_recipe(folder / "recipe.json")

    return read


def _manifest_reader(folder: Path) -> Callable[[bytes], None]:
    def read(content: bytes) -> None:
        run = (folder / "reports" / "bakery").resolve()
        (run / "manifest.json").write_bytes(content)
        for row in listed_runs(list(repository.all_runs(folder / "reports")), frozenset()):
            row.to_dict()
            for language in LANGUAGES:
                row.to_text(Translator(language))
        repository.verify(run)

    return read


def _summary_reader(folder: Path) -> Callable[[bytes], None]:
    runs = [path for path in sorted((folder / "reports").iterdir()) if path.is_symlink()]

    def read(content: bytes) -> None:
        digest = hashlib.sha256(content).digest()
        run = runs[digest[0] % len(runs)]
        (run / "summary.json").write_bytes(content)
        try:
            for row in listed_runs(list(repository.all_runs(folder / "reports")), frozenset()):
                row.to_text(Translator("vi"))
        finally:
            repository.open_run(run).summary()

    return read


def _fits_reader(folder: Path) -> Callable[[bytes], None]:
    scenario = read_plan(folder / "shop.yaml").scenario
    history = read_plan_history(scenario)
    assert history is not None
    tasks = fit_tasks(scenario, history)
    file = folder / "fits.json"

    def read(content: bytes) -> None:
        file.write_bytes(content)
        restore_pinned(read_pinned_fits(file), tasks, scenario.horizon.months, history.digest)

    return read


def _cache_reader(folder: Path) -> Callable[[bytes], None]:
    scenario = read_plan(folder / "shop.yaml").scenario
    history = read_plan_history(scenario)
    assert history is not None
    tasks = fit_tasks(scenario, history)
    entry = next((folder / "cache").glob("*.entry"))
    if restore_fits(tasks, scenario.currency, folder / "cache") is None:
        raise RuntimeError("the cache of the scene has no fits of its plan")

    def read(content: bytes) -> None:
        entry.write_bytes(content)
        Cache(folder / "cache").get(entry.stem)
        restore_fits(tasks, scenario.currency, folder / "cache")

    return read


def change_text(rng: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """Some changes of a text: tokens, bytes, lines, numbers, and parts of another seed."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, MAX_CHANGES)):
        place = rng.randrange(len(changed) + 1)
        end = min(len(changed), place + rng.randint(0, 12))
        match rng.randrange(9):
            case 0 | 1:
                changed[place:place] = rng.choice(TOKENS).encode()
            case 2:
                changed[place:end] = rng.choice(TOKENS).encode()
            case 3:
                del changed[place:end]
            case 4:
                changed[place:end] = bytes([rng.randrange(256)])
            case 5:
                changed[place:place] = changed[place:end] * rng.choice((1, 2, 50))
            case 6:
                other = rng.choice(seeds)
                start = rng.randrange(len(other))
                changed[place:place] = other[start : start + rng.randint(1, 60)]
            case 7:
                lines = changed.split(b"\n")
                first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
                lines[first], lines[second] = lines[second], lines[first]
                changed = bytearray(b"\n".join(lines))
            case _:
                numbers = list(re.finditer(rb"\d+", changed))
                if numbers:
                    number = rng.choice(numbers)
                    changed[number.start() : number.end()] = str(rng.choice((0, 1, 13, 99, 10**9, 10**40))).encode()
    return bytes(changed)


def change_plan(rng: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """A plan in which some values are others, or of another form, and keys are twice, missing or elsewhere."""
    if rng.random() < 0.3:
        return change_text(rng, content, seeds)
    changed = content
    for _ in range(rng.randint(1, 3)):
        pattern = PLAN_VALUE if rng.random() < 0.7 else PLAN_LINE
        matches = list(pattern.finditer(changed))
        if not matches:
            break
        match = rng.choice(matches)
        others = list(pattern.finditer(rng.choice(seeds))) or matches
        value = rng.choice(ODD_YAML).encode() if pattern is PLAN_VALUE else rng.choice((b"", match[0] * 2))
        value = rng.choice((value, value, rng.choice(others)[0]))
        changed = changed[: match.start()] + value + changed[match.end() :]
    return changed


def change_json(rng: random.Random, content: bytes) -> Any:
    """JSON in which some entries are others, missing, twice or deeper; seldom all of it is something else."""
    tree = json.loads(content)
    if rng.random() < 0.03:
        return rng.choice([*ODD_JSON, [tree]])
    for _ in range(rng.randint(1, 3)):
        node: Any = tree
        parent: Any = None
        key: Any = None
        while isinstance(node, dict | list) and node and (parent is None or rng.random() < 0.8):
            parent, key = node, rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
            node = parent[key]
        if parent is None:
            continue
        if rng.random() < 0.2:
            del parent[key]
        else:
            copies = [{"a": [node]}, [node, node], str(node)[:50], rng.choice(TOKENS)]
            parent[key] = deepcopy(rng.choice([*ODD_JSON, *copies]))  # a shared one would come to hold itself
    return tree


def change_text_or_json(rng: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """A change of the JSON, or of its text."""
    if rng.random() < 0.3:
        return change_text(rng, content, seeds)
    return json.dumps(change_json(rng, content)).encode()


def change_sealed_json(rng: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """The same, mostly with digests that fit, as one has it who forges a file."""
    if rng.random() < 0.2:
        return change_text(rng, content, seeds)
    tree = change_json(rng, content)
    if isinstance(tree, dict) and rng.random() < 0.8:
        tree = seal({key: value for key, value in tree.items() if key != DIGESTS_KEY})
    return json.dumps(tree).encode()


def _change_entry(rng: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    """An entry of a cache with other bytes, mostly with the digest that fits."""
    _, _, body = content.partition(b"\n")
    changed = change_text(rng, body, [body])
    digest = hashlib.sha256(changed if rng.random() < 0.8 else body).hexdigest().encode()
    return digest + b"\n" + changed


if __name__ == "__main__":
    sys.exit(main())
