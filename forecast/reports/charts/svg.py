"""SVG of a chart inside a page: letters as text, colours as CSS variables, both languages in one drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from html import escape
from math import cos, radians, sin
from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from forecast.arrays import Floats
from forecast.i18n import Language
from forecast.reports.charts.chart import PAGE_TYPE_POINTS, PAGE_WIDTH_INCHES, Chart
from forecast.reports.charts.style import CSS_COLOURS, INK, PAPER, chart_style
from forecast.reports.fonts import advance_width, truncate_label

__all__ = ["render_inline_svg"]

POINTS_PER_INCH = 72
HATCH_TILE_POINTS = 72
"""Side of the tile of a hatch."""
TEXT_HEIGHT_EMS, TEXT_DESCENT_EMS = 0.97, 0.21
"""Height and descent of a line of text: of all letters, so that accents move no line."""
HALO_POINTS = 2.5
"""Width of the paper around letters that have one."""
MAX_ALT_GRAPHEMES = 400
"""Graphemes of the text for those who do not see a chart."""
ANCHORS = {"center": "middle", "right": "end"}


def render_inline_svg(charts: Mapping[Language, Chart], prefix: str) -> str:
    """Draw a chart in each language and merge the drawings into one SVG element.

    Parameters
    ----------
    charts : Mapping
        The same chart by language, the default one first.
    prefix : str
        Begins the ids inside; no other drawing of the page has it.

    Returns
    -------
    str
        What is equal in all languages stands once; what differs stands in groups of class `vi` and `en`.
    """
    definitions: dict[str, str] = {}
    drawings = {language: _drawn_elements(chart, prefix, definitions) for language, chart in charts.items()}
    labels = {language: escape(truncate_label(chart.alt, MAX_ALT_GRAPHEMES)) for language, chart in charts.items()}
    by_language = "".join(f' data-label-{language}="{label}"' for language, label in labels.items())
    width = _figure_text(PAGE_WIDTH_INCHES * POINTS_PER_INCH)
    height = _figure_text(max(chart.height for chart in charts.values()) * POINTS_PER_INCH)
    shared = "".join(element.format(id=name) for element, name in definitions.items())
    label = next(iter(labels.values()))
    head = f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}"{by_language}>'
    body = _merge_drawings(drawings) if len(drawings) > 1 else "\n".join(*drawings.values())
    return f"{head}{f'<defs>{shared}</defs>' if shared else ''}\n{body}\n</svg>"


def _drawn_elements(chart: Chart, prefix: str, definitions: dict[str, str]) -> list[str]:
    with chart_style(PAGE_TYPE_POINTS):
        figure = chart.plain_figure()
        return _figure_elements(figure, prefix, definitions)


def _figure_elements(figure: Figure, prefix: str, definitions: dict[str, str]) -> list[str]:
    """Return the SVG elements of a figure in the order in which they are painted."""
    figure.set_dpi(POINTS_PER_INCH)
    figure.patch.set_visible(False)  # the page itself is the paper
    for axes in figure.axes:
        axes.patch.set_visible(False)
    halos = {text for text in figure.findobj(Text) if text.get_path_effects()}
    for text in halos:
        text.set_path_effects([])
    width, height = (POINTS_PER_INCH * inches for inches in figure.get_size_inches())
    renderer = _SvgRenderer(width, height, prefix, definitions, halos)
    figure.draw(renderer)
    return renderer.elements


def _merge_drawings(drawings: Mapping[Language, Sequence[str]]) -> str:
    """Return the elements of two drawings: the equal ones once, the others in a group for each language."""
    (first, a), (second, b) = drawings.items()
    lines: list[str] = []
    for tag, a_start, a_end, b_start, b_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += a[a_start:a_end]
            continue
        for language, elements in ((first, a[a_start:a_end]), (second, b[b_start:b_end])):
            if elements:
                lines.append(f'<g class="{language}" lang="{language}">{"".join(elements)}</g>')
    return "\n".join(lines)


def _figure_text(number: float) -> str:
    """Return a number of points to a tenth, as short as it can be."""
    text = f"{number:.1f}"
    if text.endswith(".0"):
        text = text[:-2]
    return "0" if text == "-0" else text


class _SvgRenderer(RendererBase):
    """Renderer of matplotlib that writes short SVG elements for a page.

    The one that matplotlib has writes three times as many bytes, with styles that our security policy refuses, and
    needs 1.5 times the time before a colour of it is replaced.
    """

    def __init__(self, width: float, height: float, prefix: str, definitions: dict[str, str], halos: set[Any]) -> None:
        super().__init__()
        self.width, self.height = width, height
        self.prefix, self.halos = prefix, halos
        self.definitions = definitions
        """Name of each shared element."""
        self.elements: list[str] = []
        self._flip = Affine2D().scale(1, -1).translate(0, height)

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Return the size in points."""
        return self.width, self.height

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        """Return the size of a line of text, in points."""
        size = prop.get_size_in_points()
        width = sum(advance_width(letter, _weight(prop)) for letter in s) * size / 100
        return width, TEXT_HEIGHT_EMS * size, TEXT_DESCENT_EMS * size

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        """Add a path; a curve that stands there already is used again."""
        style = self._path_style(gc, rgbFace)
        if not style:
            return
        placed = (transform + self._flip).transform_path(path)
        vertices = np.asarray(placed.vertices, float)
        if len(vertices) == 0:
            return
        clip = self._clip_attribute(gc, vertices)
        if placed.codes is not None and np.any(np.isin(placed.codes, (Path.CURVE3, Path.CURVE4))):
            x, y = vertices[0].tolist()
            shape = _path_data(Path(vertices - vertices[0], placed.codes), 2)
            name = self._define(f'<path id="{{id}}" d="{shape}"/>')
            self.elements.append(f'<use href="#{name}" x="{_figure_text(x)}" y="{_figure_text(y)}"{style}{clip}/>')
            return
        is_line = rgbFace is None and gc.get_hatch() is None
        simplified = placed.cleaned(simplify=True) if is_line and placed.should_simplify else placed
        self.elements.append(f'<path d="{_path_data(simplified)}"{style}{clip}/>')

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,
        mtext: Text | None = None,
    ) -> None:
        """Add a line of text, anchored where it is aligned: a reader's font may be narrower."""
        attributes = ""
        if mtext is not None and angle in (0, 90) and (anchor := ANCHORS.get(mtext.get_horizontalalignment())):
            width = self.get_text_width_height_descent(s, prop, False)[0]
            share = 0.5 if anchor == "middle" else 1.0
            x, y = x + share * width * cos(radians(angle)), y - share * width * sin(radians(angle))
            attributes += f' text-anchor="{anchor}"'
        place = f'x="{_figure_text(x)}" y="{_figure_text(y)}"'
        size = prop.get_size_in_points()
        if abs(size - PAGE_TYPE_POINTS) > 0.05:
            attributes += f' font-size="{_figure_text(size)}"'
        if _weight(prop) == "bold":
            attributes += ' font-weight="700"'
        if angle:
            attributes += f' transform="rotate({_figure_text(-angle)} {_figure_text(x)} {_figure_text(y)})"'
        colour = _colour_attribute("fill", gc.get_rgb(), gc)
        if colour != _colour_attribute("fill", INK):
            attributes += colour
        if mtext in self.halos:
            attributes += f'{_colour_attribute("stroke", PAPER)} class="halo"'
        self.elements.append(f"<text {place}{attributes}>{escape(s, quote=False)}</text>")

    def _path_style(self, gc: GraphicsContextBase, face: Any) -> str:
        """Return the attributes of fill and stroke; empty where nothing of the path can be seen."""
        has_face = face is not None and not (len(face) == 4 and face[3] == 0)
        width = gc.get_linewidth()
        has_line = width > 0 and gc.get_rgb()[3] > 0
        if not (has_face or has_line or gc.get_hatch()):
            return ""
        style = ' fill="none"'
        if gc.get_hatch():
            style = f' fill="url(#{self._hatch(gc, face)})"'
        elif has_face:
            style = _colour_attribute("fill", face, gc)
        if not has_line:
            return style
        style += _colour_attribute("stroke", gc.get_rgb(), gc)
        if width != 1:
            style += f' stroke-width="{width:.3g}"'
        offset, dashes = gc.get_dashes()
        if dashes is not None:
            lengths = np.asarray(dashes, float).tolist()
            style += f' stroke-dasharray="{" ".join(f"{length:.3g}" for length in lengths)}"'
            style += f' stroke-dashoffset="{offset:.3g}"' if offset else ""
        return style

    def _define(self, element: str) -> str:
        """Return the name of an element that others refer to; `{id}` in it stands for the name."""
        return self.definitions.setdefault(element, f"{self.prefix}-{len(self.definitions)}")

    def _hatch(self, gc: GraphicsContextBase, face: Any) -> str:
        tile = HATCH_TILE_POINTS
        lines = gc.get_hatch_path()
        assert lines is not None
        paper = "" if face is None else f'<path d="M0 0H{tile}V{tile}H0z"{_colour_attribute("fill", face)}/>'
        data = _path_data(Affine2D().scale(tile, -tile).translate(0, tile).transform_path(lines))
        stroke = f'{_colour_attribute("stroke", gc.get_hatch_color())} stroke-width="{gc.get_hatch_linewidth():.3g}"'
        return self._define(
            f'<pattern id="{{id}}" patternUnits="userSpaceOnUse" width="{tile}" height="{tile}">'
            f'{paper}<path d="{data}" fill="none"{stroke}/></pattern>'
        )

    def _clip_attribute(self, gc: GraphicsContextBase, vertices: Floats) -> str:
        """Return the attribute that cuts a path (points, 2) at the edge of its axes; empty where it stays inside."""
        rectangle = gc.get_clip_rectangle()
        if rectangle is None:
            return ""
        x0, y0, x1, y1 = rectangle.x0, self.height - rectangle.y1, rectangle.x1, self.height - rectangle.y0
        points = vertices[np.isfinite(vertices).all(axis=1)]
        slack = 1.0  # half a line's width lies beyond
        if np.all(points >= (x0 - slack, y0 - slack)) and np.all(points <= (x1 + slack, y1 + slack)):
            return ""
        left, top, right, bottom = map(_figure_text, (x0, y0, x1, y1))
        outline = f"M{left} {top}H{right}V{bottom}H{left}z"
        return f' clip-path="url(#{self._define(f"""<clipPath id="{{id}}"><path d="{outline}"/></clipPath>""")})"'


