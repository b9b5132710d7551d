"""The table of limits in docs/language.md, from the constants that hold them."""

from __future__ import annotations

from forecast.cli.options import MAX_PATHS, MAX_SEED, MAX_WORKERS, MIN_PATHS
from forecast.files.csv import MAX_CSV_BYTES, MAX_CSV_COLUMNS, MAX_CSV_ROWS
from forecast.files.paths import MAX_PLAN_BYTES
from forecast.files.stored_json import MAX_JSON_BYTES, MAX_JSON_DEPTH
from forecast.files.workbook_xlsx import MAX_COLUMNS_PER_SHEET, MAX_ROWS_PER_SHEET, MAX_SHEETS
from forecast.files.yaml import MAX_DEPTH, MAX_EVENTS
from forecast.plan.checks.correlations import MAX_CORRELATED_NAMES
from forecast.plan.checks.size import (
    MAX_BYTES,
    MAX_EVENTS_OF_PATH,
    MAX_PLACE_SERVICES,
    MAX_RUN_BYTES,
    MAX_TARGETS,
)
from forecast.plan.expressions import MAX_EXPRESSION_CHARS
from forecast.plan.geography import MAX_PLACES
from forecast.plan.loading.layers import MAX_GENERATIONS, MAX_TOTAL_PLAN_BYTES
from forecast.plan.loading.loader import MAX_CASE_NODES, MAX_CASES
from forecast.plan.scenario import MAX_HORIZON_MONTHS
from forecast.timeseries.checks import MAX_HISTORY_MONTHS

LIMITS = (
    ("a file of a plan", f"{MAX_PLAN_BYTES // 1024} kB, {MAX_EVENTS:,} values and marks, {MAX_DEPTH} levels"),
    ("a plan with all it extends", f"{MAX_TOTAL_PLAN_BYTES // 1024} kB, {MAX_GENERATIONS} generations"),
    ("one value", f"{MAX_EXPRESSION_CHARS:,} characters"),
    ("`horizon`", f"{MAX_HORIZON_MONTHS} months"),
    ("services, months and shocks", f"{MAX_BYTES / 1e9:.2f} GB of arrays in the smallest run"),
    ("the same with the paths of a run", f"{MAX_RUN_BYTES / 1e9:.0f} GB of arrays"),
    ("`paths`", f"{MIN_PATHS} to {MAX_PATHS:,}"),
    ("`seed`", f"0 to {MAX_SEED:,}"),
    ("`--workers`", f"{MAX_WORKERS}"),
    ("`targets`", f"{MAX_TARGETS}"),
    ("`cases`", f"{MAX_CASES}, and {MAX_CASE_NODES:,} values of all cases together"),
    ("names in `correlations`", f"{MAX_CORRELATED_NAMES}"),
    ("random events of one path", f"{MAX_EVENTS_OF_PATH} on average over the horizon"),
    ("`places`", f"{MAX_PLACES:,}, and {MAX_PLACE_SERVICES:,} pairs of a listed place and a service"),
    ("a CSV file", f"{MAX_CSV_BYTES // 2**20} MB, {MAX_CSV_ROWS:,} rows, {MAX_CSV_COLUMNS:,} columns"),
    ("the history of a service", f"{MAX_HISTORY_MONTHS} months"),
    ("a sheet of a workbook", f"{MAX_ROWS_PER_SHEET:,} rows, {MAX_COLUMNS_PER_SHEET:,} columns; {MAX_SHEETS} sheets"),
    ("a manifest or summary that is read back", f"{MAX_JSON_BYTES // 2**20} MB, {MAX_JSON_DEPTH} levels"),
)
"""Where a limit holds, and the limit."""


def limits_table() -> str:
    """The table as Markdown."""
    rows = [f"| {name} | {limit} |" for name, limit in LIMITS]
    return "\n".join(["| where | at most |", "|---|---|", *rows, ""])
