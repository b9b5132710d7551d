"""Sheets to rows: numbers read, units settled, sums tied, months and measures counted once."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from forecast.errors import Location, Problem, closest_match, has_enough_problems, raise_if_problems
from forecast.files.csv_numbers import DecimalMark
from forecast.files.workbook import Workbook, cell_address
from forecast.history.actuals.figures import CellFigure, LaterCheck, SheetFigures, read_sheet_figures, taken_columns
from forecast.history.actuals.grid import Grid, text_problems
from forecast.history.actuals.numbers import decimals_of, is_dash, looks_like_number, number_mark, parse_sheet_number
from forecast.history.actuals.records import ActualFigure, ActualsContext, ReadSheet
from forecast.history.actuals.sums import check_table_sums, ties
from forecast.i18n import Note, Phrase
from forecast.i18n.listing import list_names
from forecast.periods import format_month
from forecast.units import QuantityError, fold_text

__all__ = ["ReadActuals", "read_actuals"]

UNIT_FACTORS_TRIED = (Decimal(1), Decimal(10) ** 3, Decimal(10) ** 6, Decimal(10) ** 9)
MAX_GUESS_RATIO = 5.0
"""Ratio of a month to a typical one up to which a unit may be guessed [C]."""
MAX_UNIT_RATIO = 300.0
"""Ratio from which a stated unit cannot be right: the next one is a thousand times as large [C]."""
MIN_FULL_AMOUNT = Decimal(10) ** 7
"""Whole amount without any unit from which it is one of the currency itself, where nothing else is known [C]."""
MIN_SIMILARITY = 0.85
"""Similarity of an unmatched text and an account from which it is a slip of the hand."""
MAX_LISTED = 6


@dataclass(frozen=True)
class ReadActuals:
    """Figures of some files, each month and measure once."""

    figures: tuple[ActualFigure, ...]
    """By month and measure."""
    sheets: tuple[ReadSheet, ...]
    notes: tuple[Note, ...]


def read_actuals(workbooks: Sequence[Workbook], context: ActualsContext) -> ReadActuals:
    """Read the actual figures of sheets.

    Parameters
    ----------
    workbooks : sequence of Workbook
        The files.
    context : ActualsContext
        Names of accounts, and what is known already.

    Returns
    -------
    ReadActuals
        Figures that tie with the sums beside them.

    Raises
    ------
    InputError
        Every problem at once, each with its sheet and cell.
    """
    problems: list[Problem] = []
    notes: list[Note] = []
    read_files = [_FileReader(workbook, context, problems, notes).read() for workbook in workbooks]
    figures = [figure for file in read_files for figure in file.figures]
    if not problems and not figures:
        problems.append(Problem.of(Location(workbooks[0].file), "", "sheet_nothing_found"))
    raise_if_problems(problems)
    figures = _count_once(figures, problems, notes)
    known = {**context.booked_values, **{(f.measure, f.month): f.value for f in figures}}
    sheets = [file.check_later(known, {f.month for f in figures}) for file in read_files]
    raise_if_problems(problems)
    figures.sort(key=lambda figure: (figure.month, figure.measure))
    return ReadActuals(tuple(figures), tuple(sheet for group in sheets for sheet in group), tuple(dict.fromkeys(notes)))


def _note(key: str, **params: object) -> Note:
    return key, tuple(sorted((name, str(value)) for name, value in params.items()))


class _FileReader:
    """One file on its way to figures."""

    def __init__(self, workbook: Workbook, context: ActualsContext, problems: list[Problem], notes: list[Note]) -> None:
        self.workbook = workbook
        self.context = context
        self.problems = problems
        self.notes = notes
        self.sheets: list[SheetFigures] = []
        self.figures: list[ActualFigure] = []
        self.read_sheets: list[ReadSheet] = []
        self.mark: DecimalMark = ""
        self.style = ""
        self.factor: Decimal | None = context.unit_factor
        self.is_factor_guessed = False

    def read(self) -> _FileReader:
        """Read the file; its problems and notes are added to the lists."""
        self._note_workbook()
        without_table = []
        if problems := text_problems(self.workbook):
            self.problems.extend(problems)
            return self
        for sheet in self.workbook.sheets:
            grid = Grid(sheet, self.context.measures)
            n_problems = len(self.problems)
            figures = read_sheet_figures(
                grid, self.context.currency, self.context.unit_factor is not None, self.problems
            )
            if figures is not None and (figures.cells or len(self.problems) > n_problems):
                self.sheets.append(figures)
            elif any(value != "" for row in sheet.rows for value in row):
                without_table.append(sheet.name)
                self._explain_unread(grid, figures)
            if has_enough_problems(self.problems):
                return self
        if without_table and self.sheets and any(without_table):
            self.notes.append(
                _note("actuals_sheets_left_out", file=self.workbook.file, names=list_names(without_table, MAX_LISTED))
            )
        self.mark, self.style = self._settle_mark()
        self._settle_factor()
        for figures in self.sheets:
            self._read_sheet(figures)
        self._check_unmatched()
        return self

    def _note_workbook(self) -> None:
        book = self.workbook
        if book.hidden_sheets:
            self.notes.append(
                _note("actuals_hidden_sheets", file=book.file, names=list_names(book.hidden_sheets, MAX_LISTED))
            )
        if book.has_macros:
            self.notes.append(_note("actuals_macros", file=book.file))
        if book.link_count:
            self.notes.append(_note("actuals_links", file=book.file, count=book.link_count))

    def _explain_unread(self, grid: Grid, figures: SheetFigures | None) -> None:
        """A problem where the only sheet of a file has tables and no account that is known."""
        if len(self.workbook.sheets) > 1 or figures is None or self.problems:
            return
        names = list_names([text for _, text in figures.unmatched], MAX_LISTED)
        place = figures.unmatched[0][0] if figures.unmatched else grid.sheet.location(0, 0)
        code = "sheet_no_account" if names else "sheet_nothing_found"
        self.problems.append(Problem.of(place, "", code, **({"names": names} if names else {})))

    def _settle_mark(self) -> tuple[DecimalMark, str]:
        """Decimal mark of the texts of the file, and an example of them."""
        texts = [c.value for figures in self.sheets for c in figures.cells if isinstance(c.value, str)]
        texts = [text for text in texts if looks_like_number(text)]
        mark, ambiguous = number_mark(texts)
        example = max(texts[:200], key=len, default="")
        if not ambiguous or mark:
            return mark, example
        fitting: list[DecimalMark] = [mark for mark in (",", ".") if self._fits(mark)]
        if len(fitting) == 1:
            self.notes.append(
                _note("actuals_mark_guessed", file=self.workbook.file, example=ambiguous, mark=fitting[0])
            )
            return fitting[0], example
        return "", example

    def _fits(self, mark: DecimalMark) -> bool:
        """True where the figures are of a typical size in the stated unit, if their texts have this decimal mark."""
        ratio = self._median_ratio(mark, self.factor)
        return ratio is not None and 1 / MAX_GUESS_RATIO <= ratio <= MAX_GUESS_RATIO

    def _median_ratio(self, mark: DecimalMark, factor: Decimal | None) -> float | None:
        """Median of the figures by their typical size; None where a unit or all typical sizes are unknown."""
        logs = []
        for cell in (cell for figures in self.sheets for cell in figures.cells if cell.is_money):
            typical = self.context.typical.get(cell.measure, 0.0)
            used = self.context.unit_factor or cell.factor or factor
            if typical > 0 and used is not None and (value := _quiet_number(cell.value, mark)):
                logs.append(math.log(abs(float(value * used)) / typical))
        return math.exp(statistics.median(logs)) if logs else None

    def _settle_factor(self) -> None:
        """Unit of money where the file states none, and a problem where the stated one cannot be right."""
        unstated = [(figures, c) for figures in self.sheets for c in figures.cells if c.is_money and c.factor is None]
        if self.context.unit_factor is None and unstated:
            self.factor = self._guess_factor([cell for _, cell in unstated])
            self.is_factor_guessed = True
            if self.factor is None:
                figures, cell = unstated[0]
                place = figures.grid.sheet.location(cell.row, cell.column)
                self.problems.append(Problem.of(place, "", "sheet_no_unit"))
                self.factor = Decimal(1)
                return
        ratio = self._median_ratio(self.mark, self.factor)
        if ratio is not None and not 1 / MAX_UNIT_RATIO < ratio < MAX_UNIT_RATIO:
            figures = self.sheets[0]
            place = figures.grid.sheet.location(figures.cells[0].row, figures.cells[0].column)
            self.problems.append(Problem.of(place, "", "sheet_unit_unlikely", ratio=_ratio_text(ratio)))

    def _guess_factor(self, cells: list[CellFigure]) -> Decimal | None:
        for factor in UNIT_FACTORS_TRIED:
            ratio = self._median_ratio(self.mark, factor)
            if ratio is not None and 1 / MAX_GUESS_RATIO <= ratio <= MAX_GUESS_RATIO:
                return factor
        values = [abs(value) for cell in cells if (value := _quiet_number(cell.value, self.mark))]
        if not any(self.context.typical.get(cell.measure) for cell in cells) and values:
            is_full = statistics.median(values) >= MIN_FULL_AMOUNT and not any(map(decimals_of, values))
            return Decimal(1) if is_full else self.context.default_factor
        return None

    def _read_sheet(self, figures: SheetFigures) -> None:
        numbers = self._read_numbers(figures)
        booked = self.context.booked or figures.context.booked
        empty_months = _empty_months(figures.cells, numbers)
        decimals = _shown_decimals(figures.cells, numbers)
        entries = []
        for cell in figures.cells:
            value = numbers.get((cell.row, cell.column))
            if value is None or cell.month in empty_months:
                continue
            factor = self.context.unit_factor if self.context.unit_factor and cell.is_money else cell.factor
            factor = factor if factor is not None else self.factor or Decimal(1)
            place = figures.grid.sheet.location(cell.row, cell.column)
            tolerance = factor * Decimal(10) ** -decimals[cell.measure.partition(".")[0]] / 2
            source = figures.grid.sheet.source(cell.row, cell.column)
            table = f"{figures.grid.sheet.file}!{figures.grid.sheet.name}!{cell.table}"
            value = _plain(value * factor)
            figure = ActualFigure(cell.month, cell.measure, value, cell.status, booked, source, place, tolerance, table)
            entries.append((cell, figure))
        self._check_values(entries)
        sums = self._check_sums(figures)
        self.figures += self._add_accounts(entries)
        self._note_sheet(figures, empty_months)
        months = tuple(sorted({figure.month for _, figure in entries}))
        factor = self.context.unit_factor or figures.context.factor or next(
            (cell.factor for cell in figures.cells if cell.is_money and cell.factor is not None), None
        )  # fmt: skip
        self.read_sheets.append(
            ReadSheet(
                self.workbook.file, figures.grid.sheet.name, months, factor or self.factor or Decimal(1),
                factor is None and self.is_factor_guessed, self.style,
                tuple(dict.fromkeys(cell.account for cell in figures.cells)),
                tuple(dict.fromkeys(cell.measure for cell in figures.cells)), sums, 0, booked,
            )
        )  # fmt: skip

    def _read_numbers(self, figures: SheetFigures) -> dict[tuple[int, int], Decimal]:
        numbers: dict[tuple[int, int], Decimal] = {}
        for cell in figures.cells:
            try:
                numbers[cell.row, cell.column] = parse_sheet_number(cell.value, self.mark)
            except QuantityError as error:
                if has_enough_problems(self.problems):
                    break
                place = figures.grid.sheet.location(cell.row, cell.column)
                self.problems.append(Problem.of(place, cell.measure, error.code, **error.params))
        return numbers

    def _check_values(self, entries: list[tuple[CellFigure, ActualFigure]]) -> None:
        for cell, figure in entries:
            if figure.measure == "headcount" and figure.value < 0:
                self.problems.append(Problem.of(figure.location, "headcount", "sheet_below_zero", text=str(cell.value)))
            if figure.measure.startswith("price.") and figure.value <= 0:
                self.problems.append(
                    Problem.of(figure.location, figure.measure, "sheet_below_zero", text=str(cell.value))
                )

    def _check_sums(self, figures: SheetFigures) -> int:
        """Number of sums that tie; those that do not are problems."""
        grid = figures.grid
        tied = {(check.row, check.column) for check in figures.later}
        n_later = len(tied)
        unchecked: set[tuple[int, int]] = set()

        def number(row: int, column: int) -> Decimal | None:
            value = grid.value(row, column)
            return _quiet_number(value, self.mark) if looks_like_number(value) or is_dash(value) else None

        for table in figures.tables:
            for check in check_table_sums(table, taken_columns(table), number):
                if check.is_tied:
                    tied.add((check.row, check.column))
                elif check.computed is None:
                    unchecked.add((check.row, check.column))
                else:
                    place = grid.sheet.location(check.row, check.column)
                    params = {"stated": _text(check.stated), "computed": _text(check.computed)}
                    self.problems.append(Problem.of(place, "", "sheet_sum_differs", **params))
            for head in table.rows:
                for column in table.columns_of("sum", "cumulative", "value") if head.use == "sum" else ():
                    if (head.row, column) in grid.sheet.formulas_without_value:
                        self.problems.append(Problem.of(grid.sheet.location(head.row, column), "", "sheet_formula"))
        if unchecked - tied:
            cells = list_names((cell_address(*place) for place in sorted(unchecked - tied)), MAX_LISTED)
            self.notes.append(_note("actuals_sums_unchecked", sheet=_sheet_name(figures), cells=cells))
        return len(tied) - n_later

    def _add_accounts(self, entries: list[tuple[CellFigure, ActualFigure]]) -> list[ActualFigure]:
        """Figures of a sheet; accounts of one measure with different texts are added up."""
        by_key: dict[tuple[int, str, int, str], list[tuple[CellFigure, ActualFigure]]] = defaultdict(list)
        for cell, figure in entries:
            by_key[cell.table, figure.measure, figure.month, figure.status].append((cell, figure))
        result = []
        for group in by_key.values():
            texts = [fold_text(cell.account) for cell, _ in group]
            if len(group) == 1 or len(set(texts)) < len(texts) or group[0][1].measure.startswith("price."):
                result += [figure for _, figure in group]
                continue
            first = group[0][1]
            cells = "+".join([first.source, *(cell_address(cell.row, cell.column) for cell, _ in group[1:])])
            total = sum((figure.value for _, figure in group), Decimal(0))
            tolerance = sum((figure.tolerance for _, figure in group), Decimal(0))
            result.append(replace(first, value=total, source=cells, tolerance=tolerance))
        return result

    def _note_sheet(self, figures: SheetFigures, empty_months: set[int]) -> None:
        sheet = figures.grid.sheet
        rows = sorted({cell.row for cell in figures.cells} & sheet.hidden_rows)
        if rows:
            cells = ", ".join(str(row + 1) for row in rows[:MAX_LISTED])
            self.notes.append(_note("actuals_hidden_rows", sheet=_sheet_name(figures), rows=cells))
        columns = sorted({cell.column for cell in figures.cells} & sheet.hidden_columns)
        if columns:
            cells = ", ".join(cell_address(0, column)[:-1] for column in columns[:MAX_LISTED])
            self.notes.append(_note("actuals_hidden_columns", sheet=_sheet_name(figures), columns=cells))
        if empty_months:
            months = ", ".join(map(format_month, sorted(empty_months)))
            self.notes.append(_note("actuals_empty_months", sheet=_sheet_name(figures), months=months))
        dashes = sum(is_dash(cell.value) and cell.month not in empty_months for cell in figures.cells)
        if dashes:
            self.notes.append(_note("actuals_dashes", sheet=_sheet_name(figures), count=dashes))
        if figures.context.is_year_from_file_name:
            self.notes.append(_note("actuals_year_from_name", sheet=_sheet_name(figures), year=figures.context.year))
        if any(cell.status == "estimate" for cell in figures.cells):
            self.notes.append(_note("actuals_estimates", sheet=_sheet_name(figures)))

    def _check_unmatched(self) -> None:
        """Rows that match nothing: a problem where a text is nearly an account, else a note."""
        known = self.context.measures
        texts = []
        places: dict[str, Location] = {}
        for place, text in (entry for figures in self.sheets for entry in figures.unmatched):
            places.setdefault(text, place)
        for text, place in places.items():
            if close := closest_match(fold_text(text), known, MIN_SIMILARITY):
                name = known[close][0].partition(".")[2]
                self.problems.append(Problem.of(place, "", "sheet_account_near", text=text[:60], instead=name))
            else:
                texts.append(f"{place.cell} '{text[:40]}'")
        if texts:
            self.notes.append(
                _note(
                    "actuals_unmatched", file=self.workbook.file, count=len(texts), names=list_names(texts, MAX_LISTED)
                )
            )

    def check_later(self, known: Mapping[tuple[str, int], Decimal], months: set[int]) -> list[ReadSheet]:
        """Facts of the sheets, once figures of several months are checked against all months that are known."""
        sheets = []
        for figures, sheet in zip(self.sheets, self.read_sheets, strict=True):
            tied = 0
            for check in figures.later:
                result = self._check_later(figures, check, known, max(months, default=0))
                tied += result is True
                if result is None:
                    self.notes.append(_note("actuals_cumulative_unchecked", sheet=_sheet_name(figures)))
            sheets.append(replace(sheet, cumulative=tied))
        return sheets

    def _check_later(
        self, figures: SheetFigures, check: LaterCheck, known: Mapping[tuple[str, int], Decimal], last: int
    ) -> bool | None:
        """True where a figure of several months ties; None where a month is not known."""
        stated = _quiet_number(check.value, self.mark)
        parts = [known.get((check.measure, month)) for month in check.months if month <= last]
        if stated is None or not parts or None in parts:
            return None if stated else False
        factor = self.context.unit_factor or check.factor or self.factor or Decimal(1)
        scaled = [round(part / factor, max(decimals_of(stated), 3)) for part in parts if part is not None]
        if ties(stated, scaled):
            return True
        place = figures.grid.sheet.location(check.row, check.column)
        params = {"stated": _text(stated), "computed": _text(sum(scaled, Decimal(0)))}
        code = "sheet_cumulative_differs"
        self.problems.append(Problem.of(place, check.measure, code, first=format_month(check.months[0]), **params))
        return False


def _quiet_number(value: object, mark: DecimalMark) -> Decimal | None:
    """Number of a cell; None where it has none, or one that cannot be read in one way only."""
    try:
        return parse_sheet_number(value, mark)
    except QuantityError:
        return None


def _plain(value: Decimal) -> Decimal:
    """The same number without zeros at its end and without an exponent."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _text(value: Decimal) -> Phrase:
    """A number as it is written in each language."""
    text = f"{_plain(value):,f}"
    return Phrase(text, text.translate(str.maketrans(",.", ".,")))


