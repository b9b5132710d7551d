"""Paper, ink and type: what every figure is drawn with.

Nothing here keeps a state: figures are made by matplotlib's objects (no pyplot), inside `style`, and leave as bytes
that are the same on every call.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

import matplotlib
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font, LoadFlags

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
)
"""Colours of runs laid over one another, each with its own dashes: never colour alone."""

MAX_LABEL_GRAPHEMES = 80
"""Graphemes of a label that are drawn."""

_RC_PARAMS = {
    "font.family": "DejaVu Sans",
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "forecast",
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
    """Draw with our type and ink and text of `size` points, whatever a user's matplotlibrc says."""
    with matplotlib.rc_context():
        sizes = dict.fromkeys(
            ("font.size", "axes.labelsize", "legend.fontsize", "xtick.labelsize", "ytick.labelsize"), size
        )
        default = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in _UNCHANGED_RC_PARAMS}
        settings: dict[Any, Any] = {**default, **_RC_PARAMS, **sizes}
        matplotlib.rcParams.update(settings)
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty sheet, in inches."""
    figure = Figure(figsize=(width, height), facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def add_axes(figure: Figure, box: tuple[float, float, float, float], margin: Margin) -> Axes:
    """Axes inside a box (left, bottom, width, height in inches), `margin` away from its edges."""
    em = matplotlib.rcParams["font.size"] / 72
    width, height = figure.get_size_inches()
    left, bottom, wide, high = box
    return figure.add_axes((
        (left + margin.left * em) / width,
        (bottom + margin.bottom * em) / height,
        max(wide - (margin.left + margin.right) * em, em) / width,
        max(high - (margin.top + margin.bottom) * em, em) / height,
    ))  # fmt: skip


def axes_size_inches(axes: Axes) -> tuple[float, float]:
    """Width and height of axes, in inches."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    box, (width, height) = axes.get_position(), figure.get_size_inches()
    return box.width * width, box.height * height


def em_inches() -> float:
    """Height of the text, in inches."""
    return float(matplotlib.rcParams["font.size"]) / 72


@lru_cache(maxsize=2)
def _font(weight: str) -> FT2Font:
    found = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight=weight))
    font = FT2Font(found)
    font.set_size(100, 72)
    return font


if hasattr(os, "register_at_fork"):
    # parent and child would read one open file from one place in it, as matplotlib's own cache knows
    os.register_at_fork(after_in_child=_font.cache_clear)


@lru_cache(maxsize=4096)
def _advance_width(letter: str, weight: str) -> float:
    """Width of a letter at 100 points, in points."""
    return float(_font(weight).load_char(ord(letter), LoadFlags.NO_HINTING).linearHoriAdvance) / 65536


def text_width(text: str, size: float | None = None, weight: str = "normal") -> float:
    """Width of a line of text, in inches, without kerning: shaping whole lines takes most of a page's time."""
    points = float(matplotlib.rcParams["font.size"]) if size is None else size
    return sum(_advance_width(letter, weight) for letter in text) * points / 100 / 72


def split_graphemes(text: str) -> list[str]:
    """The characters as a reader counts them: marks, joiners and selectors stay with their letter."""
    found: list[str] = []
    for letter in text:
        joins = unicodedata.category(letter) in ("Mn", "Me", "Mc") or letter in "\u200d\ufe0e\ufe0f"
        if found and (joins or found[-1].endswith("\u200d")):
            found[-1] += letter
        else:
            found.append(letter)
    return found


@lru_cache(maxsize=4096)
def _drawable_letter(letter: str) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn", "Cf"):
        return ""
    return letter if _font("normal").get_char_index(ord(letter)) else "\u25a1"


def clean_label(text: str) -> str:
    """One line that the font can draw: composed, no controls, no lone surrogates; a box for what it lacks."""
    composed = unicodedata.normalize("NFC", text[: 40 * MAX_LABEL_GRAPHEMES])
    return " ".join("".join(map(_drawable_letter, composed)).split())


def truncate_label(text: str, longest: int = MAX_LABEL_GRAPHEMES) -> str:
    """A clean label of at most `longest` graphemes, the last one `…` where it was longer."""
    letters = split_graphemes(clean_label(text))
    return "".join(letters) if len(letters) <= longest else "".join(letters[: longest - 1]).rstrip() + "…"


