"""Sheet for the figures of accountants: services down, months across, read back by `forecast data actuals`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forecast.files.workbook import Sheet
from forecast.periods import format_month
from forecast.reports.content.text import period_text, sentence_case
from forecast.reports.workbook.sheet import SheetWriter

__all__ = [
    "ACTUALS_HEAD_ROW",
    "BOOKED_DAY_ROW",
    "FIRST_ACTUALS_COLUMN",
    "ActualsForm",
    "ActualsRow",
    "find_actuals_sheet",
    "write_actuals",
]

ACTUALS_MARK = "fc-books-1"
"""Text in a hidden column by which the sheet is known, with its form; it reads as no heading."""
MARK_ROW = 0
"""Row of that text, from 0."""
MONEY_UNIT_ROW, BOOKED_DAY_ROW, ACTUALS_HEAD_ROW = 2, 3, 5
LABEL_WIDTH, UNIT_WIDTH, MONTH_WIDTH = 36, 14, 15
FIRST_ACTUALS_COLUMN = 2


@dataclass(frozen=True)
class ActualsRow:
    """A row of the sheet."""

    text: str
    """Name of its account, which is read back as its measure."""
    measure: str
    unit: str


@dataclass(frozen=True)
class ActualsForm:
    """Figures that are asked for."""

    rows: tuple[ActualsRow, ...]
    months: Sequence[int]
    """Months of the plan that are not closed, from year 0."""
    money: str
    """Unit of amounts of money."""


def write_actuals(writer: SheetWriter, form: ActualsForm) -> None:
    """Write empty yellow cells for the figures of each row and month, and one for the day of booking.

    Nothing else on the sheet may be read as a figure, a month or a unit.

    Parameters
    ----------
    writer : SheetWriter
        The sheet.
    form : ActualsForm
        Its rows and months.
    """
    t, sheet, formats = writer.t, writer.sheet, writer.formats
    widths = (LABEL_WIDTH, UNIT_WIDTH, *[MONTH_WIDTH] * len(form.months))
    writer.open(t("excel_actuals_title"), t("excel_remark_actuals"), widths)
    writer.text(MONEY_UNIT_ROW, 0, t("excel_actuals_unit", unit=form.money))
    writer.text(BOOKED_DAY_ROW, 0, t("excel_actuals_booked"))
    writer.number(BOOKED_DAY_ROW, 1, None, formats.input("day"))
    months = [sentence_case(period_text(format_month(month), t)) for month in form.months]
    columns = range(FIRST_ACTUALS_COLUMN, FIRST_ACTUALS_COLUMN + len(months))
    writer.headers(ACTUALS_HEAD_ROW, [t("table_measure"), t("table_unit"), *months], columns)
    for row, entry in enumerate(form.rows, ACTUALS_HEAD_ROW + 1):
        is_price = entry.measure.startswith("price.")
        writer.text(row, 0, entry.text)
        writer.text(row, 1, entry.unit, formats.muted())
        for column in columns:
            writer.number(row, column, None, formats.input("small_money" if is_price else "whole_money"))
    mark = columns.stop
    writer.text(MARK_ROW, mark, ACTUALS_MARK)
    sheet.set_column(mark, mark, None, None, {"hidden": True})
    sheet.print_area(0, 0, ACTUALS_HEAD_ROW + len(form.rows), mark - 1)
    writer.freeze(ACTUALS_HEAD_ROW + 1, 1)
    writer.protect()


def find_actuals_sheet(sheets: Sequence[Sheet]) -> Sheet | None:
    """Find the sheet for actual figures of a workbook that `forecast` made.

    Parameters
    ----------
    sheets : sequence of Sheet
        Of a workbook.

    Returns
    -------
    Sheet, optional
        None where it has none.
    """
    return next((sheet for sheet in sheets if ACTUALS_MARK in (sheet.rows[MARK_ROW] if sheet.rows else ())), None)
