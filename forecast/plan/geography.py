"""The list of places: a CSV that is read strictly or not at all.

Columns: place and district (codes), and if wanted name, district_name, weight, or weight.SERVICE for single services.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Problem, closest_match
from forecast.files.csv import CsvCell, CsvFile, CsvRow, check_columns, parse_number_cell, raise_if_problems, read_csv

MAX_PLACES = 12_000
PLACE_CODE = re.compile(r"\w[\w .\-/]{0,39}")
OPTIONAL_PLACE_COLUMNS = ("name", "district_name", "weight", "source", "grade", "note")
"""Columns that may stand beside the codes."""


def read_places(path: str, services: Sequence[str], equal: bool = False) -> Geography:
    """Read a list of places; InputError with every complaint at once.

    `equal` refuses weights. The order of the rows says nothing: places are taken in order of their codes, district
    after district.
    """
    complaints: list[Problem] = []
    table = read_csv(path, complaints)
    own = tuple(column for column in table.columns if column.startswith("weight."))
    columns = check_columns(table, ("place", "district"), (*OPTIONAL_PLACE_COLUMNS, *own))
    columns += _unknown_service_problems(table, own, services)
    if len(table.rows) > MAX_PLACES:
        facts = {"count": len(table.rows), "most": MAX_PLACES}
        columns.append(Problem.of(table.location, "place", "places_too_many", **facts))
    if columns:
        raise InputError([*columns, *complaints])
    districts: dict[str, str] = {}
    names: dict[str, str] = {}
    seen: dict[str, CsvCell] = {}
    for row in table.rows:
        complaints += _code_problems(row, seen)
        districts[row["place"].text] = row["district"].text
        complaints += _collect_names(row, names)
    complaints += _shared_code_problems(table.rows, seen)
    columns_of = {service: _weight_column(service, table.columns) for service in services}
    read = {column: _read_weights(table, column, equal, complaints) for column in sorted(set(columns_of.values()))}
    raise_if_problems(complaints)
    return build_geography(districts, names, {service: read[columns_of[service]] for service in services}, table.digest)


def _unknown_service_problems(table: CsvFile, own: Sequence[str], services: Sequence[str]) -> list[Problem]:
    """Complaints about weights of services that the plan does not have."""
    wrong = []
    for column in own:
        name = column.removeprefix("weight.")
        if name not in services:
            near = closest_match(name, services) or ", ".join(services)
            wrong.append(Problem.of(table.location, column[:80], "places_no_service", name=name[:60], instead=near))
    return wrong


def _weight_column(service: str, columns: Sequence[str]) -> str:
    own = f"weight.{service}"
    return own if own in columns else "weight"


def _code_problems(row: CsvRow, seen: dict[str, CsvCell]) -> list[Problem]:
    """Complaints about the codes of one row; a place stands once."""
    wrong = []
    for column in ("place", "district"):
        cell = row[column]
        if not PLACE_CODE.fullmatch(cell.text):
            wrong.append(Problem.of(cell.location, column, "places_code", text=cell.text[:40]))
    place = row["place"]
    if place.text in seen:
        facts = {"place": place.text[:40], "line": seen[place.text].location.line}
        wrong.append(Problem.of(place.location, "place", "places_twice", **facts))
    seen.setdefault(place.text, place)
    return wrong


def _collect_names(row: CsvRow, names: dict[str, str]) -> list[Problem]:
    """Keep the names of a row; a district has one name."""
    wrong = []
    for column, code in (("name", row["place"].text), ("district_name", row["district"].text)):
        text = row[column].text if column in row else ""
        if text and names.setdefault(code, text) != text and column == "district_name":
            facts = {"district": code[:40], "first": names[code][:60], "second": text[:60]}
            wrong.append(Problem.of(row[column].location, column, "places_two_names", **facts))
    return wrong


def _shared_code_problems(rows: Sequence[CsvRow], seen: Mapping[str, CsvCell]) -> list[Problem]:
    """Complaints about codes that name a place and a district."""
    districts = dict.fromkeys(row["district"].text for row in rows)
    both = [code for code in districts if code in seen and PLACE_CODE.fullmatch(code)]
    return [Problem.of(seen[code].location, "place", "places_code_of_both", text=code) for code in both]


def _read_weights(table: CsvFile, column: str, equal: bool, complaints: list[Problem]) -> dict[str, float]:
    """The weight of each place in one column: 1 each where the column is absent or empty."""
    cells = [(row["place"].text, row[column]) for row in table.rows] if column in table.columns else []
    given = [cell for _, cell in cells if cell.text]
    if not given:
        return {row["place"].text: 1.0 for row in table.rows}
    if equal:
        complaints.append(Problem.of(given[0].location, column, "places_equal_and_weighed"))
    found = {place: parse_number_cell(cell, column, complaints) for place, cell in cells}
    for place, cell in cells:
        if found[place] < 0:
            complaints.append(Problem.of(cell.location, column, "places_weight_negative", text=cell.text[:40]))
    if not any(weight > 0 for weight in found.values()) and not complaints:
        complaints.append(Problem.of(table.location, column, "places_weights_zero"))
    return found


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
    """Whether the places differ in weight."""
    digest: str = ""
    """SHA-256 of the file."""
    ledger_status: str = ""
    """The weakest status of the ledger that gave the weights; nothing without one."""

    @property
    def count(self) -> int:
        """How many places."""
        return len(self.places)

    def weights(self, service: str) -> Floats:
        """(places,) shares of a service, which sum to 1."""
        return np.diff(self.cumulative_weight[service])

    def display_name(self, code: str) -> str:
        """What people call a place or a district."""
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
    """A terrain of places and their districts (place -> district), in whatever order they come.

    `weights` by service and place are put to a sum of 1; a service with the same weights as another shares its array.
    """
    places = sorted(rows, key=lambda place: (rows[place], place))
    districts: list[District] = []
    for row, place in enumerate(places):
        if not districts or districts[-1].code != rows[place]:
            districts.append(District(rows[place], row, row))
        districts[-1] = District(rows[place], districts[-1].start, row + 1)
    shared: dict[bytes, Floats] = {}
    before: dict[str, Floats] = {}
    for service in sorted(weights):
        own = np.array([weights[service][place] for place in places])
        running = np.concatenate([[0.0], np.cumsum(own) / own.sum()])
        running[-1] = 1.0
        if _is_uniform(own):
            running = np.arange(len(own) + 1) / len(own)
        before[service] = shared.setdefault(running.tobytes(), running)
    weighed = any(not _is_uniform(np.diff(running)) for running in before.values())
    return Geography(tuple(places), tuple(districts), dict(names), before, weighed, digest)


def _is_uniform(weights: Floats) -> bool:
    return bool(np.ptp(weights) <= 1e-12 * weights.max())
