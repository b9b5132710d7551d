"""Names of files as people write them."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from forecast.errors import Location
from forecast.files.paths import name_problem, plan_name, resolve_in_project

PLACE = Location("plan.yaml", 3, 10)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_is_found_in_whichever_code_points_its_name_is_written(tmp_path: Path, form: str) -> None:
    """A Mac's archive writes names with letters and marks apart."""
    path = tmp_path / unicodedata.normalize("NFD", "Sổ cái.csv")
    path.write_text("x")
    written = unicodedata.normalize(form, "Sổ cái.csv")
    assert resolve_in_project(written, tmp_path, tmp_path, PLACE, "history") == path


def test_a_name_in_other_code_points_never_wins_over_the_name_itself(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "Sổ.csv")).write_text(form)
    name = unicodedata.normalize("NFC", "Sổ.csv")
    assert resolve_in_project(name, tmp_path, tmp_path, PLACE, "history").read_text() == "NFC"


@pytest.mark.parametrize("character", ["\u202e", "\x1b", "\u200b", "\n", "\t", "\udcff", "\ufdd0"])
def test_an_invisible_character_in_a_name_is_named(tmp_path: Path, character: str) -> None:
    for path in (tmp_path / f"a{character}.yaml", tmp_path / f"b{character}" / "a.yaml"):
        problem = name_problem(path, tmp_path)
        assert problem is not None
        assert dict(problem.params) == {"character": f"U+{ord(character):04X}"}
    assert name_problem(tmp_path / "tiệm bánh 📦.yaml", tmp_path) is None
    assert name_problem(tmp_path / f"b{character}" / "a.yaml", tmp_path / f"b{character}") is None


def test_the_runs_of_a_plan_have_one_name() -> None:
    assert {plan_name(unicodedata.normalize(form, "x/Kế hoạch.yaml")) for form in ("NFC", "NFD")} == {"Kế hoạch"}
    assert plan_name("") == "plan"
