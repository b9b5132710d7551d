"""Names of columns that a Vietnamese planner writes, and the names that the program reads."""

from __future__ import annotations

from forecast.units import fold_text

__all__ = ["english_columns"]

MAX_COLUMN_CHARACTERS = 40
"""Characters of a name that is looked up."""
_ENGLISH_COLUMNS = {
    "thang": "month", "nam": "year", "quy": "quarter", "dich vu": "service", "san pham": "service",
    "doanh thu": "revenue", "san luong": "volume", "so luong": "volume", "gia": "price", "don gia": "price",
    "trang thai": "status", "ngay ghi so": "booked", "nguon": "source", "ghi chu": "note", "tien te": "currency",
    "xa": "place", "phuong": "place", "dia diem": "place", "huyen": "district", "quan": "district", "ten": "name",
    "trong so": "weight", "ky": "period", "chi tieu": "measure", "gia tri": "value", "so tien": "value",
}  # fmt: skip
"""Names that a Vietnamese planner gives to columns, folded, and the names that the program reads."""


def english_columns(columns: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Translate the names of columns that are written in Vietnamese.

    Parameters
    ----------
    columns : tuple of str
        In lower case.
    names : tuple of str
        Columns that a table may have.

    Returns
    -------
    tuple of str
        Each column as it is, or the first that stands for one of `names` that is not there by that name.
    """
    wanted = {*names} - {*columns}
    translated = []
    for column in columns:
        english = _ENGLISH_COLUMNS.get(fold_text(column), "") if len(column) <= MAX_COLUMN_CHARACTERS else ""
        translated.append(english if english in wanted else column)
        wanted.discard(english)
    return tuple(translated)
