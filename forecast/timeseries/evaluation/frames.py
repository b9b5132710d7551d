"""Scores of a backtest as a pandas frame; loaded when a person asks for it or scores.csv is written."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecast.timeseries.evaluation.scores import Score

__all__ = ["scores_frame"]

_SCORE_NAMES = ["mase", "crps", "msis95", "coverage80", "coverage95", "bias", "months"]


def scores_frame(scores: Mapping[str, Mapping[str, Score]]) -> pd.DataFrame:
    """Scores of every service and model, the rows of scores.csv.

    Parameters
    ----------
    scores : mapping of service to model to Score
        The scores of a backtest.

    Returns
    -------
    DataFrame
        service, model, mase, crps, msis95 (all three in mean yearly changes), coverage80 and coverage95 (0 to 1), bias
        and months (how many were judged); missing where a score is not defined.
    """
    rows = [
        {"service": service, "model": model, **score.to_dict()}
        for service, models in scores.items()
        for model, score in models.items()
    ]
    frame = pd.DataFrame(rows, columns=["service", "model", *_SCORE_NAMES])
    return frame.astype({name: float for name in _SCORE_NAMES if name != "months"})
