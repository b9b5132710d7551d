"""The guides in docs/ as programs: each is worked through as its reader would, beside the example workbooks.

Beside the blocks of a README (see `readme`), ```diff FILE is a change that is made, ```cells FILE numbers that are
typed into the second sheet of a workbook (`E5 = 12%`), and `$ cd FOLDER` goes into a folder.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support.office import edit_cells
from tests.support.readme import ROOT, CodeBlock, ReadmeWorkspace, replace_outputs
from tests.support.tutorial_books import FOLDER as WORKBOOKS

__all__ = ["GUIDES", "TUTORIALS", "GuideWorkspace", "refresh_guides"]

DOCS = ROOT / "docs"
TUTORIALS: Mapping[str, Path] = {"en": DOCS / "tutorial.md", "vi": DOCS / "tutorial.vi.md"}
RANGE_GUIDES: Mapping[str, Path] = {"en": DOCS / "choosing-a-range.md", "vi": DOCS / "choosing-a-range.vi.md"}
CHANCE_GUIDES: Mapping[str, Path] = {"en": DOCS / "what-a-chance-means.md", "vi": DOCS / "what-a-chance-means.vi.md"}
GLOSSARIES: Mapping[str, Path] = {"en": DOCS / "glossary.md", "vi": DOCS / "glossary.vi.md"}
GUIDES = (TUTORIALS, RANGE_GUIDES, CHANCE_GUIDES)
"""Page by language."""


class GuideWorkspace(ReadmeWorkspace):
    """A folder in which a guide is worked through."""

    def _copy_project(self) -> None:
        """The example workbooks, as the reader copies them."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for workbook in WORKBOOKS.glob("*.xlsx"):
            shutil.copy(workbook, self.folder)

    def _prepare_file(self, fence: CodeBlock) -> None:
        if fence.language == "diff":
            apply_change(Path(fence.file), fence.body)
        elif fence.language == "cells":
            type_numbers(Path(fence.file), fence.body)
        else:
            super()._prepare_file(fence)

    def _cached_read(self, read_plan: Callable[..., Any]) -> Callable[..., Any]:
        """A guide changes plans that others extend."""
        return read_plan

    def _run_command(self, typed: str) -> str:
        if typed.startswith("cd "):
            os.chdir(typed.removeprefix("cd "))
            return ""
        return super()._run_command(typed)


def apply_change(file: Path, change: str) -> None:
    """Replace the lines after `-` by those after `+`; each line that goes stands once in the file."""
    lines = file.read_text(encoding="utf-8").split("\n")
    before = [line[1:] for line in change.splitlines() if line.startswith("-")]
    after = [line[1:] for line in change.splitlines() if line.startswith("+")]
    for old, new in zip(before, after, strict=True):
        assert lines.count(old) == 1, old
        lines[lines.index(old)] = new
    file.write_text("\n".join(lines), encoding="utf-8")


def type_numbers(file: Path, body: str) -> None:
    """Type shares into cells of the inputs, `E5 = 12%`, and save the workbook."""
    cells = {}
    for line in body.splitlines():
        typed = re.fullmatch(r"([A-Z]+\d+) = (-?\d+)%", line)
        assert typed is not None, line
        cells[typed[1]] = int(typed[2]) / 100
    shutil.move(edit_cells(file, 2, cells, file.with_suffix(".edited")), file)


def true_text(page: Path, workspace: GuideWorkspace) -> str:
    """A guide with what its commands truly print."""
    text = page.read_text(encoding="utf-8")
    return replace_outputs(text, workspace.outputs(text))


def refresh_guides() -> None:
    """Write the true outputs into the guides."""
    with tempfile.TemporaryDirectory() as folder:
        for pages in GUIDES:
            for language, page in pages.items():
                workspace = GuideWorkspace(Path(folder) / f"{page.stem}-{language}")
                page.write_text(true_text(page, workspace), encoding="utf-8")
