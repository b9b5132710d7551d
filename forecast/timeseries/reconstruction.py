"""Months reconstructed from totals of years or quarters by a recipe, and marked as such."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.errors import InputError, Location, Problem, closest_match, has_enough_problems, raise_if_problems
from forecast.files.csv import CsvCell, check_columns, read_csv
from forecast.files.csv_numbers import decimal_mark, parse_number_cell
from forecast.files.encoding import decode_text
from forecast.files.paths import (
    display_path,
    find_project,
    read_regular_file,
    reserved_part,
    resolve_in_project,
    suggest_name,
)
from forecast.i18n.listing import list_names
from forecast.periods import SEASON_MONTHS, Calendar, format_month
from forecast.plan.shocks import Event
from forecast.stats.disaggregation import DEFAULT_METHOD, DISAGGREGATION_METHODS, round_to_totals
from forecast.timeseries.interventions import build_intervention
from forecast.timeseries.models.moving_holidays import TET_DAYS_BEFORE, TET_DAYS_OFF, TET_HOLIDAY

__all__ = ["read_recipe", "reconstruct"]

RECONSTRUCTED_COLUMNS = ("month", "service", "revenue", "status")
RECIPE_KEYS = {"shocks_of", "season", "to"}
RECIPE_PERIODS = {"annual": ("year", 12), "quarterly": ("quarter", 3)}
"""Key of the totals in a recipe -> the column of their period, and its months."""
MIN_TOTALS_FOR_REGRESSION = 3
"""Totals that a regression on an indicator and a constant needs."""
MAX_LISTED_RECONSTRUCTED_MONTHS, MAX_QUOTED_CHARACTERS = 12, 40
"""Months that a message lists, and length at which it cuts a text of the user."""
MAX_WEIGHT = 1e9
"""Size of a weight or a change; a season has weights of one size."""
MAX_RECIPE_PATH_CHARACTERS = 500
"""Characters of a path in a recipe, as in a plan."""
TOTALS_YEARS = range(1900, 2201)
"""Years that totals may be of, as in a plan."""


@dataclass(frozen=True)
class RecipeSeason:
    """Season of an ordinary year of a service."""

    weights: tuple[float, ...]
    """From January to December."""
    before_tet: float
    """Change of a day's trade in the 21 days before Tết."""
    holiday: float
    """Change of a day's trade in the holiday."""

    def indicator(self, calendar: Calendar) -> Floats:
        """(months,): weight of each month, Tết where it falls."""
        n_days = np.array([TET_DAYS_BEFORE, TET_DAYS_OFF[1] - TET_DAYS_OFF[0]])
        day_share = TET_HOLIDAY(calendar) * n_days / calendar.days[:, None]
        ordinary = np.array(self.weights)[np.array(calendar.months) % SEASON_MONTHS]
        indicator: Floats = ordinary * (1 + day_share @ np.array([self.before_tet, self.holiday]))
        return indicator


@dataclass(frozen=True)
class Recipe:
    """Inputs of a reconstruction."""

    totals: Mapping[str, Mapping[int, float]]
    """Service -> period -> amount, consecutive; a period is its first month / `months_per_period`, so a year is
    itself."""
    seasons: Mapping[str, RecipeSeason]
    shocks: Mapping[str, Event]
    output_path: Path
    months_per_period: int = 12
    """Months of a period."""
    method: str = DEFAULT_METHOD
    """Name in `DISAGGREGATION_METHODS`."""


def read_recipe(path: Path, method: str | None = None) -> Recipe:
    """Read a recipe (JSON): `annual` or `quarterly` a CSV, `season` by service, `shocks_of` a plan, `to` the output.

    Parameters
    ----------
    path : Path
        The recipe.
    method : str, optional
        Name in `DISAGGREGATION_METHODS`; by default that of the recipe, or Denton-Cholette.

    Returns
    -------
    Recipe
        Totals, seasons, shocks and method.

    Raises
    ------
    InputError
        A key is missing, a file cannot be read, a path leads out of the project, or `to` is a file with other rows than
        those of a reconstruction.
    """
    from forecast.plan.loading.loader import read

    top = Location(display_path(path))
    content = _read_json(path, top)
    totals_key = _totals_key(content, top)
    raise_if_problems(_path_problems(content, (totals_key, "shocks_of", "to"), top))
    output_path = _output_path(content["to"], path.parent, top)
    project = find_project(path.parent)
    totals_path = resolve_in_project(content[totals_key], path.parent, project, top, totals_key)
    method = _parse_method(method or content.get("method", DEFAULT_METHOD), top)
    totals = _read_totals(totals_path, *RECIPE_PERIODS[totals_key])
    raise_if_problems(_short_totals_problems(totals, method, top))
    seasons = _parse_seasons(content["season"], totals, top)
    history = read(path.parent / content["shocks_of"]).history
    return Recipe(
        totals=totals,
        seasons=seasons,
        shocks=history.shocks if history else {},
        output_path=output_path,
        months_per_period=RECIPE_PERIODS[totals_key][1],
        method=method,
    )


