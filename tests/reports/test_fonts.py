"""Letters, their widths, and the small fonts of the PDF."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from forecast.i18n import message_catalog
from forecast.reports import fonts
from forecast.reports.fonts import (
    COMMON_LETTERS,
    FONT_WEIGHTS,
    MAX_LABEL_GRAPHEMES,
    SMALL_FONT_FILES,
    advance_width,
    has_glyph,
    split_graphemes,
    truncate_label,
)
from tests.support.plans import ROOT
from tests.support.small_fonts import main


def test_a_label_is_cut_at_eighty_graphemes() -> None:
    text = "e\u0302\u0301" * 200
    assert len(split_graphemes(truncate_label(text))) == MAX_LABEL_GRAPHEMES
    assert truncate_label("a" * 100_000).endswith("…")
    assert truncate_label("tab\there\x1b[0m \ud800 end") == "tab here[0m end"


def test_dollar_signs_are_not_mathematics() -> None:
    assert truncate_label("$100 vs $200") == "$100 vs $200"


def cached_fonts() -> int:
    return fonts._font.cache_info().currsize


def test_a_forked_child_opens_its_own_fonts() -> None:
    """A font that both read moves one place in one file: letters went missing at random."""
    advance_width("B", "normal")
    assert cached_fonts() > 0
    child = os.fork() if hasattr(os, "fork") else pytest.skip("no fork here")
    if child == 0:
        os._exit(cached_fonts())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("weight", FONT_WEIGHTS)
def test_every_common_letter_is_in_both_fonts_and_as_wide(weight: str) -> None:
    small = TTFont(SMALL_FONT_FILES[FONT_WEIGHTS.index(weight)])
    glyphs, widths = small.getBestCmap(), small["hmtx"].metrics
    assert set(map(chr, glyphs)) == COMMON_LETTERS
    assert all(fonts._font(weight).get_char_index(ord(letter)) for letter in COMMON_LETTERS)
    for letter in COMMON_LETTERS:
        width = widths[glyphs[ord(letter)]][0] / small["head"].unitsPerEm
        assert width == pytest.approx(advance_width(letter, weight) / 100, abs=2e-3), letter


def test_our_sentences_need_no_font_to_be_checked() -> None:
    letters = {letter for texts in message_catalog().values() for letter in "".join(texts.values())}
    assert {letter for letter in letters if letter not in COMMON_LETTERS and not letter.isspace()} == set()


def test_a_letter_beyond_the_common_ones_is_looked_up() -> None:
    assert has_glyph("Ж")
    assert not has_glyph("文")


def test_the_command_cuts_the_fonts_that_are_shipped(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    for shipped in SMALL_FONT_FILES:
        cut = TTFont(tmp_path / shipped.name)
        assert cut.getGlyphOrder() == TTFont(shipped).getGlyphOrder()
        assert cut["glyf"] == TTFont(shipped)["glyf"]
    assert (SMALL_FONT_FILES[0].parent / "LICENSE_DEJAVU").is_file()


def test_labels_of_common_letters_load_no_matplotlib() -> None:
    code = (
        "import sys; from forecast.reports.fonts import letters_without_glyph, truncate_label as t;"
        "import forecast.reports.content.text;"
        "sys.exit(t('Đường ₫') != 'Đường ₫' or letters_without_glyph(['ỡ−']) != '' or 'matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
