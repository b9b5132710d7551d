"""Do the tests bite? Faults are put into the core one by one; each should make a test fail.

A mutant is a copy of one module with one small fault (`mutations`). The mutants of all modules of the core stand in an
order that the seed and their names fix, and the first of them are the sample. For each, the tests that reach its module
run in a process of its own, up to the first failure; the mutated module is compiled in memory, no file is changed.
A mutant that uses more than its processor time counts as caught. Equivalent mutants, which no test can notice, stand in
`equivalent_mutants.toml` with a reason each. Exits 1 where fewer than 95% are caught, where one that survives is not
explained, or where an explanation fits no mutant.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tests.validation.mutations import Mutant, find_mutants

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
REFERENCE_MODEL = "tests/validation/test_reference_model.py"
WHOLE_PLANS = (REFERENCE_MODEL, "tests/validation/test_oracles.py", "tests/laws/test_laws.py")
"""Tests that simulate whole plans: each path by a model of its own, closed forms, laws."""
MODEL_TESTS = (
    "tests/simulation/model/test_service_paths.py tests/simulation/model/test_initiatives.py "
    "tests/simulation/model/test_recovery.py tests/simulation/model/test_impacts.py tests/simulation/model/shocks"
)
BASELINE_TESTS = "tests/simulation/model/test_baseline_paths.py tests/simulation/model/test_statement.py"
PLANNED_YEARS = f"tests/simulation/model/test_planned_years.py {BASELINE_TESTS}"
BELOW_ZERO = " ".join(
    f"tests/laws/test_months_below_zero.py::{name}"
    for name in (
        "test_drifts_and_initiatives_change_a_month_by_its_size",
        "test_a_past_shock_is_taken_out_of_months_below_zero",
        "test_lost_is_recovered_carried_over_or_permanent_below_zero",
        "test_growth_sets_the_level_of_the_year_and_keeps_its_months",
    )
)
EARLIER = (
    "tests/simulation/test_earlier.py::test_an_uncertain_date_lies_after_the_day_of_the_plan "
    "tests/simulation/test_earlier.py::test_events_are_counted_where_they_are_under_way_in_the_horizon"
)
MODEL = (MODEL_TESTS, *WHOLE_PLANS)
CLOSED_YEARS = (
    "tests/simulation/model/conditioning tests/stats/test_resampling.py tests/stats/test_ar_covariance.py",
    "tests/laws/test_closed_months.py",
    "tests/laws/test_closed_kinds.py tests/validation/test_closed_year.py",
)
SAMPLING = ("tests/simulation/sampling", *WHOLE_PLANS)
TALLY = ("tests/stats/test_tally.py", "tests/validation/test_oracles.py")
DISTRIBUTIONS = (
    "tests/stats/test_distributions.py tests/stats/test_quantile_table.py",
    "tests/laws/test_effects.py::test_a_tenth_of_the_paths_has_no_effect_to_the_bit tests/validation/test_oracles.py",
)
COPULA = ("tests/stats/test_copula.py", "tests/simulation/test_correlations.py")
CORE: dict[str, tuple[str, ...]] = {
    "forecast/simulation/model/service_paths.py": (*MODEL, BELOW_ZERO),
    "forecast/simulation/model/recovery.py": (*MODEL, BELOW_ZERO),
    "forecast/simulation/model/baseline_paths.py": (
        BASELINE_TESTS,
        *MODEL,
        "tests/simulation/sampling",
        BELOW_ZERO,
        *CLOSED_YEARS,
    ),
    "forecast/simulation/model/planned_years.py": (
        PLANNED_YEARS,
        *MODEL,
        "tests/simulation/sampling",
        BELOW_ZERO,
        *CLOSED_YEARS,
    ),
    "forecast/simulation/model/conditioning/conditioning.py": CLOSED_YEARS,
    "forecast/simulation/model/conditioning/components.py": CLOSED_YEARS,
    "forecast/simulation/model/conditioning/factors.py": CLOSED_YEARS,
    "forecast/simulation/model/conditioning/gain.py": CLOSED_YEARS,
    "forecast/stats/resampling.py": CLOSED_YEARS,
    "forecast/stats/ar_covariance.py": CLOSED_YEARS,
    "forecast/timeseries/year_width.py": (PLANNED_YEARS, *MODEL, BELOW_ZERO),
    "forecast/stats/annual_noise.py": ("tests/stats/test_annual_noise.py", PLANNED_YEARS),
    "forecast/simulation/model/initiatives.py": MODEL,
    "forecast/simulation/model/impacts.py": (*MODEL, BELOW_ZERO),
    "forecast/simulation/model/shocks/shock.py": MODEL,
    "forecast/simulation/model/shocks/drift.py": MODEL,
    "forecast/simulation/model/shocks/event.py": (MODEL_TESTS, EARLIER, *WHOLE_PLANS),
    "forecast/simulation/model/shocks/weather.py": (*MODEL, EARLIER),
    "forecast/simulation/model/shocks/epidemic.py": (*MODEL, EARLIER),
    "forecast/simulation/model/shocks/outbreaks.py": (*MODEL, EARLIER),
    "forecast/simulation/sampling/yearly_draws.py": SAMPLING,
    "forecast/simulation/sampling/events.py": SAMPLING,
    "forecast/simulation/sampling/random_streams.py": SAMPLING,
    "forecast/stats/tally.py": TALLY,
    "forecast/stats/bins.py": TALLY,
    "forecast/stats/distributions.py": DISTRIBUTIONS,
    "forecast/stats/quantile_table.py": DISTRIBUTIONS,
    "forecast/stats/transforms.py": DISTRIBUTIONS,
    "forecast/stats/copula.py": COPULA,
    "forecast/stats/cholesky.py": COPULA,
    "forecast/stats/censored_normal.py": ("tests/stats/test_censored_normal.py",),
}
"""By module of the core, the tests that reach it: steps that are run one after the other, the quickest first."""
LEFT_OUT = (
    # these start processes, which would import the module without its fault
    "tests/laws/test_laws.py::test_results_do_not_depend_on_the_number_of_workers",
    # these take seconds and notice little that the others miss
    f"{REFERENCE_MODEL}::test_every_path_equals_the_reference_model[regimes]",
    f"{REFERENCE_MODEL}::test_every_path_equals_the_reference_model[autumn]",
    "tests/laws/test_laws.py::test_an_empty_overlay_changes_no_path",
    "tests/laws/test_laws.py::test_losses_never_exceed_revenue",
    "tests/simulation/model/test_workforce.py",
    "tests/validation/test_oracles.py::test_the_intervals_of_mean_quantile_shortfall_and_cvar_cover_at_their_rate",
)
"""Tests in those files that are not run."""
REQUIRED_SHARE = 0.95
SAMPLE = 200
MAX_CPU_SECONDS = 90
MAX_MEMORY_BYTES = 6 * 2**30
"""Address space of one process: arrays that a fault makes huge are refused."""
WARM_MODULES = (
    *("click", "filelock", "holidays", "hypothesis", "hypothesis.strategies", "numpy", "numpy.testing", "pandas"),
    *("platformdirs", "pydantic", "pytest", "rich", "ruamel.yaml", "scipy.linalg", "scipy.optimize", "scipy.signal"),
    *("scipy.sparse", "scipy.special", "scipy.stats", "statsmodels.api", "threadpoolctl"),
)
"""Libraries that the tests import, imported once."""


@dataclass(frozen=True)
class Verdict:
    """Result of the tests on one mutant."""

    caught: bool
    by_time: bool
    test: str
    """Test that failed first; empty where none did."""
    cpu_seconds: float


NOT_RUN = Verdict(False, False, "", 0.0)
"""Verdict of an equivalent mutant: it would pass all tests, and so take the longest."""


def run_mutants(sample: int = SAMPLE, workers: int = 2, seed: int = 1) -> dict[str, Any]:
    """Results of the command as data, from a process that has not imported the package."""
    options = ["--sample", str(sample), "--workers", str(workers), "--seed", str(seed), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.validation.mutants", *options]
    printed = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False)
    if printed.returncode not in (0, 1):
        raise RuntimeError(f"the mutants could not be run: exit code {printed.returncode}")
    return dict(json.loads(printed.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sample", type=int, default=SAMPLE, help="number of mutants; a smaller sample begins a larger"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="mutants whose names contain this text, of the sample")
    parser.add_argument("--explained", action="store_true", help="run those that are explained, too: is one caught?")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    started = time.monotonic()
    mutants = all_mutants()
    reasons = read_equivalent(mutants)
    sample = fixed_order(mutants, options.seed)[: options.sample]
    sample = [mutant for mutant in sample if options.only in mutant.identity]
    run = [mutant for mutant in sample if options.explained or mutant.identity not in reasons]
    verdicts = dict(zip(run, judge(run, options.workers), strict=True))
    result = summarise(sample, [verdicts.get(mutant, NOT_RUN) for mutant in sample], reasons)
    result["seconds"] = round(time.monotonic() - started, 1)
    print(json.dumps(result, indent=1, ensure_ascii=False) if options.json else as_text(result))
    return 0 if result["passed"] else 1


def all_mutants() -> list[Mutant]:
    """Every mutant of the core."""
    return [mutant for file in CORE for mutant in find_mutants(ROOT, file)]


def fixed_order(mutants: Sequence[Mutant], seed: int) -> list[Mutant]:
    """The mutants by a hash of their names: a change of one function moves no mutant of another."""
    return sorted(mutants, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.identity}".encode()).digest())


def read_equivalent(mutants: Sequence[Mutant], path: Path = EQUIVALENT) -> dict[str, str]:
    """By name of an equivalent mutant, the reason; ValueError for a name that no mutant has."""
    groups = tomllib.loads(path.read_text(encoding="utf-8"))["equivalent"]
    reasons = {identity: group["reason"] for group in groups for identity in group["mutants"]}
    if unknown := sorted(set(reasons) - {mutant.identity for mutant in mutants}):
        raise ValueError("no mutant has these names, remove or correct them:\n" + "\n".join(unknown))
    return reasons


def summarise(sample: Sequence[Mutant], verdicts: Sequence[Verdict], reasons: dict[str, str]) -> dict[str, Any]:
    """Counts, survivors and equivalent mutants, ready for JSON; the share leaves the equivalent out."""
    alive = [mutant for mutant, verdict in zip(sample, verdicts, strict=True) if not verdict.caught]
    caught = len(sample) - len(alive)
    survivors = [mutant for mutant in alive if mutant.identity not in reasons]
    noticed = [m.identity for m, v in zip(sample, verdicts, strict=True) if v.caught and m.identity in reasons]
    share = caught / max(1, caught + len(survivors))
    return {
        "mutants": len(sample),
        "caught": caught,
        "caught_by_time": sum(verdict.by_time for verdict in verdicts),
        "share": round(share, 4),
        "survivors": [{"mutant": mutant.identity, "line": mutant.line} for mutant in survivors],
        "equivalent": [{"mutant": m.identity, "reason": reasons[m.identity]} for m in alive if m.identity in reasons],
        "caught_though_equivalent": noticed,
        "cpu_seconds": round(sum(verdict.cpu_seconds for verdict in verdicts), 1),
        "passed": share >= REQUIRED_SHARE and not survivors and not noticed,
    }


def as_text(result: dict[str, Any]) -> str:
    """The result for people."""
    lines = [f"survives: {survivor['mutant']} (line {survivor['line']})" for survivor in result["survivors"]]
    lines += [f"equivalent: {mutant['mutant']}: {mutant['reason']}" for mutant in result["equivalent"]]
    lines += [f"caught, remove its explanation: {mutant}" for mutant in result["caught_though_equivalent"]]
    lines.append(
        f"{result['mutants']} mutants: {result['caught']} caught, {result['caught_by_time']} of them by time; "
        f"{len(result['equivalent'])} equivalent, {len(result['survivors'])} survive; "
        f"{result['share']:.1%} of those that can be noticed are caught, {REQUIRED_SHARE:.0%} are required; "
        f"{result['seconds']} s"
    )
    return "\n".join(lines)


def judge(sample: Sequence[Mutant], workers: int) -> list[Verdict]:
    """Run the tests on each mutant; RuntimeError where a test that caught one fails without any fault, too."""
    if "forecast" in sys.modules:
        raise RuntimeError("a mutant can replace a module only in a process that has not imported the package")
    warm_up()
    with tempfile.TemporaryDirectory() as folder, Children(Path(folder), workers) as children:
        for mutant in sample:
            children.start(mutant, [step.split() for step in CORE[mutant.file]])
        verdicts = children.finish()
        failing = sorted({verdict.test for verdict in verdicts if verdict.test})
        if failing:
            children.start(None, [failing])
            unchanged = children.finish()[-1]
            if unchanged.caught:
                raise RuntimeError(f"a test fails on the code as it is: {unchanged.test}")
    return verdicts[: len(sample)]


def warm_up() -> None:
    """Import the libraries that every process of a mutant needs."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in WARM_MODULES:
        importlib.import_module(name)


