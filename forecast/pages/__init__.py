"""The pages: a run, its findings and the words of a language become HTML, PDF and PNG."""

from __future__ import annotations

from forecast.pages.drawings import drawings
from forecast.pages.html import page
from forecast.pages.sheet import pdf
from forecast.pages.view import RunView
from forecast.words import Words

__all__ = ["RunView", "figures", "page", "pdf"]


def figures(view: RunView, words: Words) -> dict[str, bytes]:
    """Every figure of a run as PNG, by name."""
    return {name: drawing.png() for name, drawing in drawings(view, words).items()}
