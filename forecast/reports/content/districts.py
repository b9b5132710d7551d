"""The districts of a report: what each may take, and what shocks take of it."""

from __future__ import annotations

from collections.abc import Mapping

from forecast.i18n import Translator
from forecast.reports.charts.style import truncate_label
from forecast.reports.content.charts import district_scale
from forecast.reports.content.context import RunView
from forecast.reports.content.tables import Table
from forecast.reports.content.text import name_text


def district_notes(view: RunView, words: Translator) -> list[str]:
    """How events fall on places, and what the plan does not know of them."""
    found = view.findings.districts
    if found is None:
        return []
    sentences = [
        words("districts_lead", places=words.number(found.place_count), districts=words.number(len(found.rows)))
    ]
    if not found.has_weights:
        weights = view.scenario.places.weights if view.scenario.places else None
        sentences.append(
            words("districts_equal", note=f"({truncate_label(weights.note, 200)})" if weights and weights.note else "")
        )
    if found.ledger_status:
        sentences.append(words("districts_by_ledger"))
    if found.ledger_status in ("reconstructed", "estimate"):
        sentences.append(words("districts_weak_ledger"))
    return [*sentences, words("districts_alike")]


def district_table(view: RunView, words: Translator) -> Table | None:
    """The districts, the worst hit first: what they may take, and what shocks take of it."""
    found = view.findings.districts
    if found is None:
        return None
    scale = district_scale(view, words)
    rows = tuple(
        (
            f"{truncate_label(row.name)}\n{words('district_places', count=words.number(row.place_count))}",
            scale.number(row.p50.value),
            words("span_from_to", low=scale.number(row.p10.value), high=scale.number(row.p90.value)),
            words.percent(row.total_loss, 1),
            _loss_by_shock_text(row.loss_by_shock, view, words),
        )
        for row in found.rows
    )
    keys = ("district_name", "district_middle", "district_range", "district_loss", "district_causes")
    heading = tuple(words(key, unit=scale.unit) for key in keys)
    return Table(heading, rows, frozenset((1, 3)))


def _loss_by_shock_text(lost: Mapping[str, float], view: RunView, words: Translator) -> str:
    """What each shock takes, the largest first; what would round to nothing is left out."""
    told = [(name, share) for name, share in lost.items() if share >= 0.0005]
    return "; ".join(
        f"{truncate_label(name_text(f'shocks.{name}', view.scenario, words))} {words.percent(share, 1)}"
        for name, share in sorted(told, key=lambda pair: (-pair[1], pair[0]))
    )
