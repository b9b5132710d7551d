"""Content of `summary.json`: a run for machines, amounts in the plan's currency, every figure with its error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from forecast.analysis.closed_lesson import closed_notes
from forecast.analysis.correlation import achieved_correlations
from forecast.analysis.findings import DecisionFindings, Findings, ReturnLevel, TargetRow
from forecast.analysis.triggers import chance_at, level_at
from forecast.periods import format_month
from forecast.plan.assumption import Assumption
from forecast.plan.data_files import path_in_project
from forecast.plan.record import for_service
from forecast.plan.scenario import Scenario
from forecast.plan.targets import Trigger, book_measure
from forecast.reports.decision_summary import summarise_decisions
from forecast.reports.year_summary import summarise_year
from forecast.simulation.compiled import HORIZON_PERIOD
from forecast.simulation.results import Simulation
from forecast.stats.intervals import Estimate
from forecast.stats.tally import Tally
from forecast.timeseries.baseline import ServiceBaseline
from forecast.timeseries.evaluation.sums import assess_sums

__all__ = ["summarise_run"]

SUMMARY_SCHEMA = 5
"""Version of the content; a change of a key raises it."""
SUMMARY_QUANTILES = (("p5", 0.05), ("p10", 0.10), ("p50", 0.50), ("p90", 0.90), ("p95", 0.95))


def summarise_run(run: Simulation, findings: Findings, run_id: str = "") -> dict[str, Any]:
    """Summarise a run as the content of `summary.json`, schema `SUMMARY_SCHEMA`.

    Parameters
    ----------
    run : Simulation
        The simulation.
    findings : Findings
        Its analyses.
    run_id : str, optional
        Identity of the stored run.

    Returns
    -------
    dict
        JSON values; amounts in the plan's currency, chances and shares from 0 to 1. The scores and the range of a
        baseline are null where its history is reconstructed.
    """
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
        "case_paths": max((case.paths for case in findings.cases), default=0),
        "joint": _chance_summary(findings.joint_chance),
        "triggers": _triggers(run),
        "baseline": {name: _baseline(run, name) for name in scenario.service_names},
        "bridge": _bridge(findings),
        **summarise_decisions(findings, DecisionFindings()),
        "losses": _losses(run),
        "places": _place_summary(run, findings),
        "correlations": [
            {"name": a.name, "between": list(a.pair), "asked": a.requested, "achieved": a.achieved, "error": a.error}
            for a in achieved_correlations(run)
        ],
        "growth_correlation": _growth_correlation(scenario),
        "assumptions": [_assumption(a, scenario) for a in scenario.uncertain_assumptions()],
        "grades": _grades(scenario),
        "data_status": {"actual": 0, "reconstructed": 0, **run.baseline.data_status},
        "history_notes": [
            {"key": key, "params": dict(params)} for key, params in (*run.baseline.history_notes, *closed_notes(run))
        ],
        **({} if findings.year is None else summarise_year(findings.year)),
    }


def _stated_history(run: Simulation) -> dict[str, Any]:
    """Return the stated services and total of each year, and the gap: total less services, never absorbed."""
    years = {}
    for year, statement in sorted(run.scenario.stated.items()):
        services = {}
        for name in run.scenario.service_names:
            stated = for_service(statement.services, name)
            if stated is not None:
                services[name] = stated.value
        total = statement.total.value if statement.total is not None else None
        sum_of_services = sum(services.values())
        gap = None if total is None else total - sum_of_services
        years[year] = {"services": services, "sum": sum_of_services, "stated": total, "gap": gap}
    return years


def _measures(run: Simulation) -> dict[str, dict[str, Any]]:
    monthly = {format_month(month) for month in run.horizon.months}
    target_periods = {target.period.text for target in run.scenario.targets.values()}
    target_figures = {run.target_figure(target) for target in run.scenario.targets.values()}
    measures: dict[str, dict[str, Any]] = {}
    for (measure, period), tally in run.tallies.items():
        if measure.startswith("bridge.") or period == HORIZON_PERIOD or (period in monthly - target_periods):
            continue
        if "@" in measure and (measure, period) not in target_figures:
            continue
        measures.setdefault(measure, {})[period] = _tally_summary(tally)
    return measures


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
    """Return districts, the largest loss first, and places in order of their codes; None without a list."""
    districts, tally, geography = findings.districts, run.places, run.geography
    if districts is None or tally is None or geography is None:
        return None
    district_rows = [
        {"code": row.code, "name": row.name, "places": row.place_count, "share": row.weight}
        | _quantile_summary(row.mean, {"p10": row.p10, "p50": row.p50, "p90": row.p90})
        | {"lost": {"all": row.total_loss, **row.loss_by_shock}}
        for row in districts.rows
    ]
    place_rows = []
    for district in geography.districts:
        for place in range(district.start, district.stop):
            quantiles = {
                name: tally.quantile(place, p) for name, p in SUMMARY_QUANTILES if name in ("p10", "p50", "p90")
            }
            code, loss_shares = geography.places[place], tally.loss_shares(slice(place, place + 1))
            place_rows.append(
                {"code": code, "name": geography.display_name(code), "district": district.code}
                | _quantile_summary(tally.mean(place), quantiles)
                | {
                    "lost": {"all": sum(loss_shares.values()), **loss_shares},
                    "lost_a_tenth": _chance_summary(tally.severe_loss_chance(place)),
                }
            )
    return {
        "period": districts.period,
        "weighed": districts.has_weights,
        "districts": district_rows,
        "places": place_rows,
    }


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
    tail = findings.tails[row.name]
    shortfall = tally.average_shortfall(row.threshold, at_least)
    return {
        **({"label": row.label.plain} if row.label else {}),
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
        "average_shortfall": shortfall.value,
        "cvar5": tail.cvar.value,
        "error": {"average_shortfall": [shortfall.low, shortfall.high], "cvar5": [tail.cvar.low, tail.cvar.high]},
        "return_periods": [_return_level(level) for level in tail.levels],
        "other_basis": _chance_summary(row.other_basis),
        "restates_the_plan": row.is_restatement,
        "cases": {r.name: r.chances[row.name].value for r in findings.cases if row.name in r.chances},
        "reading_errors": {
            r.name: [r.chances[row.name].low, r.chances[row.name].high] for r in findings.cases if row.name in r.chances
        },
    }


def _return_level(level: ReturnLevel) -> dict[str, Any]:
    amount = level.amount
    return {
        "return_period": round(level.return_period),
        "chance": level.chance,
        "amount": amount.value,
        "error": [amount.low, amount.high],
    }


def _triggers(run: Simulation) -> dict[str, dict[str, Any] | None]:
    """Return, by decision, the chance that its trigger is met."""
    chances: dict[str, dict[str, Any] | None] = {}
    for name, decision in sorted(run.scenario.decisions.items()):
        trigger = decision.trigger
        if trigger is None:
            continue
        if trigger.chance_below is not None:
            chances[name] = _chance_trigger(run, trigger, trigger.chance_below.value)
            continue
        tally = run.tally(trigger.measure, trigger.period.text)
        if trigger.below is not None:
            # below the threshold is the complement of at least the threshold
            complement = tally.chance_at_least(trigger.below.value)
        else:
            assert trigger.above is not None  # the reader asks for one
            complement = tally.chance_at_most(trigger.above.value)
        chance = Estimate(1 - complement.value, 1 - complement.high, 1 - complement.low)
        chances[name] = {**(_chance_summary(chance) or {}), **_meaning(run, trigger)}
    return chances


def _chance_trigger(run: Simulation, trigger: Trigger, chance: float) -> dict[str, Any]:
    """Return the amount at which the main target has a chance, and how often that happens; without one where untold."""
    level_and_side = level_at(run, run.scenario.main_target, trigger.period.calendar.last, chance)
    if level_and_side is None or level_and_side[0].level is None:
        return {"target_chance": chance, "amount": None}
    level, is_below = level_and_side
    amount = level.level
    assert amount is not None
    return {
        **(_chance_summary(level.sounds) or {}),
        "target_chance": chance,
        "side": "below" if is_below else "above",
        "amount": amount.value,
        "amount_error": [amount.low, amount.high],
    }


def _meaning(run: Simulation, trigger: Trigger) -> dict[str, float]:
    """Return the chance of the main target that a typed amount stands for; empty where the two have other books."""
    main, limit = run.scenario.main_target, trigger.below or trigger.above
    target = run.scenario.targets.get(main)
    if target is None or limit is None or trigger.measure != book_measure(target.measure):
        return {}
    period, months = trigger.period.calendar, target.period.calendar
    if period.first != months.first or period.last >= months.last:
        return {}
    chance = chance_at(run, main, period.last, limit.value)
    return {} if chance is None else {"target_chance": chance}


def _chance_summary(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {"chance": estimate.value, "low": estimate.low, "high": estimate.high}


def _baseline(run: Simulation, service: str) -> dict[str, Any]:
    baseline = run.baseline.services[service]
    heaviest = max(baseline.weights, key=lambda model: (baseline.weights[model], model), default=None)
    return {
        "kind": baseline.kind,
        "level": run.scenario.baseline_for(service).level or _level_source(run, service),
        "model": "given" if baseline.kind == "given" else ("blend" if len(baseline.weights) > 1 else heaviest),
        "weights": dict(baseline.weights),
        "mase": baseline.mase,
        "coverage80": baseline.coverage80,
        "coverage95": baseline.coverage95,
        "sums": _sum_summaries(baseline),
        "said": None if baseline.kind == "reconstructed" else _annual_quantiles(baseline.annual_quantiles),
    }


def _annual_quantiles(quantiles_by_year: Mapping[int, tuple[float, float, float]]) -> dict[str, dict[str, float]]:
    return {
        str(year): dict(zip(("p10", "p50", "p90"), quantiles, strict=True))
        for year, quantiles in quantiles_by_year.items()
    }


def _sum_summaries(baseline: ServiceBaseline) -> list[dict[str, Any]] | None:
    """Scores of months and of sums of them at past origins; None where none was forecast."""
    if not baseline.checks:
        return None
    scores = [score for check in baseline.checks for score in check.sums]
    return [accuracy.to_dict() for accuracy in assess_sums({baseline.service: scores})]


def _level_source(run: Simulation, service: str) -> str:
    baseline = run.baseline.services[service]
    is_planned = baseline.kind == "given" or run.scenario.services[service].growth is not None
    return "planner" if is_planned else "history"


def _bridge(findings: Findings) -> dict[str, Any] | None:
    bridge = findings.bridge
    if bridge is None:
        return None
    steps = [{"name": s.name, "amount": s.amount, "error": [s.low, s.high]} for s in bridge.steps]
    return {
        "measure": bridge.measure,
        "period": bridge.period,
        "plan": bridge.plan,
        "start": bridge.start.amount,
        "steps": steps,
        "end": bridge.end.amount,
    }


def _losses(run: Simulation) -> dict[str, dict[str, float]]:
    """Return mean losses of each service over the horizon: lost = recovered + carried + permanent."""
    losses: dict[str, dict[str, float]] = {}
    for (measure, period), tally in run.tallies.items():
        if period == HORIZON_PERIOD:
            part, _, service = measure.partition(".")
            losses.setdefault(service, {})[part] = tally.mean
    return losses


def _grades(scenario: Scenario) -> dict[str, int]:
    """Count the assumptions that are drawn, by grade and in all."""
    counts = Counter(assumption.grade for assumption in scenario.drawn_assumptions())
    return {**{grade: counts[grade] for grade in ("A", "B", "C")}, "drawn": counts.total()}


def _growth_correlation(scenario: Scenario) -> dict[str, Any] | None:
    """Return how two years of a growth are correlated; None where no growth is unsure in two years."""
    if not scenario.has_correlated_years:
        return None
    correlation = scenario.correlation_of_years
    return {"value": correlation.value, "grade": correlation.grade, "source": correlation.source.plain}


def _assumption(assumption: Assumption, scenario: Scenario) -> dict[str, Any]:
    quantiles = assumption.distribution.ppf(np.array([0.1, 0.5, 0.9]))
    return {
        "name": assumption.name,
        "text": assumption.text,
        **dict(zip(("p10", "p50", "p90"), map(float, quantiles), strict=True)),
        "unit": assumption.unit,
        "grade": assumption.grade,
        "source": assumption.source.plain,
        "note": assumption.note.plain,
        "known": assumption.known_since,
        "same_as": assumption.same_as,
        "where": f"{path_in_project(assumption.location.file, scenario)}:{assumption.location.line}",
    }