def _read_json(path: Path, top: Location) -> dict[str, Any]:
    """The content of a recipe; InputError where it is not JSON."""
    try:
        content: dict[str, Any] = json.loads(decode_text(read_regular_file(path, top, ""), top.file))
    except (ValueError, RecursionError) as fault:
        line, column = getattr(fault, "lineno", 1), getattr(fault, "colno", 1)
        raise InputError.of(Location(top.file, line, column), "", "recipe_not_json") from None
    return content


def _totals_key(content: dict[str, Any], top: Location) -> str:
    """The key of the totals in a recipe; InputError where a key is missing or there are two totals."""
    keys = set(content if isinstance(content, dict) else ())
    totals_keys = sorted(keys & set(RECIPE_PERIODS))
    if missing := sorted(RECIPE_KEYS - keys) + ([] if totals_keys else ["annual"]):
        raise InputError.of(top, "", "recipe_lacks", keys=", ".join(missing))
    if len(totals_keys) > 1:
        raise InputError.of(top, "", "recipe_two_totals", keys=", ".join(totals_keys))
    return totals_keys[0]


def _output_path(name: str, folder: Path, top: Location) -> Path:
    """The file that a recipe writes; InputError outside its project, and where it would replace no reconstruction."""
    resolve_in_project(name, folder, find_project(folder), top, "to")
    path = folder / name
    if reserved := reserved_part(path):
        raise InputError.of(top, "to", "reserved_name", name=reserved, instead=suggest_name(reserved))
    if os.path.lexists(path) and not _is_reconstruction(path):
        raise InputError.of(top, "to", "recipe_output_taken", file=display_path(path))
    return path


def _is_reconstruction(path: Path) -> bool:
    """True where a file has the columns that `reconstruct` writes, and no row of another status."""
    if path.is_symlink() or not path.is_file():
        return False
    with suppress(OSError, UnicodeDecodeError):
        header, *rows = path.read_text(encoding="utf-8").splitlines() or [""]
        return header == ",".join(RECONSTRUCTED_COLUMNS) and all(row.endswith(",reconstructed") for row in rows)
    return False


def _path_problems(content: Mapping[str, Any], keys: tuple[str, ...], top: Location) -> list[Problem]:
    """Problems of keys that hold no path."""
    texts = {key: content[key] for key in keys}
    return [
        Problem.of(top, key, "recipe_path", text=json.dumps(text)[:MAX_QUOTED_CHARACTERS])
        for key, text in texts.items()
        if not isinstance(text, str) or not text.strip() or "\0" in text or len(text) > MAX_RECIPE_PATH_CHARACTERS
    ]


def _short_totals_problems(totals: Mapping[str, Mapping[int, float]], method: str, top: Location) -> list[Problem]:
    """Services with fewer totals than a regression needs."""
    if method in ("denton", DEFAULT_METHOD):
        return []
    params = {"method": method, "needed": MIN_TOTALS_FOR_REGRESSION, "instead": DEFAULT_METHOD}
    return [
        Problem.of(top, "method", "recipe_short", service=service, count=len(periods), **params)
        for service, periods in totals.items()
        if len(periods) < MIN_TOTALS_FOR_REGRESSION
    ]


def _parse_method(name: object, top: Location) -> str:
    """The method of a name; InputError where there is none."""
    text = str(name)
    if text not in DISAGGREGATION_METHODS:
        closest = closest_match(text, DISAGGREGATION_METHODS, 0.4) or DEFAULT_METHOD
        params = {"text": text[:MAX_QUOTED_CHARACTERS], "known": ", ".join(DISAGGREGATION_METHODS), "instead": closest}
        raise InputError.of(top, "method", "recipe_method", **params)
    return text


def reconstruct(recipe: Recipe) -> str:
    """Reconstruct the months of every service.

    Parameters
    ----------
    recipe : Recipe
        From `read_recipe`.

    Returns
    -------
    str
        CSV, in whole units of currency; each period's sum is its total exactly.

    Raises
    ------
    InputError
        The method leaves a month at or below zero.

    References
    ----------
    Dagum and Cholette (2006), Benchmarking, Temporal Distribution, and Reconciliation Methods for Time Series.
    """
    rows, problems = [], []
    location = Location(display_path(recipe.output_path))
    for service in sorted(recipe.totals):
        calendar, values = _reconstruct_service(recipe, service)
        months = [format_month(month) for month in calendar.months]
        if low := [month for month, value in zip(months, values, strict=True) if value <= 0]:
            listed = ", ".join(low[:MAX_LISTED_RECONSTRUCTED_MONTHS])
            params = {"method": recipe.method, "service": service, "months": listed, "instead": DEFAULT_METHOD}
            problems.append(Problem.of(location, service, "recipe_not_above_zero", **params))
        rows += [(month, service, f"{value:.0f}") for month, value in zip(months, values, strict=True)]
    raise_if_problems(problems)
    lines = [",".join((*row, "reconstructed")) for row in sorted(rows)]
    return "\n".join([",".join(RECONSTRUCTED_COLUMNS), *lines]) + "\n"


