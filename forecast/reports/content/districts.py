"""Districts of a report: the revenue of each, and its losses to shocks."""

from __future__ import annotations

from collections.abc import Mapping

from forecast.i18n import Translator
from forecast.plan.shocks import dotted_shock
from forecast.reports.content.charts import district_scale
from forecast.reports.content.context import RunView
from forecast.reports.content.tables import Table
from forecast.reports.content.text import name_text
from forecast.reports.fonts import truncate_label


def district_notes(view: RunView, t: Translator) -> list[str]:
    """Return the sentences on how events fall on places, and on the weights of the places."""
    districts = view.findings.districts
    if districts is None:
        return []
    sentences = [t("districts_lead", places=t.number(districts.place_count), districts=t.number(len(districts.rows)))]
    if not districts.has_weights:
        weights = view.scenario.places.weights if view.scenario.places else None
        note = weights.note.in_language(t.language) if weights else ""
        sentences.append(t("districts_equal", note=f"({truncate_label(note, 200)})" if note else ""))
    if districts.ledger_status:
        sentences.append(t("districts_by_ledger"))
    if districts.ledger_status in ("reconstructed", "estimate"):
        sentences.append(t("districts_weak_ledger"))
    return [*sentences, t("districts_equal_hazard")]


def district_table(view: RunView, t: Translator) -> Table | None:
    """Return the districts with their P10 to P90 and losses, the largest loss first; None without a list."""
    districts = view.findings.districts
    if districts is None:
        return None
    scale = district_scale(view, t)
    rows = tuple(
        (
            f"{truncate_label(row.name)}\n{t('district_places', count=t.number(row.place_count))}",
            scale.number(row.p50.value),
            t("span_from_to", low=scale.number(row.p10.value), high=scale.number(row.p90.value)),
            t.percent(row.total_loss, 1),
            _loss_by_shock_text(row.loss_by_shock, view, t),
        )
        for row in districts.rows
    )
    keys = ("district_name", "district_middle", "district_range", "district_loss", "district_causes")
    heading = tuple(t(key, unit=scale.unit) for key in keys)
    return Table(heading, rows, frozenset((1, 3)))


def _loss_by_shock_text(loss_by_shock: Mapping[str, float], view: RunView, t: Translator) -> str:
    """Return the loss to each shock, the largest first, without those that round to zero."""
    visible = [(name, share) for name, share in loss_by_shock.items() if share >= 0.0005]
    return "; ".join(
        f"{truncate_label(name_text(dotted_shock(name), view.scenario, t))} {t.percent(share, 1)}"
        for name, share in sorted(visible, key=lambda pair: (-pair[1], pair[0]))
    )
