"""Bridge from last year to the mean of the forecast, beside the target: why the year comes out as it does."""

from __future__ import annotations

import math

import numpy as np

from forecast.analysis.findings import Bridge, BridgeStep, CauseEffect
from forecast.arrays import Floats
from forecast.i18n import Translator
from forecast.plan.bilingual import Label
from forecast.plan.labels import display_label
from forecast.simulation.compiled import ALL_CAUSES
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Z975, Estimate
from forecast.stats.tally import Tally

__all__ = ["compute_bridge", "effects_by_cause"]

STEP_ORDER = ("last_year", "history.shocks", "services.", "shocks.", "initiatives", "gap")
"""Beginnings of the names of the steps, in their order; those of the history that still act come with its own."""
MIN_LAST_YEAR = 1e-9
"""Share of the forecast below which last year is only a rounding error."""
EFFECT_QUANTILES = (0.1, 0.9, 0.05)
"""Quantiles of an effect: the ends of its 80% range, and one in twenty."""


def compute_bridge(run: Simulation) -> Bridge | None:
    """Find the bridge of the main target, by cause or by line of the accounts.

    Parameters
    ----------
    run : Simulation
        The simulated plan.

    Returns
    -------
    Bridge, optional
        Mean changes in the plan's currency; None without a target of money of the whole plan, and by cause where no
        path was kept.
    """
    name = run.scenario.main_target
    if not name:
        return None
    target = run.scenario.targets[name]
    if target.place is not None:
        return None
    if target.measure != "revenue" or target.basis == "parts" or target.period.text != run.bridge_period:
        return _statement_bridge(run, name)
    if run.path_sample is None:
        return None
    tallies = _bridge_tallies(run)
    start = BridgeStep("last_year", _step_label(run, "last_year"), *tallies["last_year"].mean_estimate())
    if "gap" in tallies:  # last year as stated: its services and the carried gap together
        amount = tallies["last_year"].mean + tallies["gap"].mean
        start = BridgeStep("last_year", start.label, amount, amount, amount)
    changes = {key: tally.mean_estimate() for key, tally in tallies.items() if key not in ("last_year", "gap")}
    changes = {key: change for key, change in changes.items() if key != ALL_CAUSES} | _mean_changes(run)
    steps = (BridgeStep(key, _step_label(run, key), *changes[key]) for key in sorted(changes, key=_step_position))
    end = run.tally("revenue", run.bridge_period).mean_estimate()
    if abs(start.amount) < MIN_LAST_YEAR * abs(end.value):  # no service had a year before
        start = BridgeStep("from_nothing", _step_label(run, "from_nothing"), 0.0, 0.0, 0.0)
    return Bridge(
        "revenue",
        run.bridge_period,
        start,
        tuple(step for step in steps if (step.amount, step.low, step.high) != (0, 0, 0)),
        BridgeStep("revenue", None, *end),
        target.threshold.value,
    )


def effects_by_cause(run: Simulation) -> dict[str, CauseEffect]:
    """Summarise what each shock and the initiatives change in the revenue of the bridge's period.

    Parameters
    ----------
    run : Simulation
        The simulated plan.

    Returns
    -------
    dict of str to CauseEffect
        By `shocks.NAME` and `initiatives`, in the plan's currency; the mean is that of the bridge, the quantiles are
        those of the paths that were kept. Empty where none was.
    """
    changes, means = _changes_by_cause(run), _mean_changes(run)
    return {
        name: CauseEffect(name, means[name].value, *map(float, np.quantile(changes[name], EFFECT_QUANTILES)))
        for name in sorted(changes)
        if name.startswith("shocks.") or name == "initiatives"
    }


def _changes_by_cause(run: Simulation) -> dict[str, Floats]:
    """By drift, initiatives and shock, (paths kept,) what it changed; empty where no path was kept."""
    figures = {} if run.path_sample is None else run.path_sample.figures
    return {
        measure.removeprefix("bridge."): values[: run.paths]
        for (measure, period), values in figures.items()
        if measure.startswith("bridge.") and (measure, period) not in run.tallies
    }


