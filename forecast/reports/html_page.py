"""HTML page of a run: one file that opens offline, for a screen, a phone and paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from forecast.i18n import Language, Translator
from forecast.i18n.amounts import interval_text, whole_percent
from forecast.reports.charts.bridge import axis_break_note
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.svg import render_inline_svg
from forecast.reports.content import (
    assumptions,
    decisions,
    districts,
    headline,
    sums,
    tables,
    track_record,
    year_to_date,
)
from forecast.reports.content.caveats import target_caveats
from forecast.reports.content.charts import dots_note, report_label, run_charts
from forecast.reports.content.context import RunView
from forecast.reports.content.decision_section import decision_blocks
from forecast.reports.content.figure_tables import run_figure_tables
from forecast.reports.content.locks import lock_notes
from forecast.reports.content.text import date_text, period_text
from forecast.reports.fonts import truncate_label
from forecast.reports.templating import page_translators, render_template
from forecast.timeseries.evaluation.sums import assess_sums

__all__ = ["render_run_page"]


def render_drawings(charts_by_language: Mapping[Language, Mapping[str, Chart]]) -> dict[str, Markup]:
    """Return each chart as one SVG element for all languages, by name."""
    names = next(iter(charts_by_language.values()))
    return {
        name: Markup(
            render_inline_svg({language: charts[name] for language, charts in charts_by_language.items()}, name)
        )
        for name in names
    }


def render_run_page(view: RunView, t: Translator) -> bytes:
    """Render the report of one run as one HTML file that opens offline, in both languages.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        Language in which the page opens.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    charts = {each.language: run_charts(view, each) for each in page_translators(t)}
    pages = [
        {
            "t": each,
            "title": headline.run_title(view, each),
            "about": _scope_line(view, each),
            "headline_notes": [*headline.headline_notes(view, each), *lock_notes(view, each)],
            "numbers": headline.headline_numbers(view, each),
            "charts": charts[each.language],
            "dots_note": dots_note(view, each),
            "figure_tables": run_figure_tables(view, each),
            **_section_params(view, each),
            **_table_params(view, each),
        }
        for each in page_translators(t)
    ]
    shared = {
        "drawings": render_drawings(charts),
        "case_paths": max((case.paths for case in view.findings.cases), default=0),
        "is_reconstructed": any(service.kind == "reconstructed" for service in view.baseline.services.values()),
        "less_is_better": view.main_target is not None and view.main_target.direction == "at_most",
    }
    more_style = "closed_months.css" if view.findings.year else ""
    return render_template("report.html.jinja", pages, shared, more_style=more_style)


def _scope_line(view: RunView, t: Translator) -> str:
    """Return the line above the title: the plan and its day."""
    name = truncate_label(view.scenario.name.in_language(t.language), 200)
    return t("page_about", scenario=name, date=date_text(view.as_of, t))


def _table_params(view: RunView, t: Translator) -> dict[str, Any]:
    return {
        "targets": tables.target_table(view, t),
        "tail": tables.tail_table(view, t),
        "gaps": [
            tables.gap_table(year, entry, view, t)
            for year, entry in view.summary.get("history", {}).items()
            if entry.get("stated") is not None
        ],
        "baseline": tables.baseline_table(view, t),
        "decisions": decisions.decision_rows(view, t),
        "decision_blocks": decision_blocks(view, t),
        "shocks": tables.shock_table(view, t),
        "districts": districts.district_table(view, t),
        "district_notes": districts.district_notes(view, t),
        "initiatives": tables.initiative_table(view, t),
        "assumption_groups": assumptions.assumption_groups(view, t),
        "assumptions_lead": t("assumptions_lead", count=len(view.assumptions()), drawn=len(view.drawn_assumptions())),
        "data_notes": assumptions.data_notes(view, t),
        "how": assumptions.reader_notes(view, t),
        "baseline_notes": assumptions.baseline_notes(view, t),
        "year": year_to_date.year_section(view, t),
        "provenance": assumptions.run_provenance(view, t),
        **_track_record_params(view, t),
    }