def fit_label(text: str, width: float, size: float | None = None, weight: str = "normal") -> str:
    """A label cut to a width in inches, the last character `…` where it was longer."""
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
    """Text broken into at most `lines` lines of a width in inches; what is left over is cut with `…`."""
    words = clean_label(text).split(" ")
    found: list[str] = []
    while words:
        if len(found) == lines - 1:
            return [*found, fit_text(" ".join(words), width, size, weight)]
        taken = 1
        while taken < len(words) and text_width(" ".join(words[: taken + 1]), size, weight) <= width:
            taken += 1
        found.append(fit_text(" ".join(words[:taken]), width, size, weight))
        words = words[taken:]
    return found


def fit_text(text: str, width: float, size: float | None, weight: str) -> str:
    """The text itself where it fits, whatever its length; else cut as a label."""
    return text if text_width(text, size, weight) <= width else fit_label(text, width, size, weight)


def draw_figure(
    draw: Callable[[Axes], None], margin: Margin, width: float, height: float, title: str, foot: str = ""
) -> Figure:
    """A figure of its own: its title on one or more lines, the axes, and a small foot line."""
    figure = new_figure(width, height)
    size, edge = float(matplotlib.rcParams["font.size"]), 0.6 * em_inches()
    lines = wrap_text(title, width - 2 * edge, size * 1.1, "bold", lines=3)
    head = (1.45 * len(lines) + 0.5) * em_inches()
    floor = 1.5 * em_inches() if foot else 0.2 * em_inches()
    figure.text(
        edge / width, 1 - edge / height, "\n".join(lines), size=size * 1.1, weight="bold", va="top", linespacing=1.3
    )
    if foot:
        shown = fit_text(foot, width - 2 * edge, size * 0.75, "normal")
        figure.text(edge / width, 0.45 * em_inches() / height, shown, size=size * 0.75, color=MUTED, va="bottom")
    draw(add_axes(figure, (edge, floor, width - 2 * edge, height - floor - head), margin))
    return figure


def draw_legend_above(axes: Axes, handles: Sequence[Artist], labels: Sequence[str], handle: float = 1.5) -> None:
    """A key above the axes in as many columns as fit; the axes give way by its height. `handle` is in ems."""
    shown = [fit_label(label, axes_size_inches(axes)[0] - (handle + 2) * em_inches()) for label in labels]
    spare = (handle + 0.5 + 1.4) * em_inches()
    fits = (n for n in range(len(shown), 0, -1) if _legend_width(shown, n) + n * spare <= axes_size_inches(axes)[0])
    columns = next(fits, 1)
    rows = -(-len(shown) // columns)
    box, figure = axes.get_position(), axes.get_figure(root=True)
    assert figure is not None
    lowered = (1.5 * rows + 0.5) * em_inches() / figure.get_size_inches()[1]
    axes.set_position((box.x0, box.y0, box.width, max(box.height - lowered, 0.02)))
    axes.legend(
        handles, shown, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0, borderaxespad=0.4,
        handlelength=handle, handleheight=0.9, handletextpad=0.5, columnspacing=1.3, labelspacing=0.35,
    )  # fmt: skip


def _legend_width(labels: Sequence[str], columns: int) -> float:
    """Width of a key whose columns are filled one after another, as matplotlib does, in inches."""
    rows, longer = divmod(len(labels), columns)
    widths, at = 0.0, 0
    for column in range(columns):
        count = rows + (column < longer)
        widths += max(map(text_width, labels[at : at + count]), default=0.0)
        at += count
    return widths


def to_svg(figure: Figure) -> bytes:
    """The figure as SVG, its letters as paths: it looks alike everywhere and needs no font."""
    out = BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def to_png(figure: Figure, dpi: int = 150) -> bytes:
    """The figure as PNG."""
    out = BytesIO()
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs={"compress_level": 6})
    return out.getvalue()


def to_pdf(figure: Figure, title: str) -> bytes:
    """The figure as PDF, its fonts inside."""
    out = BytesIO()
    about = {"Title": title, "Creator": "forecast", "Producer": None, "CreationDate": None}
    figure.savefig(out, format="pdf", metadata=about)
    return out.getvalue()
