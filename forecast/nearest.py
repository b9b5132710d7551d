"""The nearest of some words to a mistyped one, found in bounded time."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 300
"""Words that are compared: those of the most similar length."""


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """The word that is most like `word`; empty when none is."""
    known = sorted(set(words), key=lambda one: (abs(len(one) - len(word)), one))[:MOST]
    return next(iter(get_close_matches(word[:100], known, n=1, cutoff=cutoff)), "")
