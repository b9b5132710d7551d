"""The page of a backtest: models by their scores, the chances that held, and fans over what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast.i18n import Words
from forecast.periods import month_text
from forecast.plan.scenario import Scenario
from forecast.reports.charts.chart import Drawing
from forecast.reports.charts.rows import named
from forecast.reports.charts.style import cut
from forecast.reports.content.tables import Table
from forecast.reports.content.text import period_text, sentence_case
from forecast.reports.content.track_record import Asked, drawings_of, held, origins_of
from forecast.reports.html import picture, render
from forecast.timeseries.evaluation.backtest import Backtest
from forecast.timeseries.evaluation.scores import BLEND, NAIVE, Score

ALIKE = 0.02
"""Misses that differ by less are called alike."""
COLUMNS = ("mase", "crps", "coverage80", "coverage95", "bias", "months")


@dataclass(frozen=True)
class BacktestView:
    """A backtest, as its page needs it."""

    scenario: Scenario
    found: Backtest
    manifest: Mapping[str, Any]


def page(view: BacktestView, words: Words) -> bytes:
    """One HTML file that opens offline."""
    facts = {
        "title": title(view.found, words),
        "about": about(view, words),
        "refused": refused(view, words),
        "held": held(origins_of(asked_of(view.found)), words),
        "tables": tables(view, words),
        "pictures": {name: picture(drawing) for name, drawing in drawings(view, words).items()},
        "how": [words(f"backtest_how_{key}") for key in ("mase", "crps", "inside", "bias", "leak")],
        "provenance": provenance(view, words),
    }
    return render("backtest.html.jinja", words, facts)


def main_scores(found: Backtest) -> Mapping[str, Score]:
    """Those of all services, or of the only one; empty where none was judged."""
    return found.every or next((one.scores for one in found.services.values() if one.scores), {})


def title(found: Backtest, words: Words) -> str:
    """How much less than the seasonal naive the blend missed."""
    if not found.judged:
        return words("backtest_title_none")
    scores = main_scores(found)
    ours, naive = (scores[name].mase if name in scores else None for name in (BLEND, NAIVE))
    if ours is None or not naive:
        return words("backtest_title_alone")
    less = 1 - ours / naive
    if abs(less) < ALIKE:
        return words("backtest_title_same")
    return words("backtest_title_better" if less > 0 else "backtest_title_worse", share=words.percent(abs(less)))


def about(view: BacktestView, words: Words) -> str:
    """Which months of the past were asked."""
    name = cut(view.scenario.name.of(words.language), 120)
    origins = origins_of(asked_of(view.found))
    months = sorted({one.first for one in origins})
    if not months:
        return words("backtest_about_none", scenario=name)
    first, last = (period_text(month_text(month), words) for month in (months[0], months[-1]))
    ahead = max(len(one.came) for one in origins)
    return words("backtest_about", scenario=name, origins=len(months), first=first, last=last, ahead=ahead)


def service_text(name: str, scenario: Scenario, words: Words) -> str:
    """A service as a reader calls it."""
    service = scenario.services.get(name)
    return named(name, service.label if service else None, words)


def refused(view: BacktestView, words: Words) -> list[str]:
    """Why each service without scores has none."""
    found = []
    for one in view.found.services.values():
        if one.why is not None:
            facts = {**dict(one.why[1]), "service": service_text(one.service, view.scenario, words)}
            found.append(sentence_case(words(one.why[0], **facts)))
    return found


def tables(view: BacktestView, words: Words) -> list[tuple[str, Table]]:
    """Heading and table: all services where there are several, then each."""
    found = [(words("backtest_every"), view.found.every)] if view.found.every else []
    found += [
        (sentence_case(service_text(one.service, view.scenario, words)), one.scores)
        for one in view.found.services.values()
        if one.scores
    ]
    return [(heading, table_of(scores, words)) for heading, scores in found]


def table_of(scores: Mapping[str, Score], words: Words) -> Table:
    """One row a model, the blend in bold."""
    heads = (words("backtest_model"), *(words(f"backtest_{key}") for key in COLUMNS))
    rows = tuple((model_text(name, words), *cells_of(score, words)) for name, score in scores.items())
    return Table(heads, rows, frozenset(range(1, len(heads))), frozenset([0]))


def model_text(name: str, words: Words) -> str:
    """A model as a reader calls it."""
    key = "backtest_blend" if name == BLEND else f"model_{name}"
    return words(key) if words.has(key) else name.replace("_", " ")


def cells_of(score: Score, words: Words) -> tuple[str, ...]:
    """MASE, CRPS, coverage, bias and months of one model; a dash where there is none."""
    return (
        *("–" if value is None else words.number(value, 2) for value in (score.mase, score.crps)),
        *("–" if value is None else words.percent(value) for value in (score.coverage80, score.coverage95)),
        "–" if score.bias is None else _signed(score.bias, words),
        words.number(score.months),
    )


def _signed(share: float, words: Words) -> str:
    text = words.percent(share, 1)
    return f"+{text}" if round(share, 3) > 0 else text


def provenance(view: BacktestView, words: Words) -> list[tuple[str, str]]:
    """The run, hashes and versions: enough to make the same page again."""
    about = view.manifest
    found = [
        (words("provenance_run"), str(about["run_id"])),
        (words("provenance_content"), str(about["scenario_hash"])),
        (words("provenance_code"), str(about["code"])),
    ]
    found += [(words("provenance_version", name=name), str(value)) for name, value in about["versions"].items()]
    return found + [(words("provenance_data", name=one["name"]), str(one["sha256"])) for one in about["data"]]


def drawings(view: BacktestView, words: Words) -> dict[str, Drawing]:
    """The calibration of all services together, and the fans of each."""
    return drawings_of(view.scenario, asked_of(view.found), words)


def asked_of(found: Backtest) -> dict[str, Asked]:
    """The services as their figures need them."""
    services = found.services.items()
    return {name: Asked(one.measured, one.origins, one.calendar.first, one.past) for name, one in services}
