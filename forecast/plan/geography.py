"""The list of places: a CSV that is read strictly or not at all.

Columns: place and district (codes), and if wanted name, district_name, weight, or weight.SERVICE for single services.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Complaint, InputError, nearest
from forecast.files.csv import Cell, CsvFile, Row, check_columns, number_in, raise_if_any, read_csv

MOST_PLACES = 12_000
CODE = re.compile(r"\w[\w .\-/]{0,39}")
ABOUT = ("name", "district_name", "weight", "source", "grade", "note")
"""Columns that may stand beside the codes."""


def read_places(path: str, services: Sequence[str], equal: bool = False) -> Terrain:
    """Read a list of places; InputError with every complaint at once.

    `equal` refuses weights. The order of the rows says nothing: places are taken in order of their codes, district
    after district.
    """
    complaints: list[Complaint] = []
    table = read_csv(path, complaints)
    own = tuple(column for column in table.columns if column.startswith("weight."))
    columns = check_columns(table, ("place", "district"), (*ABOUT, *own))
    columns += _of_no_service(table, own, services)
    if len(table.rows) > MOST_PLACES:
        facts = {"count": len(table.rows), "most": MOST_PLACES}
        columns.append(Complaint.of(table.where, "place", "places_too_many", **facts))
    if columns:
        raise InputError([*columns, *complaints])
    districts: dict[str, str] = {}
    names: dict[str, str] = {}
    seen: dict[str, Cell] = {}
    for row in table.rows:
        complaints += _codes(row, seen)
        districts[row["place"].text] = row["district"].text
        complaints += _names(row, names)
    complaints += _both(table.rows, seen)
    columns_of = {service: _column_of(service, table.columns) for service in services}
    read = {column: _weights(table, column, equal, complaints) for column in sorted(set(columns_of.values()))}
    raise_if_any(complaints)
    return terrain_of(districts, names, {service: read[columns_of[service]] for service in services}, table.digest)


def _of_no_service(table: CsvFile, own: Sequence[str], services: Sequence[str]) -> list[Complaint]:
    """Complaints about weights of services that the plan does not have."""
    wrong = []
    for column in own:
        name = column.removeprefix("weight.")
        if name not in services:
            near = nearest(name, services) or ", ".join(services)
            wrong.append(Complaint.of(table.where, column[:80], "places_no_service", name=name[:60], instead=near))
    return wrong


def _column_of(service: str, columns: Sequence[str]) -> str:
    own = f"weight.{service}"
    return own if own in columns else "weight"


def _codes(row: Row, seen: dict[str, Cell]) -> list[Complaint]:
    """Complaints about the codes of one row; a place stands once."""
    wrong = []
    for column in ("place", "district"):
        cell = row[column]
        if not CODE.fullmatch(cell.text):
            wrong.append(Complaint.of(cell.where, column, "places_code", text=cell.text[:40]))
    place = row["place"]
    if place.text in seen:
        facts = {"place": place.text[:40], "line": seen[place.text].where.line}
        wrong.append(Complaint.of(place.where, "place", "places_twice", **facts))
    seen.setdefault(place.text, place)
    return wrong


def _names(row: Row, names: dict[str, str]) -> list[Complaint]:
    """Keep the names of a row; a district has one name."""
    wrong = []
    for column, code in (("name", row["place"].text), ("district_name", row["district"].text)):
        text = row[column].text if column in row else ""
        if text and names.setdefault(code, text) != text and column == "district_name":
            facts = {"district": code[:40], "first": names[code][:60], "second": text[:60]}
            wrong.append(Complaint.of(row[column].where, column, "places_two_names", **facts))
    return wrong


def _both(rows: Sequence[Row], seen: Mapping[str, Cell]) -> list[Complaint]:
    """Complaints about codes that name a place and a district."""
    districts = dict.fromkeys(row["district"].text for row in rows)
    both = [code for code in districts if code in seen and CODE.fullmatch(code)]
    return [Complaint.of(seen[code].where, "place", "places_code_of_both", text=code) for code in both]


def _weights(table: CsvFile, column: str, equal: bool, complaints: list[Complaint]) -> dict[str, float]:
    """The weight of each place in one column: 1 each where the column is absent or empty."""
    cells = [(row["place"].text, row[column]) for row in table.rows] if column in table.columns else []
    given = [cell for _, cell in cells if cell.text]
    if not given:
        return {row["place"].text: 1.0 for row in table.rows}
    if equal:
        complaints.append(Complaint.of(given[0].where, column, "places_equal_and_weighed"))
    found = {place: number_in(cell, column, complaints) for place, cell in cells}
    for place, cell in cells:
        if found[place] < 0:
            complaints.append(Complaint.of(cell.where, column, "places_weight_negative", text=cell.text[:40]))
    if not any(weight > 0 for weight in found.values()) and not complaints:
        complaints.append(Complaint.of(table.where, column, "places_weights_zero"))
    return found


@dataclass(frozen=True)
class District:
    """Neighbours in the list: the rows from `start` up to `stop`."""

    code: str
    start: int
    stop: int


@dataclass(frozen=True)
class Terrain:
    """The places of a plan, in order of district and place."""

    places: tuple[str, ...]
    """Their codes."""
    districts: tuple[District, ...]
    names: Mapping[str, str]
    """By code, of places and districts; a code without a name is its own."""
    before: Mapping[str, Floats]
    """By service, (places + 1,) what all places before a row weigh together, from 0 to 1."""
    weighed: bool
    """Whether the places differ in weight."""
    digest: str = ""
    """SHA-256 of the file."""
    ledger: str = ""
    """The weakest status of the ledger that gave the weights; nothing without one."""

    @property
    def count(self) -> int:
        """How many places."""
        return len(self.places)

    def weights(self, service: str) -> Floats:
        """(places,) shares of a service, which sum to 1."""
        return np.diff(self.before[service])

    def name(self, code: str) -> str:
        """What people call a place or a district."""
        return self.names.get(code, code)

    def span(self, code: str) -> tuple[int, int]:
        """The rows of a place or of a district; KeyError when there is none of that code."""
        for district in self.districts:
            if district.code == code:
                return district.start, district.stop
        if code in self.places:
            row = self.places.index(code)
            return row, row + 1
        raise KeyError(code)


def terrain_of(
    rows: Mapping[str, str], names: Mapping[str, str], weights: Mapping[str, Mapping[str, float]], digest: str = ""
) -> Terrain:
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
        if _even(own):
            running = np.arange(len(own) + 1) / len(own)
        before[service] = shared.setdefault(running.tobytes(), running)
    weighed = any(not _even(np.diff(running)) for running in before.values())
    return Terrain(tuple(places), tuple(districts), dict(names), before, weighed, digest)


def _even(weights: Floats) -> bool:
    return bool(np.ptp(weights) <= 1e-12 * weights.max())
