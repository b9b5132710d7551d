"""Months made from totals of years or quarters, marked as reconstructed, by a recipe that stands beside them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Location, Problem, closest_match
from forecast.files.csv import CsvCell, check_columns, parse_number_cell, raise_if_problems, read_csv
from forecast.files.paths import display_path, read_regular_file
from forecast.periods import Calendar, format_month
from forecast.plan.shocks import Event
from forecast.stats.disaggregation import DEFAULT_METHOD, DISAGGREGATION_METHODS, round_to_totals
from forecast.timeseries.interventions import build_intervention
from forecast.timeseries.models.moving_holidays import TET_DAYS_BEFORE, TET_DAYS_OFF, TET_HOLIDAY

RECONSTRUCTED_COLUMNS = ("month", "service", "revenue", "status")
RECIPE_KEYS = {"shocks_of", "season", "to"}
RECIPE_PERIODS = {"annual": ("year", 12), "quarterly": ("quarter", 3)}
"""Key of the totals in a recipe -> the column of their period, and its months."""
MIN_TOTALS_FOR_REGRESSION = 3
"""Totals that a regression on an indicator and a constant needs."""


@dataclass(frozen=True)
class RecipeSeason:
    """What an ordinary year of a service looks like."""

    weights: tuple[float, ...]
    """From January to December."""
    before_tet: float
    """Change of a day's trade in the 21 days before Tết."""
    holiday: float
    """Change of a day's trade in the holiday."""

    def indicator(self, calendar: Calendar) -> Floats:
        """Weight of each month, Tết where it falls, shape (months,)."""
        share = (
            TET_HOLIDAY(calendar)
            * np.array([TET_DAYS_BEFORE, TET_DAYS_OFF[1] - TET_DAYS_OFF[0]])
            / calendar.days[:, None]
        )
        ordinary = np.array(self.weights)[np.array(calendar.months) % 12]
        indicator: Floats = ordinary * (1 + share @ np.array([self.before_tet, self.holiday]))
        return indicator


@dataclass(frozen=True)
class Recipe:
    """All that a reconstruction is made of."""

    totals: Mapping[str, Mapping[int, float]]
    """Service -> period -> amount, consecutive; a period is its first month / `per`, so a year is itself."""
    seasons: Mapping[str, RecipeSeason]
    shocks: Mapping[str, Event]
    output_path: Path
    months_per_period: int = 12
    """Months of a period."""
    method: str = DEFAULT_METHOD
    """Of `disaggregate.METHODS`."""


def read_recipe(path: Path, method: str | None = None) -> Recipe:
    """Read a recipe (JSON): `annual` or `quarterly` a CSV, `season` by service, `shocks_of` a plan, `to` what to make.

    `method` is that of the recipe, by default Denton-Cholette, unless given. InputError names what is missing or
    cannot be read.
    """
    from forecast.plan.loading.loader import read

    top = Location(display_path(path))
    try:
        written: dict[str, Any] = json.loads(read_regular_file(path, top, ""))
    except ValueError as wrong:
        line, column = getattr(wrong, "lineno", 1), getattr(wrong, "colno", 1)
        raise InputError.of(Location(top.file, line, column), "", "recipe_not_json") from None
    keys = set(written if isinstance(written, dict) else ())
    named = sorted(keys & set(RECIPE_PERIODS))
    if missing := sorted(RECIPE_KEYS - keys) + ([] if named else ["annual"]):
        raise InputError.of(top, "", "recipe_lacks", keys=", ".join(missing))
    if len(named) > 1:
        raise InputError.of(top, "", "recipe_two_totals", keys=", ".join(named))
    how = _parse_method(method or written.get("method", DEFAULT_METHOD), top)
    totals = _read_totals(path.parent / written[named[0]], *RECIPE_PERIODS[named[0]])
    if how not in ("denton", DEFAULT_METHOD):
        short = {
            service: len(periods) for service, periods in totals.items() if len(periods) < MIN_TOTALS_FOR_REGRESSION
        }
        facts = {"method": how, "needed": MIN_TOTALS_FOR_REGRESSION, "instead": DEFAULT_METHOD}
        raise_if_problems(
            [Problem.of(top, "method", "recipe_short", service=s, count=n, **facts) for s, n in short.items()]
        )
    seasons = _parse_seasons(written["season"], totals, top)
    history = read(path.parent / written["shocks_of"]).history
    shocks = history.shocks if history else {}
    return Recipe(totals, seasons, shocks, path.parent / written["to"], RECIPE_PERIODS[named[0]][1], how)


def _parse_method(name: object, top: Location) -> str:
    text = str(name)
    if text not in DISAGGREGATION_METHODS:
        instead = closest_match(text, DISAGGREGATION_METHODS, 0.4) or DEFAULT_METHOD
        facts = {"text": text[:40], "known": ", ".join(DISAGGREGATION_METHODS), "instead": instead}
        raise InputError.of(top, "method", "recipe_method", **facts)
    return text


