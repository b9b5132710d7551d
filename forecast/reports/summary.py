"""`summary.json`: what a run says, for machines. Amounts in the plan's currency, every figure with its error bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast.analysis.correlation import achieved_correlations
from forecast.analysis.findings import Findings, TargetRow
from forecast.periods import format_month
from forecast.plan.assumption import Assumption
from forecast.plan.record import for_service
from forecast.simulation.block import HORIZON_PERIOD
from forecast.simulation.simulate import Simulation
from forecast.stats.intervals import Estimate
from forecast.stats.tally import Tally

SUMMARY_SCHEMA = 2
SUMMARY_QUANTILES = (("p5", 0.05), ("p10", 0.10), ("p50", 0.50), ("p90", 0.90), ("p95", 0.95))


def summarise_run(run: Simulation, findings: Findings, run_id: str = "") -> dict[str, Any]:
    """The summary of a run (schema 1); the `baseline` figures are null where the history is reconstructed."""
    scenario = run.scenario
    return {
        "schema": SUMMARY_SCHEMA,
        "scenario": scenario.file.rpartition("/")[2].removesuffix(".yaml"),
        "currency": scenario.currency,
        "run_id": run_id,
        "seed": run.seed,
        "paths": run.paths,
        "history": _stated_history(run),
        "measures": _measures(run),
        "months": _months(run),
        "targets": {row.name: _target(run, row, findings) for row in findings.targets},
        "joint": _chance_summary(findings.joint_chance),
        "triggers": _triggers(run),
        "baseline": {name: _baseline(run, name) for name in scenario.service_names},
        "bridge": _bridge(findings),
        "sensitivity": _sensitivity(findings),
        "losses": _losses(run),
        "places": _place_summary(run, findings),
        "correlations": [
            {"name": a.name, "between": list(a.pair), "asked": a.requested, "achieved": a.achieved, "error": a.error}
            for a in achieved_correlations(run)
        ],
        "assumptions": [_assumption(a) for a in scenario.uncertain_assumptions()],
        "data_status": {"actual": 0, "reconstructed": 0, **run.baseline.data_status},
    }


def _stated_history(run: Simulation) -> dict[str, Any]:
    """What the document says of each year, and the gap: total less services, never absorbed."""
    found = {}
    for year, said in sorted(run.scenario.stated.items()):
        services = {}
        for name in run.scenario.service_names:
            stated = for_service(said.services, name)
            if stated is not None:
                services[name] = stated.value
        total = said.total.value if said.total is not None else None
        whole = sum(services.values())
        gap = None if total is None else total - whole
        found[year] = {"services": services, "sum": whole, "stated": total, "gap": gap}
    return found


def _measures(run: Simulation) -> dict[str, dict[str, Any]]:
    monthly = {format_month(month) for month in run.horizon.months}
    targeted = {target.period.text for target in run.scenario.targets.values()}
    asked = {run.target_figure(target) for target in run.scenario.targets.values()}
    found: dict[str, dict[str, Any]] = {}
    for (measure, period), tally in run.tallies.items():
        if measure.startswith("bridge.") or period == HORIZON_PERIOD or (period in monthly - targeted):
            continue
        if "@" in measure and (measure, period) not in asked:
            continue
        found.setdefault(measure, {})[period] = _tally_summary(tally)
    return found


def _tally_summary(tally: Tally) -> dict[str, Any]:
    quantiles = {name: tally.quantile(p) for name, p in SUMMARY_QUANTILES}
    errors = {"mean": tally.mean_estimate(), **quantiles}
    return {
        "mean": tally.mean,
        "sd": tally.sd,
        **{name: estimate.value for name, estimate in quantiles.items()},
        "error": {name: [estimate.low, estimate.high] for name, estimate in errors.items()},
    }


def _place_summary(run: Simulation, findings: Findings) -> dict[str, Any] | None:
    """Districts, the worst hit first, and places in order of their codes; null without a list."""
    found, counted, terrain = findings.districts, run.places, run.geography
    if found is None or counted is None or terrain is None:
        return None
    districts = [
        {"code": row.code, "name": row.name, "places": row.place_count, "share": row.weight}
        | _quantile_summary(row.mean, {"p10": row.p10, "p50": row.p50, "p90": row.p90})
        | {"lost": {"all": row.total_loss, **row.loss_by_shock}}
        for row in found.rows
    ]
    listed = []
    for district in terrain.districts:
        for place in range(district.start, district.stop):
            quantiles = {
                name: counted.quantile(place, p) for name, p in SUMMARY_QUANTILES if name in ("p10", "p50", "p90")
            }
            code, lost = terrain.places[place], counted.loss_shares(slice(place, place + 1))
            listed.append(
                {"code": code, "name": terrain.display_name(code), "district": district.code}
                | _quantile_summary(counted.mean(place), quantiles)
                | {
                    "lost": {"all": sum(lost.values()), **lost},
                    "lost_a_tenth": _chance_summary(counted.severe_loss_chance(place)),
                }
            )
    return {"period": found.period, "weighed": found.has_weights, "districts": districts, "places": listed}


def _quantile_summary(mean: Estimate, quantiles: Mapping[str, Estimate]) -> dict[str, Any]:
    errors = {"mean": mean, **quantiles}
    return {
        **{name: estimate.value for name, estimate in errors.items()},
        "error": {name: [estimate.low, estimate.high] for name, estimate in errors.items()},
    }


def _months(run: Simulation) -> dict[str, list[dict[str, Any]]]:
    measures = sorted({m for m, period in run.tallies if period == format_month(run.horizon.first)})
    measures = [m for m in measures if m in ("revenue", "profit", "cost") or m.startswith("revenue.")]
    return {
        measure: [_month(run, measure, format_month(month)) for month in run.horizon.months] for measure in measures
    }


def _month(run: Simulation, measure: str, month: str) -> dict[str, Any]:
    tally = run.tally(measure, month)
    quantiles = {name: tally.quantile(p) for name, p in (("p10", 0.10), ("p50", 0.50), ("p90", 0.90))}
    errors = {"mean": tally.mean_estimate(), **quantiles}
    return {
        "month": month,
        "mean": tally.mean,
        **{name: estimate.value for name, estimate in quantiles.items()},
        "error": {name: [estimate.low, estimate.high] for name, estimate in errors.items()},
    }


def _target(run: Simulation, row: TargetRow, findings: Findings) -> dict[str, Any]:
    target = run.scenario.targets[row.name]
    tally = run.tally(*run.target_figure(target))
    at_least = row.direction == "at_least"
    worst = tally.cvar(0.05, lower=at_least)
    shortfall = tally.expected_shortfall(row.threshold, at_least)
    return {
        "measure": row.measure,
        **({"place": row.place, "place_name": row.place_name} if row.place else {}),
        "period": row.period,
        row.direction: row.threshold,
        "required_chance": row.required_chance,
        "basis": target.basis,
        "chance": row.chance.value,
        "low": row.chance.low,
        "high": row.chance.high,
        "spread": list(row.spread),
        "expected_shortfall": shortfall.value,
        "cvar5": worst.value,
        "error": {"expected_shortfall": [shortfall.low, shortfall.high], "cvar5": [worst.low, worst.high]},
        "other_basis": _chance_summary(row.other_basis),
        "restates_the_plan": row.is_restatement,
        "cases": {r.name: r.chances[row.name].value for r in findings.cases if row.name in r.chances},
        "reading_errors": {
            r.name: [r.chances[row.name].low, r.chances[row.name].high] for r in findings.cases if row.name in r.chances
        },
    }


def _triggers(run: Simulation) -> dict[str, dict[str, Any] | None]:
    """Decision -> the chance that its trigger calls for it."""
    found = {}
    for name, decision in sorted(run.scenario.decisions.items()):
        trigger = decision.trigger
        if trigger is None:
            continue
        tally = run.tally(trigger.measure, trigger.period.text)
        if trigger.below is not None:
            # what is not at least the threshold is below it
            not_met = tally.chance_at_least(trigger.below.value)
            found[name] = _chance_summary(Estimate(1 - not_met.value, 1 - not_met.high, 1 - not_met.low))
        elif trigger.above is not None:
            not_met = tally.chance_at_most(trigger.above.value)
            found[name] = _chance_summary(Estimate(1 - not_met.value, 1 - not_met.high, 1 - not_met.low))
    return found


def _chance_summary(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {"chance": estimate.value, "low": estimate.low, "high": estimate.high}


def _baseline(run: Simulation, service: str) -> dict[str, Any]:
    own = run.baseline.services[service]
    heaviest = max(own.weights, key=lambda model: (own.weights[model], model), default=None)
    return {
        "kind": own.kind,
        "level": run.scenario.baseline_for(service).level or _level_source(run, service),
        "model": "given" if own.kind == "given" else ("blend" if len(own.weights) > 1 else heaviest),
        "weights": dict(own.weights),
        "mase": own.mase,
        "coverage80": own.coverage80,
        "coverage95": own.coverage95,
        "said": {
            str(year): dict(zip(("p10", "p50", "p90"), said, strict=True))
            for year, said in own.annual_quantiles.items()
        },
    }


def _level_source(run: Simulation, service: str) -> str:
    own = run.baseline.services[service]
    planned = own.kind == "given" or run.scenario.services[service].growth is not None
    return "planner" if planned else "history"


def _bridge(findings: Findings) -> dict[str, Any] | None:
    bridge = findings.bridge
    if bridge is None:
        return None
    steps = [{"name": s.name, "amount": s.amount, "error": [s.low, s.high]} for s in bridge.steps]
    return {
        "measure": bridge.measure,
        "period": bridge.period,
        "start": bridge.start.amount,
        "steps": steps,
        "end": bridge.end.amount,
    }


def _sensitivity(findings: Findings) -> dict[str, Any] | None:
    found = findings.sensitivity
    if found is None:
        return None
    levers = [{"name": v.name, "low": v.low, "high": v.high, "error": v.error} for v in found.bars]
    return {"target": found.target, "judged": found.judgement_share, "levers": levers}


def _losses(run: Simulation) -> dict[str, dict[str, float]]:
    """Mean losses of each service over the horizon: lost = returned + carried + gone."""
    found: dict[str, dict[str, float]] = {}
    for (measure, period), tally in run.tallies.items():
        if period == HORIZON_PERIOD:
            word, _, service = measure.partition(".")
            found.setdefault(service, {})[word] = tally.mean
    return found


def _assumption(own: Assumption) -> dict[str, Any]:
    return {
        "name": own.name,
        "text": own.text,
        "unit": own.unit,
        "grade": own.grade,
        "source": own.source,
        "note": own.note,
        "known": own.known_since,
        "same_as": own.same_as,
        "where": f"{own.location.file}:{own.location.line}",
    }