class Children:
    """Processes forked from this one, a few at a time."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        self.workers = workers
        self._running: dict[int, int] = {}
        self._mutants: list[Mutant | None] = []
        self._verdicts: dict[int, Verdict] = {}

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)

    def start(self, mutant: Mutant | None, steps: Sequence[Sequence[str]]) -> None:
        """Start a process once one of the workers is free."""
        while len(self._running) >= self.workers:
            self._wait()
        number = len(self._mutants)
        self._mutants.append(mutant)
        folder = self.folder / str(number)
        folder.mkdir()
        sys.stdout.flush()
        process = os.fork()
        if process == 0:
            run_tests(mutant, steps, folder)
        self._running[process] = number

    def finish(self) -> list[Verdict]:
        """The verdicts of all, in the order of their start."""
        while self._running:
            self._wait()
        return [self._verdicts[number] for number in range(len(self._mutants))]

    def _wait(self) -> None:
        process, status, used = os.wait4(-1, 0)
        number = self._running.pop(process, None)
        if number is not None:
            folder = self.folder / str(number)
            verdict = self._verdicts[number] = read_verdict(status, folder, used.ru_utime + used.ru_stime)
            shutil.rmtree(folder)
            mutant = self._mutants[number]
            name = "the code as it is" if mutant is None else f"{mutant.identity} (line {mutant.line})"
            result = "by time" if verdict.by_time else f"caught by {verdict.test}" if verdict.caught else "passes"
            print(f"{number + 1} {result}, {verdict.cpu_seconds} s: {name}", file=sys.stderr, flush=True)


def read_verdict(status: int, folder: Path, cpu_seconds: float) -> Verdict:
    """Verdict of a process that ended; RuntimeError where it ended for a reason that says nothing of the tests."""
    seconds = round(cpu_seconds, 1)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) == signal.SIGXCPU:
            return Verdict(True, True, "", seconds)
        raise RuntimeError(f"a mutant was ended by signal {os.WTERMSIG(status)}")
    code = os.WEXITSTATUS(status)
    if code not in (0, 1, 2):
        output = (folder / "output").read_text(encoding="utf-8")
        raise RuntimeError(f"the tests of a mutant ended with {code}:\n{output[-2_000:]}")
    failed = folder / "failed"
    return Verdict(code != 0, False, failed.read_text() if failed.exists() else "", seconds)


def run_tests(mutant: Mutant | None, steps: Sequence[Sequence[str]], folder: Path) -> None:
    """Run the tests in this process, forked for them, with the mutated module in place of its file; never return."""
    code = 3
    try:
        output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        sys.pycache_prefix, sys.dont_write_bytecode = str(folder.parent / "bytecode"), False
        os.environ["FORECAST_CACHE"] = str(folder / "cache")
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
        stay_on_one_processor()
        refuse_processes()
        if mutant is not None:
            sys.meta_path.insert(0, MutantFinder(mutant))
        import pytest

        options = ["-x", "-q", "--no-header", "--tb=line", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
        options += ["--hypothesis-seed=0", f"--rootdir={ROOT}", f"--basetemp={folder / 'tmp'}"]
        options += [f"--deselect={test}" for test in LEFT_OUT]
        os.chdir(ROOT)
        for step in steps:  # files of tests are imported only when the ones before have passed
            code = int(pytest.main([*options, *step], plugins=[FailedTest(folder / "failed")]))
            if code:
                break
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def stay_on_one_processor() -> None:
    """Keep this process on one processor, where the program does not work in two: a copy would miss the fault."""
    if hasattr(os, "sched_setaffinity"):
        processors = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {processors[os.getpid() % len(processors)]})


def refuse_processes() -> None:
    """Let no test start a process: it would import the module without its fault."""
    from multiprocessing.process import BaseProcess

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("a test of mutants must run in one process")

    BaseProcess.start = refuse  # type: ignore[method-assign]
    subprocess.Popen.__init__ = refuse  # type: ignore[method-assign]


class FailedTest:
    """Plugin of pytest that writes the name of the test that fails."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write the name of a test that failed."""
        if report.failed:
            self.path.write_text(report.nodeid)

    def pytest_collectreport(self, report: Any) -> None:
        """Write the name of a file that could not be imported."""
        if report.failed:
            self.path.write_text(report.nodeid)


class MutantFinder(importlib.abc.MetaPathFinder):
    """Finder that gives one module with its fault."""

    def __init__(self, mutant: Mutant) -> None:
        self.path = ROOT / mutant.file
        self.module = mutant.file.removesuffix(".py").replace("/", ".")
        self.source = mutant.apply(self.path.read_text(encoding="utf-8"))

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Specification of the mutated module; None for any other."""
        if name != self.module:
            return None
        loader = MutantLoader(name, str(self.path), self.source)
        return importlib.util.spec_from_file_location(name, self.path, loader=loader)


class MutantLoader(importlib.machinery.SourceFileLoader):
    """Loader that compiles a source in memory and writes no bytecode."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self.source = source

    def get_code(self, fullname: str) -> CodeType:
        """Code of the mutated source."""
        return compile(self.source, self.path, "exec", dont_inherit=True)


if __name__ == "__main__":
    sys.exit(main())
