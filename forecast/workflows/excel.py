"""Workbooks: write that of a stored run, and make an overlay of one whose inputs were edited."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from forecast.errors import InputError, Location, OutputError, Problem
from forecast.files import atomic, temporaries
from forecast.files.paths import display_path, is_inner_path
from forecast.files.workbook import Sheet, read_workbook
from forecast.history.ledger import History
from forecast.i18n import Translator
from forecast.plan.accounts import read_plan_history
from forecast.plan.data_files import project_folder
from forecast.plan.loading.loader import read_plan, read_text
from forecast.plan.plan_text import entry_lines, extends_line, quote_text
from forecast.plan.scenario import Scenario
from forecast.plan.stated_periods import read_stated_periods
from forecast.reports.workbook.content import WorkbookContent
from forecast.reports.workbook.document import HEADER_MARK, INPUT_COLUMNS, render_workbook
from forecast.reports.workbook.input_cells import (
    EXCEL_DAY_ZERO,
    InputCells,
    input_assumptions,
    input_cells,
    same_number,
    write_expression,
)
from forecast.runs.repository import StoredRun
from forecast.simulation.central_case import simulate_central_case
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.timeseries.baseline import Baseline
from forecast.units import QuantityError
from forecast.workflows.actuals_form import actuals_form, require_no_figures
from forecast.workflows.cases import fit_request_baseline
from forecast.workflows.request import RunRequest

__all__ = [
    "MAX_PLANS_SIDE_BY_SIDE",
    "ComparedRun",
    "EditedInput",
    "ImportedInputs",
    "check_overlay",
    "default_workbook",
    "import_inputs",
    "overlay_text",
    "require_replaceable",
    "write_workbook",
]

ComparedRun = tuple[Scenario, StoredRun]
"""A plan beside another one, and its run."""
MAX_PLANS_SIDE_BY_SIDE = 6
POSITIONS = ("low", "middle", "high")


def default_workbook(request: RunRequest) -> Path:
    """Name the workbook of a plan: beside the folder that shows its run.

    Parameters
    ----------
    request : RunRequest
        The plan and its reports.

    Returns
    -------
    Path
        Such as `reports/covid.xlsx`.
    """
    return request.reports / f"{request.name}.xlsx"


def require_replaceable(file: Path) -> None:
    """Refuse to write over a workbook whose inputs were edited, or over what is no workbook of forecast.

    Parameters
    ----------
    file : Path
        Where a workbook will be written; it need not exist.

    Raises
    ------
    OutputError
        Something else stands there, or edits or figures of accountants would be lost.
    """
    if not os.path.lexists(file):
        return
    try:
        sheets = read_workbook(file).sheets
        sheet, head = _input_sheet(sheets, Location(display_path(file)))
    except InputError:
        raise OutputError("excel_not_ours", path=display_path(file)) from None
    require_no_figures(sheets)
    for row in range(head + 1, len(sheet.rows)):
        line = _InputRow(sheet, row)
        key = next((k for k in POSITIONS if _differs(line.value(k), line.value(f"{k}_before"))), None)
        if key is not None:
            raise OutputError(
                "excel_has_edits", path=display_path(file), cell=sheet.location(row, INPUT_COLUMNS[key]).cell
            )


def _differs(value: Any, before: Any) -> bool:
    """True where a cell has another number than it was exported with."""
    numbers = [float(each.toordinal() - EXCEL_DAY_ZERO) if isinstance(each, date) else each for each in (value, before)]
    if all(isinstance(number, int | float) for number in numbers):
        return not same_number(float(numbers[0]), float(numbers[1]))
    return bool(numbers[0] != numbers[1])


def write_workbook(request: RunRequest, run: StoredRun, file: Path, others: Sequence[ComparedRun] = ()) -> None:
    """Write the workbook of a run that is on disk.

    Parameters
    ----------
    request : RunRequest
        The request that the run answers.
    run : StoredRun
        The run.
    file : Path
        Where the workbook goes; what is there is replaced.
    others : sequence of ComparedRun
        Other plans that stand beside it.

    Raises
    ------
    InputError
        The history of the plan cannot be read.
    OutputError
        The file cannot be written.
    """
    content = workbook_content(request, run.summary(), run.manifest)
    names = [(scenario.name.in_language(request.language), other.summary()) for scenario, other in others]
    content = replace(content, others=tuple(names))
    temporaries.remove_stale_copies(file)
    atomic.write_file(file, render_workbook(content))


def workbook_content(request: RunRequest, summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> WorkbookContent:
    """The content of the workbook of a run, from its summary, its manifest and its fits."""
    scenario = request.scenario
    baseline = fit_request_baseline(request)
    history = read_plan_history(scenario)
    plan = compile_plan(scenario, baseline, request.paths, request.seed)
    central = None if _has_closed_months(plan) else simulate_central_case(plan)
    booked = _booked_revenue(scenario, baseline, history)
    t = Translator(request.language)
    return WorkbookContent(
        scenario,
        summary,
        manifest,
        central,
        booked,
        read_stated_periods(scenario),
        t,
        actuals=None if history is None else actuals_form(scenario, baseline, t),
    )


def _has_closed_months(plan: CompiledPlan) -> bool:
    return bool(plan.learned.cells) or plan.closed.last_month is not None


def _booked_revenue(scenario: Scenario, baseline: Baseline, history: History | None) -> dict[str, dict[int, float]]:
    """Total revenue by month as booked, of months in which every service has a figure."""
    if history is None:
        return {}
    by_month: dict[int, list[float]] = {}
    services = [service for service in history.services if service in scenario.services]
    for service in services:
        first = history.service_calendar(service).first
        for row, value in enumerate(history.revenue[service]):
            if history.status_at(service, first + row) is not None:
                by_month.setdefault(first + row, []).append(float(value))
    for service in services:
        for month, figure in baseline.booked.get(f"revenue.{service}", {}).items():
            by_month.setdefault(month, []).append(figure.value)
    return {"revenue": {month: sum(parts) for month, parts in by_month.items() if len(parts) == len(services)}}


@dataclass(frozen=True)
class EditedInput:
    """An assumption that was edited in a workbook."""

    name: str
    text: str
    """As a plan has it."""
    source: str
    """File, sheet and cell of the first cell that was edited."""


@dataclass(frozen=True)
class ImportedInputs:
    """Edited inputs of a workbook, and the plan that they belong to."""

    plan: Path
    scenario: Scenario
    edits: tuple[EditedInput, ...]
    cells: Mapping[str, Location]
    """By name of an edited assumption, its first edited cell."""


@dataclass(frozen=True)
class _InputRow:
    """One row of the sheet of the inputs."""

    sheet: Sheet
    row: int

    def value(self, key: str) -> Any:
        """Value of a cell; an empty text where there is none."""
        cells, column = self.sheet.rows[self.row], INPUT_COLUMNS[key]
        return cells[column] if column < len(cells) else ""

    def problem(self, key: str, name: str, code: str, **params: object) -> Problem:
        """A problem of a cell."""
        return Problem.of(self.sheet.location(self.row, INPUT_COLUMNS[key]), name, code, **params)


def import_inputs(file: Path, plan: Path | None = None) -> ImportedInputs:
    """Read what was edited in the inputs of a workbook.

    Parameters
    ----------
    file : Path
        A workbook that `forecast` made, whatever program saved it since.
    plan : Path, optional
        The plan that it was made from; by default the one that it names, in the project of the working directory.

    Returns
    -------
    ImportedInputs
        The assumptions whose cells differ from what was exported, in the order of the sheet.

    Raises
    ------
    InputError
        The file is no such workbook, the plan has changed since, or cells hold what cannot be used; every problem at
        once.
    """
    workbook = read_workbook(file)
    sheet, head = _input_sheet(workbook.sheets, Location(display_path(file)))
    named = str(sheet.rows[head][INPUT_COLUMNS["written"]])
    path = plan or _named_plan(named, sheet, head)
    scenario = read_plan(path).scenario
    by_name = {
        assumption.name: input_cells(assumption, scenario.currency)
        for assumption in input_assumptions(scenario.assumptions())
    }
    problems: list[Problem] = []
    edits: dict[EditedInput, Location] = {}
    seen: set[str] = set()
    for row in range(head + 1, len(sheet.rows)):
        line = _InputRow(sheet, row)
        name = str(line.value("key"))
        if not name:
            continue
        try:
            if name in seen or name not in by_name:
                code = "excel_key_twice" if name in seen else "excel_unknown_key"
                raise InputError([line.problem("key", name[:100], code)])
            seen.add(name)
            edits |= _edit(line, by_name[name], scenario.currency)
        except InputError as fault:
            problems += fault.problems
    place = sheet.location(head, INPUT_COLUMNS["key"])
    problems += [Problem.of(place, name, "excel_missing_key") for name in by_name if name not in seen]
    if problems:
        raise InputError(problems)
    cells = {edit.name: location for edit, location in edits.items()}
    return ImportedInputs(path, scenario, tuple(edits), cells)


def _input_sheet(sheets: Sequence[Sheet], place: Location) -> tuple[Sheet, int]:
    """The sheet of the inputs and the row of its heads."""
    for sheet in sheets:
        for row, cells in enumerate(sheet.rows[:20]):
            if len(cells) > INPUT_COLUMNS["written"] and cells[INPUT_COLUMNS["low_before"]] == HEADER_MARK:
                return sheet, row
    raise InputError.of(place, "", "excel_no_inputs")


def _named_plan(named: str, sheet: Sheet, head: int) -> Path:
    """The plan that a workbook names, below the working directory or the folder of its project."""
    for folder in (Path.cwd(), project_folder(str(Path.cwd() / "plan.yaml"))):
        path = folder / named
        if named.endswith((".yaml", ".yml")) and is_inner_path(named) and path.is_file():
            return Path(display_path(path))
    raise InputError.of(sheet.location(head, INPUT_COLUMNS["written"]), "", "excel_no_plan", plan=named[:200])


def _edit(line: _InputRow, cells: InputCells, currency: str) -> dict[EditedInput, Location]:
    """The edit of one row with its cell, if it was edited."""
    name = cells.assumption.name
    if (written := str(line.value("written"))) != cells.assumption.text[:500]:
        params = {"text": cells.assumption.text, "written": written[:200]}
        raise InputError([line.problem("key", name, "excel_plan_changed", **params)])
    values = list(cells.values)
    changed: list[str] = []
    for position in cells.editable:
        key = POSITIONS[position]
        number, before = _number(line, key, name, cells), cells.values[position]
        assert before is not None  # an editable cell has a number
        if not same_number(number, before):
            values[position] = number
            changed.append(key)
    if not changed:
        return {}
    try:
        text = write_expression(cells, (values[0], values[1], values[2]), currency)
    except QuantityError as fault:
        raise InputError([line.problem(changed[0], name, fault.code, **fault.params)]) from None
    column = INPUT_COLUMNS[changed[0]]
    return {EditedInput(name, text, line.sheet.source(line.row, column)): line.sheet.location(line.row, column)}


def _number(line: _InputRow, key: str, name: str, cells: InputCells) -> float:
    """Number of a cell; of a date the day of a spreadsheet."""
    value = line.value(key)
    if value == "":
        raise InputError([line.problem(key, name, "excel_empty_cell")])
    is_day = cells.assumption.dimension == "day"
    if isinstance(value, date | datetime):
        if isinstance(value, datetime) and value.time() != datetime.min.time() and cells.assumption.is_constant:
            raise InputError([line.problem(key, name, "excel_fractional_day")])
        if is_day:
            return float(value.toordinal() - EXCEL_DAY_ZERO)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError([line.problem(key, name, "excel_not_a_number", text=str(value)[:60])])
    return float(value)


def overlay_text(imported: ImportedInputs, file: Path, folder: Path, t: Translator) -> str:
    """Write an overlay of edited inputs.

    Parameters
    ----------
    imported : ImportedInputs
        The edits.
    file : Path
        The workbook.
    folder : Path
        Folder of the overlay, from which it names its plan.
    t : Translator
        Language of its first line.

    Returns
    -------
    str
        YAML that extends the plan; each value knows its sheet and cell.
    """
    head = t("overlay_head", file=quote_text(file.name)[1:-1])
    entries = {
        edit.name: f"{{value: {quote_text(edit.text)}, source: {quote_text(edit.source)}, grade: C}}"
        for edit in imported.edits
    }
    return "\n".join([f"# {head}", extends_line(imported.plan, folder), *entry_lines(entries)]) + "\n"


def check_overlay(imported: ImportedInputs, text: str, folder: Path) -> None:
    """Read an overlay as a plan, before it is written anywhere.

    Parameters
    ----------
    imported : ImportedInputs
        The edits.
    text : str
        The overlay.
    folder : Path
        Folder from which it names its plan.

    Raises
    ------
    InputError
        The plan refuses an edit; the problem names the cell.
    """
    try:
        read_text(text, folder, "overlay.yaml")
    except InputError as fault:
        raise InputError(
            [
                replace(problem, location=imported.cells.get(problem.path, problem.location))
                for problem in fault.problems
            ]
        ) from None
