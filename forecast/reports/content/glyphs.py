"""Letters of a plan that the fonts of charts and PDF lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from forecast.i18n import Language, Note
from forecast.plan.bilingual import Label
from forecast.plan.scenario import Scenario
from forecast.reports.fonts import letters_without_glyph

__all__ = ["glyph_notes"]

MAX_NAMED_LETTERS = 8
"""Letters that the note names; more help nobody."""


def glyph_notes(scenario: Scenario, language: Language, names: Iterable[str] = ()) -> tuple[Note, ...]:
    """Name the letters that are drawn as a box.

    Parameters
    ----------
    scenario : Scenario
        The plan; its labels are drawn.
    language : {"vi", "en"}
        Language of the report.
    names : iterable of str
        Other names that are drawn, such as those of files and districts.

    Returns
    -------
    tuple of Note
        One note, or none where the fonts have every letter.
    """
    letters = letters_without_glyph([*_label_texts(scenario, language), *names])
    if not letters:
        return ()
    named = ", ".join(f"{letter} (U+{ord(letter):04X})" for letter in letters[:MAX_NAMED_LETTERS])
    return (("letters_drawn_as_box", (("letters", named + ", …" * (len(letters) > MAX_NAMED_LETTERS)),)),)


def _label_texts(content: Any, language: Language) -> Iterator[str]:
    """Every label inside a value of a plan, in one language."""
    match content:
        case Label():
            yield content.in_language(language)
        case BaseModel():
            for field in type(content).model_fields:
                yield from _label_texts(getattr(content, field), language)
        case dict():
            for value in content.values():
                yield from _label_texts(value, language)
