"""Earlier plans of a year: the parents of an overlay with earlier days."""

from __future__ import annotations

from pathlib import Path

import forecast
from forecast.plan.loading.earlier_plans import read_earlier_plans
from tests.support.plans import TWO_SERVICES

OVERLAYS = {
    "plan": "as_of: 2020-12-31\n" + TWO_SERVICES,
    "january": "extends: plan.yaml\nas_of: 2021-02-05\n",
    "february": "extends: january.yaml\nas_of: 2021-03-05\n",
    "what_if": "extends: february.yaml\nservices: {a: {baseline: {annual: 110 tỷ}}}\n",
    "march": "extends: what_if.yaml\nas_of: 2021-04-05\n",
    "longer": "extends: march.yaml\nas_of: 2021-05-05\nhorizon: {months: 24}\n",
    "fragment": "paths: 500\n",
    "mixed": "extends: [march.yaml, fragment.yaml]\nname: Mixed\nas_of: 2021-05-05\n",
}


def earlier(folder: Path, name: str, **changes: str) -> list[str]:
    for file, text in OVERLAYS.items():
        (folder / f"{file}.yaml").write_text(text, encoding="utf-8")
    scenario = forecast.read(folder / f"{name}.yaml", set=changes or None)
    return [Path(plan.file).stem for plan in read_earlier_plans(scenario)]


def test_parents_with_earlier_days_are_read_the_earliest_first(tmp_path: Path) -> None:
    assert earlier(tmp_path, "february") == ["plan", "january"]
    assert earlier(tmp_path, "plan") == []
    assert earlier(tmp_path, "february", as_of="2021-02-20") == ["plan", "january"]
    assert earlier(tmp_path, "february", as_of="2021-01-20") == ["plan"]


def test_another_case_of_the_same_day_is_no_earlier_plan(tmp_path: Path) -> None:
    """The day of an overlay counts, so that it stands for the day from which the next month goes on."""
    assert earlier(tmp_path, "what_if") == ["plan", "january"]
    assert earlier(tmp_path, "march") == ["plan", "january", "what_if"]


def test_other_months_or_two_parents_end_the_chain(tmp_path: Path) -> None:
    assert earlier(tmp_path, "longer") == []
    assert earlier(tmp_path, "mixed") == []
