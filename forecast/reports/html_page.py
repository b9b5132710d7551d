"""The HTML page of a run: one file that opens offline, on a desk, on a phone and on paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from forecast.i18n import Translator
from forecast.reports.charts.bridge import axis_break_note
from forecast.reports.charts.chart import Chart
from forecast.reports.charts.style import truncate_label
from forecast.reports.content import assumptions as grounds
from forecast.reports.content import decisions, tables
from forecast.reports.content import districts as places
from forecast.reports.content import headline as message
from forecast.reports.content import track_record as tested
from forecast.reports.content.caveats import target_caveats
from forecast.reports.content.charts import report_label, run_charts
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text, period_text

TEMPLATES_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class ChartImage:
    """A figure for a page and for a phone, as data addresses."""

    wide: str
    phone: str
    width: int
    height: int
    alt: str


@cache
def _jinja_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _stylesheet() -> str:
    return (TEMPLATES_FOLDER / "page.css").read_text(encoding="utf-8")


def render_template(template: str, words: Translator, facts: Mapping[str, Any]) -> bytes:
    """A template with the style inline, and a policy that lets nothing else in."""
    css = _stylesheet()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    page = _jinja_environment().get_template(template)
    return page.render(w=words, css=Markup(css), policy=policy, lang=words.language, **facts).encode()


def chart_image(drawing: Chart) -> ChartImage:
    """Both sizes of a figure, as SVG inside the page."""
    addresses = [
        "data:image/svg+xml;base64," + base64.b64encode(drawing.svg(phone=phone)).decode() for phone in (False, True)
    ]
    width, height = drawing.wide
    return ChartImage(
        addresses[0], addresses[1], round(100 * width), round(100 * height), truncate_label(drawing.alt, 400)
    )


def render_run_page(view: RunView, words: Translator) -> bytes:
    """The report of one run."""
    pictures = {name: chart_image(drawing) for name, drawing in run_charts(view, words).items()}
    facts = {
        "title": message.run_title(view, words),
        "about": words(
            "page_about",
            scenario=truncate_label(view.scenario.name.in_language(words.language), 200),
            date=date_text(view.as_of, words),
        ),
        "beside": message.headline_notes(view, words),
        "numbers": message.headline_numbers(view, words),
        "pictures": pictures,
        "view": view,
        **_section_params(view, words),
        **_table_params(view, words),
    }
    return render_template("report.html.jinja", words, facts)


def _table_params(view: RunView, words: Translator) -> dict[str, Any]:
    assumptions = view.assumptions()
    return {
        "targets": tables.target_table(view, words),
        "months": tables.monthly_table(view, words),
        "steps": tables.bridge_table(view, words),
        "gaps": [
            tables.gap_table(year, entry, view, words)
            for year, entry in view.summary.get("history", {}).items()
            if entry.get("stated") is not None
        ],
        "baseline": tables.baseline_table(view, words),
        "decisions": decisions.decision_rows(view, words),
        "shocks": tables.shock_table(view, words),
        "districts": places.district_table(view, words),
        "districts_said": places.district_notes(view, words),
        "initiatives": tables.initiative_table(view, words),
        "groups": grounds.assumption_groups(view, words),
        "assumptions_lead": words(
            "assumptions_lead", count=len(assumptions), unsure=sum(not a.is_constant for a in assumptions)
        ),
        "data_state": grounds.data_notes(view, words),
        "how": grounds.reader_notes(view, words),
        "notes": grounds.baseline_notes(view, words),
        "provenance": grounds.run_provenance(view, words),
        "held": tested.coverage_notes(tested.pool_origins(tested.run_track_records(view)), words),
    }


def _section_params(view: RunView, words: Translator) -> dict[str, Any]:
    """The sentence that leads each section; empty where there is nothing to say."""
    found = view.findings
    joint = (
        ""
        if found.joint_chance is None or len(found.targets) < 2
        else words(
            "target_joint",
            chance=words.percent(found.joint_chance.value),
            low=words.percent(found.joint_chance.low, 1),
            high=words.percent(found.joint_chance.high, 1),
        )
    )
    return {
        "months_lead": months_lead(view, words),
        "why_lead": bridge_lead(view, words),
        "torn": _axis_break_sentence(view, words),
        "chance_lead": chance_lead(view, words),
        "matters_lead": sensitivity_lead(view, words),
        "judged": grounds.judgement_notes(view, words),
        "cautions": [one.text for one in target_caveats(view, words)],
        "joint": joint,
        "reconstructed": any(own.kind == "reconstructed" for own in view.baseline.services.values()),
        "falling": view.main_target is not None and view.main_target.direction == "at_most",
    }


def months_lead(view: RunView, words: Translator) -> str:
    """Which months are the lowest and the highest."""
    bars = view.findings.months.bars
    if len(bars) < 3:
        return ""
    low, high = min(bars, key=lambda bar: bar.p50), max(bars, key=lambda bar: bar.p50)
    lead = words("months_lead", low_month=period_text(low.month, words), high_month=period_text(high.month, words))
    made_up = any(status == "reconstructed" for _, _, status in view.findings.months.history)
    lead = lead[:1].upper() + lead[1:]
    return f"{lead} {words('months_many')}" if made_up else lead


def bridge_lead(view: RunView, words: Translator) -> str:
    """How far the mean lies from the plan, and which step does the most."""
    finding = view.findings.bridge
    if finding is None or not finding.steps:
        return ""
    scale = view.bridge_scale(words)
    if not finding.start.amount:
        return words("why_lead_lines")
    difference = finding.end.amount - finding.start.amount
    if abs(difference) < 0.05 * scale.factor * 10**-scale.decimals:
        return words("why_lead_same")
    most = max(finding.steps, key=lambda step: step.amount if difference > 0 else -step.amount)
    decimals = min(scale.decimals + 1, 2)
    return words(
        "why_lead_up" if difference > 0 else "why_lead_down",
        amount=scale.short_amount(abs(difference)),
        step=truncate_label(report_label(most, view, words).in_language(words.language)),
        change=scale.signed_number(most.amount, decimals),
    )


def _axis_break_sentence(view: RunView, words: Translator) -> str:
    return axis_break_note(view.findings.bridge, words) if view.findings.bridge else ""


def chance_lead(view: RunView, words: Translator) -> str:
    """The amounts of 9, 5 and 1 in 10."""
    figures, scale = view.statistics, view.main_scale(words)
    if not {"p10", "p50", "p90"} <= set(figures):
        return ""
    return words("chance_lead", **{p: scale.amount(figures[p]) for p in ("p10", "p50", "p90")})


def sensitivity_lead(view: RunView, words: Translator) -> str:
    """The assumption that moves the result most."""
    finding = view.findings.sensitivity
    if finding is None or not finding.bars:
        return ""
    first = finding.bars[0]
    return words("matters_lead", first=truncate_label(report_label(first, view, words).in_language(words.language)))
