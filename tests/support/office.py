"""Recalculate workbooks in LibreOffice, and edit cells of those that forecast wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from python_calamine import CalamineWorkbook

from forecast.files.workbook import cell_address

OFFICE = shutil.which("soffice")
"""The program; None where it is not installed."""
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def convert(files: Sequence[Path], folder: Path, kind: str = "xlsx") -> list[Path]:
    """Let LibreOffice open files, compute every formula anew and save them; one start of the program for all."""
    assert OFFICE is not None  # the test is skipped without it
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE)
    out = folder / "out"
    command = [OFFICE, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", kind]
    subprocess.run([*command, "--outdir", str(out), *map(str, files)], check=True, capture_output=True, timeout=600)
    return [out / f"{file.stem}.{kind}" for file in files]


def sheet_values(file: Path) -> dict[str, dict[str, object]]:
    """Value of each cell that is not empty, by sheet and address."""
    workbook = CalamineWorkbook.from_path(str(file))
    return {
        name: {
            cell_address(row, column): value
            for row, cells in enumerate(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for column, value in enumerate(cells)
            if value != ""
        }
        for name in workbook.sheet_names
    }


def edit_cells(file: Path, sheet_number: int, numbers: Mapping[str, float], target: Path) -> Path:
    """Put numbers into cells of one sheet of a workbook, counted from 1; formulas keep their stored values."""
    part = f"xl/worksheets/sheet{sheet_number}.xml"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                text = content.decode()
                for address, number in numbers.items():
                    text, count = re.subn(rf'(<c r="{address}"[^>]*><v>)[^<]*(</v>)', rf"\g<1>{number!r}\g<2>", text)
                    assert count == 1, address
                content = text.encode()
            copy.writestr(name, content)
    return target


def fill_cells(file: Path, sheet_number: int, numbers: Mapping[str, float], target: Path) -> Path:
    """Put numbers into empty cells of one sheet of a workbook, counted from 1."""
    part = f"xl/worksheets/sheet{sheet_number}.xml"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                text = content.decode()
                for address, number in numbers.items():
                    text, count = re.subn(rf'(<c r="{address}"[^>]*)/>', rf"\g<1>><v>{number!r}</v></c>", text)
                    assert count == 1, address
                content = text.encode()
            copy.writestr(name, content)
    return target