def reconstruct(recipe: Recipe) -> str:
    """The months of every service as CSV text; each period's sum is its total exactly, in whole units of currency.

    InputError where the method leaves a month at or below zero.
    """
    rows, complaints = [], []
    for service in sorted(recipe.totals):
        periods = sorted(recipe.totals[service])
        calendar = Calendar(recipe.months_per_period * periods[0], recipe.months_per_period * len(periods))
        totals = np.array([recipe.totals[service][period] for period in periods])
        shocks = build_intervention(recipe.shocks, service, calendar, ("volume", "price", "revenue"))
        indicator = shocks.matrix @ recipe.seasons[service].indicator(calendar)
        months = round_to_totals(DISAGGREGATION_METHODS[recipe.method](totals, indicator), totals)
        if low := [format_month(m) for m, value in zip(calendar.months, months, strict=True) if value <= 0]:
            facts = {
                "method": recipe.method,
                "service": service,
                "months": ", ".join(low[:12]),
                "instead": DEFAULT_METHOD,
            }
            complaints.append(
                Problem.of(Location(display_path(recipe.output_path)), service, "recipe_not_above_zero", **facts)
            )
        rows += [(format_month(m), service, f"{value:.0f}") for m, value in zip(calendar.months, months, strict=True)]
    raise_if_problems(complaints)
    lines = [",".join((*row, "reconstructed")) for row in sorted(rows)]
    return "\n".join([",".join(RECONSTRUCTED_COLUMNS), *lines]) + "\n"


def _read_totals(path: Path, column: str, per: int) -> dict[str, dict[int, float]]:
    """Totals by service and period; InputError when a period is missing, doubled or none."""
    complaints: list[Problem] = []
    table = read_csv(str(path), complaints)
    complaints += check_columns(table, (column, "service", "revenue"), ("source", "grade", "note", "currency"))
    raise_if_problems(complaints)
    found: dict[str, dict[int, float]] = {}
    places: dict[str, CsvCell] = {}
    for row in table.rows:
        cell, service = row[column], row["service"].text
        revenue = row["revenue"]
        amount = parse_number_cell(revenue, "revenue", complaints)
        period = _parse_period(cell.text, per)
        if period is None:
            complaints.append(Problem.of(cell.location, column, f"totals_{column}", text=cell.text[:40]))
            continue
        if period in found.setdefault(service, {}):
            facts = {"period": _period_text(period, per), "service": service}
            complaints.append(Problem.of(cell.location, column, "totals_twice", **facts))
        if amount <= 0 or amount != round(amount):
            complaints.append(Problem.of(revenue.location, "revenue", "totals_amount", text=revenue.text[:40]))
        found[service][period] = amount
        places[service] = cell
    for service, periods in found.items():
        if missing := sorted(set(range(min(periods), max(periods))) - set(periods)):
            facts = {"service": service, "periods": ", ".join(_period_text(period, per) for period in missing)}
            complaints.append(Problem.of(places[service].location, column, "totals_gap", **facts))
    raise_if_problems(complaints)
    return found


def _parse_period(text: str, per: int) -> int | None:
    """`2020`, or `2020-Q3`, as first month / `per`; None where it is neither."""
    written = re.fullmatch(r"([0-9]{4})" if per == 12 else r"([0-9]{4})[- ]?[Qq]([1-4])", text)
    if written is None:
        return None
    return int(written[1]) if per == 12 else 4 * int(written[1]) + int(written[2]) - 1


def _period_text(period: int, per: int) -> str:
    return str(period) if per == 12 else f"{period // 4}-Q{period % 4 + 1}"


def _parse_seasons(
    written: object, totals: Mapping[str, Mapping[int, float]], top: Location
) -> dict[str, RecipeSeason]:
    """The season of each service; InputError when one is missing or is not twelve weights above zero."""
    complaints, found = [], {}
    for service in sorted(totals):
        content = written.get(service) if isinstance(written, dict) else None
        try:
            season = RecipeSeason(
                tuple(float(weight) for weight in content["weights"]),  # type: ignore[index]
                float(content["before_tet"]),  # type: ignore[index]
                float(content["holiday"]),  # type: ignore[index]
            )
            if len(season.weights) != 12 or min(season.weights) <= 0 or min(season.before_tet, season.holiday) <= -1:
                raise ValueError(service)
        except (TypeError, KeyError, ValueError):
            complaints.append(Problem.of(top, f"season.{service}", "recipe_season", service=service))
        else:
            found[service] = season
    raise_if_problems(complaints)
    return found


def refresh_package(package: Path) -> str:
    """A data package (JSON) with the size and the hash of each of its files as they are now."""
    about: dict[str, Any] = json.loads(package.read_text(encoding="utf-8"))
    for resource in about["resources"]:
        content = (package.parent / resource["path"]).read_bytes()
        resource["bytes"] = len(content)
        resource["hash"] = "sha256:" + hashlib.sha256(content).hexdigest()
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"