def _reconstruct_service(recipe: Recipe, service: str) -> tuple[Calendar, Floats]:
    """Months of a service and their amounts (months,)."""
    periods = sorted(recipe.totals[service])
    calendar = Calendar(recipe.months_per_period * periods[0], recipe.months_per_period * len(periods))
    totals = np.array([recipe.totals[service][period] for period in periods])
    shocks = build_intervention(recipe.shocks, service, calendar, ("volume", "price", "revenue"))
    indicator = shocks.matrix @ recipe.seasons[service].indicator(calendar)
    return calendar, round_to_totals(DISAGGREGATION_METHODS[recipe.method](totals, indicator), totals)


def _read_totals(path: Path, column: str, months_per_period: int) -> dict[str, dict[int, float]]:
    """Service -> period -> total; InputError when a period is missing, doubled or not one."""
    problems: list[Problem] = []
    table = read_csv(str(path), problems, (column, "service", "revenue"))
    problems += check_columns(table, (column, "service", "revenue"), ("source", "grade", "note", "currency"))
    raise_if_problems(problems)
    totals: dict[str, dict[int, float]] = {}
    cells: dict[str, CsvCell] = {}
    mark = decimal_mark(table, "revenue")
    for row in table.rows:
        if has_enough_problems(problems):
            break
        cell, service, revenue = row[column], row["service"].text, row["revenue"]
        amount = parse_number_cell(revenue, "revenue", problems, mark)
        period = _parse_period(cell.text, months_per_period)
        if period is None:
            text = cell.text[:MAX_QUOTED_CHARACTERS]
            problems.append(Problem.of(cell.location, column, f"totals_{column}", text=text))
            continue
        if period in totals.setdefault(service, {}):
            params = {"period": _period_text(period, months_per_period), "service": service}
            problems.append(Problem.of(cell.location, column, "totals_twice", **params))
        if amount <= 0 or amount != round(amount):
            text = revenue.text[:MAX_QUOTED_CHARACTERS]
            problems.append(Problem.of(revenue.location, "revenue", "totals_amount", text=text))
        totals[service][period] = amount
        cells[service] = cell
    for service, periods in totals.items():
        if missing := sorted(set(range(min(periods), max(periods))) - set(periods)):
            texts = (_period_text(period, months_per_period) for period in missing)
            listed = list_names(texts, MAX_LISTED_RECONSTRUCTED_MONTHS)
            params = {"service": service, "periods": listed}
            problems.append(Problem.of(cells[service].location, column, "totals_gap", **params))
    raise_if_problems(problems)
    return totals


def _parse_period(text: str, months_per_period: int) -> int | None:
    """`2020`, or `2020-Q3`, as first month / `months_per_period`; None where it is neither."""
    pattern = r"([0-9]{4})" if months_per_period == SEASON_MONTHS else r"([0-9]{4})[- ]?[Qq]([1-4])"
    match = re.fullmatch(pattern, text)
    if match is None or int(match[1]) not in TOTALS_YEARS:
        return None
    return int(match[1]) if months_per_period == SEASON_MONTHS else 4 * int(match[1]) + int(match[2]) - 1


def _period_text(period: int, months_per_period: int) -> str:
    """The period as it is written: `2020`, or `2020-Q3`."""
    return str(period) if months_per_period == SEASON_MONTHS else f"{period // 4}-Q{period % 4 + 1}"


def _recipe_number(content: object) -> float:
    """A number of JSON; TypeError for a text, true or false."""
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise TypeError(content)
    return float(content)


def _parse_seasons(
    content: object, totals: Mapping[str, Mapping[int, float]], top: Location
) -> dict[str, RecipeSeason]:
    """The season of each service; InputError when one is missing or is not twelve weights above zero."""
    problems, seasons = [], {}
    for service in sorted(totals):
        fields = content.get(service) if isinstance(content, dict) else None
        try:
            season = RecipeSeason(
                tuple(map(_recipe_number, fields["weights"])),  # type: ignore[index]
                _recipe_number(fields["before_tet"]),  # type: ignore[index]
                _recipe_number(fields["holiday"]),  # type: ignore[index]
            )
            figures = (*season.weights, season.before_tet, season.holiday)
            is_positive = min(season.weights) > 0 and min(season.before_tet, season.holiday) > -1
            if not isinstance(fields["weights"], list):  # type: ignore[index]
                raise TypeError(service)
            if len(season.weights) != SEASON_MONTHS or not is_positive or max(map(abs, figures)) > MAX_WEIGHT:
                raise ValueError(service)
        except (TypeError, KeyError, ValueError, OverflowError):
            problems.append(Problem.of(top, f"season.{service}", "recipe_season", service=service))
        else:
            seasons[service] = season
    raise_if_problems(problems)
    return seasons
