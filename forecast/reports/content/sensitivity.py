"""Texts of what a target hangs on: names of inputs and of parts, rare events, and the sources of the uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.analysis.findings import RareEvent, Sensitivity, SensitivityBar
from forecast.i18n import Translator
from forecast.i18n.amounts import choose_scale, round_preserving_sum, whole_percent
from forecast.reports.content.text import name_text

if TYPE_CHECKING:
    from forecast.analysis.total_effects import TotalEffect
    from forecast.analysis.uncertainty_sources import UncertaintySources
    from forecast.plan.scenario import Scenario

__all__ = ["effect_name", "input_name", "rare_event_text", "source_texts", "sources_sentence"]


def input_name(bar: SensitivityBar, scenario: Scenario, t: Translator) -> str:
    """Name an input, or the members of a group.

    Parameters
    ----------
    bar : SensitivityBar
        The input.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Returns
    -------
    str
        Its label; of counts with few and many.
    """
    if bar.members:
        owners = [name_text(".".join(name.split(".")[:2]), scenario, t) for name in bar.members]
        names = [name_text(name, scenario, t) for name in bar.members]
        return " + ".join(owners if len(set(owners)) == len(owners) else names)
    label = "" if bar.label is None else bar.label.in_language(t.language)
    name = label or name_text(bar.name, scenario, t)
    return f"{name} ({bar.text.replace(' / ', ' … ')})" if bar.name.endswith(".events") else name


def effect_name(effect: TotalEffect, scenario: Scenario, t: Translator) -> str:
    """Name the part of a plan that was drawn again.

    Parameters
    ----------
    effect : TotalEffect
        Its effect.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Returns
    -------
    str
        Labels of what a correlation binds, joined.
    """
    return " + ".join(
        t(f"head.{name}") if t.has(f"head.{name}") else name_text(name, scenario, t) for name in effect.names
    )


def rare_event_text(event: RareEvent, sensitivity: Sensitivity, scenario: Scenario, t: Translator) -> str:
    """Say what a rare event does, with its chance.

    Parameters
    ----------
    event : RareEvent
        The event.
    sensitivity : Sensitivity
        Its findings.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Returns
    -------
    str
        Without a full stop.
    """
    scale = choose_scale(sensitivity.measure, [event.change.value], scenario.currency, t)
    owner = name_text(event.name.rpartition(".")[0], scenario, t)
    name = owner if event.happens else t("sensitivity_not", name=owner)
    text = t(
        "sensitivity_rare_happens",
        name=name,
        chance=whole_percent(event.chance.value, t),
        change=scale.of_changes.with_unit(scale.signed_number(event.change.value)),
        target=whole_percent(event.target_chance.value, t),
    )
    return f"{text} ({t('sensitivity_rare_shared')})" if event.shared_with else text


def source_texts(sources: UncertaintySources, t: Translator) -> dict[str, str]:
    """Write the shares of the sources so that they add up.

    Parameters
    ----------
    sources : UncertaintySources
        The split.
    t : Translator
        The language.

    Returns
    -------
    dict of str to str
        By source, whole percents that sum to 100%; `<1%` and `>99%` where a share is neither nothing nor all.
    """
    shares = [max(0.0, each.share.value) for each in sources.shares]
    _, rounded, _ = round_preserving_sum(0.0, [100 * share / sum(shares) for share in shares], 100.0, 0)
    return {
        each.source: whole_percent(percent / 100 if 0 < percent < 100 else share, t)
        for each, share, percent in zip(sources.shares, shares, rounded, strict=True)
    }


def sources_sentence(sources: UncertaintySources, t: Translator) -> str:
    """Say how much of the uncertainty rests on judgement, on record and on pure chance.

    Parameters
    ----------
    sources : UncertaintySources
        The split.
    t : Translator
        The language.

    Returns
    -------
    str
        A sentence whose three shares sum to 100%.
    """
    return t("sensitivity_sources", **source_texts(sources, t))
