"""Differences between two states of a plan, key by key."""

from __future__ import annotations

from pathlib import Path

from forecast.plan.loading.differences import KeyDifference, document_differences, written_texts
from forecast.plan.loading.loader import read_document
from tests.support.command_line import BAKERY_PLAN

PARENT = BAKERY_PLAN + "shocks:\n  heat: {kind: event, from: 2026-06-01, until: 2026-06-20, chance: 10%}\n"


def differences(folder: Path, child: str, parent: str = PARENT) -> list[KeyDifference]:
    """Differences between a plan that only extends the bakery, and this one."""
    documents = []
    for name, texts in {"old": ("extends: parent.yaml\n", PARENT), "new": (child, parent)}.items():
        scenarios = folder / name / "scenarios"
        scenarios.mkdir(parents=True)
        (scenarios / "child.yaml").write_text(texts[0])
        (scenarios / "parent.yaml").write_text(texts[1])
        documents.append(read_document(scenarios / "child.yaml"))
    return list(document_differences(documents[0], documents[1]))


def test_the_same_values_in_another_order_and_form_do_not_differ(tmp_path: Path) -> None:
    child = "# a remark\nextends: parent.yaml\nshocks: {heat: {chance: {value: 10%}}}\n"
    assert differences(tmp_path, child) == []


def test_a_changed_value_has_its_old_and_new_text_and_its_line(tmp_path: Path) -> None:
    child = "extends: parent.yaml\ntargets:\n  revenue:\n    at_least: 57 million VND\n"
    (change,) = differences(tmp_path, child)
    assert (change.name, change.old, change.new) == ("targets.revenue.at_least", "60 million VND", "57 million VND")
    assert (Path(change.location.file).name, change.location.line) == ("child.yaml", 4)


def test_a_change_of_the_parent_stands_in_the_parent(tmp_path: Path) -> None:
    (change,) = differences(tmp_path, "extends: parent.yaml\n", PARENT.replace("noise: 4%", "noise: 5%"))
    assert change.name == "services.bread.baseline.noise"
    assert Path(change.location.file).name == "parent.yaml"


def test_a_source_and_a_label_are_texts_too(tmp_path: Path) -> None:
    child = "extends: parent.yaml\nname: {vi: Lò bánh}\nshocks: {heat: {chance: {value: 10%, source: a guess}}}\n"
    names = {change.name: (change.old, change.new) for change in differences(tmp_path, child)}
    assert names == {"name.vi": ("Tiệm bánh", "Lò bánh"), "shocks.heat.chance.source": (None, "a guess")}


def test_a_table_that_is_gone_or_new_is_named_once(tmp_path: Path) -> None:
    child = "extends: parent.yaml\nshocks: {heat: null, cold: {kind: event, from: 2026-01-01, until: 2026-01-09}}\n"
    gone, new = sorted(differences(tmp_path, child), key=lambda change: change.new is not None)
    assert (gone.name, gone.new, gone.location.line) == ("shocks.heat", None, 2)
    assert (new.name, new.old) == ("shocks.cold", None)
    assert "2026-01-09" in (new.new or "")


def test_texts_of_lists_and_empty_tables_have_names(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(BAKERY_PLAN + "shocks: {}\ncorrelations: {pair: {between: [a, b], rank: 0.5}}\n")
    texts = written_texts(read_document(plan))
    assert texts["shocks"] == "{}"
    assert texts["correlations.pair.between.1"] == "b"
