"""From the months of a workbook, or of a ledger, to a plan that runs at once."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from forecast.errors import InputError, Location, Problem, raise_if_problems
from forecast.files.paths import display_path
from forecast.files.workbook import read_workbook
from forecast.history.actuals.discovery import LeftOutAccount, discover_currency
from forecast.history.actuals.recognize import ReadActuals
from forecast.i18n import Language, Translator
from forecast.plan.draft import PlanDraft, compose_plan
from forecast.workflows.drafted_figures import draft_plan
from forecast.workflows.new_books import DRAFTED_LEDGER, DroppedService, read_books
from forecast.workflows.new_plan import PLAN_FILE, SCHEMA_FILE, schema_bytes

__all__ = ["DraftedPlan", "LedgerRequest", "draft_from_ledger"]


@dataclass(frozen=True)
class LedgerRequest:
    """Files to draft a plan from, and what they do not state."""

    files: tuple[Path, ...]
    language: Language | None = None
    """Language of the remarks; that of the sheets where it is None."""
    currency: str = ""
    """Three letters; that of the sheets where it is empty."""
    unit: str = ""
    """Unit of all amounts of money; that of the sheets where it is empty."""


@dataclass(frozen=True)
class DraftedPlan:
    """A drafted project, and what was guessed for it."""

    content: Mapping[str, bytes]
    """Files by name."""
    language: Language
    currency: str
    is_currency_guessed: bool
    draft: PlanDraft
    reading: ReadActuals | None
    """None where the file was a ledger already."""
    left_out: tuple[LeftOutAccount, ...]
    dropped: tuple[DroppedService, ...]
    counted: tuple[str, ...]
    """Services with volume and price."""
    months: tuple[int, int]
    """First and last month of the ledger, from year 0."""
    row_count: int
    ledger_file: str = DRAFTED_LEDGER


def draft_from_ledger(request: LedgerRequest, folder: Path) -> DraftedPlan:
    """Read months and draft a plan from them; nothing is written.

    Parameters
    ----------
    request : LedgerRequest
        The files: workbooks, CSV files of any of the layouts of `data actuals`, or one ledger of a plan.
    folder : Path
        Folder of the project to be, for problems.

    Returns
    -------
    DraftedPlan
        Files of a project whose plan was read and checked.

    Raises
    ------
    InputError
        The files cannot be read in one way only: every problem, with the way out.
    """
    workbooks = [read_workbook(file) for file in request.files]
    currency, is_stated = discover_currency(workbooks)
    language: Language = request.language or ("vi" if currency == "VND" else "en")
    if request.currency and currency and is_stated and request.currency != currency:
        params = {"currency": request.currency, "stated": currency}
        raise InputError.of(Location(workbooks[0].file), "", "new_other_currency", **params)
    is_guessed = not (is_stated or request.currency)
    currency = request.currency or currency or ("VND" if language == "vi" else "")
    if not currency:
        raise InputError.of(Location(workbooks[0].file), "", "new_no_currency")
    t = Translator(language)
    books = read_books(request.files, workbooks, currency, request.unit)
    names = ", ".join(Path(workbook.file).name for workbook in workbooks)
    draft = draft_plan(books, names, currency, t)
    content = {
        PLAN_FILE: compose_plan(draft, t).encode(),
        DRAFTED_LEDGER: books.content,
        SCHEMA_FILE: schema_bytes(),
    }
    _check_project(content, folder)
    first = min(min(months) for measure, months in books.values.items() if measure.startswith("revenue."))
    counted = tuple(name for name in books.names("revenue") if f"volume.{name}" in books.values)
    return DraftedPlan(
        content, language, currency, is_guessed, draft, books.reading, books.left_out, books.dropped, counted,
        (first, books.last), books.row_count,
    )  # fmt: skip


def _check_project(content: Mapping[str, bytes], folder: Path) -> None:
    """Read and check a drafted project in a folder of its own, so that nothing is written that does not run."""
    from forecast.plan.accounts import read_plan_history
    from forecast.plan.loading.loader import read_plan
    from forecast.timeseries.checks import check_baselines, check_history

    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for name, text in content.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(text)
        try:
            scenario = read_plan(root / PLAN_FILE).scenario
            history = read_plan_history(scenario)
            raise_if_problems(check_baselines(scenario))
            raise_if_problems(check_history(scenario, history) if history is not None else [])
        except InputError as error:
            shown = display_path(folder)
            raise InputError([_relocate(problem, display_path(root), shown) for problem in error.problems]) from None


def _relocate(problem: Problem, temporary: str, folder: str) -> Problem:
    place = problem.location
    return replace(problem, location=replace(place, file=place.file.replace(temporary, folder)))
