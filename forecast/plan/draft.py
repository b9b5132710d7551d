"""Draft of a plan: the YAML of a first plan with ranges and remarks, for a planner to go on with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from forecast.i18n import LANGUAGES, Translator
from forecast.periods import SEASON_MONTHS, format_month
from forecast.plan.plan_text import quote_text

__all__ = ["DraftCost", "DraftRange", "DraftService", "PlanDraft", "compose_plan"]

MONEY_SCALES = {"en": ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")),
                "vi": ((1e9, "tỷ"), (1e6, "triệu"), (1e3, "nghìn"))}  # fmt: skip
SIGNIFICANT_DIGITS = 3
"""Digits of a drafted amount: a guess has no more, and two decimals are never taken for thousands."""
REMARK_COLUMN = 46
"""Column at which remarks beside a value begin."""
MONTHS_TO_EXAMPLE = 3
"""Months from what is known to the risk and the initiative of the examples."""
MAX_EXAMPLE_GROWTHS = 4
"""Growths that the example of a correlation names."""
MAX_REMARK_CHARACTERS = 118


@dataclass(frozen=True)
class DraftRange:
    """A range of a change, as shares, or of an amount."""

    low: float
    high: float
    grade: str
    source: str
    """File and cells; empty where it rests on judgement alone."""
    note: str = ""
    year_count: int = 0
    """Changes from year to year that it rests on."""


@dataclass(frozen=True)
class DraftService:
    """A line of business."""

    name: str
    label: str
    growth: DraftRange | None
    """None where no full year is known."""
    price_change: DraftRange | None
    noise: DraftRange | None
    """Noise of a history that cannot teach it; else None."""
    annual: DraftRange | None
    """Amount of a year, for a service that began with the plan; else None."""
    remark: str
    """A line on its past."""


@dataclass(frozen=True)
class DraftCost:
    """A cost a month."""

    name: str
    label: str
    per_month: DraftRange


@dataclass(frozen=True)
class PlanDraft:
    """Contents of a first plan."""

    files: str
    """Names of the sheets that it is drafted from."""
    as_of: date
    currency: str
    first: int
    """First month of the horizon, from year 0."""
    months: int
    ledger: str
    """Path of the ledger from the plan."""
    has_open_estimates: bool
    """True where months of the horizon are estimates."""
    services: tuple[DraftService, ...]
    costs: tuple[DraftCost, ...]
    headcount: int
    """People in the last month that has them; 0 where no month has."""
    target_first: int
    """First of the twelve months of the target, from year 0."""
    target: float
    is_last_year: bool
    """True where the target is the revenue of the last twelve months, not an estimate of it."""

    @property
    def period(self) -> str:
        """Period of the target as a plan writes it: `2026`, or `2025-09 to 2026-08`."""
        year, month = divmod(self.target_first, SEASON_MONTHS)
        last = self.target_first + SEASON_MONTHS - 1
        return f"{format_month(self.target_first)} to {format_month(last)}" if month else str(year)

    def period_words(self, t: Translator) -> str:
        """Period of the target as people write it."""
        year, month = divmod(self.target_first, SEASON_MONTHS)
        if not month:
            return t("new_year", year=year)
        first, last = (
            t("period_month", name=t(f"month_{number % SEASON_MONTHS + 1}"), month=number % SEASON_MONTHS + 1,
              year=number // SEASON_MONTHS)
            for number in (self.target_first, self.target_first + SEASON_MONTHS - 1)
        )  # fmt: skip
        return t("period_span", first=first, last=last)


def compose_plan(draft: PlanDraft, t: Translator) -> str:
    """Write a draft as a plan.

    Parameters
    ----------
    draft : PlanDraft
        Its contents.
    t : Translator
        Language of the remarks, and of the reports.

    Returns
    -------
    str
        YAML; labels of the plan's own are in both languages, those of the sheets as they stand there.
    """
    lines = ["# yaml-language-server: $schema=plan.schema.json", *_remark(t("draft_head", files=draft.files))]
    lines += ["#   forecast check scenarios/plan.yaml", "#   forecast run scenarios/plan.yaml"]
    history = draft.ledger
    if draft.has_open_estimates:
        history = f"{{file: {draft.ledger}, estimate_error: {{value: 2% to 8%, grade: C}}}}"
    lines += [
        f"name: {_in_both('draft_name', draft)}",
        _beside(f"as_of: {draft.as_of.isoformat()}", t("draft_as_of")),
        f"currency: {draft.currency}",
        f"language: {t.language}",
        f"horizon: {{from: {format_month(draft.first)}, months: {draft.months}}}",
        _beside(f"history: {history}", t("draft_history")),
        "",
        *_remark(t("draft_ranges")),
        "services:",
    ]
    for service in draft.services:
        lines += _service_lines(service, draft.currency, t)
    lines += ["", *_remark(t("draft_costs" if draft.costs else "draft_no_costs"))]
    lines += ["costs:"] if draft.costs else []
    for cost in draft.costs:
        lines += [f"  {cost.name}:", f"    label: {quote_text(cost.label)}"]
        lines += [f"    per_month: {_range_text(cost.per_month, draft.currency, t)}"]
    if draft.headcount:
        lines += ["", _beside(f"workforce: {{headcount: {draft.headcount} people}}", t("draft_headcount"))]
    lines += ["", *_remark(t("draft_target" if draft.is_last_year else "draft_target_short")), "targets:"]
    note = quote_text(t("draft_target_note" if draft.is_last_year else "draft_target_note_short"))
    lines += [
        "  revenue:",
        f"    label: {_in_both('draft_target_label' if draft.is_last_year else 'draft_target_label_short', draft)}",
        "    measure: revenue",
        f"    period: {draft.period}",
        f"    at_least: {{value: {_amounts([draft.target], draft.currency, t)}, note: {note}}}",
        "    required_chance: 80%",
        "",
        *_example_lines(draft, t),
    ]
    return "\n".join(lines) + "\n"


def _service_lines(service: DraftService, currency: str, t: Translator) -> list[str]:
    lines = [f"  {service.name}:", f"    label: {quote_text(service.label)}"]
    lines += _remark(service.remark, "    ") if service.remark else []
    if service.growth is not None:
        lines.append(f"    growth: {_range_text(service.growth, '', t)}")
    if service.price_change is not None:
        lines.append(f"    price_change: {_range_text(service.price_change, '', t)}")
    if service.noise is not None:
        lines += ["    baseline:", f"      noise: {_range_text(service.noise, '', t)}"]
    if service.annual is not None:
        lines += ["    baseline:", "      method: given", f"      annual: {_range_text(service.annual, currency, t)}"]
        lines += ["      shape: flat", "      noise: 10%"]
    return lines


def _example_lines(draft: PlanDraft, t: Translator) -> list[str]:
    """Risks and initiatives to fill in: a plan once their `# ` is removed."""
    known = SEASON_MONTHS * draft.as_of.year + draft.as_of.month - 1
    start = min(known + MONTHS_TO_EXAMPLE, draft.first + draft.months - 1)
    first = draft.services[0].name
    day = date(start // SEASON_MONTHS, start % SEASON_MONTHS + 1, 1)
    examples = [
        "shocks:",
        "  risk:",
        f"    label: {_in_both('draft_risk_label', draft)}",
        "    kind: event",
        _beside("    chance: {value: 20% to 40%, grade: C}", t("draft_risk_chance"), REMARK_COLUMN - 2),
        f"    from: {day.isoformat()}",
        f"    until: {day.replace(day=28).isoformat()}",
        _beside("    effect: {volume: {all: -30% to -10%}}", t("draft_risk_effect"), REMARK_COLUMN - 2),
        "initiatives:",
        "  initiative:",
        f"    label: {_in_both('draft_initiative_label', draft)}",
        _beside("    chance: {value: 70% to 90%, grade: C}", t("draft_initiative_chance"), REMARK_COLUMN - 2),
        f"    start: {format_month(start)}",
        "    ramp: 3 months",
        _beside(f"    effect: {{volume: {{{first}: 1% to 5%}}}}", t("draft_initiative_effect"), REMARK_COLUMN - 2),
    ]
    growths = [f"services.{service.name}.growth" for service in draft.services if service.growth is not None]
    if len(growths) > 1:
        between = ", ".join(growths[:MAX_EXAMPLE_GROWTHS])
        examples += [
            "correlations:",
            f"  growths:  # {t('draft_correlation')}",
            f"    between: [{between}]",
            "    rank: 0.5",
        ]
    return [*_remark(t("draft_examples")), *(f"# {line}" for line in examples)]


def _range_text(written: DraftRange, currency: str, t: Translator) -> str:
    """A range of a change, or of an amount where there is a currency, with its grade, source and note."""
    if currency:
        value = _amounts([written.low, written.high], currency, t)
    else:
        value = f"{_percent(written.low)} to {_percent(written.high)}"
    parts = [f"value: {value}", f"grade: {written.grade}"]
    parts += [f"source: {quote_text(written.source)}"] if written.source else []
    parts += [f"note: {quote_text(written.note)}"] if written.note else []
    return "{" + ", ".join(parts) + "}"


def _percent(share: float) -> str:
    return f"{round(100 * share, 1):g}%"


def _amounts(amounts: Sequence[float], currency: str, t: Translator) -> str:
    """One amount, or a range of two, in the scale of the first."""
    scales = MONEY_SCALES[t.language]
    factor, word = next(((factor, word) for factor, word in scales if abs(amounts[0]) >= factor), (1.0, ""))
    money = "đồng" if currency == "VND" and t.language == "vi" else currency
    return f"{' to '.join(_digits(amount / factor) for amount in amounts)} {word} {money}".replace("  ", " ")


def _digits(number: float) -> str:
    """Plain digits, with two decimals at most."""
    places = max(0, SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(abs(number)))) if number else 0
    return f"{round(number, min(places, 2)):f}".rstrip("0").rstrip(".")


def _in_both(key: str, draft: PlanDraft) -> str:
    """A text in both languages."""
    translators = map(Translator, LANGUAGES)
    texts = (f"{t.language}: {quote_text(t(key, period=draft.period_words(t)))}" for t in translators)
    return "{" + ", ".join(texts) + "}"


def _remark(text: str, indent: str = "") -> list[str]:
    import textwrap

    width = MAX_REMARK_CHARACTERS - len(indent)
    return [f"{indent}# {line}" for line in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)]


def _beside(line: str, text: str, column: int = REMARK_COLUMN) -> str:
    return f"{line.ljust(column)} # {text}"
