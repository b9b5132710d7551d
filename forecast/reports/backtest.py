"""The page of a backtest: models by their scores, the chances that held, and fans over what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast.i18n import Translator
from forecast.periods import format_month
from forecast.plan.scenario import Scenario
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.rows import display_name
from forecast.reports.charts.style import truncate_label
from forecast.reports.content.tables import Table
from forecast.reports.content.text import period_text, sentence_case
from forecast.reports.content.track_record import TrackRecord, coverage_notes, pool_origins, track_record_charts
from forecast.reports.html_page import chart_image, render_template
from forecast.timeseries.evaluation.backtest import Backtest
from forecast.timeseries.evaluation.scores import COMBINATION, SEASONAL_NAIVE, Score

MIN_ERROR_DIFFERENCE = 0.02
"""Misses that differ by less are called alike."""
SCORE_COLUMNS = ("mase", "crps", "coverage80", "coverage95", "bias", "months")


@dataclass(frozen=True)
class BacktestView:
    """A backtest, as its page needs it."""

    scenario: Scenario
    backtest: Backtest
    manifest: Mapping[str, Any]


def render_backtest_page(view: BacktestView, words: Translator) -> bytes:
    """One HTML file that opens offline."""
    facts = {
        "title": backtest_title(view.backtest, words),
        "about": backtest_scope(view, words),
        "refused": unscored_services(view, words),
        "held": coverage_notes(pool_origins(backtest_track_records(view.backtest)), words),
        "tables": score_tables(view, words),
        "pictures": {name: chart_image(drawing) for name, drawing in backtest_charts(view, words).items()},
        "how": [words(f"backtest_how_{key}") for key in ("mase", "crps", "inside", "bias", "leak")],
        "provenance": backtest_provenance(view, words),
    }
    return render_template("backtest.html.jinja", words, facts)


def main_scores(found: Backtest) -> Mapping[str, Score]:
    """Those of all services, or of the only one; empty where none was judged."""
    return found.mean_scores or next((one.scores for one in found.services.values() if one.scores), {})


def backtest_title(found: Backtest, words: Translator) -> str:
    """How much less than the seasonal naive the blend missed."""
    if not found.is_scored:
        return words("backtest_title_none")
    scores = main_scores(found)
    ours, naive = (scores[name].mase if name in scores else None for name in (COMBINATION, SEASONAL_NAIVE))
    if ours is None or not naive:
        return words("backtest_title_alone")
    less = 1 - ours / naive
    if abs(less) < MIN_ERROR_DIFFERENCE:
        return words("backtest_title_same")
    return words("backtest_title_better" if less > 0 else "backtest_title_worse", share=words.percent(abs(less)))


def backtest_scope(view: BacktestView, words: Translator) -> str:
    """Which months of the past were asked."""
    name = truncate_label(view.scenario.name.in_language(words.language), 120)
    origins = pool_origins(backtest_track_records(view.backtest))
    months = sorted({one.first_month for one in origins})
    if not months:
        return words("backtest_about_none", scenario=name)
    first, last = (period_text(format_month(month), words) for month in (months[0], months[-1]))
    ahead = max(len(one.actual) for one in origins)
    return words("backtest_about", scenario=name, origins=len(months), first=first, last=last, ahead=ahead)


def service_text(name: str, scenario: Scenario, words: Translator) -> str:
    """A service as a reader calls it."""
    service = scenario.services.get(name)
    return display_name(name, service.label if service else None, words)


def unscored_services(view: BacktestView, words: Translator) -> list[str]:
    """Why each service without scores has none."""
    found = []
    for one in view.backtest.services.values():
        if one.reason is not None:
            facts = {**dict(one.reason[1]), "service": service_text(one.service, view.scenario, words)}
            found.append(sentence_case(words(one.reason[0], **facts)))
    return found


def score_tables(view: BacktestView, words: Translator) -> list[tuple[str, Table]]:
    """Heading and table: all services where there are several, then each."""
    found = [(words("backtest_every"), view.backtest.mean_scores)] if view.backtest.mean_scores else []
    found += [
        (sentence_case(service_text(one.service, view.scenario, words)), one.scores)
        for one in view.backtest.services.values()
        if one.scores
    ]
    return [(heading, score_table(scores, words)) for heading, scores in found]


def score_table(scores: Mapping[str, Score], words: Translator) -> Table:
    """One row a model, the blend in bold."""
    heads = (words("backtest_model"), *(words(f"backtest_{key}") for key in SCORE_COLUMNS))
    rows = tuple((model_text(name, words), *score_cells(score, words)) for name, score in scores.items())
    return Table(heads, rows, frozenset(range(1, len(heads))), frozenset([0]))


def model_text(name: str, words: Translator) -> str:
    """A model as a reader calls it."""
    key = "backtest_blend" if name == COMBINATION else f"model_{name}"
    return words(key) if words.has(key) else name.replace("_", " ")


def score_cells(score: Score, words: Translator) -> tuple[str, ...]:
    """MASE, CRPS, coverage, bias and months of one model; a dash where there is none."""
    return (
        *("–" if value is None else words.number(value, 2) for value in (score.mase, score.crps)),
        *("–" if value is None else words.percent(value) for value in (score.coverage80, score.coverage95)),
        "–" if score.bias is None else _signed_percent(score.bias, words),
        words.number(score.months),
    )


def _signed_percent(share: float, words: Translator) -> str:
    text = words.percent(share, 1)
    return f"+{text}" if round(share, 3) > 0 else text


def backtest_provenance(view: BacktestView, words: Translator) -> list[tuple[str, str]]:
    """The run, hashes and versions: enough to make the same page again."""
    about = view.manifest
    found = [
        (words("provenance_run"), str(about["run_id"])),
        (words("provenance_content"), str(about["scenario_hash"])),
        (words("provenance_code"), str(about["code"])),
    ]
    found += [(words("provenance_version", name=name), str(value)) for name, value in about["versions"].items()]
    return found + [(words("provenance_data", name=one["name"]), str(one["sha256"])) for one in about["data"]]


def backtest_charts(view: BacktestView, words: Translator) -> dict[str, Chart]:
    """The calibration of all services together, and the fans of each."""
    return track_record_charts(view.scenario, backtest_track_records(view.backtest), words)


def backtest_track_records(found: Backtest) -> dict[str, TrackRecord]:
    """The services as their figures need them."""
    services = found.services.items()
    return {name: TrackRecord(one.measured, one.origins, one.calendar.first, one.actual) for name, one in services}
