"""Text of plans that the program writes: values and entries are read back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.files.yaml import NO_LOCATION
from forecast.plan.assumption import Assumption, read_value
from forecast.plan.plan_text import entry_lines, extends_line, written_value
from forecast.stats.distributions import Constant


@pytest.mark.parametrize(
    ("dimension", "type_name", "value"),
    [
        ("percent", "change", -0.03274),
        ("percent", "effect", 1.5),
        ("percent", "share", 0.125),
        ("money", "money", 69_123_456_789.0),
        ("money", "money", 1_234.0),
        ("money", "money", 12_500.0),
        ("days", "days", 21.5),
        ("none", "rate", 0.731),
        ("people", "people", 1838.125),
        ("day", "day", 737_867.0),
    ],
)
def test_a_value_is_read_back_as_it_was(dimension: str, type_name: str, value: float) -> None:
    assumption = Assumption("x", "", Constant(0.0), type_name, dimension, location=NO_LOCATION)  # type: ignore[arg-type]
    text = written_value(assumption, value, "VND")
    assert read_value(assumption, text, "VND") == pytest.approx(value, rel=1e-6)


def test_entries_stand_below_their_parents() -> None:
    entries = {"services.a.growth": "3.0%", "cases": None, "services.b.growth": "{value: 2%, grade: C}"}
    assert list(entry_lines(entries)) == [
        "services:",
        "  a:",
        "    growth: 3.0%",
        "  b:",
        "    growth: {value: 2%, grade: C}",
        "cases: null",
    ]


def test_an_overlay_names_its_plan_from_its_own_folder(tmp_path: Path) -> None:
    line = extends_line(tmp_path / "scenarios" / 'plan "a".yaml', tmp_path / "failing")
    assert line == r'extends: "../scenarios/plan \"a\".yaml"'
