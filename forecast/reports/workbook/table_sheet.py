"""Sheets of one table: a title, a remark, and columns whose heads stay in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.sheet import SheetWriter

__all__ = ["HEADER_ROW", "TableColumn", "TableSheet", "WriteSheet"]

HEADER_ROW = 3
"""Row, from 0, of the heads of columns, below the title and the remark."""
WriteSheet = Callable[[SheetWriter, WorkbookContent], None]
"""Writes one sheet of a run."""
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class TableColumn:
    """Column of a table."""

    head: str
    width: float
    is_number: bool = False
    """True where its head stands at the right, as its cells do."""


@dataclass(frozen=True)
class TableSheet:
    """A sheet with one table."""

    key: str
    """Key of its title."""
    table: str
    """Name of its table in formulas."""
    remark: str
    columns: Sequence[TableColumn]
    kept_columns: int = 1
    """Columns from the first that stay in sight."""

    def write(
        self,
        writer: SheetWriter,
        content: WorkbookContent,
        entries: Iterable[Entry],
        write_row: Callable[[int, Entry], None],
    ) -> int:
        """Write the title, a row for each entry, and the heads; the last row that they fill."""
        writer.open(content.title(self.key), self.remark, [column.width for column in self.columns])
        row = HEADER_ROW
        for row, entry in enumerate(entries, HEADER_ROW + 1):
            write_row(row, entry)
        numbers = [position for position, column in enumerate(self.columns) if column.is_number]
        writer.table(self.table, HEADER_ROW, [column.head for column in self.columns], row, numbers)
        writer.freeze(HEADER_ROW + 1, self.kept_columns)
        return row
