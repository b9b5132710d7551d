"""Table of sums of months: coverage and scores of months, quarters, half years and years at past origins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent
from forecast.reports.content.tables import Table
from forecast.reports.content.text import sentence_case
from forecast.timeseries.evaluation.sums import MIN_SUMS, SumAccuracy

__all__ = ["sum_rows", "summarise_sums"]

SUM_COLUMNS = ("coverage80", "coverage95", "scaled_crps", "wql", "sums")
"""Scores in the order of their columns."""


def sum_rows(accuracies: Sequence[SumAccuracy], t: Translator) -> list[tuple[str, ...]]:
    """Return the scores of single months and of each length of sums as texts.

    Parameters
    ----------
    accuracies : sequence of SumAccuracy
        From `assess_sums`.
    t : Translator
        Language of the texts.

    Returns
    -------
    list of tuple of str
        The heads, then one row a length; a dash where there are too few sums.
    """
    heads = (t("sums_length"), *(t(f"sums_{key}") for key in SUM_COLUMNS))
    return [heads, *((_length_text(accuracy, t), *_score_texts(accuracy, t)) for accuracy in accuracies)]


def sum_table(accuracies: Sequence[SumAccuracy], t: Translator) -> Table:
    """Return `sum_rows` as a table."""
    heads, *rows = sum_rows(accuracies, t)
    return Table(heads, tuple(rows), frozenset(range(1, len(heads))))


def sum_reasons(accuracies: Sequence[SumAccuracy], t: Translator) -> list[str]:
    """Return the sentence of each length with too few sums."""
    return [reason for accuracy in accuracies if (reason := _reason(accuracy, t)) is not None]


def sum_notes(t: Translator) -> list[str]:
    """Return the sentences that explain the table."""
    return [t(f"sums_how_{key}") for key in ("inside", "scores")]


def summarise_sums(accuracies: Sequence[SumAccuracy], t: Translator) -> list[dict[str, Any]]:
    """Convert the scores of sums to JSON.

    Parameters
    ----------
    accuracies : sequence of SumAccuracy
        From `assess_sums`.
    t : Translator
        Language of the reasons.

    Returns
    -------
    list of dict
        One a length: its scores, null with the reason under `why` where there are too few sums.
    """
    return [{**accuracy.to_dict(), "why": _reason(accuracy, t)} for accuracy in accuracies]


def _score_texts(accuracy: SumAccuracy, t: Translator) -> tuple[str, ...]:
    return (
        *("–" if share is None else whole_percent(share, t) for share in (accuracy.coverage80, accuracy.coverage95)),
        "–" if accuracy.scaled_crps is None else t.number(accuracy.scaled_crps, 2),
        "–" if accuracy.wql is None else t.number(accuracy.wql, 3),
        t.number(accuracy.sums),
    )


def _length_text(accuracy: SumAccuracy, t: Translator) -> str:
    """Return the length of sums as a reader calls it, such as `sum of 3 months`."""
    return t(f"sums_length_{accuracy.length}")


def _reason(accuracy: SumAccuracy, t: Translator) -> str | None:
    """Return the sentence on too few sums of one length; None where there are enough."""
    if accuracy.is_scored:
        return None
    params = {"count": t.number(accuracy.sums), "needed": t.number(MIN_SUMS)}
    return sentence_case(t("sums_too_few", length=_length_text(accuracy, t), **params))
