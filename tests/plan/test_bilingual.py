"""Source and note of a number in one language or in both; the language never moves a random number."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.errors import InputError
from forecast.plan.loading.loader import read_plan

PLAN = """\
name: A shop
horizon: {{from: 2026-01, months: 12}}
services:
  bread:
    baseline: {{method: given, annual: {{value: 1 to 2 bn VND, {texts}}}, shape: flat}}
"""


def annual_of(folder: Path, texts: str):  # type: ignore[no-untyped-def]
    path = folder / "shop.yaml"
    path.write_text(PLAN.format(texts=texts), encoding="utf-8")
    annual = read_plan(path).scenario.services["bread"].baseline.annual
    assert annual is not None
    return annual


def test_source_and_note_speak_both_languages(tmp_path: Path) -> None:
    annual = annual_of(tmp_path, "source: {vi: sổ sách, en: books}, grade: B, note: {en: two years}")
    assert (annual.source.in_language("vi"), annual.source.in_language("en")) == ("sổ sách", "books")
    assert (annual.note.in_language("vi"), annual.source.plain) == ("two years", {"vi": "sổ sách", "en": "books"})


def test_a_plain_source_stands_for_both_languages(tmp_path: Path) -> None:
    annual = annual_of(tmp_path, "source: Postmart, grade: B")
    assert (annual.source.in_language("vi"), annual.source.plain) == ("Postmart", "Postmart")
    assert not annual.note


@pytest.mark.parametrize("texts", ["source: {fr: livres}", "source: {vi: [a]}", "source: {}", "grade: {vi: A}"])
def test_another_map_is_no_text(tmp_path: Path, texts: str) -> None:
    with pytest.raises(InputError, match="is not a text"):
        annual_of(tmp_path, texts)


def test_texts_move_no_random_number(tmp_path: Path) -> None:
    first, second = (annual_of(tmp_path, texts) for texts in ("note: one", "note: {vi: hai, en: two}"))
    assert (first.stream_name, first.distribution) == (second.stream_name, second.distribution)
