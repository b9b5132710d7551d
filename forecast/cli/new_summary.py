"""Summary of a drafted plan: what was read, what was guessed, what was left out, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.cli.actuals_summary import month_words, note_lines, reading_lines
from forecast.cli.text_table import UnbrokenLine, wrap
from forecast.files.paths import display_path
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale
from forecast.periods import format_month
from forecast.workflows.new_plan import PLAN_FILE

if TYPE_CHECKING:
    from forecast.workflows.new_from_ledger import DraftedPlan

MAX_NAMES_IN_LINE = 8
"""Names of a line before the others are counted."""


def new_lines(drafted: DraftedPlan, folder: Path, currency: str, t: Translator) -> list[str]:
    """Lines for a person, at most 80 characters wide where names allow; `currency` is that of the call, or empty."""
    lines = reading_lines(drafted.reading, drafted.currency, t) if drafted.reading is not None else []
    indented = [*_guess_lines(drafted, currency, t), *_left_out_lines(drafted, t)]
    indented += note_lines(drafted.reading, t) if drafted.reading is not None else []
    lines += [f"  {line}" for line in indented]
    paths = {"plan": display_path(folder / PLAN_FILE), "ledger": display_path(folder / drafted.ledger_file)}
    lines.append(t("new_written", rows=drafted.row_count, **paths))
    return [*(part for line in lines for part in wrap(line)), run_line(folder)]


def run_line(folder: Path) -> str:
    """The command that runs a plan that was written to a folder, to be copied."""
    return UnbrokenLine(f"  forecast run {display_path(folder / PLAN_FILE)}")


def _guess_lines(drafted: DraftedPlan, currency: str, t: Translator) -> Iterator[str]:
    draft = drafted.draft
    names = _listed((service.label for service in draft.services), t)
    yield t("new_services", count=len(draft.services), names=names)
    if drafted.counted:
        yield t("new_counted", names=_listed(drafted.counted, t))
    if draft.costs:
        yield t("new_costs", count=len(draft.costs), names=_listed((cost.label for cost in draft.costs), t))
    if draft.headcount:
        yield t("new_people", count=draft.headcount)
    key = (
        "new_currency_given" if currency else "new_currency_guessed" if drafted.is_currency_guessed else "new_currency"
    )
    yield t(key, currency=drafted.currency)
    first, last = (month_words(month, t) for month in drafted.months)
    period = draft.period_words(t)
    yield t("new_months", first=first, last=last, period=period)
    growths = [service.growth for service in draft.services if service.growth is not None]
    has_past = any(growth.year_count for growth in growths)
    yield t("new_growth" if has_past else "new_growth_judged" if growths else "new_growth_short")
    amount = choose_scale("revenue", [draft.target], drafted.currency, t).amount(draft.target)
    yield t("new_target" if draft.is_last_year else "new_target_short", amount=amount, period=period)


def _left_out_lines(drafted: DraftedPlan, t: Translator) -> Iterator[str]:
    for reason in ("total", "result", "unnamed"):
        lines = [line for line in drafted.left_out if line.reason == reason]
        if lines:
            texts = (
                line.location.cell if reason == "unnamed" else f"{line.text} ({line.location.cell})" for line in lines
            )
            yield t(f"new_left_out_{reason}", names=_listed(texts, t))
    for dropped_reason in ("zero", "ended", "volume"):
        services = [service for service in drafted.dropped if service.reason == dropped_reason]
        if services:
            texts = (
                f"{service.text} ({format_month(service.month)})" if dropped_reason == "ended" else service.text
                for service in services
            )
            yield t(f"new_dropped_{dropped_reason}", names=_listed(texts, t))


def _listed(names: Iterable[str], t: Translator) -> str:
    texts = list(names)
    more = len(texts) - MAX_NAMES_IN_LINE
    return ", ".join(texts[:MAX_NAMES_IN_LINE]) + (f" {t('actuals_and_more', count=more)}" if more > 0 else "")


def new_json(drafted: DraftedPlan, folder: Path, t: Translator) -> dict[str, Any]:
    """The same for programs."""
    draft = drafted.draft
    return {
        "ledger": str((folder / drafted.ledger_file).absolute()),
        "rows": drafted.row_count,
        "language": drafted.language,
        "currency": drafted.currency,
        "currency_guessed": drafted.is_currency_guessed,
        "first": format_month(drafted.months[0]),
        "last": format_month(drafted.months[1]),
        "period": draft.period,
        "services": {service.name: service.label for service in draft.services},
        "counted": list(drafted.counted),
        "costs": {cost.name: cost.label for cost in draft.costs},
        "headcount": draft.headcount or None,
        "target": draft.target,
        "left_out": [
            {"text": line.text, "reason": line.reason, "cell": line.location.cell} for line in drafted.left_out
        ],
        "dropped": [{"text": service.text, "reason": service.reason} for service in drafted.dropped],
        "notes": note_lines(drafted.reading, t) if drafted.reading is not None else [],
    }