def _mean_changes(run: Simulation) -> dict[str, Estimate]:
    """Mean change by cause: over the paths that were kept, with all causes together as control variate.

    What they change together is known in all paths. Its coefficients sum to 1, for the causes sum to it in each path,
    so that the means sum to its mean over all paths. A residual is uncorrelated with it, and so are the two errors.

    References: Law (2015), Simulation Modeling and Analysis, 11.4 (control variates).
    """
    changes = _changes_by_cause(run)
    if not changes or run.path_sample is None:
        return {}
    tally = run.tally(f"bridge.{ALL_CAUSES}", run.bridge_period)
    together = run.path_sample.figures[f"bridge.{ALL_CAUSES}", run.bridge_period][: run.paths]
    centred = together - together.mean()
    variation, means = float(centred @ centred), {}
    for name, values in changes.items():
        coefficient = float(centred @ values) / variation if variation > 0 else 0.0
        value = float(values.mean()) + coefficient * (tally.mean - float(together.mean()))
        variance = (
            float(np.var(values - coefficient * together)) / len(values) + coefficient**2 * tally.variance / tally.n
        )
        means[name] = Estimate(value, value - Z975 * math.sqrt(variance), value + Z975 * math.sqrt(variance))
    return means


def _bridge_tallies(run: Simulation) -> dict[str, Tally]:
    """Tally of each step, by its name."""
    return {m.removeprefix("bridge."): tally for (m, _), tally in run.tallies.items() if m.startswith("bridge.")}


def _step_position(key: str) -> tuple[int, str]:
    return next(i for i, start in enumerate(STEP_ORDER) if key.startswith(start)), key


def _step_label(run: Simulation, key: str) -> Label:
    code = f"term.{key.replace('.', '_')}"
    if key in ("last_year", "history.shocks", "initiatives", "gap", "from_nothing"):
        return Label(vi=Translator("vi")(code), en=Translator("en")(code))
    label = display_label(run.scenario, key)
    if key.startswith("services."):
        service = run.scenario.services[key.removeprefix("services.")]
        code = "term.service_growth" if service.growth is not None else "term.service_year"
        return Label(vi=Translator("vi")(code, name=label.vi), en=Translator("en")(code, name=label.en))
    return label


def _statement_bridge(run: Simulation, name: str) -> Bridge | None:
    """The bridge over the lines of the accounts, revenue less costs; None for other measures than money."""
    target = run.scenario.targets[name]
    if target.measure not in ("revenue", "profit") or target.basis == "parts":
        return None
    period = target.period.text
    lines = [
        (measure, 1.0)
        for measure, line_period in run.tallies
        if line_period == period and measure.startswith("revenue.")
    ]
    if target.measure == "profit":
        lines += [
            (measure, -1.0)
            for measure, line_period in run.tallies
            if line_period == period and measure.startswith("cost.")
        ]
    if ("gap", period) in run.tallies:
        lines.append(("gap", 1.0))
    steps = []
    for measure, sign in sorted(lines, key=lambda line: (line[0].startswith("cost."), line[0])):
        amount, low, high = run.tally(measure, period).mean_estimate()
        ends = (low, high) if sign > 0 else (-high, -low)
        steps.append(BridgeStep(measure, _line_label(run, measure), sign * amount, *ends))
    start = BridgeStep("from_nothing", _step_label(run, "from_nothing"), 0.0, 0.0, 0.0)
    end = run.tally(target.measure, period).mean_estimate()
    drawn = tuple(step for step in steps if (step.amount, step.low, step.high) != (0, 0, 0))
    return Bridge(target.measure, period, start, drawn, BridgeStep(target.measure, None, *end), target.threshold.value)


def _line_label(run: Simulation, measure: str) -> Label:
    kind, _, name = measure.partition(".")
    if kind == "revenue":
        return display_label(run.scenario, f"services.{name}")
    for table in ("costs", "initiatives", "shocks"):
        if name in getattr(run.scenario, table):
            return display_label(run.scenario, f"{table}.{name}")
    return _step_label(run, "gap")
