"""Words of the other language inside a text: English ones in Vietnamese, Vietnamese ones in English.

A Vietnamese word is known by its letters; one that has none of them, such as `trong`, by its syllable: a Vietnamese
syllable begins, sounds and ends in few ways, and one that ends in c, ch, p or t always carries a mark of tone.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

ONSETS = "ngh ng nh ch tr th ph kh gh gi qu b c d đ g h k l m n p q r s t v x"
VOWELS = "oai oay ai ao au ay eo ia iu oa oe oi ua ui uy a e i o u y"
CODAS = "ng nh m n"
SINGLE_VOWELS = "oa oe uy a e i o u y"
_PARTS = [parts.replace(" ", "|") for parts in (ONSETS, VOWELS, SINGLE_VOWELS, CODAS)]
_SYLLABLE = re.compile(f"(?:{_PARTS[0]})?(?:(?:{_PARTS[1]})|(?:{_PARTS[2]})(?:{_PARTS[3]}))")
ENGLISH_SYLLABLES = {"the", "then", "than", "them", "run", "sum", "him", "day", "say", "pay", "main", "do", "go", "to"}
"""English words that could be Vietnamese syllables."""
PLACES_AND_PEOPLE = (
    "Hà Tĩnh|Hải Dương|Đà Nẵng|Đồng Tháp|Phú Yên|Bình Dương|Hương Khê|Hương Sơn|Nghi Xuân|Hồ Chí Minh|Bắc Ninh|"
    "Doksuri|Vamco|Koguma|Cempaka|Postmart|Covid|Thanh Nguy[eê]n|Brier|Sobol"
)
CODES = """
    app arima beta brier caption copula covid crps csv cvar dask denton eur excel ets forecast gaussian html iso jma
    json kwd lognormal macro manifest mase matplotlib numpy ocop pandas pdf pert pivottable png pydantic python
    sarima sarimax schema scipy scrps sha statsmodels tab theta unicode upu usd utf vnd windows wql xls xlsx yaml
"""
"""Codes and names of standards, programs and models."""
_QUOTED = re.compile(r"'[^'\n]{1,160}'|\"[^\"\n]{1,160}\"|`[^`\n]{1,160}`|“[^”\n]{1,160}”")
_TOKEN = re.compile(
    r"\S*(?:[\w-]+[/\\])[\w./\\-]+"  # paths
    r"|\b[\w-]+\.(?:\w+\.)*(?:[a-z]\w*)"  # names of files and dotted names
    r"|(?<=: )[a-z_]+(?=: )"  # the key that a problem begins with
    r"|--?[a-z][\w-]*(?:[= ][A-Z_]{2,})?"  # options
    r"|\b\w*_\w+|\b[0-9a-f]{8,}\b|\b[A-Z]{2,}\b"  # keys, digests, placeholders
)


def foreign_words(text: str, language: str, names: tuple[str, ...] = ()) -> list[str]:
    """Find the words of a text that are of the other language.

    Parameters
    ----------
    text : str
        What a person reads.
    language : {"vi", "en"}
        The language that it is in.
    names : tuple of str
        Names and codes that are the same in both languages, such as the keys of a plan.

    Returns
    -------
    list of str
        Each once; quotations, names of files, dotted names, options and digests are not words.
    """
    text = unicodedata.normalize("NFC", text)
    for pattern in (_QUOTED, _TOKEN, re.compile(PLACES_AND_PEOPLE)):
        text = pattern.sub(" ", text)
    words = dict.fromkeys(re.findall(r"[^\W\d_]+", text))
    known = {*CODES.split()} | {word.lower() for name in names for word in re.findall(r"[^\W\d_]+", name)}
    is_foreign = _is_english if language == "vi" else _is_vietnamese
    return [word for word in words if word.lower() not in known and is_foreign(word)]


def _is_vietnamese(word: str) -> bool:
    return any(not letter.isascii() and unicodedata.name(letter).startswith("LATIN") for letter in word)


def _is_english(word: str) -> bool:
    if not word.isascii() or len(word) < 3 or word.isupper():
        return False
    small = word.lower()
    return small in ENGLISH_SYLLABLES or not _SYLLABLE.fullmatch(small)


class _PageText(HTMLParser):
    """The text of a page, without styles, scripts and what is marked as code."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.parts: list[str] = []
        self._hidden: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        spoken = [str(values[key]) for key in ("alt", "title", "aria-label") if values.get(key)]
        if tag in ("br", "img", "meta", "link", "input", "hr", "col", "source", "wbr"):
            self.parts += [] if any(self._hidden) else spoken
            return
        is_code = tag in ("style", "script", "code", "pre") or {"code", "asis"} & {*str(values.get("class")).split()}
        classes = {*str(values.get("class")).split()}
        is_other = tag != "html" and values.get("lang") not in (None, self.language)
        is_other = is_other or bool(classes & {"vi", "en"} - {self.language})  # of a figure that has both
        self._hidden.append(bool(is_code) or is_other)
        self.parts += [] if is_other or any(self._hidden[:-1]) else spoken

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag not in ("br", "img", "meta", "link", "input", "hr", "col", "source", "wbr"):
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._hidden):
            self.parts.append(data)


def page_text(html: str, language: str) -> str:
    """The words of a page in one language: its text and what is read aloud, without code and other languages."""
    parser = _PageText(language)
    parser.feed(html)
    return "\n".join(parser.parts)


def pdf_text(content: bytes) -> str:
    """The words of a PDF."""
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def workbook_text(path: Path) -> str:
    """The words in the cells, hints and names of the sheets of a workbook; formulas are not words."""
    with ZipFile(path) as book:
        files = {name: book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml")}
    parts = re.findall(r"<t(?: [^>]*)?>([^<]*)</t>", files["xl/sharedStrings.xml"])
    parts += re.findall(r'<sheet name="([^"]*)"', files["xl/workbook.xml"])
    for name, content in files.items():
        if name.startswith("xl/worksheets/"):
            parts += re.findall(r' (?:promptTitle|prompt|errorTitle|error)="([^"]*)"', content)
        elif name.startswith("xl/charts/"):
            parts += re.findall(r"<(?:a:t|c:v)>([^<]*)</(?:a:t|c:v)>", content)
    return "\n".join(map(unescape, parts))
