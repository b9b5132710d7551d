"""The target that a command asks about: its name, and the title of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast.errors import InputError, Problem, closest_match
from forecast.i18n.amounts import exact_percent, interval_text, whole_percent

if TYPE_CHECKING:
    from forecast.cli.session import Session
    from forecast.i18n import Translator
    from forecast.plan.scenario import Scenario
    from forecast.stats.intervals import Estimate


def target_problems(session: Session, scenario: Scenario, name: str | None) -> list[Problem]:
    """Problems of the target that a call names; of a plan without any."""
    if not scenario.targets:
        return [session.problem("", "targets", "seek_no_target")]
    if name is None or name in scenario.targets:
        return []
    instead = closest_match(name, scenario.targets, 0.0) or scenario.main_target
    return [session.problem("--target", "--target", "seek_unknown_target", name=name, instead=instead)]


def require_target(session: Session, scenario: Scenario, name: str | None) -> str:
    """The target that a call names, or the main one; InputError where the plan has none of that name."""
    if problems := target_problems(session, scenario, name):
        raise InputError(problems)
    return name or scenario.main_target


def target_title(scenario: Scenario, name: str, chance: Estimate, required: float | None, t: Translator) -> str:
    """A target with its chance, the simulation error of that, and the chance that it must have, if any."""
    from forecast.plan.labels import display_label

    params = {
        "target": display_label(scenario, f"targets.{name}").in_language(t.language),
        "chance": whole_percent(chance.value, t, required),
        "error": interval_text(chance.low, chance.high, t, chance.value, required),
    }
    if required is None:
        return t("seek_title_alone", **params)
    return t("seek_title", **params, required=exact_percent(required, t))
