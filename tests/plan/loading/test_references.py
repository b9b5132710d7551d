"""`same_as`: one assumption that takes the draw of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.plan_texts import SMALL_PLAN, problems_in, read_scenario


def test_same_as_follows_a_chain_to_one_draw_and_source(tmp_path: Path) -> None:
    text = f"""{SMALL_PLAN}      noise: {{value: 2% to 5%, grade: B, source: books}}
      level_noise: {{same_as: services.postal.baseline.noise}}
  b: {{baseline: {{method: given, annual: 1 tỷ, noise: {{same_as: services.postal.baseline.level_noise}}}}}}
""".replace("annual: 5 tỷ}", "annual: 5 tỷ").replace(
        "{method: given, annual: 5 tỷ\n", "\n      method: given\n      annual: 5 tỷ\n"
    )
    noise = read_scenario(text, tmp_path).services["b"].baseline.noise
    assert noise is not None
    assert (noise.stream_name, noise.name) == ("services.postal.baseline.noise", "services.b.baseline.noise")
    assert (noise.grade, noise.source.plain) == ("B", "books")


@pytest.mark.parametrize(
    ("growth", "price", "sentence"),
    [
        ("{same_as: services.postal.growht}", "2%", "did you mean 'services.postal.growth'?"),
        ("{same_as: services.postal.price_change}", "{same_as: services.postal.growth}", "same_as goes in a circle"),
        ("{same_as: [services.postal.price_change]}", "2%", "services.postal.growth: 'same_as' is not a text"),
        ("{same_as: {a: 1}}", "2%", "services.postal.growth: 'same_as' is not a text"),
        ("{same_as: shocks.w.reach}", "2%", "'shocks.w.reach' is of another kind (share, not change); write a value"),
    ],
)  # fmt: skip
def test_same_as_must_name_an_assumption_of_its_type(tmp_path: Path, growth: str, price: str, sentence: str) -> None:
    shock = "shocks: {w: {kind: drift, over: 3 months, reach: 20% to 30%, effect: {}}}\n"
    problems = problems_in(f"{SMALL_PLAN}    growth: {growth}\n    price_change: {price}\n{shock}", tmp_path)
    assert sentence in problems[0]


def test_same_as_does_not_join_per_event_and_per_path_draws(tmp_path: Path) -> None:
    text = f"""{SMALL_PLAN}shocks:
  w:
    kind: epidemic
    waves_per_year: 1 to 2
    length: 2 to 3 weeks
    within: {{same_as: shocks.w.length}}
    mild: {{effect: {{}}}}
"""
    problems = problems_in(text, tmp_path)
    assert problems == [
        "a.yaml:11:23: shocks.w.within: one of 'shocks.w.length' and this is sampled again in each event, "
        "the other once; write a value"
    ]
