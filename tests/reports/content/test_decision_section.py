"""Answers of the section on decisions, where there is nothing to decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.i18n import LANGUAGES, Language, Translator
from forecast.reports.content.context import RunView
from forecast.reports.content.decision_section import decision_blocks
from tests.support import report_fixture
from tests.support.decision_fixture import make_chance


def without_levers(chance: float, *, is_settled: bool) -> RunView:
    """A view whose table has no lever."""
    view = report_fixture.covid_view()
    assert view.decisions.seek is not None
    seek = replace(view.decisions.seek, rows=(), chance=make_chance(chance))
    sources = None if is_settled else view.decisions.sources
    return replace(view, decisions=replace(view.decisions, seek=seek, sources=sources))


def answer(view: RunView, language: Language) -> str:
    blocks = {block.key: " ".join(block.sentences) for block in decision_blocks(view, Translator(language))}
    return blocks.get("levers_head", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_settled_figure_asks_for_no_lever(language: Language) -> None:
    assert answer(without_levers(1.0, is_settled=True), language) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_levers_no_lever_is_promised(language: Language) -> None:
    t = Translator(language)
    reached = answer(without_levers(0.95, is_settled=False), language)
    assert "95%" in reached
    assert t("levers_safer") not in reached
    assert t("seek_no_lever") in answer(without_levers(0.5, is_settled=False), language)