def _track_record_params(view: RunView, t: Translator) -> dict[str, Any]:
    """Return the sentences on past forecasts, and the table of sums of months; empty where none was checked."""
    records = track_record.run_track_records(view)
    accuracies = assess_sums({name: record.sums for name, record in records.items()}) if records else ()
    return {
        "coverage": track_record.coverage_notes(records, t),
        "sums": sums.sum_table(accuracies, t) if accuracies else None,
        "sum_reasons": sums.sum_reasons(accuracies, t),
        "sum_notes": sums.sum_notes(t),
    }


def _section_params(view: RunView, t: Translator) -> dict[str, Any]:
    """Return the sentences of each section; empty where there is none."""
    findings = view.findings
    joint = (
        ""
        if findings.joint_chance is None or len(findings.targets) < 2
        else t(
            "target_joint",
            chance=whole_percent(findings.joint_chance.value, t),
            error=interval_text(findings.joint_chance.low, findings.joint_chance.high, t, findings.joint_chance.value),
        )
    )
    return {
        "months_lead": months_lead(view, t),
        "bridge_lead": bridge_lead(view, t),
        "axis_break": _axis_break_sentence(view, t),
        "chance_lead": chance_lead(view, t),
        "sensitivity_lead": sensitivity_lead(view, t),
        "judgement": assumptions.judgement_notes(view, t),
        "caveats": [caveat.text for caveat in target_caveats(view, t)],
        "joint": joint,
    }


def months_lead(view: RunView, t: Translator) -> str:
    """Return the sentence on the lowest and the highest month."""
    bars = view.findings.months.bars
    if len(bars) < 3:
        return ""
    low, high = min(bars, key=lambda bar: bar.p50), max(bars, key=lambda bar: bar.p50)
    lead = t("months_lead", low_month=period_text(low.month, t), high_month=period_text(high.month, t))
    is_reconstructed = any(status == "reconstructed" for _, _, status in view.findings.months.history)
    lead = lead[:1].upper() + lead[1:]
    return f"{lead} {t('months_reconstructed_note')}" if is_reconstructed else lead


def bridge_lead(view: RunView, t: Translator) -> str:
    """Return the sentence on the distance of the mean from the plan, and on the largest step."""
    bridge = view.findings.bridge
    if bridge is None or not bridge.steps:
        return ""
    scale = view.bridge_scale(t)
    if bridge.start.name == "from_nothing":
        return t("why_lead_lines")
    difference = bridge.end.amount - bridge.plan
    if abs(difference) < 0.05 * scale.factor * 10**-scale.decimals:
        return t("why_lead_same")
    largest = max(bridge.steps, key=lambda step: step.amount if difference > 0 else -step.amount)
    decimals = min(scale.decimals + 1, 2)
    return t(
        "why_lead_up" if difference > 0 else "why_lead_down",
        amount=scale.short_amount(abs(difference)),
        step=truncate_label(report_label(largest, view, t).in_language(t.language)),
        change=scale.signed_number(largest.amount, decimals),
    )


def _axis_break_sentence(view: RunView, t: Translator) -> str:
    return axis_break_note(view.findings.bridge, t) if view.findings.bridge else ""


def chance_lead(view: RunView, t: Translator) -> str:
    """Return the sentence on P10, P50 and P90."""
    figures, scale = view.statistics, view.main_scale(t)
    if not {"p10", "p50", "p90"} <= set(figures):
        return ""
    return t("chance_lead", **{p: scale.amount(figures[p]) for p in ("p10", "p50", "p90")})


def sensitivity_lead(view: RunView, t: Translator) -> str:
    """Return the sentence on the assumption that changes the result most."""
    sensitivity = view.findings.sensitivity
    if sensitivity is None or not sensitivity.bars:
        return ""
    widest = sensitivity.bars[0]
    return t("matters_lead", first=truncate_label(report_label(widest, view, t).in_language(t.language)))
