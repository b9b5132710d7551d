"""Colours, type and text fitting of every chart.

Nothing here keeps a state: charts are matplotlib objects (no pyplot), drawn inside `chart_style`, and their bytes are
the same on every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

import matplotlib
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.text import Text

from forecast.reports.fonts import (
    FONT_FAMILY,
    SMALL_FONT_FAMILY,
    SMALL_FONT_FILES,
    advance_width,
    clean_label,
    drawable_letter,
    has_glyph,
    split_graphemes,
    truncate_label,
)

__all__ = ["chart_style"]

INK = "#1f2328"
MUTED = "#59636e"
FAINT = "#d5dade"
PAPER = "#ffffff"
BAD = "#b8261b"
GOOD = "#0b62a4"
SOLID = "#3f4650"
ESTIMATED = "#7b8591"
RECONSTRUCTED = "#b3bac3"
BAND = "#a9cbe8"
CORE = "#3d7fb8"
RUN_LINE_STYLES = (
    ("#0b62a4", "-"),
    ("#c2570c", "--"),
    ("#5b2a86", "-."),
    ("#00795e", ":"),
    ("#8a6d00", (0, (6, 2, 1, 2))),
    ("#8c1d5c", (0, (1, 2, 1, 2, 5, 2))),
)
"""Colours of runs laid over one another, each with its own dashes: never colour alone."""

CSS_COLOURS = {
    INK: "ink", MUTED: "muted", FAINT: "line", PAPER: "paper", BAD: "bad", GOOD: "good", SOLID: "solid",
    ESTIMATED: "estimated", RECONSTRUCTED: "reconstructed", BAND: "band", CORE: "core",
    **{colour: f"run-{number}" for number, (colour, _) in enumerate(RUN_LINE_STYLES) if colour != GOOD},
}  # fmt: skip
"""Variable of the style sheet that stands for a colour in a page; it has another value on a dark screen."""

_RC_PARAMS = {
    "font.family": FONT_FAMILY,
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "axes.edgecolor": INK,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.7,
    "text.color": INK,
    "text.hinting": "none",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}
_UNCHANGED_RC_PARAMS = ("backend", "backend_fallback", "interactive", "toolbar", "figure.raise_window", "timezone")


class Margin(NamedTuple):
    """White around the axes, in heights of the text."""

    left: float
    right: float
    top: float
    bottom: float


@contextmanager
def chart_style(size: float) -> Iterator[None]:
    """Draw with the type and colours of the reports, whatever a user's matplotlibrc says.

    Parameters
    ----------
    size : float
        Points of the text.

    Yields
    ------
    None
    """
    with matplotlib.rc_context():
        sizes = dict.fromkeys(
            ("font.size", "axes.labelsize", "legend.fontsize", "xtick.labelsize", "ytick.labelsize"), size
        )
        default = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in _UNCHANGED_RC_PARAMS}
        settings: dict[Any, Any] = {**default, **_RC_PARAMS, **sizes}
        matplotlib.rcParams.update(settings)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure; width and height in inches."""
    figure = Figure(figsize=(width, height), facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def add_axes(figure: Figure, box: tuple[float, float, float, float], margin: Margin) -> Axes:
    """Add axes inside a box (left, bottom, width, height in inches), `margin` away from its edges."""
    em = matplotlib.rcParams["font.size"] / 72
    width, height = figure.get_size_inches()
    left, bottom, box_width, box_height = box
    return figure.add_axes((
        (left + margin.left * em) / width,
        (bottom + margin.bottom * em) / height,
        max(box_width - (margin.left + margin.right) * em, em) / width,
        max(box_height - (margin.top + margin.bottom) * em, em) / height,
    ))  # fmt: skip


def axes_size_inches(axes: Axes) -> tuple[float, float]:
    """Return width and height of axes, in inches."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    box, (width, height) = axes.get_position(), figure.get_size_inches()
    return box.width * width, box.height * height


def em_inches() -> float:
    """Return the height of the text, in inches."""
    return float(matplotlib.rcParams["font.size"]) / 72


def text_width(text: str, size: float | None = None, weight: str = "normal") -> float:
    """Return the width of a line of text, in inches, without kerning."""
    # shaping whole lines takes most of a page's time
    points = float(matplotlib.rcParams["font.size"]) if size is None else size
    return sum(advance_width(letter, weight) for letter in text) * points / 100 / 72


def fit_label(text: str, width: float, size: float | None = None, weight: str = "normal") -> str:
    """Return a label cut to a width in inches, the last character `…` where it was longer."""
    text = truncate_label(text)
    if text_width(text, size, weight) <= width:
        return text
    letters = split_graphemes(text.removesuffix("…"))
    low, high = 0, len(letters)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width("".join(letters[:middle]).rstrip() + "…", size, weight) <= width:
            low = middle
        else:
            high = middle - 1
    return "".join(letters[:low]).rstrip(" ,;:·") + "…"


def wrap_text(text: str, width: float, size: float | None = None, weight: str = "normal", lines: int = 99) -> list[str]:
    """Break a text into at most `lines` lines of a width in inches; the last is cut with `…` if text remains."""
    words = clean_label(text).split(" ")
    wrapped: list[str] = []
    while words:
        if len(wrapped) == lines - 1:
            return [*wrapped, fit_text(" ".join(words), width, size, weight)]
        count = 1
        while count < len(words) and text_width(" ".join(words[: count + 1]), size, weight) <= width:
            count += 1
        wrapped.append(fit_text(" ".join(words[:count]), width, size, weight))
        words = words[count:]
    return wrapped


def fit_text(text: str, width: float, size: float | None, weight: str) -> str:
    """Return the text itself where it fits, whatever its length; else cut as a label."""
    return text if text_width(text, size, weight) <= width else fit_label(text, width, size, weight)


def draw_plain_figure(draw: Callable[[Axes], None], margin: Margin, width: float, height: float) -> Figure:
    """Draw a figure without title; width and height in inches."""
    figure = new_figure(width, height)
    draw(add_axes(figure, _inner_box(0.0, width, height), margin))
    return figure


def _inner_box(bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Return the room for the axes and their margin, with a narrow edge on which nothing is drawn."""
    edge = 0.3 * em_inches()
    return edge, bottom + edge, width - 2 * edge, height - 2 * edge


def draw_figure(
    draw: Callable[[Axes], None], margin: Margin, width: float, height: float, title: str, foot: str = ""
) -> Figure:
    """Draw a figure with its title on up to three lines, axes of a height in inches, and a small foot line."""
    size, edge = float(matplotlib.rcParams["font.size"]), 0.6 * em_inches()
    lines = wrap_text(title, width - 2 * edge, size * 1.1, "bold", lines=3)
    head = (1.45 * len(lines) + 0.5) * em_inches() + edge
    floor = 1.5 * em_inches() if foot else 0.2 * em_inches()
    page_height = head + height + floor
    figure = new_figure(width, page_height)
    figure.text(
        edge / width, 1 - edge / page_height, "\n".join(lines), size=size * 1.1, weight="bold", va="top",
        linespacing=1.3,
    )  # fmt: skip
    if foot:
        foot_text = fit_text(foot, width - 2 * edge, size * 0.75, "normal")
        y = 0.45 * em_inches() / page_height
        figure.text(edge / width, y, foot_text, size=size * 0.75, color=MUTED, va="bottom")
    draw(add_axes(figure, _inner_box(floor, width, height), margin))
    return figure


def draw_legend_above(axes: Axes, handles: Sequence[Artist], labels: Sequence[str], handle_ems: float = 1.5) -> None:
    """Draw a legend above the axes in as many columns as fit, and lower the axes by its height."""
    width = axes_size_inches(axes)[0]
    texts = [fit_label(label, width - (handle_ems + 2) * em_inches()) for label in labels]
    columns = legend_columns(texts, width, handle_ems)
    rows = -(-len(texts) // columns)
    box, figure = axes.get_position(), axes.get_figure(root=True)
    assert figure is not None
    legend_height = (1.5 * rows + 0.5) * em_inches() / figure.get_size_inches()[1]
    axes.set_position((box.x0, box.y0, box.width, max(box.height - legend_height, 0.02)))
    axes.legend(
        handles, texts, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0, borderaxespad=0.4,
        handlelength=handle_ems, handleheight=0.9, handletextpad=0.5, columnspacing=1.3, labelspacing=0.35,
    )  # fmt: skip


def legend_columns(labels: Sequence[str], width: float, handle_ems: float = 1.5) -> int:
    """Return the columns of a legend that fit a width in inches."""
    column_space = (handle_ems + 0.5 + 1.4) * em_inches()
    fitting = (n for n in range(len(labels), 0, -1) if _legend_width(labels, n) + n * column_space <= width)
    return next(fitting, 1)


def _legend_width(labels: Sequence[str], columns: int) -> float:
    """Return the width of a legend whose columns fill one after another, as matplotlib does, in inches."""
    rows, longer = divmod(len(labels), columns)
    widths, first = 0.0, 0
    for column in range(columns):
        count = rows + (column < longer)
        widths += max(map(text_width, labels[first : first + count]), default=0.0)
        first += count
    return widths


def _draw_missing_glyphs(figure: Figure) -> None:
    """Put a box for each letter that the fonts lack, in every text of a figure."""
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        content = text.get_text()
        drawn = (letter if letter == "\n" or has_glyph(letter) else drawable_letter(letter) for letter in content)
        text.set_text("".join(drawn))


def to_png(figure: Figure, dpi: int = 150) -> bytes:
    """Return the figure as PNG."""
    _draw_missing_glyphs(figure)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs={"compress_level": 1})
    return buffer.getvalue()


@cache
def _embedded_families() -> list[str]:
    """Families of the fonts that a PDF embeds: a letter that the small fonts lack is taken from the full ones."""
    for file in SMALL_FONT_FILES:
        font_manager.fontManager.addfont(file)
    return [SMALL_FONT_FAMILY, FONT_FAMILY]


def to_pdf(figures: Sequence[Figure], title: str) -> bytes:
    """Return figures as the pages of a PDF, its fonts embedded."""
    # to cut the full fonts down for one page takes .3 s of 1.05
    families = _embedded_families()
    for figure in figures:
        _draw_missing_glyphs(figure)
        for text in figure.findobj(Text):
            assert isinstance(text, Text)
            text.set_fontfamily(families)
    buffer = BytesIO()
    metadata = {"Title": title, "Creator": "forecast", "Producer": None, "CreationDate": None}
    fonts = matplotlib.rc_context({"font.family": families})  # of texts that are made as it is drawn
    with fonts, PdfPages(buffer, metadata=metadata) as pages:
        for figure in figures:
            figure.savefig(pages, format="pdf")
    return buffer.getvalue()
