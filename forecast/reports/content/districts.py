"""The districts of a report: what each may take, and what shocks take of it."""

from __future__ import annotations

from collections.abc import Mapping

from forecast.i18n import Words
from forecast.reports.charts.style import cut
from forecast.reports.content.charts import scale_of_districts
from forecast.reports.content.context import RunView
from forecast.reports.content.tables import Table
from forecast.reports.content.text import name_text


def said(view: RunView, words: Words) -> list[str]:
    """How events fall on places, and what the plan does not know of them."""
    found = view.findings.districts
    if found is None:
        return []
    sentences = [words("districts_lead", places=words.number(found.places), districts=words.number(len(found.rows)))]
    if not found.weighed:
        weights = view.scenario.places.weights if view.scenario.places else None
        sentences.append(
            words("districts_equal", note=f"({cut(weights.note, 200)})" if weights and weights.note else "")
        )
    if found.ledger:
        sentences.append(words("districts_by_ledger"))
    if found.ledger in ("reconstructed", "estimate"):
        sentences.append(words("districts_weak_ledger"))
    return [*sentences, words("districts_alike")]


def table(view: RunView, words: Words) -> Table | None:
    """The districts, the worst hit first: what they may take, and what shocks take of it."""
    found = view.findings.districts
    if found is None:
        return None
    scale = scale_of_districts(view, words)
    rows = tuple(
        (
            f"{cut(row.name)}\n{words('district_places', count=words.number(row.places))}",
            scale.figure(row.p50.value),
            words("span_from_to", low=scale.figure(row.p10.value), high=scale.figure(row.p90.value)),
            words.percent(row.loss, 1),
            _by_cause(row.lost, view, words),
        )
        for row in found.rows
    )
    keys = ("district_name", "district_middle", "district_range", "district_loss", "district_causes")
    heading = tuple(words(key, unit=scale.unit) for key in keys)
    return Table(heading, rows, frozenset((1, 3)))


def _by_cause(lost: Mapping[str, float], view: RunView, words: Words) -> str:
    """What each shock takes, the largest first; what would round to nothing is left out."""
    told = [(name, share) for name, share in lost.items() if share >= 0.0005]
    return "; ".join(
        f"{cut(name_text(f'shocks.{name}', view.scenario, words))} {words.percent(share, 1)}"
        for name, share in sorted(told, key=lambda pair: (-pair[1], pair[0]))
    )
