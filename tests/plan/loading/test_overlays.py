"""Plans laid over plans: what merges, what replaces, what deletes, and what must fit together."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.i18n import Translator
from forecast.plan.checks.correlations import repair_correlations
from forecast.plan.loading.effective import read_effective_plan
from forecast.plan.loading.loader import read, read_plan
from tests.support.plan_texts import SMALL_PLAN, problems_in, read_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"

PARENT = f"""{SMALL_PLAN}    growth: {{value: 0% to 9%, grade: B, source: s}}
    label: {{vi: Bưu chính, en: Post}}
initiatives:
  a: {{start: 2021-01, effect: {{}}}}
  b: {{start: 2021-01, effect: {{}}}}
  c: {{start: 2021-01, needs: [a, b], effect: {{volume: {{all: 1% to 2%}}}}}}
"""


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(PARENT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("plan", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_plan_is_read_and_travels_between_processes(plan: Path) -> None:
    scenario = read(plan)
    assert scenario.file.endswith(plan.name)
    again = pickle.loads(pickle.dumps(scenario))
    assert [a.name for a in again.assumptions()] == [a.name for a in scenario.assumptions()]


# Merge


def test_an_assumption_is_replaced_as_a_whole(parent: Path) -> None:
    child = read_scenario("extends: p.yaml\nservices: {postal: {growth: 5%}}\n", parent)
    growth = child.services["postal"].growth
    assert growth is not None
    assert (growth.text, growth.grade, growth.source) == ("5%", "C", "")
    assert child.services["postal"].label is not None


def test_a_list_is_replaced_as_a_whole_and_null_empties_a_table(parent: Path) -> None:
    child = read_scenario("extends: p.yaml\ninitiatives: {c: {needs: [b]}}\n", parent)
    assert child.initiatives["c"].needs == ("b",)
    assert read_scenario("extends: p.yaml\ninitiatives: null\n", parent).initiatives == {}


def test_an_empty_overlay_changes_nothing(parent: Path) -> None:
    whole = read(parent / "p.yaml")
    assert read_scenario("extends: p.yaml\n", parent).model_copy(update={"file": whole.file}) == whole


def test_each_ancestor_counts_once_however_often_it_is_named(parent: Path) -> None:
    (parent / "q.yaml").write_text("extends: p.yaml\nservices: {postal: {growth: 5%}}\n")
    (parent / "r.yaml").write_text("extends: p.yaml\npaths: 5000\n")
    for order in ("[q.yaml, r.yaml]", "[r.yaml, q.yaml]", "[p.yaml, q.yaml, r.yaml]", "[q.yaml, r.yaml, p.yaml]"):
        child = read_scenario(f"extends: {order}\nname: n\n", parent)
        assert child.services["postal"].growth is not None
        assert (child.services["postal"].growth.text, child.paths) == ("5%", 5000)


def test_parents_that_say_the_same_do_not_clash_and_a_deletion_clashes_with_a_change(parent: Path) -> None:
    (parent / "q.yaml").write_text("extends: p.yaml\npaths: 5000\ninitiatives: null\n")
    (parent / "r.yaml").write_text("extends: p.yaml\npaths: 5000\ninitiatives: {a: {start: 2021-02}}\n")
    said = problems_in("extends: [q.yaml, r.yaml]\nname: n\n", parent)
    assert said == ["a.yaml:1:1: initiatives: q.yaml:3:1 says 'null', r.yaml:3:1 '{a}'; set it here"]


def test_a_name_is_never_taken_from_two_parents(parent: Path) -> None:
    (parent / "q.yaml").write_text("extends: p.yaml\npaths: 5000\n")
    (parent / "r.yaml").write_text("extends: p.yaml\nseed: 1\n")
    said = problems_in("extends: [q.yaml, r.yaml]\n", parent)
    assert said == ["a.yaml:1:1: name: is never taken from two parents; write it here"]
    assert read_scenario("extends: q.yaml\n", parent).name.en == "a small plan"


def test_what_is_deleted_takes_its_correlations_along_and_breaks_what_needs_it(parent: Path) -> None:
    (parent / "q.yaml").write_text(
        "extends: p.yaml\ncorrelations:\n"
        "  k: {between: [services.postal.growth, initiatives.c.effect.volume.all], rank: 0.3}\n"
    )
    plan = read_plan(parent / "a.yaml", "extends: q.yaml\ninitiatives: {c: null}\n")
    assert plan.scenario.correlations == {}
    assert [(one.correlation, one.name) for one in plan.removed] == [("k", "initiatives.c.effect.volume.all")]
    said = problems_in("extends: q.yaml\ninitiatives: {a: null}\n", parent)
    assert said == [
        "p.yaml:11:31: initiatives.c.needs: 'a' is deleted at a.yaml:2:15; delete this too, or keep 'a'",
    ]


def test_a_number_that_an_overlay_settles_leaves_its_correlations_but_a_plan_may_not_correlate_a_sure_one(
    parent: Path,
) -> None:
    table = "correlations:\n  k: {between: [services.postal.growth, initiatives.c.effect.volume.all], rank: 0.3}\n"
    settled = read_scenario(f"extends: p.yaml\n{table}", parent, {"services.postal.growth": "5%"})
    assert settled.correlations == {}
    said = problems_in(f"extends: p.yaml\nservices: {{postal: {{growth: 5%}}}}\n{table}", parent)
    assert said == [
        "a.yaml:4:16: correlations.k.between: 'services.postal.growth' is sure (5%) and cannot be correlated; "
        "take it out, or write a range"
    ]


# same_as


def test_same_as_is_one_draw_through_a_chain_with_the_source_of_its_root(tmp_path: Path) -> None:
    text = f"""{SMALL_PLAN}      noise: {{value: 2% to 5%, grade: B, source: books}}
      level_noise: {{same_as: services.postal.baseline.noise}}
  b: {{baseline: {{method: given, annual: 1 tỷ, noise: {{same_as: services.postal.baseline.level_noise}}}}}}
