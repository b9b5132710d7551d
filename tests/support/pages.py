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
    "picture",
    "source",
    "img",
}


class PageElements(HTMLParser):
    """The elements and attributes of a page, as a browser would see them."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_fonts_embedded(reader: PdfReader) -> None:
    """Fail unless the first page embeds each of its fonts as TrueType."""
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    assert fonts
    for font in fonts.values():
        each = font.get_object()
        each = each["/DescendantFonts"][0].get_object() if "/DescendantFonts" in each else each
        assert each["/Subtype"] != "/Type3"
        assert "/FontFile2" in each["/FontDescriptor"].get_object()