def _weight(prop: FontProperties) -> str:
    return "bold" if prop.get_weight() in ("bold", 700) else "normal"


def _colour_attribute(name: str, colour: Any, gc: GraphicsContextBase | None = None) -> str:
    """Return ` fill="var(--ink)"` of a colour of the reports; another colour as it is."""
    code = to_hex(colour)
    value = f"var(--{CSS_COLOURS[code]})" if code in CSS_COLOURS else code
    alpha = 1.0 if isinstance(colour, str) or len(colour) < 4 else colour[3]
    if gc is not None and gc.get_forced_alpha():
        alpha = gc.get_alpha()
    return f' {name}="{value}"' + (f' {name}-opacity="{alpha:.3g}"' if alpha < 1 else "")


def _path_data(path: Path, decimals: int = 1) -> str:
    """Return the `d` of a path, to a tenth of a point, horizontal and vertical lines as such."""
    letters = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
    parts: list[str] = []
    last: tuple[float, float] | None = None
    for vertices, code in path.iter_segments(simplify=False, curves=True):
        if code == Path.CLOSEPOLY:
            parts.append("z")
            continue
        numbers = [round(number, decimals) + 0.0 for number in np.asarray(vertices, float).tolist()]
        point = (numbers[-2], numbers[-1])
        texts = [f"{number:.{decimals}f}".rstrip("0").rstrip(".") for number in numbers]
        if code == Path.LINETO and last is not None and point[1] == last[1]:
            if point[0] != last[0]:
                parts.append(f"H{texts[0]}")
        elif code == Path.LINETO and last is not None and point[0] == last[0]:
            parts.append(f"V{texts[1]}")
        else:
            parts.append(letters[code] + " ".join(texts))
        last = point
    return "".join(parts)