""".replace("annual: 5 tỷ}", "annual: 5 tỷ").replace(
        "{method: given, annual: 5 tỷ\n", "\n      method: given\n      annual: 5 tỷ\n"
    )
    noise = read_scenario(text, tmp_path).services["b"].baseline.noise
    assert noise is not None
    assert (noise.stream_name, noise.name) == ("services.postal.baseline.noise", "services.b.baseline.noise")
    assert (noise.grade, noise.source) == ("B", "books")


@pytest.mark.parametrize(
    ("growth", "price", "sentence"),
    [
        ("{same_as: services.postal.growht}", "2%", "did you mean 'services.postal.growth'?"),
        ("{same_as: services.postal.price_change}", "{same_as: services.postal.growth}", "same_as goes in a circle"),
        ("{same_as: shocks.w.reach}", "2%", "'shocks.w.reach' is of another kind (share, not change); write a value"),
    ],
)  # fmt: skip
def test_same_as_names_another_number_of_its_kind(tmp_path: Path, growth: str, price: str, sentence: str) -> None:
    shock = "shocks: {w: {kind: drift, over: 3 months, reach: 20% to 30%, effect: {}}}\n"
    said = problems_in(f"{SMALL_PLAN}    growth: {growth}\n    price_change: {price}\n{shock}", tmp_path)
    assert sentence in said[0]


def test_same_as_does_not_join_what_is_drawn_in_each_event_to_what_is_drawn_once(tmp_path: Path) -> None:
    text = f"""{SMALL_PLAN}shocks:
  w:
    kind: epidemic
    waves_per_year: 1 to 2
    length: 2 to 3 weeks
    within: {{same_as: shocks.w.length}}
    mild: {{effect: {{}}}}
