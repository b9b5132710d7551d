"""Title of a backtest, and the reasons of services without scores."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from forecast.i18n import Translator
from forecast.reports.backtest import BacktestView, backtest_title, score_table, unscored_services
from forecast.timeseries.evaluation.scores import COMBINATION, SEASONAL_NAIVE, Score
from tests.support import report_fixture


def make_backtest(mase: float, coverage: float, bias: float) -> Any:
    """A backtest whose seasonal naive has a MASE of 1."""
    scores = {
        COMBINATION: SimpleNamespace(mase=mase, coverage80=coverage, bias=bias),
        SEASONAL_NAIVE: SimpleNamespace(mase=1.0, coverage80=0.8, bias=0.0),
    }
    return SimpleNamespace(is_scored=True, mean_scores=scores, services={})


@pytest.mark.parametrize(
    ("mase", "coverage", "bias", "title"),
    [
        (0.8, 0.82, 0.01, "On past months, the error was 20% smaller than that of last year's figures"),
        (1.01, 0.82, 0.01, "On past months, the error was about that of last year's figures"),
        (1.30, 0.82, 0.01, "On past months, the error was 30% larger than that of last year's figures"),
        (1.01, 0.63, 0.06, "Only 63% of past months lay inside the 80% range: the ranges were too narrow"),
        (0.5, 0.98, 0.01, "98% of past months lay inside the 80% range: the ranges were too wide"),
        (1.01, 0.70, 0.139, "On past months, the forecast was 13.9% too high on average"),
        (1.01, 0.80, -0.08, "On past months, the forecast was 8.0% too low on average"),
    ],
)
def test_the_title_names_the_worst_of_coverage_bias_and_error(
    mase: float, coverage: float, bias: float, title: str
) -> None:
    assert backtest_title(make_backtest(mase, coverage, bias), Translator("en")) == title


def test_a_cell_at_fault_is_marked_in_colour_and_by_a_sign() -> None:
    def score(coverage: float, bias: float) -> Score:
        return Score(0.9, 0.8, None, coverage, 0.95, bias, 24, 0)

    scores = {COMBINATION: score(0.63, 0.139), "ets": score(0.5, 0.2)}
    table = score_table(scores, Translator("en"))
    assert table.warned == {(0, 3), (0, 5)}
    assert table.rows[0][3] == "63% △"
    assert table.rows[0][5].endswith(" △")
    assert not any("△" in cell for cell in table.rows[1])
    good = score_table({COMBINATION: score(0.8, 0.01)}, Translator("en"))
    assert not good.warned


def test_services_that_share_a_reason_share_its_sentence() -> None:
    scenario = report_fixture.read_shipped("covid")
    reason = ("backtest_reconstructed", (("service", "x"),))
    services = {name: SimpleNamespace(service=name, reason=reason) for name in scenario.service_names}
    view = BacktestView(scenario, SimpleNamespace(services=services), {})  # type: ignore[arg-type]
    sentences = unscored_services(view, Translator("en"))
    assert len(sentences) == 1
    assert all(scenario.services[name].label.en in sentences[0] for name in scenario.service_names)
