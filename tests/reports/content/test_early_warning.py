"""Texts of an early warning: the side of an all-clear, errors, and alarms that are not told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.analysis.triggers import TriggerLevel
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.reports.content.early_warning import alarm_texts, level_text
from forecast.stats.intervals import Estimate
from tests.support.decision_fixture import make_chance, make_decisions

EN = Translator("en")
SCALE = choose_scale("revenue", [250e9], "VND", EN)
ALL_CLEAR = TriggerLevel(0.8, Estimate(120e9, 119e9, 121e9), is_all_clear=True)


@pytest.mark.parametrize(("is_below", "text"), [(True, "≥ 120.0"), (False, "≤ 120.0")])
def test_an_all_clear_says_on_which_side_it_lies(is_below: bool, text: str) -> None:
    warning = make_decisions().warning
    assert warning is not None
    assert level_text(ALL_CLEAR, replace(warning, is_below=is_below), SCALE) == text
    assert alarm_texts(ALL_CLEAR, EN) == ["–"] * 3


def test_a_level_has_its_error_and_its_alarm() -> None:
    warning = make_decisions().warning
    assert warning is not None
    level = replace(ALL_CLEAR, is_all_clear=False, sounds=make_chance(0.2), is_right=make_chance(0.75))
    assert level_text(level, warning, SCALE, has_error=True) == "120.0 ±1.0"
    assert alarm_texts(level, EN) == ["20%", "75%", "–"]


def test_a_level_that_tells_nothing_is_a_dash() -> None:
    warning = make_decisions().warning
    assert warning is not None
    level = TriggerLevel(0.5, ALL_CLEAR.level, False, make_chance(0.2), make_chance(0.3), _base_rate=0.4)
    assert level_text(level, warning, SCALE, has_error=True) == "–"
    assert alarm_texts(level, EN, missing="") == ["", "", ""]