"""
    said = problems_in(text, tmp_path)
    assert said == [
        "a.yaml:11:23: shocks.w.within: one of 'shocks.w.length' and this is drawn anew in each event, "
        "the other once; write a value"
    ]


# Settings


def test_settings_are_the_last_child(parent: Path) -> None:
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
def test_a_wrong_setting_says_which(parent: Path, settings: dict[str, object], sentence: str) -> None:
    assert problems_in("extends: p.yaml\n", parent, settings) == [sentence]


# Readings


def test_a_reading_is_the_plan_with_its_overlay(parent: Path) -> None:
    cases = "cases:\n  none: {initiatives: null}\n  slow: {services: {postal: {growth: 1%}}}\n"
    scenario = read_scenario(f"extends: p.yaml\n{cases}", parent)
    assert scenario.cases["none"].initiatives == {}
    assert scenario.cases["slow"].services["postal"].growth.text == "1%"
    assert scenario.cases["slow"].cases == {}
    assert len(scenario.initiatives) == 3
    assert {a.text for a in scenario.assumptions() if a.name == "services.postal.growth"} == {"0% to 9%"}


def test_what_is_wrong_in_a_reading_stands_under_its_name(parent: Path) -> None:
    cases = "cases:\n  odd: {services: {postal: {growth: 26}}}\n  gone: {initiatives: {a: null}}\n"
    assert problems_in(f"extends: p.yaml\n{cases}", parent) == [
        "a.yaml:3:37: cases.odd.services.postal.growth: 26 means 2600%; write '26%'",
        "a.yaml:4:3: cases.gone.initiatives.c.needs: 'a' is deleted at a.yaml:4:24; delete this too, or keep 'a'",
    ]


def test_a_reading_of_what_is_deleted_already_says_how_to_go_on(parent: Path) -> None:
    cases = "cases:\n  none: {initiatives: null}\n"
    (parent / "q.yaml").write_text(f"extends: p.yaml\n{cases}", encoding="utf-8")
    assert problems_in("extends: q.yaml\ninitiatives: null\n", parent) == [
        "q.yaml:3:10: cases.none.initiatives: 'initiatives' was already deleted at a.yaml:2:1;"
        " delete case 'cases.none' there too, or keep 'initiatives'"
    ]


@pytest.mark.parametrize("said", ["5,5%", "{value: 5,5%, grade: C}"])
def test_a_comma_inside_braces_is_named(parent: Path, said: str) -> None:
    braces = "so '5%' stands alone; write the number with a point, as 250.5"
    assert any(
        braces in one for one in problems_in(f"extends: p.yaml\nservices: {{postal: {{growth: {said}}}}}\n", parent)
    )


# What must fit together

WORKFORCE = "workforce: {headcount: {implied_by: targets.p}, productivity: {basis: wage_revenue}}\n"
FITS = [
    ("targets: {t: {measure: revenue, period: 2021}}\n", "needs one of 'at_least' and 'at_most'; write exactly one"),
    (
        "targets: {t: {measure: revenue, period: 2021, at_least: 5 tỷ, at_most: 6 tỷ}}\n",
        "needs one of 'at_least' and 'at_most'; write exactly one",
    ),
    ("targets: {t: {measure: revenue, period: 2022, at_least: 5 tỷ}}\n", "'2022' is not inside the plan's months"),
    ("targets: {t: {measure: revenue, period: 2021, at_least: 5%}}\n", "'5%' does not measure revenue"),
    ("targets: {t: {measure: volume, period: 2021, at_least: 5 tỷ}}\n", "'5 tỷ' is no number of pieces"),
    ("targets: {t: {measure: revenu, period: 2021, at_least: 5 tỷ}}\n", "did you mean 'revenue'?"),
    ("targets: {t: {measure: revenue.postl, period: 2021, at_least: 5 tỷ}}\n", "did you mean 'postal'?"),
    ("targets: {t: {measure: headcount, period: 2021, at_least: 5 people}}\n", "headcount needs people"),
    ("targets: {t: {measure: revenue, period: 2021, at_least: 5 tỷ, required_chance: 50% to 60%}}\n",
     "is not one sure quantity"),
    ("targets: {t: {measure: revenue, period: 2021, at_least: 5 tỷ, place: '4'}}\n", "a target of one place needs"),
    ("costs: {rent: {per_month: 1 tỷ}}\ntargets: {t: {measure: cost.rnt, period: 2021, at_most: 5 tỷ}}\n", "'rent'?"),
    ("targets: {p: {measure: productivity, period: 2021, at_least: 1 triệu/người/năm}}\n" + WORKFORCE,
     "the people implied by the plan need a revenue target for 2021 too"),
    (WORKFORCE, "wage_revenue needs the wage share of every service; write it for: postal"),
    ("  new: {}\n", "'new' has no history to be fitted to"),
    ("  new: {baseline: {method: given}}\n", "the method is given, but not the year"),
    ("history: {shocks: {}}\n", "history.file: is missing"),
    ("stated: {2020: {total: 9 tỷ, services: {postal: 8 tỷ}}}\n", "is 1 tỷ (11.1%), more than 1%"),
    ("stated: {2020: {total: 9 tỷ, services: {postl: 8 tỷ}}}\n", "there is no service 'postl'"),
    ("initiatives: {a: {start: 2021-01, needs: [a], effect: {}}}\n", "'a' names itself"),
    ("initiatives: {a: {start: 2021-01, needs: [b], effect: {}}, b: {start: 2021-01, needs: [a], effect: {}}}\n",
     "needs go in a circle: a -> b -> a"),
    ("initiatives: {a: {start: 2021-01, excludes: [b], effect: {}}, b: {start: 2021-01, effect: {}}}\n",
     "'a' and 'b' exclude each other, and both are active"),
    ("initiatives: {a: {start: 2021-01, takes_from: {mail: 5%}, effect: {}}}\n", "there is no service 'mail'"),
    ("workforce: {headcount: 5 people, keep_jobs: true}\n"
     "initiatives: {a: {start: 2021-01, effect: {headcount: -2% to 1%}}}\n", "may cut jobs, which the plan keeps"),
    ("initiatives: {a: {start: 2021-01, effect: {headcount: 1%}}}\n", "a change of headcount needs 'workforce:'"),
    ("initiatives: {a: {start: 2021-01, active: yes, effect: {}}}\n", "'yes' is neither true nor false"),
    ("shocks: {e: {kind: event, from: 2021-03-02, until: 2021-03-01, effect: {}}}\n", "can lie before its start"),
    ("shocks: {e: {kind: evnt, from: 2021-03-02, until: 2021-03-01, effect: {}}}\n", "did you mean 'event'?"),
    ("decisions: {d: {action: x, owner: y, by: 2021-02-01, about: services.postl}}\n", "mean 'services.postal'?"),
    ("correlations: {k: {between: [services.postal, services.postal], rank: 0.3}}\n", "is named twice"),
    ("correlations: {k: {between: [services.postal, services.postl], rank: 0.3}}\n", "did you mean 'services.postal'?"),
    ("correlations: {k: {between: [services.postal], rank: 1.3}}\n", "'1.3' is not a rank correlation"),
    ("    growth: {value: 5%, grade: A}\n", "grade A needs a source"),
    ("    growth: {value: 5%, grade: D}\n", "there is no grade 'D'"),
    ("    growth: {value: 5%, known: soon}\n", "'soon' does not say when it was known"),
    ("    growth: {value: 5%, sorce: x}\n", "unknown key 'sorce'"),
    ("    growth: [1%, 2%]\n", "is not one number"),
    ("climate: {shape: 0}\n", "'0' is not above 0"),
    ("copula: t\n", "'t' is not a copula"),
    ("file: x\n", "file: unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(("added", "sentence"), FITS)
def test_what_does_not_fit_is_said(tmp_path: Path, added: str, sentence: str) -> None:
    said = problems_in(SMALL_PLAN + added, tmp_path)
    assert any(sentence in line for line in said), said
    assert all(line.startswith("a.yaml:") for line in said)


def test_what_is_drawn_in_each_event_cannot_be_correlated(tmp_path: Path) -> None:
    text = f"""{SMALL_PLAN}    growth: 1% to 3%