def _ratio_text(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 1 else f"1/{1 / ratio:.0f}"


def _shown_decimals(cells: list[CellFigure], numbers: Mapping[tuple[int, int], Decimal]) -> dict[str, int]:
    """Kind of figure -> decimals that figures of this kind show in a sheet."""
    shown: dict[str, int] = defaultdict(int)
    for cell in cells:
        kind = cell.measure.partition(".")[0]
        shown[kind] = max(shown[kind], decimals_of(numbers.get((cell.row, cell.column), Decimal(0))))
    return shown


def _empty_months(cells: list[CellFigure], numbers: Mapping[tuple[int, int], Decimal]) -> set[int]:
    """Months of a sheet all of whose figures are zero: they are not booked yet."""
    filled = {cell.month for cell in cells if numbers.get((cell.row, cell.column), Decimal(1)) != 0}
    return {cell.month for cell in cells} - filled


def _sheet_name(figures: SheetFigures) -> str:
    sheet = figures.grid.sheet
    return f"{sheet.file}!{sheet.name}" if sheet.name else sheet.file


def _count_once(figures: list[ActualFigure], problems: list[Problem], notes: list[Note]) -> list[ActualFigure]:
    """Each month and measure once: actual before estimate, equal ones once, different ones are problems."""
    by_key: dict[tuple[str, int], list[ActualFigure]] = defaultdict(list)
    for figure in figures:
        by_key[figure.measure, figure.month].append(figure)
    result = []
    for (measure, month), entries in by_key.items():
        entries.sort(key=lambda figure: figure.status)
        first = min((f for f in entries if f.status == entries[0].status), key=lambda figure: figure.tolerance)
        for other in entries:
            is_same = abs(other.value - first.value) <= other.tolerance + first.tolerance
            if other is first or other.status != first.status:
                continue
            if is_same and other.table != first.table:
                notes.append(_note("actuals_stated_twice", first=first.source, second=other.source))
                continue
            params = {"month": format_month(month), "first": first.source}
            problems.append(Problem.of(other.location, measure, "sheet_month_twice", **params))
        result.append(first)
    return result
