"""Elements of a page, and fonts of a sheet."""

from __future__ import annotations

from html.parser import HTMLParser

from pypdf import PdfReader

ALLOWED_ELEMENTS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "section",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "b",
    "i",
    "span",
    "small",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "a",
    "nav",
    "button",
    "script",
    "figure",
    "figcaption",
    "svg",
    "defs",
    "g",
    "path",
    "use",
    "text",
    "pattern",
    "clippath",
}
"""Elements of a page, in small letters as a parser gives them."""


class PageElements(HTMLParser):
    """The elements and attributes of a page, as a browser would see them."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def visible_tables(content: bytes, language: str) -> dict[str, list[list[str]]]:
    """Cells of each table in one language, by the name of the table."""
    parser = _TableParser(language)
    parser.feed(content.decode())
    return parser.tables


class _TableParser(HTMLParser):
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language, self.current = language, ""
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("div", "p", "ol", "ul", "dl", "span") and given.get("lang"):
            self.current = given["lang"] or ""
        if tag == "table" and self.current == self.language:
            self._rows = self.tables.setdefault(given.get("aria-label") or "", [])
        if self._rows is not None:
            if tag == "tr":
                self._rows.append([])
            if tag in ("th", "td"):
                self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._rows = None

    def handle_data(self, data: str) -> None:
        if self._rows and self._rows[-1] and data.strip():
            self._rows[-1][-1] += data.strip()


def assert_fonts_embedded(reader: PdfReader) -> None:
    """Fail unless the first page embeds each of its fonts as TrueType."""
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert fonts
    for font in fonts.values():
        each = font.get_object()
        each = each["/DescendantFonts"][0].get_object() if "/DescendantFonts" in each else each
        assert each["/Subtype"] != "/Type3"
        assert "/FontFile2" in each["/FontDescriptor"].get_object()
