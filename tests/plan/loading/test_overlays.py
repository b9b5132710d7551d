"""Plans that extend plans: what merges, what replaces, what deletes, and the cases of a plan."""

from __future__ import annotations

from pathlib import Path

from forecast.plan.loading.loader import read
from tests.support.plan_texts import SMALL_PLAN, problems_in, read_scenario


def test_deleting_an_unknown_name_suggests_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(f"{SMALL_PLAN}shocks:\n  floods: {{kind: drift, over: 3 months, effect: {{}}}}\n")
    problems = problems_in("extends: p.yaml\nshocks:\n  flod: null\n", tmp_path)
    assert problems == ["a.yaml:3:3: shocks.flod: nothing to delete; did you mean 'floods'?"]


def test_both_conflicting_parents_are_named(tmp_path: Path) -> None:
    parent = f"{SMALL_PLAN}shocks:\n  w: {{kind: drift, over: 3 months, effect: {{}}}}\n"
    (tmp_path / "base.yaml").write_text(parent)
    (tmp_path / "p.yaml").write_text("extends: base.yaml\nshocks:\n w:\n  within: 1 month\n")
    (tmp_path / "q.yaml").write_text("extends: base.yaml\nshocks:\n w:\n  within: 3 months\n")
    problems = problems_in("extends: [p.yaml, q.yaml]\nname: both\n", tmp_path)
    assert problems == ["a.yaml:1:1: shocks.w.within: p.yaml:4:3 says '1 month', q.yaml:4:3 '3 months'; set it here"]
    settled = "extends: [p.yaml, q.yaml]\nname: both\nshocks: {w: {within: 2 months}}\n"
    assert problems_in(settled, tmp_path) == []


def test_an_assumption_is_replaced_as_a_whole(parent: Path) -> None:
    child = read_scenario("extends: p.yaml\nservices: {postal: {growth: 5%}}\n", parent)
    growth = child.services["postal"].growth
    assert growth is not None
    assert (growth.text, growth.grade, bool(growth.source)) == ("5%", "C", False)
    assert child.services["postal"].label is not None


def test_a_list_is_replaced_as_a_whole_and_null_empties_a_table(parent: Path) -> None:
    child = read_scenario("extends: p.yaml\ninitiatives: {c: {needs: [b]}}\n", parent)
    assert child.initiatives["c"].needs == ("b",)
    assert read_scenario("extends: p.yaml\ninitiatives: null\n", parent).initiatives == {}


def test_an_empty_overlay_changes_nothing(parent: Path) -> None:
    scenario = read(parent / "p.yaml")
    assert read_scenario("extends: p.yaml\n", parent).model_copy(update={"file": scenario.file}) == scenario


def test_an_ancestor_counts_once_however_often_it_is_named(parent: Path) -> None:
    (parent / "q.yaml").write_text("extends: p.yaml\nservices: {postal: {growth: 5%}}\n")
    (parent / "r.yaml").write_text("extends: p.yaml\npaths: 5000\n")
    for order in ("[q.yaml, r.yaml]", "[r.yaml, q.yaml]", "[p.yaml, q.yaml, r.yaml]", "[q.yaml, r.yaml, p.yaml]"):
        child = read_scenario(f"extends: {order}\nname: n\n", parent)
        assert child.services["postal"].growth is not None
        assert (child.services["postal"].growth.text, child.paths) == ("5%", 5000)


def test_equal_parents_agree_and_a_deletion_conflicts_with_a_change(parent: Path) -> None:
    (parent / "q.yaml").write_text("extends: p.yaml\npaths: 5000\ninitiatives: null\n")
    (parent / "r.yaml").write_text("extends: p.yaml\npaths: 5000\ninitiatives: {a: {start: 2021-02}}\n")
    problems = problems_in("extends: [q.yaml, r.yaml]\nname: n\n", parent)
    assert problems == ["a.yaml:1:1: initiatives: q.yaml:3:1 says 'null', r.yaml:3:1 '{a}'; set it here"]


def test_a_name_is_not_inherited_from_two_parents(parent: Path) -> None:
    (parent / "q.yaml").write_text("extends: p.yaml\npaths: 5000\n")
    (parent / "r.yaml").write_text("extends: p.yaml\nseed: 1\n")
    problems = problems_in("extends: [q.yaml, r.yaml]\n", parent)
    assert problems == ["a.yaml:1:1: name: is never taken from two parents; write it here"]
    assert read_scenario("extends: q.yaml\n", parent).name.en == "a small plan"


def test_a_case_is_the_plan_with_its_overlay(parent: Path) -> None:
    cases = "cases:\n  none: {initiatives: null}\n  slow: {services: {postal: {growth: 1%}}}\n"
    scenario = read_scenario(f"extends: p.yaml\n{cases}", parent)
    assert scenario.cases["none"].initiatives == {}
    assert scenario.cases["slow"].services["postal"].growth.text == "1%"
    assert scenario.cases["slow"].cases == {}
    assert len(scenario.initiatives) == 3
    assert {a.text for a in scenario.assumptions() if a.name == "services.postal.growth"} == {"0% to 9%"}


def test_problems_of_a_case_stand_under_its_name(parent: Path) -> None:
    cases = "cases:\n  odd: {services: {postal: {growth: 26}}}\n  gone: {initiatives: {a: null}}\n"
    assert problems_in(f"extends: p.yaml\n{cases}", parent) == [
        "a.yaml:3:37: cases.odd.services.postal.growth: 26 means 2600%; write '26%'",
        "a.yaml:4:3: cases.gone.initiatives.c.needs: 'a' is deleted at a.yaml:4:24; delete this too, or keep 'a'",
    ]


def test_a_case_that_deletes_a_deleted_entry_says_how_to_continue(parent: Path) -> None:
    cases = "cases:\n  none: {initiatives: null}\n"
    (parent / "q.yaml").write_text(f"extends: p.yaml\n{cases}", encoding="utf-8")
    assert problems_in("extends: q.yaml\ninitiatives: null\n", parent) == [
        "q.yaml:3:10: cases.none.initiatives: 'initiatives' was already deleted at a.yaml:2:1;"
        " delete case 'cases.none' there too, or keep 'initiatives'"
    ]


PARENT_WITH_CASE = f"""{SMALL_PLAN}  parcels: {{baseline: {{method: given, annual: 2 tỷ}}}}
cases:
  more:
    services: {{parcels: {{growth: 5%}}}}
"""


def test_a_case_does_not_restore_a_deleted_service(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(PARENT_WITH_CASE, encoding="utf-8")
    assert problems_in("extends: p.yaml\n", tmp_path) == []
    assert problems_in("extends: p.yaml\nservices: {parcels: null}\n", tmp_path) == [
        "p.yaml:9:16: cases.more.services.parcels: 'services.parcels' is deleted at a.yaml:2:12, and a case does "
        "not bring it back; take this out of the case, or keep 'services.parcels'"
    ]
    both = "extends: p.yaml\nservices: {parcels: null}\ncases: {more: null}\n"
    assert problems_in(both, tmp_path) == []
    rewritten_case = "extends: p.yaml\nservices: {parcels: null}\ncases: {more: {services: {parcels: {growth: 1%}}}}\n"
    assert problems_in(rewritten_case, tmp_path)[0].startswith("a.yaml:3:27: cases.more.services.parcels")
