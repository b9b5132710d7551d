"""What a planner reads when something is wrong: the messages of the language reference, to the letter."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails
from pydantic_core.core_schema import ErrorType

from forecast.errors import InputError, Location
from forecast.files.yaml import MappingNode, ScalarNode
from forecast.i18n import LANGUAGES
from forecast.plan.loading.validation import validation_problems
from forecast.plan.record import Record
from tests.support.plan_texts import SMALL_PLAN, problems_in, read_scenario

WAVES = """\
shocks:
  w:
    kind: epidemic
    waves_per_year: 1 to 2
    length: 3 weeks
    mild: {effect: {}}
    hard:
      chance: 30%
      length: 3 days
      reach: 60% to 100%
      effect: {}
"""


MESSAGES = [
    ("shokcs: {}\n", "a.yaml:6:1: shokcs: unknown key; did you mean 'shocks'?"),
    ("    growth: 20% to 5%\n", "a.yaml:6:13: services.postal.growth: '20% to 5%' runs backwards; write '5% to 20%'"),
    ("    growth: 26\n", "a.yaml:6:13: services.postal.growth: 26 means 2600%; write '26%'"),
    (
        "workforce:\n    headcount: 1.838\n",
        "a.yaml:7:16: workforce.headcount: '1.838' may have a thousands separator or decimals; "
        "write '1838 people' or '1.8380 people'",
    ),
    (
        "targets:\n  t: {measure: revenue, period: 2021, at_least: 250 tye}\n",
        "a.yaml:7:49: targets.t.at_least: unknown unit 'tye'; write 'tỷ'",
    ),
    (
        "initiatives:\n  x:\n   chance: {value: pert(30%, 50%, 100%)}\n   start: 2021-03\n   effect: {}\n",
        "a.yaml:8:30: initiatives.x.chance: unknown key '50%'; a comma ended the text; quote \"pert(30%, 50%, 100%)\"",
    ),
    (
        WAVES,
        "a.yaml:15:14: shocks.w.hard.reach: a share cannot have P90 = 100%; write 'uniform(60%, 100%)'",
    ),
    (
        "targets:\n p:\n  measure: profit\n  period: 2021\n  at_least: 1 tỷ\n",
        "a.yaml:8:12: targets.p.measure: profit needs costs; add 'costs:' or use 'revenue'",
    ),
]


@pytest.mark.parametrize(("added", "sentence"), MESSAGES)
def test_messages_of_the_reference_are_exact(tmp_path: Path, added: str, sentence: str) -> None:
    assert problems_in(SMALL_PLAN + added, tmp_path) == [sentence]


def test_all_problems_of_a_plan_are_reported_at_once(tmp_path: Path) -> None:
    text = """\
shokcs: {}
name: many faults
horizon: {from: 2021-01, mnths: 12}
services:
  postal:
    growth: 20% to 5%
    baseline: {method: given, annual: 5 tỷ}
targets:
  p: {measure: profit, period: 2021, at_least: 3 tỷ}
  t: {measure: revenue, period: 2021, at_least: 250 tye}
initiatives:
  x: {start: 2021-01, effect: {volume: {psotal: 3%}}}