shocks:
  w: {{kind: epidemic, waves_per_year: 1 to 2, length: 2 to 3 weeks, mild: {{effect: {{}}}}}}
correlations:
  fine: {{between: [services.postal.growth, shocks.w.waves_per_year], rank: 0.3}}
  not: {{between: [services.postal.growth, shocks.w.length], rank: 0.3}}
"""
    said = problems_in(text, tmp_path)
    assert said == [
        "a.yaml:11:18: correlations.not.between: "
        "'shocks.w.length' is drawn anew in each event and cannot be correlated; take it out"
    ]


IMPOSSIBLE = f"""{SMALL_PLAN}  b: {{baseline: {{method: given, annual: 5 tỷ}}}}
  c: {{baseline: {{method: given, annual: 5 tỷ}}}}
correlations:
  k: {{between: [services.postal, services.b], rank: 0.9}}
  l: {{between: [services.postal, services.c], rank: 0.9}}
  m: {{between: [services.b, services.c], rank: -0.9}}
"""


def test_correlations_that_cannot_hold_together_are_named_and_can_be_repaired(tmp_path: Path) -> None:
    said = problems_in(IMPOSSIBLE, tmp_path)
    assert len(said) == 1
    assert "these correlations cannot all hold" in said[0]
    plan = read_plan(tmp_path / "a.yaml", IMPOSSIBLE, repair=True)
    assert plan.repairs
    assert repair_correlations(plan.scenario)[1] == ()


# The effective plan


def test_every_value_says_what_it_means_where_it_stands_and_what_it_replaced(parent: Path) -> None:
    (parent / "a.yaml").write_text("extends: p.yaml\nservices: {postal: {growth: 'pert(0%, 4%, 10%)'}}\n")
    found = read_effective_plan(parent / "a.yaml", {"initiatives.a.start": "2021-03"})
    values = {value.name: value for value in found.values}
    growth = values["services.postal.growth"]
    assert growth.describe(Translator("en")) == "lowest 0%, likeliest 4%, highest 10%"
    assert growth.describe(Translator("vi")) == "thấp nhất 0%, dễ xảy ra nhất 4%, cao nhất 10%"
    assert [text for text, _ in growth.replaced] == ["0% to 9%"]
    assert values["initiatives.c.effect.volume.all"].describe(Translator("en")) == "80% chance between 1% and 2%"
    assert str(values["initiatives.a.start"].location) == "--set:1:21"
    assert "initiatives.c.needs: [a, b]" in found.format_text(Translator("en"))


def test_a_wrong_call_of_the_library_is_an_input_error_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path / "absent.yaml")


def test_check_says_what_the_range_of_a_reading_means() -> None:
    said = read_effective_plan(SCENARIOS / "plan-2021.yaml").format_text(Translator("en"))
    line = next(line for line in said.splitlines() if line.startswith("cases.strong_distribution.services"))
    assert "80% chance between" in line


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
        f"unknown key; did you mean '{instead}'?" in one for one in problems_in(f"extends: p.yaml\n{text}", parent)
    )
