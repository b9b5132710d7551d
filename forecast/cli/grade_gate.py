"""The gate of how much may rest on judgement: `--fail-above C=60%`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecast.errors import CheckError
from forecast.i18n.amounts import exact_percent, whole_percent
from forecast.i18n.listing import list_names

if TYPE_CHECKING:
    from forecast.cli.option_types import GradeGate
    from forecast.i18n import Translator

MAX_CARRYING_NAMES = 5
"""Assumptions that are named as carrying most of it."""


def check_judgement(
    t: Translator, scenario: str, grades: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]], gate: GradeGate
) -> None:
    """CheckError where more of the uncertainty rests on judgement than the gate allows, with what carries it."""
    params = _excess(t, scenario, grades, rows, gate)
    if params is not None:
        raise CheckError("judgement_above", **params)


def judgement_problem(
    t: Translator, scenario: str, grades: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]], gate: GradeGate
) -> str:
    """The sentence of the same error; empty where the gate is kept.

    `grades` and `rows` are those of `summary.json`, of `sensitivity`: `grades` and `fifths`.
    """
    params = _excess(t, scenario, grades, rows, gate)
    return "" if params is None else t("judgement_above", **params)


def _excess(
    t: Translator, scenario: str, grades: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]], gate: GradeGate
) -> dict[str, str] | None:
    share = grades["judgement"]["value"] if grades is not None else 0.0
    if share <= gate.share:
        return None
    judged = sorted((row for row in rows if row["grade"] == "C"), key=lambda row: -row["value"])
    names = list_names([row["name"] for row in judged], MAX_CARRYING_NAMES)
    return {
        "scenario": scenario,
        "names": names or "–",
        "share": whole_percent(share, t, gate.share),
        "limit": exact_percent(gate.share, t),
    }
