"""Title of a backtest, and the reasons of services without scores."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from forecast.i18n import Translator
from forecast.reports.backtest import BacktestView, backtest_title, unscored_services
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


def test_services_that_share_a_reason_share_its_sentence() -> None:
    scenario = report_fixture.read_covid()
    reason = ("backtest_reconstructed", (("service", "x"),))
    services = {name: SimpleNamespace(service=name, reason=reason) for name in scenario.service_names}
    view = BacktestView(scenario, SimpleNamespace(services=services), {})  # type: ignore[arg-type]
    sentences = unscored_services(view, Translator("en"))
    assert len(sentences) == 1
    assert all(scenario.services[name].label.en in sentences[0] for name in scenario.service_names)


def test_a_score_has_what_the_title_names() -> None:
    assert {"mase", "coverage80", "bias"} <= set(Score.__dataclass_fields__)
