"""A simulation in a notebook: `_repr_html_`."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from forecast.plan.loading.loader import read_text
from forecast.simulation.results import Simulation
from forecast.simulation.simulate import simulate
from tests.support.plans import ONE_SERVICE, ROOT, TWO_SERVICES, simulate_plan

HOSTILE = '<script>alert("1")</script>&'
REQUIRED = "at_least: 255 tỷ, required_chance: 40%"


class Cells(HTMLParser):
    """Names of the tags of a page, and the texts of its cells."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert attrs == []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cells_of(run: Simulation) -> Cells:
    cells = Cells()
    cells.feed(run._repr_html_())
    return cells


def test_a_notebook_shows_each_target_with_its_chance_and_range() -> None:
    run = simulate_plan(TWO_SERVICES.replace("at_least: 255 tỷ", REQUIRED), paths=4_000)
    texts = cells_of(run).texts
    chance, tally = run.chance("revenue"), run.tally("revenue", "2021")
    assert texts[-7:-5] == ["Revenue", "at least 255 billion VND"]
    assert texts[-4:] == ["40%", *(f"{tally.quantile(p).value / 1e9:.0f} billion VND" for p in (0.1, 0.5, 0.9))]
    assert texts[-5].startswith(f"{100 * chance.value:.0f}% (simulation error ")
    assert f"{100 * chance.low:.1f}%" in texts[-5]


def test_a_chance_is_not_rounded_across_the_required_one() -> None:
    run = simulate_plan(TWO_SERVICES, paths=4_000)
    chance = run.chance("revenue").value
    required = f"at_least: 255 tỷ, required_chance: {100 * chance + 0.05:.2f}%"
    shown = cells_of(simulate_plan(TWO_SERVICES.replace("at_least: 255 tỷ", required), paths=4_000)).texts[-5]
    assert int(shown.partition("%")[0]) / 100 <= chance


def test_texts_of_a_plan_are_escaped_and_nothing_is_run() -> None:
    text = TWO_SERVICES.replace("name: Two services", f"name: '{HOSTILE}'")
    text = text.replace("revenue: {measure", f"revenue: {{label: '{HOSTILE}', measure")
    cells = cells_of(simulate(read_text(text, ROOT), paths=500))
    assert set(cells.tags) == {"table", "caption", "b", "thead", "tbody", "tr", "th", "td"}
    assert [text for text in cells.texts if HOSTILE in text] == [HOSTILE, HOSTILE]


@pytest.mark.parametrize(("language", "words"), [("en", "revenue 2021"), ("vi", "doanh thu năm 2021")])
def test_a_plan_without_targets_shows_the_revenue_of_its_years_in_its_language(language: str, words: str) -> None:
    run = simulate_plan(f"{ONE_SERVICE}language: {language}\n", paths=500)
    assert cells_of(run).texts[-4] == words


def test_a_horizon_that_is_no_year_is_shown_as_it_is() -> None:
    run = simulate_plan(f"{ONE_SERVICE.replace('2021-01', '2021-05')}language: vi\n", paths=500)
    assert cells_of(run).texts[-4] == "doanh thu 2021-05 đến 2022-04"