"""
    assert problems_in(text, tmp_path) == [
        "a.yaml:1:1: shokcs: unknown key; did you mean 'shocks'?",
        "a.yaml:3:26: horizon.mnths: unknown key; did you mean 'months'?",
        "a.yaml:6:13: services.postal.growth: '20% to 5%' runs backwards; write '5% to 20%'",
        "a.yaml:9:16: targets.p.measure: profit needs costs; add 'costs:' or use 'revenue'",
        "a.yaml:10:49: targets.t.at_least: unknown unit 'tye'; write 'tỷ'",
        "a.yaml:12:49: initiatives.x.effect.volume.psotal: there is no service 'psotal'; did you mean 'postal'?",
    ]


def test_a_mistyped_required_key_is_reported_once(tmp_path: Path) -> None:
    problems = problems_in(f"{SMALL_PLAN}targets: {{t: {{measure: revenue, perod: 2021, at_least: 3 tỷ}}}}\n", tmp_path)
    assert problems == ["a.yaml:6:33: targets.t.perod: unknown key; did you mean 'period'?"]


DONG = "baseline: {method: given, annual: 5 tỷ đồng}"


@pytest.mark.parametrize(
    ("line", "mistake", "path", "code"),
    [
        ("name: a small plan", "name: {x: y}", "name.x", "unknown_key_here"),
        ("name: a small plan", "name: {EN: y}", "name.EN", "unknown_key_here"),
        ("months: 12", "until: 2021-12", "horizon.until", "unknown_key_here"),
        ("services:", "history: {x: y}\nservices:", "history.x", "unknown_key_here"),
        ("services:", f"currency: vnd\nservices:\n  other: {{{DONG}}}", "currency", "not_a_currency"),
        *(
            ("postal:", f"postal:\n    growth: {{{growth}}}", "services.postal.growth", code)
            for growth, code in (
                ("value: 3%, same_as: services.b.growth", "value_or_same_as"),
                ("same_as: {a: b}", "about_is_text"),
                ("same_as: null", "about_is_text"),
                ("same_as: [a]", "about_is_text"),
            )
        ),
    ],
)
def test_one_mistake_has_one_problem(tmp_path: Path, line: str, mistake: str, path: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_scenario(SMALL_PLAN.replace(line, mistake), tmp_path)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(path, code)]


def test_problems_have_a_vietnamese_message(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_scenario(f"{SMALL_PLAN}    growth: 26\n", tmp_path)
    assert caught.value.problems[0].message("vi").endswith("26 nghĩa là 2600%; hãy viết '26%'")


@pytest.mark.parametrize("growth", ["5,5%", "{value: 5,5%, grade: C}"])
def test_a_comma_inside_braces_is_named(parent: Path, growth: str) -> None:
    braces = "so '5%' stands alone; write the number with a point, as 250.5"
    assert any(
        braces in problem
        for problem in problems_in(f"extends: p.yaml\nservices: {{postal: {{growth: {growth}}}}}\n", parent)
    )


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("readings: {a: {paths: 5000}}\n", "cases"),
        ("services: {postal: {baseline: {wander: 3%}}}\n", "level_noise"),
        ("stated: {2020: {total: 3 tỷ, above: {postal: 1 tỷ}}}\n", "understated_by"),
        ("targets: {t: {measure: revenue, period: 2021, at_least: 5 tỷ, want: 80%}}\n", "required_chance"),
        (
            "shocks: {f: {kind: flood, per_year: 1, season: {10: 1}, "
            "classes: {c: {weight: 1, reach: 5%, days: 3, depth: {all: 50%}}}}}\n",
            "loss_share",
        ),
    ],
)
def test_a_renamed_key_is_answered_with_its_new_name(parent: Path, text: str, instead: str) -> None:
    assert any(
        f"unknown key; did you mean '{instead}'?" in problem
        for problem in problems_in(f"extends: p.yaml\n{text}", parent)
    )


def error_of(code: str) -> ValidationError:
    """An error of pydantic as its validators raise it, at `name`."""
    fault: InitErrorDetails = {"type": code, "loc": ("name",), "input": "x"}  # type: ignore[typeddict-item]
    numbers = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "actual_length", "tz_expected")
    numbers += ("tz_actual", "max_digits", "decimal_places", "whole_digits", "expected_version")
    context: dict[str, Any] = dict.fromkeys(TEXT_CONTEXT, "x") | dict.fromkeys(numbers, 1)
    fault["ctx"] = context | ({"error": ValueError("x")} if code in ("value_error", "assertion_error") else {})
    return ValidationError.from_exception_data("Scenario", [fault])


TEXT_CONTEXT = (
    "error", "attribute", "class_name", "field_type", "pattern", "expected", "encoding", "encoding_error", "class",
    "discriminator", "tag", "expected_tags", "expected_schemes", "mapping_type", "function_name", "method_name",
)  # fmt: skip


@pytest.mark.parametrize("code", get_args(ErrorType))
def test_every_code_that_pydantic_knows_has_a_sentence(code: str) -> None:
    """Also those that no field of a plan raises today: the schema may change, or pydantic."""
    kind = ScalarNode("x", Location("a.yaml", 2, 3), "name")
    tree = MappingNode(Location("a.yaml"))
    tree["name"] = MappingNode(Location("a.yaml", 2), "name") if code == "union_tag_invalid" else kind
    if isinstance(tree["name"], MappingNode):
        tree["name"]["kind"] = kind
    for problem, _ in validation_problems(error_of(code), tree):
        for language in LANGUAGES:
            line = problem.message(language)
            assert line.startswith("a.yaml:2:")
            assert "{" not in line


def field_names(record: type[BaseModel]) -> set[str]:
    """Keys of a record and of all that derive from it."""
    keys = {field.alias or name for name, field in record.model_fields.items()}
    return keys.union(*map(field_names, record.__subclasses__()))


FIELD_NAMES = sorted(field_names(Record) | {"vi", "en", "value", "source", "all", "x"})
WRONG_SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELD_NAMES), inner, max_size=4),
)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(FIELD_NAMES), WRONG_SHAPES, min_size=1, max_size=4))
def test_whatever_stands_in_place_of_a_field_is_named_in_both_languages(content: dict[str, object]) -> None:
    for table in ("services.postal", "shocks.s", "initiatives.i", "targets.t", "costs.c", "decisions.d", "places"):
        with suppress(InputError):
            try:
                read_scenario(SMALL_PLAN, Path(__file__).parent, {table: content})
            except InputError as error:
                for problem in error.problems:
                    assert all(problem.message(language) for language in LANGUAGES)
                raise
