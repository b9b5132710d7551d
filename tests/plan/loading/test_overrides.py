"""Overrides (`--set`) are laid over the plan last."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.plan_texts import SMALL_PLAN, problems_in, read_scenario


def test_overrides_are_applied_last(parent: Path) -> None:
    settings = {"services.postal.growth": "{value: 5% to 7%, grade: B, source: a letter}", "paths": "1_000", "seed": 7}
    child = read_scenario("extends: p.yaml\n", parent, settings)
    growth = child.services["postal"].growth
    assert growth is not None
    assert (growth.text, growth.grade, str(growth.location)) == ("5% to 7%", "B", "--set:1:32")
    assert (child.paths, child.seed) == (1000, 7)
    assert read_scenario("extends: p.yaml\n", parent, {"initiatives": "null"}).initiatives == {}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"services.postal.growht": "5%"}, "--set:1:1: services.postal.growht: unknown key; did you mean 'growth'?"),
        ({"a..b": "5%"}, "--set:1:1: 'a..b' is not a dotted name; write for example 'services.postal.growth=5%'"),
        ({"paths": ""}, "--set:1:7: paths: nothing is set; write a value, or 'null' to delete"),
        ({"services.postal.growth": 0.3}, "--set:1:24: services.postal.growth: 0.3 has no percent sign; write '30%'"),
        ({"shocks": "null"}, "--set:1:1: shocks: nothing to delete; take the line out"),
    ],
)
def test_a_wrong_override_is_named(parent: Path, settings: dict[str, object], sentence: str) -> None:
    assert problems_in("extends: p.yaml\n", parent, settings) == [sentence]


NESTED = st.recursive(
    st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3),
)


@settings(deadline=None, max_examples=40)
@given(NESTED)
def test_any_override_is_accepted_or_rejected(value: object) -> None:
    here = Path(__file__).parents[1]
    for key in ("services.postal.growth", "services", "cases", "shocks.w", "a", "horizon.from", "correlations"):
        assert all(line for line in problems_in(SMALL_PLAN, here, {key: value}))


@pytest.mark.parametrize(
    ("settings", "column"),
    [
        ({"name": "a\x1bb"}, 7),
        ({"name": '"a\\u202eb"'}, 8),
        ({"name": {"vi": "a\u202e"}}, 7),
        ({"name": {"v\x1bi": "a"}}, 7),
        ({"name": ["\ud800"]}, 6),
        ({"na\u200bme": "a"}, 3),
    ],
)
def test_an_invisible_character_is_one_problem(parent: Path, settings: dict[str, object], column: int) -> None:
    [problem] = problems_in("extends: p.yaml\n", parent, settings)
    assert problem.startswith(f"--set:1:{column}: ")
    assert "the invisible character U+" in problem


@pytest.mark.parametrize("value", [" a\tke\u0302\nb ", {"vi": " a\tke\u0302\nb "}, '"a\\tk\u00ea\\nb"'])
def test_texts_are_put_on_one_line(parent: Path, value: object) -> None:
    assert read_scenario("extends: p.yaml\n", parent, {"name": value}).name.vi == "a kê b"


@pytest.mark.parametrize("value", ['""', '"\\t "', {"vi": "\n", "en": " "}])
def test_a_text_of_nothing_is_refused(parent: Path, value: object) -> None:
    [problem] = problems_in("extends: p.yaml\n", parent, {"services.postal.label": value})
    assert "services.postal.label: says nothing; write a text" in problem
