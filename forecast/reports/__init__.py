"""The pages: a run, its findings and the words of a language become HTML, PDF and PNG."""

from __future__ import annotations

from forecast.i18n import Words
from forecast.reports import pdf
from forecast.reports.content.charts import drawings
from forecast.reports.content.context import RunView
from forecast.reports.html import page

__all__ = ["RunView", "figures", "page", "pdf"]


def figures(view: RunView, words: Words) -> dict[str, bytes]:
    """Every figure of a run as PNG, by name."""
    return {name: drawing.png() for name, drawing in drawings(view, words).items()}
