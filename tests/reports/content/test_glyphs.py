"""Letters that no font of ours has: drawn as a box, and named once."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.i18n import LANGUAGES, message_catalog
from forecast.reports.content.glyphs import MAX_NAMED_LETTERS, glyph_notes
from forecast.reports.fonts import letters_without_glyph
from tests.support.plan_texts import SMALL_PLAN, read_scenario


def test_the_letters_of_the_labels_of_a_language_are_named_once(tmp_path: Path) -> None:
    text = SMALL_PLAN.replace("name: a small plan", "name: {vi: Kế hoạch 📦📦, en: Plan}")
    scenario = read_scenario(text, tmp_path, {"services.postal.label": {"vi": "文📦", "en": "ไ"}})
    assert glyph_notes(scenario, "vi") == (("letters_drawn_as_box", (("letters", "文 (U+6587), 📦 (U+1F4E6)"),)),)
    assert glyph_notes(scenario, "en") == (("letters_drawn_as_box", (("letters", "ไ (U+0E44)"),)),)
    named = dict(glyph_notes(scenario, "en", ["".join(map(chr, range(0x4E00, 0x4E00 + 500)))])[0][1])["letters"]
    assert named.count("U+") == MAX_NAMED_LETTERS
    assert named.endswith("…")


def test_a_plan_in_known_letters_has_no_note(tmp_path: Path) -> None:
    scenario = read_scenario(SMALL_PLAN, tmp_path, {"name": "Kế hoạch của Đỗ Thị Ngọc Ửng, Ελλάδα, Москва ₫ □"})
    assert glyph_notes(scenario, "vi") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_sentences_can_be_drawn(language: str) -> None:
    assert letters_without_glyph(texts[language] for texts in message_catalog().values()) == ""
