"""Months made from annual totals, marked as reconstructed, by a recipe that stands beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.chance import Floats
from forecast.csv_file import Cell, check_columns, number_in, raise_if_any, read_csv, shown
from forecast.disaggregate import denton, whole
from forecast.errors import Complaint, InputError, Where
from forecast.months import Calendar, month_text
from forecast.past_shocks import disturbance
from forecast.shocks.event import Event
from forecast.tet import BEFORE, HOLIDAY, tet

COLUMNS = ("month", "service", "revenue", "status")
KEYS = {"annual", "shocks_of", "season", "to"}


@dataclass(frozen=True)
class Season:
    """What an ordinary year of a service looks like."""

    weights: tuple[float, ...]
    """From January to December."""
    before_tet: float
    """Change of a day's trade in the 21 days before Tết."""
    holiday: float
    """Change of a day's trade in the holiday."""

    def indicator(self, calendar: Calendar) -> Floats:
        """Weight of each month, Tết where it falls, shape (months,)."""
        share = tet(calendar) * np.array([BEFORE, HOLIDAY[1] - HOLIDAY[0]]) / calendar.days[:, None]
        ordinary = np.array(self.weights)[np.array(calendar.months) % 12]
        indicator: Floats = ordinary * (1 + share @ np.array([self.before_tet, self.holiday]))
        return indicator


@dataclass(frozen=True)
class Recipe:
    """All that a reconstruction is made of."""

    totals: Mapping[str, Mapping[int, float]]
    """Service -> year -> amount, consecutive years."""
    seasons: Mapping[str, Season]
    shocks: Mapping[str, Event]
    to: Path


def read_recipe(path: Path) -> Recipe:
    """Read a recipe (JSON): `annual` a CSV, `season` by service, `shocks_of` a plan, `to` the file to make.

    InputError names what is missing or cannot be read.
    """
    from forecast.reader import read

    top = Where(shown(str(path)))
    try:
        written: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError.of(top, "", "csv_not_found") from None
    except ValueError as wrong:
        line, column = getattr(wrong, "lineno", 1), getattr(wrong, "colno", 1)
        raise InputError.of(Where(top.file, line, column), "", "recipe_not_json") from None
    if missing := sorted(KEYS - set(written if isinstance(written, dict) else ())):
        raise InputError.of(top, "", "recipe_lacks", keys=", ".join(missing))
    totals = _totals(path.parent / written["annual"])
    seasons = _seasons(written["season"], totals, top)
    history = read(path.parent / written["shocks_of"]).history
    return Recipe(totals, seasons, history.shocks if history else {}, path.parent / written["to"])


def reconstruct(recipe: Recipe) -> str:
    """The months of every service as CSV text; each year's sum is its total exactly, in whole units of currency."""
    rows = []
    for service in sorted(recipe.totals):
        years = sorted(recipe.totals[service])
        calendar = Calendar(12 * years[0], 12 * len(years))
        totals = np.array([recipe.totals[service][year] for year in years])
        shocks = disturbance(recipe.shocks, service, calendar, ("volume", "price", "revenue"))
        indicator = shocks.matrix @ recipe.seasons[service].indicator(calendar)
        months = whole(denton(totals, indicator), totals)
        rows += [(month_text(m), service, f"{value:.0f}") for m, value in zip(calendar.months, months, strict=True)]
    lines = [",".join((*row, "reconstructed")) for row in sorted(rows)]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def _totals(path: Path) -> dict[str, dict[int, float]]:
    """Annual totals by service; InputError when a year is missing, doubled or no year."""
    complaints: list[Complaint] = []
    table = read_csv(str(path), complaints)
    complaints += check_columns(table, ("year", "service", "revenue"), ("source", "grade", "note", "currency"))
    raise_if_any(complaints)
    found: dict[str, dict[int, float]] = {}
    places: dict[str, Cell] = {}
    for row in table.rows:
        year, service = row["year"], row["service"].text
        revenue = row["revenue"]
        amount = number_in(revenue, "revenue", complaints)
        if not (year.text.isascii() and year.text.isdigit() and len(year.text) == 4):
            complaints.append(Complaint.of(year.where, "year", "totals_year", text=year.text[:40]))
            continue
        if int(year.text) in found.setdefault(service, {}):
            complaints.append(Complaint.of(year.where, "year", "totals_year_twice", year=year.text, service=service))
        if amount <= 0 or amount != round(amount):
            complaints.append(Complaint.of(revenue.where, "revenue", "totals_amount", text=revenue.text[:40]))
        found[service][int(year.text)] = amount
        places[service] = year
    for service, years in found.items():
        if missing := sorted(set(range(min(years), max(years))) - set(years)):
            facts = {"service": service, "years": ", ".join(map(str, missing))}
            complaints.append(Complaint.of(places[service].where, "year", "totals_gap", **facts))
    raise_if_any(complaints)
    return found


def _seasons(written: object, totals: Mapping[str, Mapping[int, float]], top: Where) -> dict[str, Season]:
    """The season of each service; InputError when one is missing or is not twelve weights above zero."""
    complaints, found = [], {}
    for service in sorted(totals):
        content = written.get(service) if isinstance(written, dict) else None
        try:
            season = Season(
                tuple(float(weight) for weight in content["weights"]),  # type: ignore[index]
                float(content["before_tet"]),  # type: ignore[index]
                float(content["holiday"]),  # type: ignore[index]
            )
            if len(season.weights) != 12 or min(season.weights) <= 0 or min(season.before_tet, season.holiday) <= -1:
                raise ValueError(service)
        except (TypeError, KeyError, ValueError):
            complaints.append(Complaint.of(top, f"season.{service}", "recipe_season", service=service))
        else:
            found[service] = season
    raise_if_any(complaints)
    return found


def refreshed(package: Path) -> str:
    """A data package (JSON) with the size and the hash of each of its files as they are now."""
    about: dict[str, Any] = json.loads(package.read_text(encoding="utf-8"))
    for resource in about["resources"]:
        content = (package.parent / resource["path"]).read_bytes()
        resource["bytes"] = len(content)
        resource["hash"] = "sha256:" + hashlib.sha256(content).hexdigest()
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"
