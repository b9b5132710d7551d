"""The index of a merged plan: what is written under each dotted name, where, and what it replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.files.yaml import MappingNode, SequenceNode
from forecast.plan.document import PlanDocument
from forecast.plan.loading.effective import read_effective_plan
from forecast.plan.loading.loader import read_plan
from forecast.plan.tree import count_nodes
from tests.support.plan_texts import SMALL_PLAN, problems_in
from tests.support.plans import SCENARIOS

CHILD = """extends: p.yaml
services: {postal: {growth: {value: 2% to 4%, grade: B, source: s}}, b: null}
cases: {low: {services: {postal: {growth: 1%}}}}
"""


@pytest.fixture
def document(tmp_path: Path) -> PlanDocument:
    parent = f"""{SMALL_PLAN}    growth: 0% to 9%
    price_change: {{same_as: services.postal.growth}}
  b: {{baseline: {{method: given, annual: 1 tỷ}}}}
  c: {{baseline: {{method: given, annual: 1 tỷ}}, growth: 1% to 2%}}
correlations:
  k: {{between: [services.postal, services.b, services.c], rank: 0.1}}
  l: {{between: [services.postal, services.b], rank: 0.1}}
"""
    (tmp_path / "p.yaml").write_text(parent, encoding="utf-8")
    return read_plan(tmp_path / "a.yaml", CHILD).document


def test_the_index_holds_every_node_of_the_tree_under_its_dotted_name() -> None:
    document = read_plan(SCENARIOS / "storms-and-floods.yaml").document
    written = {name: entry.node for name, entry in document.entries.items() if entry.node is not None}
    assert count_nodes(document.tree) == 1 + len(written)
    for name, indexed in written.items():
        node: object = document.tree
        for step in name.split("."):
            node = node[int(step)] if isinstance(node, SequenceNode) else node[step]  # type: ignore[index]
        assert indexed == node or name == "history.file"  # the tree opens the file from the working directory


def test_a_name_has_its_location_its_reference_and_what_it_replaced(document: PlanDocument) -> None:
    growth = document.entries["services.postal.growth"]
    assert str(growth.location).endswith("a.yaml:2:37")
    assert str(growth.key_location).endswith("a.yaml:2:21")
    assert [str(value.node) for value in document.replaced["services.postal.growth"]] == ["0% to 9%"]
    assert document.entries["services.postal.price_change"].reference == "services.postal.growth"
    assert {"services.postal.growth", "services.postal.price_change"} <= document.numbers.keys()
    assert "services.postal" not in document.numbers
    assert str(document.location_of("services.postal.label.vi")).endswith("a.yaml:2:12")  # the nearest name above
    assert document.location_of("") == document.tree.location


def test_a_deleted_name_is_known_with_all_below_it(document: PlanDocument) -> None:
    for name in ("services.b", "services.b.growth"):
        assert str(document.deletion_of(name)).endswith("a.yaml:2:70")
    assert document.deletion_of("services.postal") is None
    assert document.deletion_of("services.absent") is None


def test_correlations_of_deleted_names_leave_the_tree_but_are_shown_as_merged(
    tmp_path: Path, document: PlanDocument
) -> None:
    correlations = document.tree["correlations"]
    assert isinstance(correlations, MappingNode)
    assert list(correlations) == ["k"]
    assert document.node("correlations.l") is None
    (tmp_path / "a.yaml").write_text(CHILD, encoding="utf-8")
    texts = {value.name: value.text for value in read_effective_plan(tmp_path / "a.yaml").values}
    assert texts["correlations.l.between"] == "[services.postal, services.b]"
    assert texts["cases.low.services.postal.growth"] == "1%"


def test_cases_are_indexed_apart_from_the_plan(document: PlanDocument) -> None:
    assert "cases.low.services.postal.growth" in document.cases["low"]
    assert not any(name.startswith("cases") for name in document.entries)
    assert document.node("services.postal.growth.value") == "2% to 4%"


def test_an_error_elsewhere_leaves_a_same_as_per_event_alone() -> None:
    problems = problems_in("extends: storms-and-floods.yaml\nname: a\nseed: x\n", SCENARIOS)
    assert len(problems) == 1
    assert "seed: 'x' is not a whole number" in problems[0]
