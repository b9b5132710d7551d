"""Names that a file or folder may have on every system, and names that stay in their folder."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from forecast.errors import Location
from forecast.files import paths


@pytest.mark.parametrize(
    "name",
    ["con", "CON", "nul.2021", "aux", "prn.csv", "COM1", "lpt9.x", "com²", "con .txt", "conin$", "plan.", "plan "],
)
def test_names_that_windows_reserves_are_refused_with_one_that_is_free(name: str) -> None:
    assert paths.is_reserved_name(name)
    assert not paths.is_reserved_name(paths.suggest_name(name))


@pytest.mark.parametrize("name", ["console", "com", "com10", "auxiliary", "plan.con", "tet:2026", "~x", "Tết", ".x"])
def test_other_names_are_free(name: str) -> None:
    assert not paths.is_reserved_name(name)


def test_only_a_folder_that_is_still_to_be_made_is_refused(tmp_path: Path) -> None:
    assert paths.reserved_part(tmp_path / "con" / "x") == "con"
    (tmp_path / "con").mkdir()
    assert paths.reserved_part(tmp_path / "con" / "x") == ""
    assert paths.reserved_part(Path("..") / "reports") == ""


@pytest.mark.parametrize("text", ["report.html", "figures/fan.png", "a..b", ".x"])
def test_inner_paths(text: str) -> None:
    assert paths.is_inner_path(text)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "a\\b", "a\0", 7, None]
)
def test_paths_that_may_lead_out(text: object) -> None:
    assert not paths.is_inner_path(text)


def test_a_missing_file_with_letters_of_another_script_is_named_as_written(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("")
    path = paths.resolve_in_project("số liệu.csv", tmp_path, tmp_path, Location("plan.yaml"), "history")
    assert path == tmp_path / "số liệu.csv"
    decomposed = tmp_path / unicodedata.normalize("NFD", "số liệu.csv")
    decomposed.write_text("")
    assert paths.resolve_in_project("số liệu.csv", tmp_path, tmp_path, Location("plan.yaml"), "history") == decomposed
