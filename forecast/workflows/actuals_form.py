"""Sheet for actual figures in the workbook of a plan: which rows it has, and how it is found again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from forecast.errors import OutputError
from forecast.files.workbook import Sheet
from forecast.history.actuals.figures import choose_measure
from forecast.history.actuals.grid import Grid
from forecast.history.ledger_entries import open_ledger
from forecast.i18n import Translator
from forecast.plan.accounts import account_measures, ledger_accounts
from forecast.plan.labels import display_label
from forecast.plan.scenario import Scenario
from forecast.reports.workbook.actuals_sheet import (
    ACTUALS_HEAD_ROW,
    BOOKED_DAY_ROW,
    FIRST_ACTUALS_COLUMN,
    ActualsForm,
    ActualsRow,
    find_actuals_sheet,
)
from forecast.simulation.closed_year import find_closed_months
from forecast.timeseries.baseline import Baseline

__all__ = ["actuals_form", "require_no_figures"]


def actuals_form(scenario: Scenario, baseline: Baseline, t: Translator) -> ActualsForm | None:
    """Find the rows and months of the sheet for actual figures.

    Parameters
    ----------
    scenario : Scenario
        A plan with a ledger.
    baseline : Baseline
        Its fitted baseline with its books.
    t : Translator
        Language of the rows.

    Returns
    -------
    ActualsForm, optional
        Services, and where the ledger may hold them costs and people; months that are not closed. None where all are.
    """
    horizon = scenario.horizon.calendar
    closed = find_closed_months(scenario.service_names, horizon, baseline)
    months = [month for month in horizon.months if month not in closed]
    money = t("unit_vnd") if scenario.currency == "VND" else scenario.currency
    rows = tuple(_rows(scenario, baseline, money, t))
    return ActualsForm(rows, months, money) if months and rows else None


def _rows(scenario: Scenario, baseline: Baseline, money: str, t: Translator) -> Iterator[ActualsRow]:
    """The rows, each with a text that is read as its measure."""
    assert scenario.history is not None  # so is every caller's
    grid = Grid(Sheet("", "", ()), account_measures(scenario))
    is_long = open_ledger(Path(scenario.history.file), scenario.currency, ledger_accounts(scenario)).form == "long"
    measures = [
        f"{kind}.{name}"
        for name in scenario.service_names
        for kind in (("volume", "price") if baseline.services[name].measured == "volume" else ("revenue",))
    ]
    measures += [f"cost.{name}" for name in sorted(scenario.costs)] if is_long else []
    for measure in measures:
        text = _row_text(scenario, measure, grid, t)
        if text:
            yield ActualsRow(text, measure, _unit(scenario, measure, money, t))
    if is_long and scenario.workforce is not None:
        yield ActualsRow(t("excel_actuals_headcount"), "headcount", t("unit_people"))


def _row_text(scenario: Scenario, measure: str, grid: Grid, t: Translator) -> str:
    """The first text for people that is read as a measure; empty where none is."""
    kind, _, name = measure.partition(".")
    table = "costs" if kind == "cost" else "services"
    label = display_label(scenario, f"{table}.{name}").in_language(t.language)
    plain = (label, name) if kind in ("revenue", "cost") else ()
    texts = (*plain, *(t(f"excel_actuals_{kind}", name=each) for each in (label, name)))
    return next((text for text in texts if choose_measure(*grid.account(text)) == measure), "")


def _unit(scenario: Scenario, measure: str, money: str, t: Translator) -> str:
    kind, _, name = measure.partition(".")
    if kind != "volume":
        return money
    unit = scenario.services[name].unit
    return "" if unit is None else unit.in_language(t.language)


def require_no_figures(sheets: Sequence[Sheet]) -> None:
    """Refuse to write over figures of accountants.

    Parameters
    ----------
    sheets : sequence of Sheet
        Of the workbook that stands where another one is to be written.

    Raises
    ------
    OutputError
        A cell of the sheet for actual figures is filled.
    """
    sheet = find_actuals_sheet(sheets)
    for row, cells in enumerate(sheet.rows if sheet is not None else ()):
        first = FIRST_ACTUALS_COLUMN if row > ACTUALS_HEAD_ROW else 1 if row == BOOKED_DAY_ROW else len(cells)
        for column, value in enumerate(cells[first:], first):
            if sheet is not None and value != "":
                place = sheet.location(row, column)
                raise OutputError("excel_has_figures", path=place.file, cell=place.cell)
