"""The list of places: a CSV that is read strictly or not at all.

Columns: place and district (codes), and if wanted name, district_name, weight, or weight.SERVICE for single services.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Problem, closest_match, has_enough_problems, raise_if_problems
from forecast.files.csv import CsvCell, CsvFile, CsvRow, check_columns, read_csv
from forecast.files.csv_numbers import decimal_mark, parse_number_cell

__all__ = ["District", "Geography", "build_geography", "read_places"]

MAX_PLACES = 12_000
PLACE_CODE = re.compile(r"\w[\w .\-/]{0,39}")
OPTIONAL_PLACE_COLUMNS = ("name", "district_name", "weight", "source", "grade", "note")
"""Columns that may stand beside the codes."""


def read_places(path: str, services: Sequence[str], equal: bool = False) -> Geography:
    """Read a list of places; their order in the file has no effect.

    Parameters
    ----------
    path : str
        A CSV file; the module says its columns.
    services : sequence of str
        Services of the plan.
    equal : bool, optional
        Whether the plan says that all places weigh the same, so that the file may give no weights.

    Returns
    -------
    Geography
        Places in order of their codes, district after district.

    Raises
    ------
    InputError
        The file is wrong: every problem at once.
    """
    problems: list[Problem] = []
    table = read_csv(path, problems, ("place", "district", *OPTIONAL_PLACE_COLUMNS))
    weight_columns = tuple(column for column in table.columns if column.startswith("weight."))
    column_problems = check_columns(table, ("place", "district"), (*OPTIONAL_PLACE_COLUMNS, *weight_columns))
    column_problems += _unknown_service_problems(table, weight_columns, services)
    if len(table.rows) > MAX_PLACES:
        params = {"count": len(table.rows), "most": MAX_PLACES}
        column_problems.append(Problem.of(table.location, "place", "places_too_many", **params))
    if column_problems:
        raise InputError([*column_problems, *problems])
    districts: dict[str, str] = {}
    names: dict[str, str] = {}
    first_cells: dict[str, CsvCell] = {}
    for row in table.rows:
        if has_enough_problems(problems):
            break
        problems += _code_problems(row, first_cells)
        districts[row["place"].text] = row["district"].text
        problems += _collect_names(row, names)
    problems += _shared_code_problems(table.rows, first_cells)
    columns_of = {service: _weight_column(service, table.columns) for service in services}
    weights = {column: _read_weights(table, column, equal, problems) for column in sorted(set(columns_of.values()))}
    raise_if_problems(problems)
    return build_geography(
        districts, names, {service: weights[columns_of[service]] for service in services}, table.digest
    )


def _unknown_service_problems(table: CsvFile, weight_columns: Sequence[str], services: Sequence[str]) -> list[Problem]:
    """Problems of weights of services that the plan does not have."""
    problems = []
    for column in weight_columns:
        name = column.removeprefix("weight.")
        if name not in services:
            suggestion = closest_match(name, services) or ", ".join(services)
            problems.append(
                Problem.of(table.location, column[:80], "places_no_service", name=name[:60], instead=suggestion)
            )
    return problems


def _weight_column(service: str, columns: Sequence[str]) -> str:
    column = f"weight.{service}"
    return column if column in columns else "weight"


def _code_problems(row: CsvRow, first_cells: dict[str, CsvCell]) -> list[Problem]:
    """Problems of the codes of one row; a place stands once."""
    problems = []
    for column in ("place", "district"):
        cell = row[column]
        if not PLACE_CODE.fullmatch(cell.text):
            problems.append(Problem.of(cell.location, column, "places_code", text=cell.text[:40]))
    place = row["place"]
    if place.text in first_cells:
        params = {"place": place.text[:40], "line": first_cells[place.text].location.line}
        problems.append(Problem.of(place.location, "place", "places_twice", **params))
    first_cells.setdefault(place.text, place)
    return problems


def _collect_names(row: CsvRow, names: dict[str, str]) -> list[Problem]:
    """Keep the names of a row; a district has one name."""
    problems = []
    for column, code in (("name", row["place"].text), ("district_name", row["district"].text)):
        text = row[column].text if column in row else ""
        if text and names.setdefault(code, text) != text and column == "district_name":
            params = {"district": code[:40], "first": names[code][:60], "second": text[:60]}
            problems.append(Problem.of(row[column].location, column, "places_two_names", **params))
    return problems


def _shared_code_problems(rows: Sequence[CsvRow], first_cells: Mapping[str, CsvCell]) -> list[Problem]:
    """Problems of codes that name a place and a district."""
    districts = dict.fromkeys(row["district"].text for row in rows)
    shared = [code for code in districts if code in first_cells and PLACE_CODE.fullmatch(code)]
    return [Problem.of(first_cells[code].location, "place", "places_code_of_both", text=code) for code in shared]


def _read_weights(table: CsvFile, column: str, equal: bool, problems: list[Problem]) -> dict[str, float]:
    """The weight of each place in one column: 1 each where the column is absent or empty."""
    cells = [(row["place"].text, row[column]) for row in table.rows] if column in table.columns else []
    filled = [cell for _, cell in cells if cell.text]
    if not filled:
        return {row["place"].text: 1.0 for row in table.rows}
    if equal:
        problems.append(Problem.of(filled[0].location, column, "places_equal_and_weighed"))
    mark = decimal_mark(table, column)
    weights = {place: parse_number_cell(cell, column, problems, mark) for place, cell in cells}
    for place, cell in cells:
        if weights[place] < 0:
            problems.append(Problem.of(cell.location, column, "places_weight_negative", text=cell.text[:40]))
    if not any(weight > 0 for weight in weights.values()) and not problems:
        problems.append(Problem.of(table.location, column, "places_weights_zero"))
    return weights


@dataclass(frozen=True)
class District:
    """Neighbours in the list: the rows from `start` up to `stop`."""

    code: str
    start: int
    stop: int


@dataclass(frozen=True)
class Geography:
    """The places of a plan, in order of district and place."""

    places: tuple[str, ...]
    """Their codes."""
    districts: tuple[District, ...]
    names: Mapping[str, str]
    """By code, of places and districts; a code without a name is its own."""
    cumulative_weight: Mapping[str, Floats]
    """By service, (places + 1,) what all places before a row weigh together, from 0 to 1."""
    is_weighted: bool
    """True when the places differ in weight."""
    digest: str = ""
    """SHA-256 of the file."""
    ledger_status: str = ""
    """The weakest status of the ledger that gave the weights; nothing without one."""
    ledger_digest: str = ""
    """SHA-256 of that ledger."""

    @property
    def count(self) -> int:
        """Number of places."""
        return len(self.places)

    def weights(self, service: str) -> Floats:
        """(places,) shares of a service, which sum to 1."""
        return np.diff(self.cumulative_weight[service])

    def display_name(self, code: str) -> str:
        """Name of a place or a district for people."""
        return self.names.get(code, code)

    def row_range(self, code: str) -> tuple[int, int]:
        """The rows of a place or of a district; KeyError when there is none of that code."""
        for district in self.districts:
            if district.code == code:
                return district.start, district.stop
        if code in self.places:
            row = self.places.index(code)
            return row, row + 1
        raise KeyError(code)


def build_geography(
    rows: Mapping[str, str], names: Mapping[str, str], weights: Mapping[str, Mapping[str, float]], digest: str = ""
) -> Geography:
    """Put places in order, and their weights as cumulative shares.

    Parameters
    ----------
    rows : mapping of str to str
        District of each place, in any order.
    names : mapping of str to str
        Display names by code, of places and districts.
    weights : mapping of str to mapping
        By service, the weight of each place; the sum need not be 1.
    digest : str, optional
        SHA-256 of the file.

    Returns
    -------
    Geography
        Services with the same weights share one array.
    """
    places = sorted(rows, key=lambda place: (rows[place], place))
    districts: list[District] = []
    for row, place in enumerate(places):
        if not districts or districts[-1].code != rows[place]:
            districts.append(District(rows[place], row, row))
        districts[-1] = District(rows[place], districts[-1].start, row + 1)
    shared: dict[bytes, Floats] = {}
    cumulative: dict[str, Floats] = {}
    for service in sorted(weights):
        service_weights = np.array([weights[service][place] for place in places])
        cumulated = np.concatenate([[0.0], np.cumsum(service_weights) / service_weights.sum()])
        cumulated[-1] = 1.0
        if _is_uniform(service_weights):
            cumulated = np.arange(len(service_weights) + 1) / len(service_weights)
        cumulative[service] = shared.setdefault(cumulated.tobytes(), cumulated)
    is_weighted = any(not _is_uniform(np.diff(cumulated)) for cumulated in cumulative.values())
    return Geography(tuple(places), tuple(districts), dict(names), cumulative, is_weighted, digest)


def _is_uniform(weights: Floats) -> bool:
    return bool(np.ptp(weights) <= 1e-12 * weights.max())
