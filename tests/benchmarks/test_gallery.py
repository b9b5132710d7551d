"""The gallery is drawn by a command, without a screen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.gallery import GAP, PHONE_SIZE, PLANS, ROOT, copy_project, draw_plan, open_browser, side_by_side

PROGRAMS = ("chromium", "pdftoppm", "soffice")


def test_the_plans_of_the_gallery_are_shipped() -> None:
    assert len(PLANS) == 6
    assert [plan for plan in PLANS if not (ROOT / "scenarios" / plan).is_file()] == []


def test_pictures_stand_side_by_side_on_white() -> None:
    joined = side_by_side([Image.new("RGB", (30, 10), "red"), Image.new("RGB", (20, 40), "blue")])
    assert joined.size == (50 + GAP, 40)
    assert [joined.getpixel(at) for at in ((0, 0), (30, 0), (0, 39), (30 + GAP, 39))] == [
        (255, 0, 0),
        (255, 255, 255),
        (255, 255, 255),
        (0, 0, 255),
    ]


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"needs {', '.join(PROGRAMS)}")
def test_a_plan_is_drawn_as_page_phone_sheet_and_workbook(tmp_path: Path) -> None:
    with open_browser() as browser:
        draw_plan(browser, copy_project(tmp_path / "project"), "without-history.yaml", tmp_path / "gallery", 2_000)
    pictures = {file.stem.removeprefix("without-history-"): file for file in (tmp_path / "gallery").iterdir()}
    assert set(pictures) == {
        f"{language}-{kind}" for language in ("en", "vi") for kind in ("page", "phone", "sheet", "workbook")
    }
    for name, file in pictures.items():
        with Image.open(file) as picture:
            assert len(picture.convert("L").getcolors() or []) > 8, name  # more than an empty page
            assert picture.width == PHONE_SIZE[0] or not name.endswith("phone")
        assert file.stat().st_size < 150_000, name
