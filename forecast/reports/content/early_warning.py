"""Texts of an early warning: its levels, and how good their alarms are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.i18n.amounts import AmountScale, choose_scale, whole_percent

if TYPE_CHECKING:
    from forecast.analysis.triggers import EarlyWarning, TriggerLevel
    from forecast.i18n import Translator
    from forecast.plan.scenario import Scenario

__all__ = ["alarm_texts", "level_text", "warning_scale"]


def warning_scale(warning: EarlyWarning, scenario: Scenario, t: Translator) -> AmountScale:
    """Choose the scale of the levels of an early warning.

    Parameters
    ----------
    warning : EarlyWarning
        The levels.
    scenario : Scenario
        The plan.
    t : Translator
        The language.

    Returns
    -------
    AmountScale
        Of the year to date.
    """
    amounts = [month.outlook[1] for month in warning.months]
    return choose_scale(warning.measure, amounts, scenario.currency, t)


def level_text(level: TriggerLevel, warning: EarlyWarning, scale: AmountScale, *, has_error: bool = False) -> str:
    """Write the level of one month.

    Parameters
    ----------
    level : TriggerLevel
        The level.
    warning : EarlyWarning
        Its warning.
    scale : AmountScale
        Its scale.
    has_error : bool
        Whether half the 95% interval of its simulation error follows.

    Returns
    -------
    str
        `–` where none is told; where the chance is lower today, after `≥`, or after `≤` where less is better.
    """
    if level.level is None or not level.tells:
        return "–"
    decimals = max(1, scale.decimals)
    text = scale.number(level.level.value, decimals)
    if level.is_all_clear:
        text = f"{'≥' if warning.is_below else '≤'} {text}"
    return f"{text} ±{scale.number((level.level.high - level.level.low) / 2, decimals)}" if has_error else text


def alarm_texts(level: TriggerLevel, t: Translator, missing: str = "–") -> list[str]:
    """Write how often the alarm of a level sounds, is right, and what share of the misses it catches.

    Parameters
    ----------
    level : TriggerLevel
        The level.
    t : Translator
        The language.
    missing : str
        Text where no alarm is told.

    Returns
    -------
    list of str
        Whole percents; `–` for a share that is not known.
    """
    if level.level is None or not level.tells or level.is_all_clear:
        return [missing] * 3
    shares = (level.sounds, level.is_right, level.catches)
    return ["–" if share is None else whole_percent(share.value, t) for share in shares]
