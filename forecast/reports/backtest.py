"""Page of a backtest: scores of the models, calibration, and fans with the actual months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from forecast.i18n import Translator
from forecast.i18n.amounts import whole_percent
from forecast.periods import format_month
from forecast.plan.labels import display_name
from forecast.plan.scenario import Scenario
from forecast.reports.charts.chart import Chart
from forecast.reports.content.assumptions import version_entries
from forecast.reports.content.glyphs import glyph_notes
from forecast.reports.content.sums import sum_notes, sum_reasons, sum_table
from forecast.reports.content.tables import Table
from forecast.reports.content.text import period_text, sentence_case
from forecast.reports.content.track_record import TrackRecord, coverage_notes, pool_origins, track_record_charts
from forecast.reports.fonts import truncate_label
from forecast.reports.html_page import chart_image
from forecast.reports.templating import render_template
from forecast.timeseries.evaluation.backtest import Backtest
from forecast.timeseries.evaluation.scores import COMBINATION, SEASONAL_NAIVE, Score

__all__ = [
    "SCORE_COLUMNS",
    "BacktestView",
    "backtest_charts",
    "backtest_track_records",
    "model_text",
    "render_backtest_page",
    "score_cells",
    "service_text",
]

MIN_ERROR_DIFFERENCE = 0.02
"""Relative difference in MASE below which two forecasts are called equal."""
SCORE_COLUMNS = ("mase", "crps", "coverage80", "coverage95", "bias", "months")
"""Scores in the order of `score_cells`."""


@dataclass(frozen=True)
class BacktestView:
    """A backtest as its page needs it."""

    scenario: Scenario
    backtest: Backtest
    manifest: Mapping[str, Any]
    """Run id, hashes, versions and data files."""

    def notes(self, t: Translator) -> list[str]:
        """Return the sentences of the notes on the page itself."""
        return [t(key, **dict(params)) for key, params in glyph_notes(self.scenario, t.language)]


def render_backtest_page(view: BacktestView, t: Translator) -> bytes:
    """Render a backtest as one HTML file that opens offline.

    Parameters
    ----------
    view : BacktestView
        The backtest.
    t : Translator
        Language of the page.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    params = {
        "title": backtest_title(view.backtest, t),
        "about": backtest_scope(view, t),
        "unscored": unscored_services(view, t),
        "coverage": coverage_notes(backtest_track_records(view.backtest), t),
        "tables": score_tables(view, t),
        "charts": {name: chart_image(chart) for name, chart in backtest_charts(view, t).items()},
        "how": [
            *(t(f"backtest_how_{key}") for key in ("mase", "crps", "inside", "bias", "leak")),
            *sum_notes(t),
            *view.notes(t),
        ],
        "provenance": backtest_provenance(view, t),
    }
    return render_template("backtest.html.jinja", t, params)


def main_scores(backtest: Backtest) -> Mapping[str, Score]:
    """Return the scores of all services, or of the only one; empty where none is scored."""
    return backtest.mean_scores or next(
        (service.scores for service in backtest.services.values() if service.scores), {}
    )


def backtest_title(backtest: Backtest, t: Translator) -> str:
    """Return the title: how much smaller the error of the combined forecast is than that of the seasonal naive."""
    if not backtest.is_scored:
        return t("backtest_title_none")
    scores = main_scores(backtest)
    combined, naive = (scores[name].mase if name in scores else None for name in (COMBINATION, SEASONAL_NAIVE))
    if combined is None or not naive:
        return t("backtest_title_alone")
    reduction = 1 - combined / naive
    if abs(reduction) < MIN_ERROR_DIFFERENCE:
        return t("backtest_title_same")
    return t("backtest_title_better" if reduction > 0 else "backtest_title_worse", share=t.percent(abs(reduction)))


def backtest_scope(view: BacktestView, t: Translator) -> str:
    """Return the sentence on the months that were forecast."""
    name = truncate_label(view.scenario.name.in_language(t.language), 120)
    origins = pool_origins(backtest_track_records(view.backtest))
    months = sorted({origin.first_month for origin in origins})
    if not months:
        return t("backtest_about_none", scenario=name)
    first, last = (period_text(format_month(month), t) for month in (months[0], months[-1]))
    horizon = max(len(origin.actual) for origin in origins)
    return t("backtest_about", scenario=name, origins=len(months), first=first, last=last, ahead=horizon)


def service_text(name: str, scenario: Scenario, t: Translator) -> str:
    """Return the name of a service as a reader calls it.

    Parameters
    ----------
    name : str
        As in the plan.
    scenario : Scenario
        The plan with its labels.
    t : Translator
        Language of the text.

    Returns
    -------
    str
        The label, or the name without its underscores.
    """
    service = scenario.services.get(name)
    return display_name(name, service.label if service else None, t)


