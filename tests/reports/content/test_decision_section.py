"""Sentences of the section on decisions: each one a director can act on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from forecast.i18n import LANGUAGES, Language, Translator
from forecast.reports.content.context import RunView
from forecast.reports.content.decision_section import decision_blocks
from tests.support import report_fixture


def with_decisions(**changes: Any) -> RunView:
    """The plan with Covid with other findings for its decisions."""
    view = report_fixture.covid_view()
    return replace(view, decisions=replace(view.decisions, **changes))


def sentences(view: RunView, key: str, language: Language = "en") -> str:
    """The sentences of one question."""
    (block,) = [block for block in decision_blocks(view, Translator(language)) if block.key == key]
    return " ".join(block.sentences)


def levers(**changes: Any) -> RunView:
    """The plan with another table of levers."""
    table = report_fixture.covid_view().decisions.seek
    assert table is not None
    return with_decisions(seek=replace(table, **changes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_stand_in_the_order_in_which_they_are_asked(language: Language) -> None:
    keys = [block.key for block in decision_blocks(report_fixture.covid_view(), Translator(language))]
    assert keys == ["fifths_head", "levers_head", "early_warning_head"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_three_sources_sum_to_all(language: Language) -> None:
    t = Translator(language)
    text = sentences(report_fixture.covid_view(), "fifths_head", language)
    assert all(t.percent(share) in text for share in (0.58, 0.06, 0.36))


def test_a_lever_of_ours_comes_first_with_the_cases_in_which_it_holds() -> None:
    text = sentences(report_fixture.covid_view(), "levers_head")
    assert text.startswith("Ours to decide: Payouts to people with merit: certain and early gives 81%.")
    assert "1 of 1 other cases" in text
    assert "249 billion VND has a chance of 80% today." in text


def test_a_lever_that_works_only_as_written_is_said_to() -> None:
    table = report_fixture.covid_view().decisions.seek
    assert table is not None
    rows = tuple(replace(row, cases=tuple(replace(c, reaches=False) for c in row.cases)) for row in table.rows)
    assert "only as the plan is written" in sentences(levers(rows=rows), "levers_head")


def test_what_is_outside_our_control_is_said_to_be() -> None:
    table = report_fixture.covid_view().decisions.seek
    assert table is not None
    rows = tuple(replace(row, reaches=row.lever.kind == "outside") for row in table.rows)
    assert "only what is outside our control would" in sentences(levers(rows=rows), "levers_head")
    nothing = tuple(replace(row, reaches=False) for row in table.rows)
    assert "No single change gives 80%" in sentences(levers(rows=nothing), "levers_head")


def test_a_plan_that_has_its_chance_says_so() -> None:
    text = sentences(levers(chance=report_fixture.make_chance(0.85)), "levers_head")
    assert text.startswith("The plan has the required chance already: 85%, required 80%.")


def test_levers_that_were_not_asked_for_name_the_command() -> None:
    assert "`forecast run scenarios/covid.yaml --decide`" in sentences(with_decisions(seek=None), "levers_head")


def test_the_alarm_is_that_of_the_middle_of_the_year() -> None:
    text = sentences(report_fixture.covid_view(), "early_warning_head")
    assert "from January 2021 to June 2021 below" in text
    assert "sounds in 20% of futures, is right in 75% of them and catches 66% of all misses" in text


def test_below_the_level_today_it_is_the_all_clear() -> None:
    warning = report_fixture.covid_view().decisions.warning
    assert warning is not None
    months = tuple(
        replace(month, levels=tuple(replace(level, is_all_clear=True) for level in month.levels))
        for month in warning.months
    )
    text = sentences(with_decisions(warning=replace(warning, months=months)), "early_warning_head")
    assert text.startswith("The chance is under 50% today.")


def test_a_plan_without_targets_has_no_section() -> None:
    view = report_fixture.covid_view()
    assert decision_blocks(replace(view, findings=replace(view.findings, main_target="")), Translator("en")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_settled_figure_asks_for_no_lever(language: Language) -> None:
    view = levers(rows=(), chance=report_fixture.make_chance(1.0))
    settled = replace(view, decisions=replace(view.decisions, sources=None))
    assert "levers_head" not in [block.key for block in decision_blocks(settled, Translator(language))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_levers_no_lever_is_promised(language: Language) -> None:
    t = Translator(language)
    reached = sentences(levers(rows=(), chance=report_fixture.make_chance(0.95)), "levers_head", language)
    assert "95%" in reached
    assert t("levers_safer") not in reached
    assert t("seek_no_lever") in sentences(levers(rows=()), "levers_head", language)
