"""What a planner reads when something is wrong: the sentences of the language reference, to the letter."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.i18n import LANGUAGES, message_catalog
from tests.support.plan_texts import SMALL_PLAN, problems_in, read_scenario

FORECAST = Path(__file__).parents[2] / "forecast"

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

THE_TEN = [
    ("shokcs: {}\n", "a.yaml:6:1: shokcs: unknown key; did you mean 'shocks'?"),
    ("    growth: 20% to 5%\n", "a.yaml:6:13: services.postal.growth: '20% to 5%' runs backwards; write '5% to 20%'"),
    ("    growth: 26\n", "a.yaml:6:13: services.postal.growth: 26 means 2600%; write '26%'"),
    (
        "workforce:\n    headcount: 1.838\n",
        "a.yaml:7:16: workforce.headcount: '1.838' may be 1838 or 1.8; write '1838 people'",
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


@pytest.mark.parametrize(("added", "sentence"), THE_TEN)
def test_the_reference_s_errors_come_out_to_the_letter(tmp_path: Path, added: str, sentence: str) -> None:
    assert problems_in(SMALL_PLAN + added, tmp_path) == [sentence]


def test_a_null_that_deletes_nothing_offers_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(f"{SMALL_PLAN}shocks:\n  floods: {{kind: drift, over: 3 months, effect: {{}}}}\n")
    said = problems_in("extends: p.yaml\nshocks:\n  flod: null\n", tmp_path)
    assert said == ["a.yaml:3:3: shocks.flod: nothing to delete; did you mean 'floods'?"]


def test_parents_that_clash_are_both_named(tmp_path: Path) -> None:
    parent = f"{SMALL_PLAN}shocks:\n  w: {{kind: drift, over: 3 months, effect: {{}}}}\n"
    (tmp_path / "base.yaml").write_text(parent)
    (tmp_path / "p.yaml").write_text("extends: base.yaml\nshocks:\n w:\n  within: 1 month\n")
    (tmp_path / "q.yaml").write_text("extends: base.yaml\nshocks:\n w:\n  within: 3 months\n")
    said = problems_in("extends: [p.yaml, q.yaml]\nname: both\n", tmp_path)
    assert said == ["a.yaml:1:1: shocks.w.within: p.yaml:4:3 says '1 month', q.yaml:4:3 '3 months'; set it here"]
    settled = "extends: [p.yaml, q.yaml]\nname: both\nshocks: {w: {within: 2 months}}\n"
    assert problems_in(settled, tmp_path) == []


def test_every_complaint_comes_at_once(tmp_path: Path) -> None:
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


def test_a_mistyped_key_that_is_needed_is_said_once(tmp_path: Path) -> None:
    said = problems_in(f"{SMALL_PLAN}targets: {{t: {{measure: revenue, perod: 2021, at_least: 3 tỷ}}}}\n", tmp_path)
    assert said == ["a.yaml:6:33: targets.t.perod: unknown key; did you mean 'period'?"]


def test_complaints_come_in_vietnamese_too(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_scenario(f"{SMALL_PLAN}    growth: 26\n", tmp_path)
    assert caught.value.problems[0].message("vi").endswith("26 nghĩa là 2600%; hãy viết '26%'")


OF_THE_LANGUAGE = {"period_month"}
"""English names its months where Vietnamese numbers them."""


def placeholders(sentence: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(sentence) if name})


def test_every_sentence_stands_in_both_languages_with_the_same_placeholders() -> None:
    wrong = [
        key
        for key, said in message_catalog().items()
        if key not in OF_THE_LANGUAGE
        if set(said) != set(LANGUAGES) or len({tuple(placeholders(said[one])) for one in LANGUAGES}) != 1
    ]
    assert wrong == []


CODE = re.compile(
    r"(?:QuantityError|refuse|\.complain|\.missing|InputError\.of|Complaint\.of|PydanticCustomError|Dropped)"
    r"\((?:[^()\"]|\([^()]*\))*?\"([a-z_0-9]+)\"",
    re.S,
)
CHOSEN = re.compile(r"code = \"([a-z_]+)\" if .* else \"([a-z_]+)\"")
FAMILIES = ("share", "change", "effect", "amount")


def codes_raised() -> set[str]:
    found: set[str] = set()
    folders = ("plan", "plan/checks", "plan/loading", "files")
    files = [FORECAST / "units.py", *(file for folder in folders for file in (FORECAST / folder).glob("*.py"))]
    for file in files:
        text = file.read_text(encoding="utf-8")
        found |= {code for code in CODE.findall(text) if "_" in code}
        found |= {code for pair in CHOSEN.findall(text) for code in pair}
    return found | {f"{one}_{end}" for one in FAMILIES for end in ("out_of_bounds", "touches_bound")}


def test_every_code_that_is_raised_has_its_sentence() -> None:
    silent = {"same_as_is_wrong"}  # said where the other number stands
    found = codes_raised()
    assert len(found) > 80
    lacking = {code for code in found if code not in message_catalog() and f"{code}_near" not in message_catalog()}
    assert lacking - silent - {"at_least", "at_most"} == set()