def unscored_services(view: BacktestView, t: Translator) -> list[str]:
    """Return the reason of each service that has no scores, as a sentence."""
    sentences = []
    for service in view.backtest.services.values():
        if service.reason is not None:
            params = {**dict(service.reason[1]), "service": service_text(service.service, view.scenario, t)}
            sentences.append(sentence_case(t(service.reason[0], **params)))
    return sentences


class ScoreTables(NamedTuple):
    """Tables of one service, or of all together."""

    heading: str
    scores: Table
    """One row a model."""
    sums: Table
    """One row a length, of the combination."""
    reasons: list[str]
    """Sentence of each length with too few sums."""


def score_tables(view: BacktestView, t: Translator) -> list[ScoreTables]:
    """Return the tables of all services where there are several, then of each."""
    backtest = view.backtest
    entries = [(t("backtest_every"), backtest.mean_scores, backtest.mean_sums)] if backtest.mean_scores else []
    entries += [
        (sentence_case(service_text(service.service, view.scenario, t)), service.scores, service.sum_accuracy())
        for service in backtest.services.values()
        if service.scores
    ]
    return [
        ScoreTables(heading, score_table(scores, t), sum_table(sums, t), sum_reasons(sums, t))
        for heading, scores, sums in entries
    ]


def score_table(scores: Mapping[str, Score], t: Translator) -> Table:
    """Return one row a model, the combined forecast in bold."""
    heads = (t("backtest_model"), *(t(f"backtest_{key}") for key in SCORE_COLUMNS))
    rows = tuple((model_text(name, t), *score_cells(score, t)) for name, score in scores.items())
    return Table(heads, rows, frozenset(range(1, len(heads))), frozenset([0]))


def model_text(name: str, t: Translator) -> str:
    """Return the name of a model as a reader calls it.

    Parameters
    ----------
    name : str
        As in the scores: `ets`.
    t : Translator
        Language of the text.

    Returns
    -------
    str
        Such as `ETS`.
    """
    key = "backtest_blend" if name == COMBINATION else f"model_{name}"
    return t(key) if t.has(key) else name.replace("_", " ")


def score_cells(score: Score, t: Translator) -> tuple[str, ...]:
    """Return the scores of one model as texts, in the order of `SCORE_COLUMNS`.

    Parameters
    ----------
    score : Score
        MASE and CRPS without unit, coverage and bias as shares, and the number of months.
    t : Translator
        Language of the texts.

    Returns
    -------
    tuple of str
        A dash where there is no score.
    """
    return (
        *("–" if value is None else t.number(value, 2) for value in (score.mase, score.crps)),
        *("–" if value is None else whole_percent(value, t) for value in (score.coverage80, score.coverage95)),
        "–" if score.bias is None else _bias_text(score.bias, t),
        t.number(score.months),
    )


def _bias_text(share: float, t: Translator) -> str:
    """Return the bias in words, so that no sign has to be read: too high by, too low by, or none."""
    if round(share, 3) == 0:
        return t("backtest_unbiased")
    return t("backtest_too_high" if share > 0 else "backtest_too_low", share=t.percent(abs(share), 1))


def backtest_provenance(view: BacktestView, t: Translator) -> list[tuple[str, str]]:
    """Return name and value of run, hashes, versions and data, enough to reproduce the page."""
    manifest = view.manifest
    entries = [
        (t("provenance_run"), str(manifest["run_id"])),
        (t("provenance_content"), str(manifest["scenario_hash"])),
        (t("provenance_code"), str(manifest["code"])),
    ]
    entries += version_entries(manifest["versions"], t)
    return entries + [(t("provenance_data", name=source["name"]), str(source["sha256"])) for source in manifest["data"]]


def backtest_charts(view: BacktestView, t: Translator) -> dict[str, Chart]:
    """Make the calibration chart of all services together, and the fans of each.

    Parameters
    ----------
    view : BacktestView
        The backtest.
    t : Translator
        Language of the charts.

    Returns
    -------
    dict of str to Chart
        By name.
    """
    return track_record_charts(view.scenario, backtest_track_records(view.backtest), t)


def backtest_track_records(backtest: Backtest) -> dict[str, TrackRecord]:
    """Return the track record of each service.

    Parameters
    ----------
    backtest : Backtest
        Forecasts and actuals.

    Returns
    -------
    dict of str to TrackRecord
        By service.
    """
    services = backtest.services.items()
    return {
        name: TrackRecord(
            service.measured,
            service.origins,
            service.calendar.first,
            service.actual,
            service.masked_actual,
            service.sum_scores(),
        )
        for name, service in services
    }
