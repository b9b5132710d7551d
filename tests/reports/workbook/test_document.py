"""Sheets of a workbook as their reader gets them."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from forecast.errors import OutputError
from forecast.i18n import Language
from forecast.reports.workbook.document import render_workbook
from tests.support.office import sheet_values
from tests.support.workbook_plans import EVERY_INPUT_PLAN, workbook_content_of, write_plan

TEXTS = {"en": ("=1+1", "@SUM(A1)", "=HYPERLINK(0)"), "vi": ("=1+1", "+cmd", "-1+1", "=HYPERLINK(0)")}


@pytest.fixture(scope="module", params=["vi", "en"])
def language(request: pytest.FixtureRequest) -> Language:
    return "vi" if request.param == "vi" else "en"


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory, language: Language) -> Path:
    folder = tmp_path_factory.mktemp("document")
    file = folder / "plan.xlsx"
    file.write_bytes(render_workbook(workbook_content_of(write_plan(folder), language=language)))
    return file


def parts(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_no_text_of_a_plan_is_a_formula(workbook: Path, language: Language) -> None:
    """A text that begins as a formula does arrives as a text; formulas are those of the model alone."""
    values = sheet_values(workbook)
    shown = [str(value) for cells in values.values() for value in cells.values()]
    for text in TEXTS[language]:
        assert any(text in value for value in shown), text
    for name, part in parts(workbook).items():
        formulas = re.findall(r"<(?:f|c:f)>([^<]*)</", part)
        assert not [f for f in formulas if "HYPERLINK" in f or "1+1" in f or "cmd" in f], name
        assert "hyperlink" not in part, name


def test_yellow_cells_alone_are_unlocked(workbook: Path) -> None:
    content = parts(workbook)
    inputs = content["xl/worksheets/sheet2.xml"]
    assert "<sheetProtection" in inputs
    unlocked = {
        str(number)
        for number, style in enumerate(
            re.findall(r"<xf [^>]*?(?:/>|>.*?</xf>)", content["xl/styles.xml"].split("<cellXfs")[1])
        )
        if 'locked="0"' in style
    }
    cells = re.findall(r'<c r="([A-Z]+)\d+" s="(\d+)"', inputs)
    assert {column for column, style in cells if style in unlocked} == {"C", "D", "E"}
    validated = len(re.findall(r"<dataValidation ", inputs))
    assert validated == sum(style in unlocked for _, style in cells)


def test_every_input_has_a_name_and_a_hint(workbook: Path) -> None:
    content = parts(workbook)
    names = re.findall(r'<definedName name="([a-z][^"]*)"', content["xl/workbook.xml"])
    assert {"services.a.growth.2027", "initiatives.shop.chance"} <= set(names)
    hints = re.findall(r'prompt="([^"]*)"', content["xl/worksheets/sheet2.xml"])
    assert hints
    assert all(10 < len(hint) <= 255 for hint in hints)


def test_sheets_print_on_a4_landscape_with_their_heads(workbook: Path) -> None:
    content = parts(workbook)
    sheets = [part for name, part in content.items() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 8
    assert all('paperSize="9"' in part and 'orientation="landscape"' in part for part in sheets)
    assert content["xl/workbook.xml"].count("_xlnm.Print_Titles") == 7  # all but the summary
    assert sum("<pane " in part for part in sheets) == 7


def test_a_formula_that_no_spreadsheet_takes_is_refused(tmp_path: Path) -> None:
    name = "an_initiative_whose_name_is_nearly_as_long_as_names_may_be"
    entries = "".join(f"  {name}{number}: {{start: 2026-08, effect: {{volume: {{a: 1%}}}}}}\n" for number in range(90))
    plan = write_plan(tmp_path, EVERY_INPUT_PLAN.replace("initiatives:\n", f"initiatives:\n{entries}"))
    with pytest.raises(OutputError, match="too many initiatives"):
        render_workbook(workbook_content_of(plan))


def test_same_content_gives_the_same_bytes(workbook: Path, language: Language, tmp_path: Path) -> None:
    again = render_workbook(workbook_content_of(write_plan(tmp_path), language=language))
    first, second = (zipfile.ZipFile(io.BytesIO(content)) for content in (workbook.read_bytes(), again))
    assert first.namelist() == second.namelist()
    assert again == workbook.read_bytes()
