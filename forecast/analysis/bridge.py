"""Bridge from the target to the mean of the forecast: why the year differs from the plan."""

from __future__ import annotations

from forecast.analysis.findings import Bridge, BridgeStep
from forecast.i18n import Translator
from forecast.plan.bilingual import Label
from forecast.plan.labels import display_label
from forecast.simulation.simulate import Simulation
from forecast.stats.tally import Tally

STEP_ORDER = ("last_year", "history.shocks", "services.", "shocks.", "initiatives", "gap")


def compute_bridge(run: Simulation) -> Bridge | None:
    """Return the bridge of the main target, by cause or by line of the statement; None if there is none."""
    name = run.scenario.main_target
    if not name:
        return None
    target = run.scenario.targets[name]
    if target.place is not None:
        return None
    if target.measure != "revenue" or target.basis == "parts" or target.period.text != run.bridge_period:
        return _statement_bridge(run, name)
    plan = target.threshold.value
    tallies = {m.removeprefix("bridge."): tally for (m, _), tally in run.tallies.items() if m.startswith("bridge.")}
    steps = []
    for key in sorted(tallies, key=_step_position):
        amount = tallies[key].mean_estimate()
        if key == "last_year" and "gap" in tallies:
            continue
        steps.append(BridgeStep(key, _step_label(run, key), *amount))
    if "gap" in tallies:
        steps.insert(0, _stated_total(run, tallies))
        steps = [step for step in steps if step.name != "gap"]
    steps[0] = _relative_to_plan(steps[0], plan)
    end = run.tally("revenue", run.bridge_period).mean_estimate()
    return Bridge(
        "revenue",
        run.bridge_period,
        BridgeStep("target", target.label or display_label(run.scenario, f"targets.{name}"), plan, plan, plan),
        tuple(step for step in steps if (step.amount, step.low, step.high) != (0, 0, 0)),
        BridgeStep("revenue", None, *end),
    )


def _step_position(key: str) -> tuple[int, str]:
    return next(i for i, start in enumerate(STEP_ORDER) if key.startswith(start)), key


def _stated_total(run: Simulation, tallies: dict[str, Tally]) -> BridgeStep:
    """Return last year's stated total: its services and the carried gap together."""
    amount = tallies["last_year"].mean + tallies["gap"].mean
    return BridgeStep("last_year", _step_label(run, "last_year"), amount, amount, amount)


def _relative_to_plan(step: BridgeStep, plan: float) -> BridgeStep:
    return BridgeStep(step.name, step.label, step.amount - plan, step.low - plan, step.high - plan)


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
    """Return the bridge over the lines of the accounts, revenue less costs; None for other measures than money."""
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
    plan = target.threshold.value
    start = BridgeStep("target", target.label or display_label(run.scenario, f"targets.{name}"), plan, plan, plan)
    steps.insert(0, BridgeStep("from_nothing", _step_label(run, "from_nothing"), -plan, -plan, -plan))
    end = run.tally(target.measure, period).mean_estimate()
    return Bridge(target.measure, period, start, tuple(steps), BridgeStep(target.measure, None, *end))


def _line_label(run: Simulation, measure: str) -> Label:
    kind, _, name = measure.partition(".")
    if kind == "revenue":
        return display_label(run.scenario, f"services.{name}")
    for table in ("costs", "initiatives", "shocks"):
        if name in getattr(run.scenario, table):
            return display_label(run.scenario, f"{table}.{name}")
    return _step_label(run, "gap")
