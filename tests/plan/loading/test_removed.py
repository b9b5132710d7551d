"""What a removed entry takes along, and what still needs it."""

from __future__ import annotations

from pathlib import Path

from forecast.plan.loading.loader import read_plan
from tests.support.plan_texts import problems_in, read_scenario


def test_a_deleted_entry_removes_its_correlations_and_breaks_needs(parent: Path) -> None:
    (parent / "q.yaml").write_text(
        "extends: p.yaml\ncorrelations:\n"
        "  k: {between: [services.postal.growth, initiatives.c.effect.volume.all], rank: 0.3}\n"
    )
    plan = read_plan(parent / "a.yaml", "extends: q.yaml\ninitiatives: {c: null}\n")
    assert plan.scenario.correlations == {}
    assert [(removal.correlation, removal.name) for removal in plan.removed] == [
        ("k", "initiatives.c.effect.volume.all")
    ]
    problems = problems_in("extends: q.yaml\ninitiatives: {a: null}\n", parent)
    assert problems == [
        "p.yaml:11:31: initiatives.c.needs: 'a' is deleted at a.yaml:2:15; delete this too, or keep 'a'",
    ]


def test_a_constant_drops_out_of_inherited_correlations_only(
    parent: Path,
) -> None:
    table = "correlations:\n  k: {between: [services.postal.growth, initiatives.c.effect.volume.all], rank: 0.3}\n"
    settled = read_scenario(f"extends: p.yaml\n{table}", parent, {"services.postal.growth": "5%"})
    assert settled.correlations == {}
    problems = problems_in(f"extends: p.yaml\nservices: {{postal: {{growth: 5%}}}}\n{table}", parent)
    assert problems == [
        "a.yaml:4:16: correlations.k.between: 'services.postal.growth' is sure (5%) and cannot be correlated; "
        "take it out, or write a range"
    ]
