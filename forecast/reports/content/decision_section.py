"""Sentences of the section on decisions: what it hangs on, what would reach it, how it fails, when one will know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, exact_percent, whole_percent
from forecast.periods import parse_month
from forecast.plan.data_files import path_in_project
from forecast.reports.content.decision_charts import hanging_inputs
from forecast.reports.content.early_warning import warning_scale
from forecast.reports.content.failures import failure_answer, failure_decimals, failure_scale, failure_story
from forecast.reports.content.levers import lever_text
from forecast.reports.content.sensitivity import input_name, rare_event_text, sources_sentence
from forecast.reports.content.text import measure_text, period_text, sentence_case
from forecast.reports.fonts import truncate_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecast.analysis.seek import SeekRow, SeekTable
    from forecast.analysis.triggers import EarlyWarning, TriggerLevel, TriggerMonth
    from forecast.reports.content.context import RunView

__all__ = ["DecisionBlock", "decision_blocks"]


MAX_SUBJECTS = 2
"""Subjects of a typical future that the page tells: growths and events; `forecast stress` tells all."""


class DecisionBlock(NamedTuple):
    """One question of the section."""

    key: str
    """Key of its heading."""
    chart: str
    """Name of its figure; the run may have none."""
    sentences: tuple[str, ...]


def decision_blocks(view: RunView, t: Translator) -> list[DecisionBlock]:
    """Answer the questions on which a decision rests, in the order in which they are asked.

    Parameters
    ----------
    view : RunView
        The run.
    t : Translator
        The language.

    Returns
    -------
    list of DecisionBlock
        Those that the run can answer; empty without a target.
    """
    if view.main_target is None:
        return []
    blocks = (
        DecisionBlock("fifths_head", "fifths", tuple(_hangs_on(view, t))),
        DecisionBlock("levers_head", "levers", tuple(_would_reach(view, t))),
        DecisionBlock("failures_head", "failure_modes", tuple(_fails(view, t))),
        DecisionBlock("early_warning_head", "early_warning", tuple(_shall_know(view, t))),
    )
    return [block for block in blocks if block.sentences]


def _hangs_on(view: RunView, t: Translator) -> list[str]:
    sources, sensitivity, bars = view.decisions.sources, view.findings.sensitivity, hanging_inputs(view)
    if sources is None:
        return []
    sentences = [sources_sentence(sources, t)]
    if bars:
        first = bars[0]
        worse, better = sorted((first.chance_low.value, first.chance_high.value))
        name = truncate_label(input_name(first, view.scenario, t))
        chances = {"worse": whole_percent(worse, t), "better": whole_percent(better, t)}
        sentences.append(t("fifths_lead", name=name, **chances))
    if sensitivity is not None and sensitivity.rare:
        rare = sensitivity.rare[0]
        sentences.append(t("fifths_rare", event=rare_event_text(rare, sensitivity, view.scenario, t)))
    return sentences


def _would_reach(view: RunView, t: Translator) -> list[str]:
    table, target = view.decisions.seek, view.main_target
    if table is None or target is None:
        file = path_in_project(view.scenario.file, view.scenario)
        return [t("levers_ask", command=f"forecast run {file} --decide")] if view.decisions.sources else []
    if not table.rows and view.decisions.sources is None:  # the figure is settled
        return []
    scale = choose_scale(target.measure, [table.reachable.value], view.scenario.currency, t)
    required = exact_percent(table.required, t)
    reachable = t("levers_reachable", required=required, amount=scale.amount(table.reachable.value))
    return [_best_lever(view, table, t), reachable]


def _best_lever(view: RunView, table: SeekTable, t: Translator) -> str:
    """The single lever to begin with: ours that holds in most cases, else what must be earned, else none."""
    required = exact_percent(table.required, t)
    if table.chance.value >= table.required:
        reached = t("levers_reached", chance=whole_percent(table.chance.value, t, table.required), required=required)
        return f"{reached} {t('levers_safer')}" if table.rows else reached
    for kind, key in (("decide", "levers_ours"), ("earn", "levers_earned"), ("outside", "levers_outside")):
        rows = [row for row in table.rows if row.lever.kind == kind and row.reaches]
        if rows:
            best = max(rows, key=lambda row: (_holding(row), not row.lever.is_of_several, row.difference.value))
            chance = whole_percent(best.chance.value, t, None if best.step is not None else table.required)
            name = truncate_label(lever_text(best, view.scenario, t))
            holds = t("levers_holds", count=_holding(best), all=len(best.cases)) if best.cases else ""
            only = t("levers_only_written") if best.cases and not _holding(best) else holds
            return f"{t(key, name=name, chance=chance, required=required)} {only}".rstrip()
    return t("levers_none", required=required) if table.rows else t("seek_no_lever")


def _holding(row: SeekRow) -> int:
    return sum(case.reaches for case in row.cases)


def _fails(view: RunView, t: Translator) -> list[str]:
    """Chance of failing, its most frequent way, and one typical future of that."""
    modes = view.decisions.failures
    if modes is None or modes.is_sure:
        return []
    answer = f"{failure_answer(modes, view.scenario, t)}."
    if not modes.is_told:
        few = t("failures_few")
        return [answer, few if modes.paths_needed is None else t("failures_more", paths=f"{modes.paths_needed:_}")]
    way = next((way for way in modes.ways if way.future is not None), None)
    if way is None or way.future is None:
        return [answer]
    scale = failure_scale(modes, view.scenario, t)
    story = "; ".join(list(failure_story(way, modes, view.scenario, t))[:MAX_SUBJECTS])
    amount = scale.amount(way.future.value, failure_decimals(scale))
    cautions = [t("stress_nearly_always")] if modes.fails_nearly_always else []
    return [answer, *cautions, t("failures_story", amount=amount, story=story)]


def _shall_know(view: RunView, t: Translator) -> list[str]:
    warning = view.decisions.warning
    if warning is None or not warning.months:
        return []
    levels = [(month, level) for month in warning.months for level in month.levels[:1]]
    known = [(month, level) for month, level in levels if level.level is not None and level.tells]
    silent = [month.month for month, level in levels if level.level is not None and not level.tells]
    sentences = [_warning_sentence(view, warning, known, t)] if known else [t("early_warning_none")]
    if silent:
        months = ", ".join(period_text(month, t) for month in silent)
        sentences.append(t("early_warning_silent", months=months))
    return sentences


def _warning_sentence(
    view: RunView, warning: EarlyWarning, known: Sequence[tuple[TriggerMonth, TriggerLevel]], t: Translator
) -> str:
    """The level of the month in the middle of the period: early enough to act, late enough to know."""
    middle = parse_month(warning.months[0].month) + (len(warning.months) - 1) // 2
    month, level = min(known, key=lambda pair: (abs(parse_month(pair[0].month) - middle), pair[0].month))
    scale = warning_scale(warning, view.scenario, t)
    assert level.level is not None  # known
    params = {
        "measure": sentence_case(measure_text(warning.measure, view.scenario, t)),
        "amount": scale.amount(level.level.value, max(1, scale.decimals)),
        "month": period_text(month.month, t),
        "first": period_text(warning.first_month, t),
        "chance": exact_percent(level.chance, t),
    }
    reforecast = ""
    if level.reforecast is not None:
        low, high = (whole_percent(chance, t) for chance in level.reforecast)
        reforecast = f" {t('early_warning_reforecast', low=low, high=high)}"
    side = "below" if warning.is_below else "above"
    if level.is_all_clear or level.sounds is None or level.is_right is None or level.catches is None:
        return t(f"early_warning_clear_{side}", **params) + reforecast
    shares = {"sounds": level.sounds, "right": level.is_right, "catches": level.catches}
    alarm = {key: whole_percent(share.value, t) for key, share in shares.items()}
    return t(f"early_warning_{side}", **params, **alarm) + reforecast
