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

from forecast.i18n import Words
from forecast.reports.charts.bridge import caption
from forecast.reports.charts.style import cut
from forecast.reports.content import assumptions as grounds
from forecast.reports.content import decisions, tables
from forecast.reports.content import districts as places
from forecast.reports.content import headline as message
from forecast.reports.content import track_record as tested
from forecast.reports.content.caveats import cautions
from forecast.reports.content.charts import Drawing, drawings, labelled
from forecast.reports.content.context import RunView
from forecast.reports.content.text import date_text, period_text

HERE = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Picture:
    """A figure for a page and for a phone, as data addresses."""

    wide: str
    phone: str
    width: int
    height: int
    alt: str


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _css() -> str:
    return (HERE / "page.css").read_text(encoding="utf-8")


def render(template: str, words: Words, facts: Mapping[str, Any]) -> bytes:
    """A template with the style inline, and a policy that lets nothing else in."""
    css = _css()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    page = _environment().get_template(template)
    return page.render(w=words, css=Markup(css), policy=policy, lang=words.language, **facts).encode()


def picture(drawing: Drawing) -> Picture:
    """Both sizes of a figure, as SVG inside the page."""
    addresses = [
        "data:image/svg+xml;base64," + base64.b64encode(drawing.svg(phone=phone)).decode() for phone in (False, True)
    ]
    width, height = drawing.wide
    return Picture(addresses[0], addresses[1], round(100 * width), round(100 * height), cut(drawing.alt, 400))


def page(view: RunView, words: Words) -> bytes:
    """The report of one run."""
    pictures = {name: picture(drawing) for name, drawing in drawings(view, words).items()}
    facts = {
        "title": message.title(view, words),
        "about": words(
            "page_about", scenario=cut(view.scenario.name.of(words.language), 200), date=date_text(view.as_of, words)
        ),
        "beside": message.beside(view, words),
        "numbers": message.numbers(view, words),
        "pictures": pictures,
        "view": view,
        **_story(view, words),
        **_tables(view, words),
    }
    return render("report.html.jinja", words, facts)


def _tables(view: RunView, words: Words) -> dict[str, Any]:
    assumptions = view.assumptions()
    return {
        "targets": tables.targets(view, words),
        "months": tables.months(view, words),
        "steps": tables.steps(view, words),
        "gaps": [
            tables.gap(year, entry, view, words)
            for year, entry in view.summary.get("history", {}).items()
            if entry.get("stated") is not None
        ],
        "baseline": tables.baseline(view, words),
        "decisions": decisions.decisions(view, words),
        "shocks": tables.shocks(view, words),
        "districts": places.table(view, words),
        "districts_said": places.said(view, words),
        "initiatives": tables.initiatives(view, words),
        "groups": grounds.groups(view, words),
        "assumptions_lead": words(
            "assumptions_lead", count=len(assumptions), unsure=sum(not a.sure for a in assumptions)
        ),
        "data_state": grounds.data_state(view, words),
        "how": grounds.how_to_read(view, words),
        "notes": grounds.notes(view, words),
        "provenance": grounds.provenance(view, words),
        "held": tested.held(tested.origins_of(tested.of_run(view)), words),
    }


def _story(view: RunView, words: Words) -> dict[str, Any]:
    """The sentence that leads each section; empty where there is nothing to say."""
    found = view.findings
    joint = (
        ""
        if found.joint is None or len(found.targets) < 2
        else words(
            "target_joint",
            chance=words.percent(found.joint.value),
            low=words.percent(found.joint.low, 1),
            high=words.percent(found.joint.high, 1),
        )
    )
    return {
        "months_lead": months_lead(view, words),
        "why_lead": why_lead(view, words),
        "torn": _torn(view, words),
        "chance_lead": chance_lead(view, words),
        "matters_lead": matters_lead(view, words),
        "judged": grounds.judgement(view, words),
        "cautions": [one.whole for one in cautions(view, words)],
        "joint": joint,
        "reconstructed": any(own.kind == "reconstructed" for own in view.baseline.services.values()),
        "falling": view.main is not None and view.main.direction == "at_most",
    }


def months_lead(view: RunView, words: Words) -> str:
    """Which months are the lowest and the highest."""
    bars = view.findings.months.bars
    if len(bars) < 3:
        return ""
    low, high = min(bars, key=lambda bar: bar.p50), max(bars, key=lambda bar: bar.p50)
    lead = words("months_lead", low_month=period_text(low.month, words), high_month=period_text(high.month, words))
    made_up = any(status == "reconstructed" for _, _, status in view.findings.months.history)
    lead = lead[:1].upper() + lead[1:]
    return f"{lead} {words('months_many')}" if made_up else lead


def why_lead(view: RunView, words: Words) -> str:
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
        amount=scale.small(abs(difference)),
        step=cut(labelled(most, view, words).of(words.language)),
        change=scale.signed(most.amount, decimals),
    )


def _torn(view: RunView, words: Words) -> str:
    return caption(view.findings.bridge, words) if view.findings.bridge else ""


def chance_lead(view: RunView, words: Words) -> str:
    """The amounts of 9, 5 and 1 in 10."""
    figures, scale = view.figures, view.scale(words)
    if not {"p10", "p50", "p90"} <= set(figures):
        return ""
    return words("chance_lead", **{p: scale.amount(figures[p]) for p in ("p10", "p50", "p90")})


def matters_lead(view: RunView, words: Words) -> str:
    """The assumption that moves the result most."""
    finding = view.findings.sensitivity
    if finding is None or not finding.levers:
        return ""
    first = finding.levers[0]
    return words("matters_lead", first=cut(labelled(first, view, words).of(words.language)))
