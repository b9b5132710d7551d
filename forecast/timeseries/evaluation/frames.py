"""Scores of a backtest as a pandas frame; loaded when a person asks for it or scores.csv is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from forecast.timeseries.evaluation.scores import Score
from forecast.timeseries.evaluation.sums import SumAccuracy

__all__ = ["scores_frame", "sums_frame"]

_SCORE_NAMES = ["mase", "crps", "msis95", "coverage80", "coverage95", "bias", "months", "masked"]
_SUM_NAMES = ["coverage80", "coverage95", "scaled_crps", "wql", "sums"]


def scores_frame(scores: Mapping[str, Mapping[str, Score]]) -> pd.DataFrame:
    """Scores of every service and model, the rows of scores.csv.

    Parameters
    ----------
    scores : mapping of service to model to Score
        The scores of a backtest.

    Returns
    -------
    DataFrame
        service, model, mase, crps, msis95 (all three in mean yearly changes), coverage80 and coverage95 (0 to 1),
        bias, months (how many were judged) and masked (how many were left out); missing where a score is not defined.
    """
    rows = [
        {"service": service, "model": model, **score.to_dict()}
        for service, models in scores.items()
        for model, score in models.items()
    ]
    frame = pd.DataFrame(rows, columns=["service", "model", *_SCORE_NAMES])
    return frame.astype({name: float for name in _SCORE_NAMES if name not in ("months", "masked")})


def sums_frame(accuracies: Mapping[str, Mapping[str, Sequence[SumAccuracy]]]) -> pd.DataFrame:
    """Scores of single months and of sums of them, the rows of sums.csv.

    Parameters
    ----------
    accuracies : mapping of service to model to sequence of SumAccuracy
        The sums of a backtest.

    Returns
    -------
    DataFrame
        service, model, length (months, or `year` for the calendar year), coverage80 and coverage95 (0 to 1),
        scaled_crps (in mean yearly changes of a month), wql and sums (how many were judged); missing where there are
        too few.
    """
    rows = [
        {"service": service, "model": model, **accuracy.to_dict()}
        for service, models in accuracies.items()
        for model, lengths in models.items()
        for accuracy in lengths
    ]
    frame = pd.DataFrame(rows, columns=["service", "model", "length", *_SUM_NAMES])
    return frame.astype({name: float for name in _SUM_NAMES if name != "sums"})
