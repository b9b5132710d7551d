"""Answer of `forecast bridge`, for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from forecast.cli.text_table import cut, table_lines, wrap
from forecast.files.paths import plan_name
from forecast.i18n import Translator
from forecast.i18n.amounts import AmountScale, choose_scale, round_preserving_sum, whole_percent, with_sign
from forecast.i18n.listing import list_names
from forecast.plan.labels import display_label
from forecast.reports.content.text import measure_text, period_text

if TYPE_CHECKING:
    from forecast.analysis.plan_bridge import CauseBar, PlanBridge
    from forecast.analysis.plan_causes import PlanCause
    from forecast.plan.scenario import Scenario
    from forecast.stats.intervals import Estimate
    from forecast.workflows.bridge import BridgeResult

MAX_CAUSE_CHARACTERS = 28
"""Characters of a cause in the table."""
MAX_IDLE_CAUSES = 8
"""Causes without effect that are named."""
PLAN_PARTS = (
    "initiatives", "volume", "price", "history", "costs", "people", "places", "climate", "correlations", "target",
)  # fmt: skip


def bridge_lines(result: BridgeResult, first: Scenario, last: Scenario, t: Translator) -> list[str]:
    """Lines for a person, at most 80 wide where names allow."""
    bridge = result.bridge
    names = _CauseNames(first, last, t)
    lines = wrap(_answer(result, names, first, last, t))
    acting = [bar for bar in bridge.bars if bar.acts]
    if not bridge.bars:
        return [*lines, *wrap(t("bridge_no_causes"))]
    if acting:
        key = t("bridge_key", paths=t.number(bridge.paths))
        key += "" if bridge.first_chance is None else " " + t("bridge_key_points")
        lines += ["", *_table(result, acting, names, t), "", *wrap(key)]
    idle = [names.whole(bar.cause) for bar in bridge.bars if not bar.acts]
    if idle:
        lines += wrap(t("bridge_idle", causes=list_names(idle, MAX_IDLE_CAUSES)))
    if bridge.orders:
        lines += wrap(t("bridge_orders", orders=bridge.orders, causes=len(acting)))
    return lines


class _CauseNames:
    """Names of causes for a reader, by the plan that has them."""

    def __init__(self, first: Scenario, last: Scenario, t: Translator) -> None:
        self.first, self.last, self.t = first, last, t

    def whole(self, cause: PlanCause) -> str:
        """All of a cause, with + between what goes together."""
        return " + ".join(self._part(name) for name in cause.names)

    def short(self, cause: PlanCause) -> str:
        """The same, cut where it is long."""
        return cut(self.whole(cause), MAX_CAUSE_CHARACTERS)

    def _part(self, name: str) -> str:
        if name in PLAN_PARTS:
            return self.t(f"bridge_cause_{name}")
        table, _, entry = name.partition(".")
        owner = self.last if entry in getattr(self.last, table) else self.first
        return display_label(owner, name).in_language(self.t.language)


def _answer(result: BridgeResult, names: _CauseNames, first: Scenario, last: Scenario, t: Translator) -> str:
    """One sentence: by how much the figure changes, what takes most and what brings most."""
    question, bridge = result.question, result.bridge
    measure = question.figure.measure
    params = {
        **_plan_names(first, last, t),
        "measure": measure_text(measure, first, t),
        "period": period_text(question.figure.period.text, t),
    }
    scale = _scale(result, first.currency, t)
    if question.of == "chance" and bridge.first_chance is not None and bridge.last_chance is not None:
        target = display_label(first, f"targets.{question.target}").in_language(t.language)
        params |= {"target": target, **_chance_params(bridge.first_chance, bridge.last_chance, t)}
        sentence = t("bridge_answer_chance", **params)
    else:
        decimals = _decimals(scale)
        unit = scale.factor * 10.0**-decimals
        difference = (round(bridge.last.value / unit) - round(bridge.first.value / unit)) * unit  # as the ends tell it
        ends = {
            "before": scale.number(bridge.first.value, decimals),
            "after": scale.amount(bridge.last.value, decimals),
        }
        change = scale.of_changes.with_unit(scale.signed_number(difference, decimals))
        sentence = t("bridge_answer_mean", change=change, **ends, **params)
        if bridge.first_chance is not None and bridge.last_chance is not None:
            sentence += " " + t("bridge_answer_beside", **_chance_params(bridge.first_chance, bridge.last_chance, t))
    return " ".join([sentence, *_largest(result, names, scale, t)])


def _plan_names(first: Scenario, last: Scenario, t: Translator) -> dict[str, str]:
    """Names of the plans; of their files where they have one name."""
    names = [scenario.name.in_language(t.language) for scenario in (first, last)]
    if names[0] == names[1]:
        names = [plan_name(scenario.file) for scenario in (first, last)]
    return {"first": names[0], "last": names[1]}


def _chance_params(first: Estimate, last: Estimate, t: Translator) -> dict[str, str]:
    return {
        "chance_before": whole_percent(first.value, t),
        "chance_after": whole_percent(last.value, t),
        "points": _signed_points(round(100 * last.value, 1) - round(100 * first.value, 1), t),
    }


def _largest(result: BridgeResult, names: _CauseNames, scale: AmountScale, t: Translator) -> Iterator[str]:
    """The cause that takes most and the one that brings most, with the figures of the table."""
    of_chance = result.question.of == "chance"
    bars = [bar for bar in result.bridge.bars if bar.acts]
    _, changes, _ = _printed_points(result.bridge, bars) if of_chance else _printed_amounts(result.bridge, bars, scale)
    for key, sign in (("bridge_takes", -1), ("bridge_brings", 1)):
        row = max(range(len(changes)), key=lambda row: sign * changes[row], default=None)
        if row is not None and sign * changes[row] > 0:
            amount = _signed(changes[row], _decimals(scale), t)
            if of_chance:
                amount = t("bridge_points", points=_signed_points(changes[row], t))
            yield t(key, cause=names.whole(bars[row].cause), amount=amount)


def _scale(result: BridgeResult, currency: str, t: Translator) -> AmountScale:
    bridge = result.bridge
    return choose_scale(result.question.figure.measure, [bridge.first.value, bridge.last.value], currency, t)


def _decimals(scale: AmountScale) -> int:
    """Decimals of the amounts: two more than a level has, so that small causes and errors can be told from nothing."""
    return min(scale.decimals + 2, 2)


def _table(result: BridgeResult, bars: list[CauseBar], names: _CauseNames, t: Translator) -> list[str]:
    """First plan, causes and last plan; the printed figures add up."""
    question, bridge = result.question, result.bridge
    columns: list[list[str]] = []
    if question.of == "mean":
        scale = _scale(result, names.first.currency, t)
        columns += _amount_columns(bridge, bars, scale, t)
    if bridge.first_chance is not None and bridge.last_chance is not None:
        columns += _point_columns(bridge, bars, t)
    labels = ["", t("bridge_first"), *(f"  {names.short(bar.cause)}" for bar in bars), t("bridge_last")]
    return table_lines([list(row) for row in zip(labels, *columns, strict=True)], indent=2)


def _printed_amounts(bridge: PlanBridge, bars: list[CauseBar], scale: AmountScale) -> tuple[float, list[float], float]:
    """Mean of the first plan, changes by cause and mean of the last plan as they are printed: they add up."""
    sizes = [bar.mean.value / scale.factor for bar in bars]
    ends = (bridge.first.value / scale.factor, bridge.last.value / scale.factor)
    return round_preserving_sum(ends[0], sizes, ends[1], _decimals(scale))


def _printed_points(bridge: PlanBridge, bars: list[CauseBar]) -> tuple[float, list[float], float]:
    """The same of the chance, in percentage points."""
    assert bridge.first_chance is not None
    assert bridge.last_chance is not None
    chances = [100 * bar.chance.value for bar in bars if bar.chance is not None]
    return round_preserving_sum(100 * bridge.first_chance.value, chances, 100 * bridge.last_chance.value, 1)


def _amount_columns(bridge: PlanBridge, bars: list[CauseBar], scale: AmountScale, t: Translator) -> list[list[str]]:
    decimals = _decimals(scale)
    first, changes, last = _printed_amounts(bridge, bars, scale)
    amounts = [t.number(first, decimals), *(_signed(change, decimals, t) for change in changes)]
    errors = [_error((bar.mean.high - bar.mean.low) / 2 / scale.factor, decimals, t) for bar in bars]
    spans = [f"{scale.number(bar.p10, decimals)} … {scale.number(bar.p90, decimals)}" for bar in bars]
    return [
        [scale.unit, *amounts, t.number(last, decimals)],
        ["", "", *errors, ""],
        ["P10 … P90", "", *spans, ""],
    ]


def _point_columns(bridge: PlanBridge, bars: list[CauseBar], t: Translator) -> list[list[str]]:
    first, changes, last = _printed_points(bridge, bars)
    chances = [bar.chance for bar in bars if bar.chance is not None]
    errors = [_error(50 * (chance.high - chance.low), 1, t) for chance in chances]
    return [
        [t("bridge_column_points"), t.percent(first / 100, 1), *(_signed(c, 1, t) for c in changes),
         t.percent(last / 100, 1)],
        ["", "", *errors, ""],
    ]  # fmt: skip


def _error(half: float, decimals: int, t: Translator) -> str:
    """Half the width of an interval; one that is not nothing is never printed as nothing."""
    least = 10.0**-decimals
    return f"<{t.number(least, decimals)}" if 0 < half < least / 2 else f"±{t.number(half, decimals)}"


def _signed(value: float, decimals: int, t: Translator) -> str:
    return with_sign(t.number(value, decimals))


def _signed_points(points: float, t: Translator) -> str:
    return _signed(points, 1, t)
