"""Triggers by the chance of the main target: the amount is found, and a typed one is told with its chance."""

from __future__ import annotations

from pathlib import Path

import pytest

import forecast
from forecast.i18n import Language, Translator
from forecast.reports.content.decisions import decision_rows
from forecast.workflows.publish import build_view
from forecast.workflows.request import RunRequest

PLAN = """\
name: Triggers
currency: VND
horizon: {{from: 2026-01, months: 12}}
services: {{a: {{baseline: {{method: given, annual: "normal(120 tỷ, 6 tỷ)", noise: 4%}}}}}}
targets:
  revenue: {{measure: revenue, period: 2026, at_least: 116 tỷ, required_chance: 60%}}
decisions:
  act:
    action: {{vi: Bán mạnh hơn, en: Sell harder}}
    owner: {{vi: Phòng kế hoạch, en: Planning office}}
    by: 2026-07-15
    trigger: {{measure: {measure}, period: {period}, {bound}}}
"""
HALF_YEAR = "2026-01 to 2026-06"


def read(folder: Path, bound: str, period: str = HALF_YEAR, measure: str = "revenue") -> forecast.Scenario:
    file = folder / "plan.yaml"
    file.write_text(PLAN.format(bound=bound, period=period, measure=measure), encoding="utf-8")
    return forecast.read(file)


def decision(scenario: forecast.Scenario, language: Language = "en") -> tuple[str, dict[str, float]]:
    """Sentence of the decision, and its entry in the summary."""
    run = forecast.simulate(scenario, paths=32_768, keep=32_768)
    view = build_view(run, RunRequest.from_simulation(run), ())
    (row,) = decision_rows(view, Translator(language))
    return row.when, view.summary["triggers"]["act"]


def test_the_run_finds_the_amount(tmp_path: Path) -> None:
    sentence, entry = decision(read(tmp_path, "chance_below: 50%"))
    assert entry["target_chance"] == 0.5
    assert entry["side"] == "below"
    low, high = entry["amount_error"]  # type: ignore[misc]
    assert low < entry["amount"] < high
    assert 56e9 < entry["amount"] < 60e9
    assert "The target is then 50% likely." in sentence
    assert f"below {entry['amount'] / 1e9:.1f} billion VND" in sentence


def test_the_amount_that_was_found_means_that_chance_when_it_is_typed(tmp_path: Path) -> None:
    _, computed = decision(read(tmp_path, "chance_below: 30%"))
    _, typed = decision(read(tmp_path, f"below: {computed['amount'] / 1e9:.4f} tỷ"))
    assert typed["target_chance"] == pytest.approx(0.3, abs=0.03)
    assert typed["chance"] == pytest.approx(computed["chance"], abs=0.002)


def test_a_chance_that_too_few_futures_fall_under_has_no_amount(tmp_path: Path) -> None:
    sentence, entry = decision(read(tmp_path, "chance_below: 1%", "2026-01"), "vi")
    assert entry == {"target_chance": 0.01, "amount": None}
    assert "quá ít lượt mô phỏng" in sentence


@pytest.mark.parametrize(
    ("bound", "period", "measure", "words"),
    [
        ("chance_below: 50%", "2026", "revenue", "must begin in the target's first month and end before its last"),
        ("chance_below: 50%", "2026-02 to 2026-06", "revenue", "must begin in the target's first month"),
        ("chance_below: 50%", HALF_YEAR, "revenue.a", "write measure: revenue"),
        ("chance_below: 40% to 60%", HALF_YEAR, "revenue", "40% to 60%"),
        ("chance_below: 50%, below: 3 tỷ", HALF_YEAR, "revenue", "'below' and 'chance_below'"),
    ],
)
def test_a_chance_without_books_of_the_target_is_refused(
    tmp_path: Path, bound: str, period: str, measure: str, words: str
) -> None:
    with pytest.raises(forecast.InputError, match=words):
        read(tmp_path, bound, period, measure)
