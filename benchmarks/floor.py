"""A fixed program as the unit of speed: the libraries that a run loads, and twenty plain pictures.

`python -m benchmarks.floor` draws ten SVG, five PNG and one PDF of five pages, each a line, a band, twelve bars and
their texts, whatever the reports draw. What a run takes beyond it is ours to shorten.
"""

from __future__ import annotations

import sys
from io import BytesIO

import click  # noqa: F401 - the libraries that a run with stored fits loads
import jinja2  # noqa: F401
import matplotlib.backends.backend_pdf
import numpy as np
import pydantic  # noqa: F401
import ruamel.yaml  # noqa: F401
import scipy.special  # noqa: F401
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SVG_PICTURES, PNG_PICTURES, PDF_PAGES = 10, 5, 5
MONTHS = np.arange(12)


def main() -> int:
    for form, count in (("svg", SVG_PICTURES), ("png", PNG_PICTURES)):
        for number in range(count):
            draw_picture(number).savefig(BytesIO(), format=form, dpi=150)
    with matplotlib.backends.backend_pdf.PdfPages(BytesIO()) as pages:
        for number in range(PDF_PAGES):
            pages.savefig(draw_picture(number))
    return 0


def draw_picture(number: int) -> Figure:
    """A picture of a year, with a title, labels, ticks and a legend."""
    figure = Figure(figsize=(7, 4))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    middle = 20 + 3 * np.sin(MONTHS + number)
    axes.bar(MONTHS, middle / 2, color="#d5dade", label="Plan")
    axes.fill_between(MONTHS, middle - 2, middle + 2, color="#a9cbe8", label="80%")
    axes.plot(MONTHS, middle, color="#0b62a4", label="Median")
    axes.set_xticks(MONTHS, [f"{month:02d}/2021" for month in 1 + MONTHS], rotation=45)
    axes.set_ylabel("Revenue, billion VND")
    axes.set_title(f"Revenue by month, plan and forecast ({number})")
    for month, value in zip(MONTHS.tolist(), middle.tolist(), strict=True):
        axes.text(month, value + 2.5, f"{value:.1f}", ha="center", size=7)
    axes.legend()
    return figure


if __name__ == "__main__":
    sys.exit(main())
