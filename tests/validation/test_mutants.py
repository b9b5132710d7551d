"""The command that tests the tests: its mutants, their order, and what it counts."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.support.plans import ROOT
from tests.validation import mutants
from tests.validation.mutations import Mutant, find_mutants

SOURCE = '''"""A module."""

from __future__ import annotations

LIMIT: int = 3
__all__ = ["share", "keep"]
Pairs = dict[str, int | None]


def share(values: list[float], limit: float | None = None) -> float:
    """Return 1 + 2."""
    assert len(values) > 0
    if not values:
        return 0.0
    total = max(0.0, sum(values[1:]))
    total += limit or 1
    return divide(total, len(values), exact=True)


def keep(rows, names):
    rows["a"] = 1 if names is None else 2
    rows.update(dict(zip(names, rows, strict=True)))
    raise ValueError("1 < 2")
'''
FAULTS = {
    ("", "other constant", "3", "(4)"),
    ("share", "operator removed", "not values", "(values)"),
    ("share", "guard removed", "if not values: return 0.0", "pass"),
    ("share", "None returned", "return 0.0", "return None"),
    ("share", "other constant", "0.0", "(1.0)"),
    ("share", "other function", "max(0.0, sum(values[1:]))", "(min(0.0, sum(values[1:])))"),
    ("share", "function forgotten", "max(0.0, sum(values[1:]))", "(sum(values[1:]))"),
    ("share", "bound removed", "values[1:]", "(values[:])"),
    ("share", "other constant", "1", "(2)"),
    ("share", "statement removed", "total += limit or 1", "pass"),
    ("share", "other operator", "total += limit or 1", "total -= limit or 1"),
    ("share", "other operator", "limit or 1", "(limit and 1)"),
    ("share", "None returned", "return divide(total, len(values), exact=True)", "return None"),
    (
        "share",
        "arguments swapped",
        "divide(total, len(values), exact=True)",
        "(divide(len(values), total, exact=True))",
    ),
    ("share", "keyword dropped", "divide(total, len(values), exact=True)", "(divide(total, len(values)))"),
    ("share", "other constant", "True", "(False)"),
    ("keep", "statement removed", "rows['a'] = 1 if names is None else 2", "pass"),
    ("keep", "always the first", "1 if names is None else 2", "(1)"),
    ("keep", "always the second", "1 if names is None else 2", "(2)"),
    ("keep", "other comparison", "names is None", "(names is not None)"),
    ("keep", "other constant", "1", "(2)"),
    ("keep", "other constant", "2", "(3)"),
    ("keep", "statement removed", "rows.update(dict(zip(names, rows, strict=True)))", "pass"),
    ("keep", "arguments swapped", "zip(names, rows, strict=True)", "(zip(rows, names, strict=True))"),
}


def mutants_of(folder: Path, source: str) -> list[Mutant]:
    (folder / "module.py").write_text(source, encoding="utf-8")
    return find_mutants(folder, "module.py")


def test_each_kind_of_fault_is_made_and_nothing_that_does_not_run(tmp_path: Path) -> None:
    faults = mutants_of(tmp_path, SOURCE)
    assert {(m.scope, m.operator, m.original, m.replacement) for m in faults} == FAULTS
    for mutant in faults:
        assert ast.dump(ast.parse(mutant.apply(SOURCE))) != ast.dump(ast.parse(SOURCE))


def test_the_name_of_a_mutant_stays_when_other_lines_change(tmp_path: Path) -> None:
    before = mutants_of(tmp_path, SOURCE)
    after = mutants_of(tmp_path, SOURCE.replace("LIMIT: int = 3", "# a comment: đồng\nLIMIT: int = 5"))
    assert len({mutant.identity for mutant in before}) == len(before)
    kept = {m.identity for m in before if m.scope} & {m.identity for m in after}
    assert kept == {m.identity for m in before if m.scope}
    lines = {m.identity: m.line for m in before}
    assert {m.line - lines[m.identity] for m in after if m.identity in kept} == {1}


@pytest.fixture(scope="module")
def every() -> list[Mutant]:
    return mutants.all_mutants()


def test_the_order_depends_on_the_seed_and_the_names_alone(every: list[Mutant]) -> None:
    assert {mutant.file for mutant in every} == set(mutants.CORE)
    assert len({mutant.identity for mutant in every}) == len(every) > 2_000
    some = every[:200]
    order = mutants.fixed_order(some, 1)
    assert mutants.fixed_order(some[::-1], 1) == order
    assert mutants.fixed_order(some[::2], 1) == [mutant for mutant in order if mutant in some[::2]]
    assert mutants.fixed_order(some, 2) != order


def test_tests_of_the_core_exist() -> None:
    paths = {test.partition("::")[0] for steps in mutants.CORE.values() for step in steps for test in step.split()}
    paths |= {test.partition("::")[0] for test in mutants.LEFT_OUT}
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


def test_explanations_of_equivalent_mutants_are_of_mutants_that_exist(every: list[Mutant], tmp_path: Path) -> None:
    reasons = mutants.read_equivalent(every)
    assert all(len(reason) > 20 for reason in reasons.values())
    stale = tmp_path / "equivalent.toml"
    stale.write_text('[[equivalent]]\nreason = "it was so"\nmutants = ["forecast/x.py::f: gone: 1 -> 2"]\n', "utf-8")
    with pytest.raises(ValueError, match=r"forecast/x\.py::f: gone"):
        mutants.read_equivalent(every, stale)


def test_a_mutated_module_runs_its_fault_and_its_file_stays() -> None:
    file = "forecast/stats/cholesky.py"
    source = (ROOT / file).read_text(encoding="utf-8")
    (mutant,) = [m for m in find_mutants(ROOT, file) if m.original == "residual / np.sqrt(residual[0])"]
    finder = mutants.MutantFinder(mutant)
    assert finder.find_spec("forecast.stats.copula", None) is None
    spec = finder.find_spec("forecast.stats.cholesky", None)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.cholesky(np.array([[4.0]]))[0, 0] == 8  # 4 * 2, not 4 / 2
    assert (ROOT / file).read_text(encoding="utf-8") == source


def test_equivalent_mutants_count_apart_and_survivors_fail(every: list[Mutant]) -> None:
    sample = every[:40]
    names = [mutant.identity for mutant in sample]
    caught, alive = (mutants.Verdict(result, False, "t", 1.0) for result in (True, False))
    all_but_one = mutants.summarise(sample, [caught] * 39 + [alive], {names[39]: "a reason"})
    assert (all_but_one["caught"], all_but_one["share"], all_but_one["passed"]) == (39, 1.0, True)
    assert all_but_one["equivalent"] == [{"mutant": names[39], "reason": "a reason"}]
    unexplained = mutants.summarise(sample, [caught] * 39 + [alive], {})
    assert (unexplained["share"], unexplained["passed"]) == (0.975, False)
    assert [survivor["mutant"] for survivor in unexplained["survivors"]] == names[39:]
    explained_in_vain = mutants.summarise(sample, [caught] * 40, {names[0]: "a reason"})
    assert (explained_in_vain["caught_though_equivalent"], explained_in_vain["passed"]) == (names[:1], False)


@pytest.mark.slow
def test_a_sample_is_judged_in_processes_of_its_own() -> None:
    result = mutants.run_mutants(sample=3, workers=2)
    assert result["mutants"] == 3
    assert result["passed"]
