"""Labels of a sheet: period, role, kind of figure, sum and unit of a heading, in Vietnamese and in English."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from forecast.files.month_forms import recognize_month
from forecast.units import SCALES, QuantityError, fold_text, read_unit

__all__ = [
    "CellLabel",
    "SheetUnit",
    "account_forms",
    "currency_in_text",
    "dates_in_text",
    "parse_sheet_unit",
    "read_label",
    "unit_in_text",
]

Role = Literal["", "actual", "estimate", "plan", "prior", "percent"]
Kind = Literal["", "revenue", "volume", "price", "cost", "headcount", "amount"]
Title = Literal["", "month", "year", "account", "index", "unit", "note"]

MAX_LABEL_CHARACTERS = 200
"""Characters of a cell that can be a label; a longer text is prose."""
MAX_UNIT_CHARACTERS = 30
"""Characters of a cell that is nothing but a unit."""
MIN_LAST_DAY = 28
"""Day from which a date may stand for its month, as the first one does; any other is a day of a document."""
MAX_MONTH_CHARACTERS = 8
"""Characters of a month written in digits alone: `12 . 2025`."""
_NUMBER_TEXT = re.compile(r"[-+(]?[0-9][0-9.,\s]*\)?")
_ENUMERATION = re.compile(
    r"^(?:(?:[ivx]{1,5}|[a-h]|\d{1,2}(?:\.\d{1,2})*)(?:\)\s*|\.(?!\d)\s*|/\s+)|[-+*•–]\s*|trong do\s*:?\s*)+"
)
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}

_SIGNING_DAY = re.compile(r"ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})")
_DAY = r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})"
_PERIOD_OF_DAYS = re.compile(rf"(?:tu|from) (?:ngay )?{_DAY} (?:den|to|-) (?:het )?(?:ngay )?{_DAY}")
_BOOKING_DAY = re.compile(
    rf"(?:ngay(?: lap| khoa so| ghi so| chot| bao cao)?|lap ngay|closed|closing date|booked|date)\s*:?\s*{_DAY}"
)
_BOOKING_ISO = re.compile(
    r"(?:ngay(?: lap| khoa so| ghi so| chot)?|closed|closing date|booked|date)\s*:?\s*(\d{4})-(\d{2})-(\d{2})"
)
_MONTH_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_MONTH_AND_YEAR = (
    re.compile(r"(?<![a-z0-9])(?:thang|thg|th|t|month)\.? ?\d{1,2} ?(?:[-/.,_]|,? nam| ) ?\d{4}(?!\d)"),
    re.compile(r"(?<![\d/.-])\d{1,2} ?[/.-] ?\d{4}(?![\d/.-])"),
    re.compile(r"(?<!\d)(?:19|20)\d{2}[-/m](?:0[1-9]|1[0-2])(?![\d/.-])"),
    re.compile(rf"(?<![a-z])(?:{_MONTH_NAMES})[-/., ]{{1,2}}\d{{4}}(?!\d)"),
)
_MONTH_ALONE = re.compile(r"(?<![a-z0-9])(?:thang|thg|th|t|month)\.? ?(\d{1,2})(?![\d%])")
_MONTH_NAMED = re.compile(rf"({_MONTH_NAMES})\.?")
_QUARTER = re.compile(r"(?<![a-z])(?:quy|q|quarter) ?(iv|i{1,3}|[1-4])(?![a-z0-9])(?: ?[-/.]? ?(?:nam )?(\d{4}))?")
_FIRST_MONTHS = re.compile(
    r"(?<![\d/])(\d{1,2}) ?(?:thang|months?)(?: dau nam)?(?! \d)(?! cuoi)|(?:first) (\d{1,2}) months"
)
_CUMULATIVE = re.compile(r"\b(?:luy ke|lk|cong don|tu dau nam|year[- ]to[- ]date|ytd|cumulative)\b")
_WHOLE_YEAR = re.compile(r"\b(?:ca nam|full year|whole year|total year|year total|tong nam|cong nam)\b")
_YEAR = re.compile(r"(?<!\d)(?:nam |year |fy ?)?((?:19|20)\d{2})(?!\d)")
_SUM_WITH_MARKS = re.compile(
    r"(?:tổng|cộng|tổng cộng|tổng số|tổng giá trị)(?: (?:doanh thu|chi phí|lao động|sản lượng|các|toàn|tháng|quý|năm"
    r"|dịch vụ|cộng|phát sinh|thu|chi)\b.*)?"
)
_SUM_PLAIN = re.compile(
    r"(?:tong|cong|tong cong|tong so)(?: (?:doanh thu|chi phi|lao dong|san luong|thang|quy|nam|dich vu)\b.*)?"
    r"|(?:grand |sub ?)?total\b.*|sum"
)
_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("percent", re.compile(r"%|\b(?:ty le|ti le|so sanh|so voi|hoan thanh|tang giam|chenh lech|variance|diff"
                           r"|growth|tang truong)\b|\+/-|th ?/ ?kh")),
    ("prior", re.compile(r"\b(?:cung ky|nam truoc|thang truoc|ky truoc|quy truoc|prior|last year|previous)\b")),
    ("plan", re.compile(r"\b(?:ke hoach|kh|plan|planned|budget|giao|dinh muc|target)\b")),
    ("estimate", re.compile(r"\b(?:uoc|uth|estimated?|flash)\b")),
    ("actual", re.compile(r"\b(?:thuc hien|th|thuc te|actuals?|phat sinh)\b")),
)  # fmt: skip
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("volume", re.compile(r"(?:san luong|so luong|sl|volume|quantity|qty)\b.*")),
    ("price", re.compile(r"(?:don gia|gia ban|gia binh quan|unit price|price)\b.*")),
    ("revenue", re.compile(r"(?:doanh thu|dt|revenue|sales|turnover)\b.*")),
    ("cost", re.compile(r"(?:chi phi|cp|costs?|expenses?)\b.*")),
    ("headcount", re.compile(r"(?:(?:so |tong )?(?:lao dong|nhan su|nhan vien)|headcount|employees|so nguoi)\b.*")),
    ("amount", re.compile(r"(?:so tien|thanh tien|gia tri|amount|value)\b.*")),
)
_TITLES: tuple[tuple[Title, re.Pattern[str]], ...] = (
    ("month", re.compile(r"thang|ky|month|period|thang ?/ ?nam|thang,? nam|ky bao cao|ngay thang")),
    ("year", re.compile(r"nam|year")),
    ("index", re.compile(r"stt|tt|no\.?|#|so tt|so thu tu")),
    ("unit", re.compile(r"dvt|don vi tinh|don vi|unit|units|dv tinh")),
    ("note", re.compile(r"ghi chu|notes?|remarks?|dien giai them|giai trinh")),
    ("account", re.compile(
        r"(?:ten |ma )?(?:dich vu|dv|chi tieu|noi dung|khoan muc|tai khoan|tk|san pham|mat hang|nganh hang|hang muc)"
        r"|ma|ma so|ten|dien giai|services?|accounts?|items?|description|code|product|name|line"
    )),
)  # fmt: skip
_KIND_PREFIX = re.compile(
    r"^(?:doanh thu|dt|san luong|sl|chi phi|cp|don gia|dich vu|dv|revenue|sales|volume|cost of|cost|price|of|cua|tu)\b"
    r"[ :-]*"
)
_UNIT_AFTER = re.compile(r"(?:don vi tinh|don vi|dvt|dv tinh|unit|units|currency)\s*[:=]\s*(.+)")
_SHORT_UNITS = (
    (re.compile(r"\btr\.? ?\.?(?=d|vnd|$)"), "trieu "),
    (re.compile(r"\bng\.? ?\.?(?=d|vnd|$)"), "nghin "),
    (re.compile(r"\bty\.? ?\.?(?=d(?!\w)|đ|vnd|$)"), "ty "),
    (re.compile(r"^1[.,]000[.,]000[.,]000 ?"), "ty "),
    (re.compile(r"^(?:1[.,]?000[.,]?000|10\^6) ?"), "trieu "),
    (re.compile(r"^(?:1[.,]?000|10\^3|'000|000) ?"), "nghin "),
)
_SCALE_WORDS = "thousands?|millions?|billions?|nghin|ngan|trieu|ty|bn"
_UNIT_TAIL = re.compile(r"(?:[,:]| -|\btinh bang|\bin\b)\s*([a-zđ. ]{2,30})$")


@dataclass(frozen=True)
class SheetUnit:
    """Unit of figures in a sheet."""

    dimension: Literal["money", "people"]
    factor: float
    """Base units that one of it is."""
    text: str
    """As it is written."""


@dataclass(frozen=True)
class CellLabel:
    """Meaning of a text of a sheet; fields that it says nothing of are empty."""

    text: str = ""
    """Folded, without enumeration and brackets."""
    folded: str = ""
    """Folded alone."""
    month: int | None = None
    """Month from year 0, where the year is written too."""
    month_of_year: int = 0
    """1 to 12, where it names a month without a year; else 0."""
    quarter: int = 0
    """1 to 4, where it names a quarter; else 0."""
    year: int = 0
    first_months: int = 0
    """The first N months of a year; 0 where none are named."""
    is_cumulative: bool = False
    is_year: bool = False
    """True for a whole year."""
    is_sum: bool = False
    role: Role = ""
    kind: Kind = ""
    title: Title = ""
    """Role of the column below it, where it heads labels."""

    @property
    def has_month(self) -> bool:
        """True where it names one month."""
        return self.month is not None or self.month_of_year > 0

    @property
    def is_span(self) -> bool:
        """True where it names several months."""
        return self.is_cumulative or self.is_year or self.quarter > 0 or self.first_months > 0

    @property
    def is_heading(self) -> bool:
        """True for a text that can head a column."""
        return bool(self.has_month or self.is_span or self.is_sum or self.role or self.kind or self.title)


def read_label(value: object) -> CellLabel:
    """Read what a cell says as a label.

    Parameters
    ----------
    value : object
        Text or date of a cell.

    Returns
    -------
    CellLabel
        Empty for a number, a blank cell and prose.
    """
    if isinstance(value, datetime | date):
        if 1 < value.day < MIN_LAST_DAY:
            return CellLabel()
        return CellLabel(month=12 * value.year + value.month - 1, year=value.year)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_LABEL_CHARACTERS:
        return CellLabel()
    return _read_text(value)


@lru_cache(maxsize=32_768)
def _read_text(value: str) -> CellLabel:
    if _NUMBER_TEXT.fullmatch(value):
        if re.fullmatch(r"(?:19|20)\d{2}", value):
            return CellLabel(year=int(value))
        recognized = recognize_month(value) if len(value) <= MAX_MONTH_CHARACTERS else None
        return CellLabel(month=recognized[0], year=recognized[0] // 12) if recognized and recognized[1] else CellLabel()
    folded = fold_text(value)
    bare = _BRACKETS.sub(" ", folded)
    text = _ENUMERATION.sub("", " ".join(bare.split())).strip(" .:;")
    label = replace(_read_period(text, folded), text=text, folded=folded)
    role: Role = next((name for name, pattern in _ROLES if pattern.search(folded if name == "percent" else text)), "")
    kind: Kind = next((name for name, pattern in _KINDS if pattern.fullmatch(_without_role(text))), "")
    title: Title = next((name for name, pattern in _TITLES if pattern.fullmatch(text)), "")
    return replace(label, role=role, kind=kind, title=title, is_sum=_is_sum(value, text))


def _without_role(text: str) -> str:
    """Text without the word of its role at the start: `thuc hien san luong` is a volume."""
    return re.sub(r"^(?:thuc hien|th|uoc|tong|tong so|tong cong|cong)\b ?(?=[a-z])", "", text)


def _is_sum(value: str, text: str) -> bool:
    if not fold_text(value).startswith(value.lower().strip()[:4]):  # it has marks, and they tell cộng from công
        marked = unicodedata.normalize("NFC", " ".join(value.lower().split()))
        marked = _ENUMERATION.sub("", _BRACKETS.sub(" ", marked).strip()).strip(" .:;")
        return _SUM_WITH_MARKS.fullmatch(marked) is not None
    return _SUM_PLAIN.fullmatch(text) is not None


def _read_period(text: str, folded: str) -> CellLabel:
    """Period that a folded text names."""
    if period := _PERIOD_OF_DAYS.search(folded):
        return _period_of_days(*map(int, period.groups()))
    text = _SIGNING_DAY.sub(" ", text)
    is_cumulative = _CUMULATIVE.search(text) is not None
    if month := _month_with_year(text):
        return CellLabel(month=None if is_cumulative else month, year=month // 12, is_cumulative=is_cumulative,
                     first_months=month % 12 + 1 if is_cumulative else 0)  # fmt: skip
    year = int(match[1]) if (match := _YEAR.search(text)) else 0
    if quarter := _QUARTER.search(text):
        number = _ROMAN.get(quarter[1], 0) or int(quarter[1])
        return CellLabel(quarter=number, year=int(quarter[2] or year), is_cumulative=is_cumulative)
    if (first := _FIRST_MONTHS.search(text)) and 1 <= int(first[1] or first[2]) <= 12:
        return CellLabel(first_months=int(first[1] or first[2]), year=year, is_cumulative=True)
    is_year = _WHOLE_YEAR.search(text) is not None or re.fullmatch(r"(?:nam|year|fy) ?\d{4}", text) is not None
    number = _month_number(text)
    if is_cumulative:
        return CellLabel(year=year, is_cumulative=True, first_months=number)
    return CellLabel(month_of_year=0 if is_year else number, year=year, is_year=is_year)


def _period_of_days(*parts: int) -> CellLabel:
    """Month that a period of days is, or the first months of its year."""
    _, first_month, first_year, _, last_month, last_year = parts
    if not (1 <= first_month <= last_month <= 12 and first_year == last_year):
        return CellLabel()
    if first_month == last_month:
        return CellLabel(month=12 * first_year + first_month - 1, year=first_year)
    is_from_start = first_month == 1
    return CellLabel(year=first_year, is_cumulative=is_from_start, first_months=last_month if is_from_start else 0)


def _month_with_year(text: str) -> int | None:
    """Month from year 0 that a folded text names with its year; None where it names none."""
    if recognized := recognize_month(text):
        return recognized[0] if recognized[1] or not text.isdecimal() else None
    for pattern in _MONTH_AND_YEAR:
        if match := pattern.search(text):
            piece = re.sub(r"[.,_]", "/", re.sub(r"(?<=[a-z])\. ?", "", match[0]))
            recognized = recognize_month(re.sub(r"/? nam ", "/", piece)) or recognize_month(match[0])
            if recognized:
                return recognized[0]
    return None


def _month_number(text: str) -> int:
    if match := _MONTH_NAMED.fullmatch(text):
        normalized = recognize_month(f"{match[1][:3]} 2000")
        return normalized[0] % 12 + 1 if normalized else 0
    numbers = {int(match[1]) for match in _MONTH_ALONE.finditer(text)}
    number = numbers.pop() if len(numbers) == 1 else 0
    return number if 1 <= number <= 12 else 0


_UNIT_WORDS = frozenset(map(fold_text, [*SCALES, "đồng", "đ", "VND", "₫", "Việt", "Nam", "người", "people", "persons"]))
"""Words of units that a sheet may have, beside the currency."""


def account_forms(label: CellLabel) -> tuple[str, ...]:
    """Give the folded texts under which an account may know a label.

    Parameters
    ----------
    label : CellLabel
        Of the text.

    Returns
    -------
    tuple of str
        As it stands, then without what stands around a name: `doanh thu buu chinh`, `buu chinh`.
    """
    forms = [label.folded, label.text]
    text = label.text
    while (shorter := _KIND_PREFIX.sub("", text)) != text and shorter:
        forms.append(shorter)
        text = shorter
    return tuple(dict.fromkeys(form for form in forms if form))


def parse_sheet_unit(text: str, currency: str) -> SheetUnit | None:
    """Read a unit as accountants write it.

    Parameters
    ----------
    text : str
        Such as `triệu đồng`, `1.000đ`, `tr.đ`, `million VND` or `người`.
    currency : str
        Currency of the plan.

    Returns
    -------
    SheetUnit, optional
        None for a text that is no unit of money and none of people.
    """
    plain = fold_text(text).strip(" .:;()")
    for pattern, word in _SHORT_UNITS:
        plain = pattern.sub(word, plain)
    code = currency.lower()
    plain = re.sub(rf"^{code} ({_SCALE_WORDS})$", rf"\1 {code}", plain.replace(" of ", " "))
    plain = " ".join(re.sub(r"\b(thousand|million|billion)s\b", r"\1", plain).split())
    if currency == "VND":
        plain = re.sub(r"\bd$", "đ", plain)
    if not _UNIT_WORDS.issuperset(word for word in plain.split() if word != code):
        return None  # `read_unit` looks for what else may be meant, which takes 300 times as long
    try:
        dimension, factor = read_unit(plain, currency, ("money",))
    except QuantityError:
        return None
    if dimension == "money":
        return SheetUnit("money", factor, " ".join(text.split()))
    return SheetUnit("people", 1.0, " ".join(text.split())) if dimension == "people" else None


@lru_cache(maxsize=32_768)
def unit_in_text(text: str, currency: str) -> tuple[SheetUnit | None, str]:
    """Find the unit that a text states.

    Parameters
    ----------
    text : str
        Such as `ĐVT: triệu đồng` or `Doanh thu (tỷ đồng)`.
    currency : str
        Currency of the plan.

    Returns
    -------
    tuple of SheetUnit, optional, and str
        The unit, and the text of a unit of money that is of another currency; None and an empty text where none is
        stated.
    """
    candidates = _unit_candidates(text)
    for candidate in candidates:
        if unit := parse_sheet_unit(candidate, currency):
            return unit, ""
    own_words = {currency.lower(), *(("vnd", "dong") if currency == "VND" else ())}
    others = [code for code in _CURRENCIES if code not in own_words]
    return None, next((text for text in candidates for code in others if re.search(rf"\b{code}\b", text)), "")


def currency_in_text(text: str) -> str:
    """Find the currency that a text states where it states a unit.

    Parameters
    ----------
    text : str
        Such as `ĐVT: triệu đồng`, `Sales (EUR)` or `€`.

    Returns
    -------
    str
        Three letters; empty where it states none.
    """
    for candidate in _unit_candidates(text):
        for code in _CURRENCIES:
            if re.search(rf"\b{code}\b", candidate):
                return "VND" if code == "dong" else code.upper()
        if symbol := next((symbol for symbol in _CURRENCY_SYMBOLS if symbol in candidate), ""):
            return _CURRENCY_SYMBOLS[symbol]
        if candidate.endswith("d") and parse_sheet_unit(candidate, "VND") is not None:
            return "VND"
    return ""


def _unit_candidates(text: str) -> list[str]:
    """Folded parts of a text that may be a unit."""
    if len(text) > MAX_LABEL_CHARACTERS:
        return []
    folded = fold_text(text)
    candidates = [match[1] for match in [_UNIT_AFTER.search(folded.strip("() "))] if match]
    candidates += _BRACKETS.findall(folded)
    candidates += [match[1] for match in [_UNIT_AFTER.search(part) for part in _BRACKETS.findall(folded)] if match]
    candidates += [match[1] for match in [_UNIT_TAIL.search(folded)] if match]
    candidates += [candidate.partition(",")[0] for candidate in candidates if "," in candidate]
    candidates += [folded] if len(folded) <= MAX_UNIT_CHARACTERS else []
    return candidates


_CURRENCY_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₫": "VND"}
_CURRENCIES = ("usd", "eur", "vnd", "dong", "jpy", "gbp", "cny", "sgd", "thb", "krw", "lak")
"""Words of currencies that a unit in a sheet may have."""


def dates_in_text(text: str) -> list[date]:
    """Find the days on which a sheet says that it was made or its books were closed.

    Parameters
    ----------
    text : str
        Such as `Hà Tĩnh, ngày 4 tháng 4 năm 2025` or `Ngày lập: 04/04/2025`.

    Returns
    -------
    list of date
        Empty where it says none; a period `từ ngày … đến ngày …` is none.
    """
    if len(text) > MAX_LABEL_CHARACTERS:
        return []
    folded = _PERIOD_OF_DAYS.sub(" ", fold_text(text))
    parts = [match.groups() for match in _SIGNING_DAY.finditer(folded)]
    parts += [match.groups() for match in _BOOKING_DAY.finditer(folded)]
    parts += [match.groups()[::-1] for match in _BOOKING_ISO.finditer(folded)]
    days = []
    for day, month, year in parts:
        try:
            days.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return days
