"""Letters that the fonts of charts and PDF have, how wide they are, and labels cut to a length.

`matplotlib` is loaded for a width, or for a letter beyond `COMMON_LETTERS`: most labels are checked without it.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

__all__ = ["letters_without_glyph"]

FONT_FAMILY = "DejaVu Sans"
FONT_WEIGHTS = ("normal", "bold")
SMALL_FONT_FAMILY = "DejaVu Sans Latin"
"""Family of the fonts in `font_files/`, which `python -m tests.support.small_fonts` cuts: `COMMON_LETTERS` alone."""
_FONT_FOLDER = Path(__file__).parent / "font_files"
SMALL_FONT_FILES = (_FONT_FOLDER / "DejaVuSansLatin.ttf", _FONT_FOLDER / "DejaVuSansLatin-Bold.ttf")
"""In the order of `FONT_WEIGHTS`."""
COMMON_LETTERS = frozenset(
    chr(code)
    for start, end in (
        (0x20, 0x7E),
        (0xA0, 0xAC),  # the soft hyphen that follows is not drawn
        (0xAE, 0x24F),  # Latin, with the letters of Vietnamese that other languages have too
        (0x300, 0x304),  # combining marks
        (0x306, 0x309),
        (0x30C, 0x30C),
        (0x31B, 0x31B),
        (0x323, 0x323),
        (0x391, 0x3A1),  # Greek
        (0x3A3, 0x3A9),
        (0x3B1, 0x3C9),
        (0x1EA0, 0x1EF9),  # Vietnamese
        (0x2010, 0x2015),  # dashes
        (0x2018, 0x201E),  # quotation marks
        (0x2020, 0x2022),
        (0x2026, 0x2026),
        (0x2030, 0x2030),
        (0x2032, 0x2033),
        (0x2039, 0x203A),
        (0x20AB, 0x20AC),  # đồng, euro
        (0x2122, 0x2122),
        (0x2190, 0x2193),  # arrows
        (0x2212, 0x2212),  # minus
        (0x221E, 0x221E),
        (0x2248, 0x2248),
        (0x2260, 0x2260),
        (0x2264, 0x2265),
        (0x25A0, 0x25A1),
        (0x25B2, 0x25B3),
        (0x25BC, 0x25BD),
        (0x25CB, 0x25CB),
        (0x25CF, 0x25CF),
    )
    for code in range(start, end + 1)
)
"""Letters that every font has: Latin, Vietnamese, Greek and our signs."""
MISSING_GLYPH_BOX = "\u25a1"
"""Drawn in place of a letter that a font lacks."""
MAX_LABEL_GRAPHEMES = 80
"""Graphemes of a label that are drawn."""


@lru_cache(maxsize=2)
def _font(weight: str) -> FT2Font:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    path = font_manager.findfont(font_manager.FontProperties(family=FONT_FAMILY, weight=weight))
    font = FT2Font(path)
    font.set_size(100, 72)
    return font


if hasattr(os, "register_at_fork"):
    # parent and child would share the position in one open font file, as matplotlib's own cache knows
    os.register_at_fork(after_in_child=_font.cache_clear)


@lru_cache(maxsize=4096)
def advance_width(letter: str, weight: str) -> float:
    """Return the width of a letter at 100 points, in points; of its box where the font lacks it."""
    from matplotlib.ft2font import LoadFlags

    drawn = drawable_letter(letter)
    return float(_font(weight).load_char(ord(drawn), LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 if drawn else 0.0


def split_graphemes(text: str) -> list[str]:
    """Split a text into characters as a reader counts them: marks, joiners and selectors stay with their letter."""
    graphemes: list[str] = []
    for letter in text:
        joins = unicodedata.category(letter) in ("Mn", "Me", "Mc") or letter in "\u200d\ufe0e\ufe0f"
        if graphemes and (joins or graphemes[-1].endswith("\u200d")):
            graphemes[-1] += letter
        else:
            graphemes.append(letter)
    return graphemes


def has_glyph(letter: str) -> bool:
    """True where the fonts of every weight have the letter."""
    return letter in COMMON_LETTERS or all(_font(weight).get_char_index(ord(letter)) for weight in FONT_WEIGHTS)


@lru_cache(maxsize=4096)
def drawable_letter(letter: str) -> str:
    """Return the letter, a space for any white space, a box for a letter without a glyph, nothing for a control."""
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in ("Cc", "Cs", "Cf"):
        return ""
    return letter if has_glyph(letter) else MISSING_GLYPH_BOX


def letters_without_glyph(texts: Iterable[str]) -> str:
    """Return the letters that are drawn as a box because the fonts of charts and PDF lack them.

    Parameters
    ----------
    texts : iterable of str
        Texts that may be drawn.

    Returns
    -------
    str
        Each letter once, in order of its code point.
    """
    letters = sorted(set(unicodedata.normalize("NFC", "".join(texts))) - {MISSING_GLYPH_BOX})
    return "".join(letter for letter in letters if drawable_letter(letter) == MISSING_GLYPH_BOX)


def clean_label(text: str) -> str:
    """Return one line that the font can draw: composed, no controls, no lone surrogates; a box for a missing glyph."""
    composed = unicodedata.normalize("NFC", text[: 40 * MAX_LABEL_GRAPHEMES])
    return " ".join("".join(map(drawable_letter, composed)).split())


def truncate_label(text: str, max_graphemes: int = MAX_LABEL_GRAPHEMES) -> str:
    """Return a clean label of at most `max_graphemes`, the last one `…` where it was longer."""
    letters = split_graphemes(clean_label(text))
    return "".join(letters) if len(letters) <= max_graphemes else "".join(letters[: max_graphemes - 1]).rstrip() + "…"
