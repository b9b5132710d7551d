"""Simulate blocks of paths: a pure function of a compiled plan and the numbers of the blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.arrays import Floats
from forecast.periods import Calendar
from forecast.plan.shocks import Drift, dotted_shock
from forecast.simulation.compiled import ALL_CAUSES, HORIZON_PERIOD, CompiledPlan, FigureKey, OutputPeriod, figure_key
from forecast.simulation.model.baseline_paths import BaselineDraws, BaselinePaths, draw_baseline, put_together
from forecast.simulation.model.costs import cost_paths
from forecast.simulation.model.impacts import HEADCOUNT_KEY, Impact, SimulationContext
from forecast.simulation.model.initiatives import InitiativeEffects, simulate_initiatives
from forecast.simulation.model.recovery import Recovery
from forecast.simulation.model.service_paths import ServicePaths, simulate_service
from forecast.simulation.model.shocks import impact
from forecast.simulation.model.statement import StatementLine, evaluate_statement, statement_lines
from forecast.simulation.model.workforce import sample_headcount, sample_wage_shares
from forecast.simulation.places.allocation import allocate_block
from forecast.simulation.places.histograms import PlaceTally
from forecast.simulation.places.outputs import PlaceFigures, PlaceOutputs
from forecast.simulation.sampling.events import event_years
from forecast.simulation.sampling.random_streams import Sampler

np.empty(30 * 2**17)
"""Thirty MB, given back at once and never touched: from then on the C library of Linux keeps what it is given back
(mallopt(3), M_MMAP_THRESHOLD), where it would ask the system for every array anew. A fifth of the time of a block."""


@dataclass(frozen=True)
class BlockResult:
    """Results of some blocks, path by path."""

    figures: Mapping[FigureKey, Floats]
    """By (measure, period), (paths,)."""
    uniforms: Mapping[str, Floats]
    """By name of the draw, (paths,)."""
    occurrences: Mapping[str, Floats]
    """By shock the number of its events, by initiative that may fail whether it happens, (paths,)."""
    marks: Mapping[str, Floats]
    """By name of what each event draws, (paths,) the joint score of a path's events as a uniform number; 0 where a path
    has none. Empty where they are not kept."""
    places: PlaceTally | None = None
    """Tally of every place, where they are listed."""
    place_outputs: PlaceOutputs | None = None
    """Outputs of the places with the histograms that this first block fixed; None in all other blocks."""
    causes: Mapping[FigureKey, Floats] = field(default_factory=dict)
    """By (step of the bridge, period), (paths,) what each drift, the initiatives and each shock changed, if asked."""


@dataclass(frozen=True)
class ShockPaths:
    """Shocks of some blocks, before they act on a service."""

    context: SimulationContext
    impacts: Mapping[str, Impact]
    """By shock, its impact on the drivers."""
    recoveries: Mapping[str, Recovery]
    """By shock that is no drift."""


@dataclass(frozen=True)
class TradePaths:
    """Services of some blocks after drifts, initiatives, shocks and recovery."""

    baseline: BaselinePaths
    shocks: ShockPaths
    initiatives: InitiativeEffects
    services: Mapping[str, ServicePaths]


@dataclass(frozen=True)
class _BlockState:
    """Paths of some blocks before their figures are recorded."""

    trade: TradePaths
    lines: tuple[StatementLine, ...]
    """Lines of the statement."""
    statement_inputs: Mapping[str, Floats]
    """(months, paths) or (months, 1)."""
    wage_shares: Mapping[str, Floats]
    """By service, the share of its revenue that a worker's year is counted on."""


def simulate_block(plan: CompiledPlan, blocks: range, *, keeps_paths: bool = False) -> BlockResult:
    """Figures, uniforms and occurrences of some consecutive blocks; of paths that are kept also marks and causes."""
    sampler = Sampler(plan.seed, blocks, plan.groups, plan.yearly, resampled=plan.resampled, keeps_marks=keeps_paths)
    trade = simulate_trade(plan, sampler, sample_shocks(plan, sampler))
    figures = _block_figures(plan, _statement_state(plan, sampler, trade))
    count = plan.count_paths(blocks)
    counted = _counted_paths(figures, count)
    places = place_outputs = None
    if plan.places is not None:
        if plan.places.fixes_histograms:
            place_outputs = plan.places.with_histograms(counted)
        allocated = _allocate(plan, place_outputs or plan.places, sampler, trade, figures)
        counted |= _counted_paths(allocated.figures, count)
        places = allocated.tally
        if place_outputs is not None and places is not None:
            place_outputs = replace(place_outputs, fixes_histograms=False, atoms=places.freeze_atoms())
    uniforms = {name: u[:count] for name, u in sorted(sampler.uniforms.items())}
    occurrences = {name: values[:count] for name, values in _occurrences(trade).items()}
    marks = {} if sampler.marks is None else {name: u[:count] for name, u in sampler.marks.uniforms().items()}
    causes = _counted_paths(_cause_figures(plan, trade), count) if keeps_paths else {}
    return BlockResult(counted, uniforms, occurrences, marks, places, place_outputs, causes)


def _counted_paths(figures: Mapping[FigureKey, Floats], count: int) -> dict[FigureKey, Floats]:
    """(count,) by figure, of values (paths,) or (1,)."""
    return {
        key: values[:count] if len(values) > 1 else np.broadcast_to(values, count) for key, values in figures.items()
    }


def simulate_target_values(plan: CompiledPlan, sampler: Sampler, trade: TradePaths) -> dict[str, Floats]:
    """By target, (paths,) the values of the figure that it reads; nothing else is recorded."""
    state = _statement_state(plan, sampler, trade)
    required = {target.period.text for target in plan.targets.values()}
    places = plan.places if any(target.place for target in plan.targets.values()) else None
    if places is not None:
        required.update(text for text, _ in places.periods)
    figures: dict[FigureKey, Floats] = {}
    for output in plan.periods:
        if output.period in required and not output.is_month:
            figures.update(_period_figures(output, state, plan))
    count = plan.count_paths(sampler.blocks)
    if places is not None:
        figures.update(_allocate(plan, places, sampler, trade, figures).figures)
    keys = {name: figure_key(target, target.basis, figures) for name, target in plan.targets.items()}
    counted = _counted_paths({key: figures[key] for key in keys.values()}, count)
    return {name: counted[key] for name, key in keys.items()}


def _allocate(
    plan: CompiledPlan,
    outputs: PlaceOutputs,
    sampler: Sampler,
    trade: TradePaths,
    province_figures: Mapping[FigureKey, Floats],
) -> PlaceFigures:
    """Figures and tally of the places."""
    count, recoveries = plan.count_paths(sampler.blocks), trade.shocks.recoveries
    return allocate_block(outputs, sampler, count, plan.horizon, trade.services, recoveries, province_figures)


def sample_shocks(plan: CompiledPlan, sampler: Sampler) -> ShockPaths:
    """Impacts of all shocks, and the schedules by which their losses come back."""
    context = simulation_context(plan, sampler)
    impacts = sample_impacts(plan, sampler, context)
    earlier = plan.earlier
    recoveries = {
        name: Recovery(impact, plan.horizon, sampler.paths, earlier.months, earlier.by_shock[name].months)
        for name, impact in impacts.items()
        if not isinstance(plan.shocks.get(name), Drift)
    }
    return ShockPaths(context, impacts, recoveries)


def simulate_trade(
    plan: CompiledPlan, sampler: Sampler, shocks: ShockPaths, draws: BaselineDraws | None = None
) -> TradePaths:
    """Baseline, initiatives, shocks and recovery of every service; `draws` in place of those of the sampler."""
    if draws is not None:
        pass
    elif plan.conditioning is None:
        draws = draw_baseline(plan.baseline, sampler)
    else:
        acting = [impact for name, impact in shocks.impacts.items() if name not in shocks.recoveries]
        draws = plan.conditioning.condition(plan.baseline, sampler, shocks.context, acting)
    baseline = put_together(plan.baseline, draws, sampler)
    initiatives = simulate_initiatives(plan.initiatives, sampler, shocks.context, baseline.revenue)
    drifts = {name: impact for name, impact in shocks.impacts.items() if name not in shocks.recoveries}
    bridge_rows = plan.horizon.rows(plan.bridge_output.calendar)
    services = {
        name: simulate_service(name, baseline, drifts, initiatives, shocks.recoveries, bridge_rows, sampler.paths)
        for name in plan.services
    }
    for name, service in services.items():
        plan.closed.close_service(name, service, plan.horizon)
    return TradePaths(baseline, shocks, initiatives, services)


def _occurrences(trade: TradePaths) -> dict[str, Floats]:
    """By shock the number of its events, by initiative that may fail whether it happens, (paths,)."""
    impacts = trade.shocks.impacts
    occurrences = {dotted_shock(n): events for n in impacts if (events := impacts[n].event_counts) is not None}
    return occurrences | {f"initiatives.{name}": happens for name, happens in trade.initiatives.happens.items()}


def _statement_state(plan: CompiledPlan, sampler: Sampler, trade: TradePaths) -> _BlockState:
    """The lines of the statement, and what they are made of."""
    inputs = collect_statement_inputs(plan, sampler, trade)
    basis = plan.workforce.basis if plan.workforce else ""
    has_costs = bool(plan.costs.by_name)
    lines = statement_lines(inputs, has_costs, basis, adds_volumes=plan.adds_volumes)
    wage_shares = sample_wage_shares(plan.workforce, sampler) if plan.workforce else {}
    return _BlockState(trade, lines, inputs, wage_shares)


def sample_impacts(plan: CompiledPlan, sampler: Sampler, context: SimulationContext) -> dict[str, Impact]:
    """By shock, its impact on the drivers; shocks of the history that still act have their dotted names.

    `context` is that of the horizon. All but drifts also have the months before it whose losses still come back.
    """
    earlier = plan.earlier
    impacts = sample_drifts(plan, sampler, context)
    for name, shock in plan.shocks.items():
        if name not in impacts:
            since_known = shock_context(plan, name, context)
            impacts[name] = impact(shock, f"shocks.{name}", sampler, since_known).from_horizon_on(earlier.months)
    longer = past_context(plan, context)
    for name, event in earlier.past_shocks.items():
        impacts[name] = impact(event, name, sampler, longer).from_horizon_on(earlier.months)
    return impacts


def shock_context(plan: CompiledPlan, name: str, context: SimulationContext) -> SimulationContext:
    """Surroundings of a shock that is no drift: also the months before the horizon, from when on it may begin."""
    known = plan.earlier.by_shock[name]
    return replace(past_context(plan, context), first_moment=known.first_moment, longest=known.longest)


def past_context(plan: CompiledPlan, context: SimulationContext) -> SimulationContext:
    """The same surroundings with the months before the horizon whose losses still come back."""
    earlier = plan.earlier
    return replace(context, calendar=earlier.calendar(plan.horizon), earlier=earlier.months)


def sample_drifts(plan: CompiledPlan, sampler: Sampler, context: SimulationContext) -> dict[str, Impact]:
    """By drift, its impact on the drivers over the horizon of `context`."""
    drifts = {name: shock for name, shock in plan.shocks.items() if isinstance(shock, Drift)}
    return {name: impact(shock, f"shocks.{name}", sampler, context) for name, shock in drifts.items()}


def simulation_context(plan: CompiledPlan, sampler: Sampler) -> SimulationContext:
    """Surroundings of the shocks over the horizon of a plan."""
    geography = plan.places.geography if plan.places is not None else None
    place_count = sampler(plan.place_count) if plan.place_count else None
    if geography is not None:
        place_count = np.array([float(geography.count)])
    climate = {}
    if plan.climate_shape is not None:
        years = range(_first_event_year(plan), plan.horizon.years.stop)
        climate = dict(zip(years, sampler.gammas("climate", plan.climate_shape, years), strict=True))
    return SimulationContext(plan.horizon, plan.services, sampler.paths, place_count, climate, geography)


def _first_event_year(plan: CompiledPlan) -> int:
    """The first calendar year of the horizon, or before it, in which a random event may begin."""
    moments = [plan.earlier.by_shock[name].first_moment for name, shock in plan.shocks.items() if shock.event_lengths]
    return min((event_years(plan.horizon, moment).start for moment in moments), default=plan.horizon.years.start)


def collect_statement_inputs(plan: CompiledPlan, sampler: Sampler, trade: TradePaths) -> dict[str, Floats]:
    """By name, (months, paths) or (months, 1) of what the statement is made of."""
    impacts, initiatives = trade.shocks.impacts, trade.initiatives
    inputs = {f"revenue.{name}": service.revenue for name, service in trade.services.items()}
    for name, service in trade.services.items():
        if plan.baseline.services[name].fitted.measured == "volume":
            inputs[f"volume.{name}"] = service.amount
    if trade.baseline.gap is not None:
        inputs["gap"] = trade.baseline.gap
    if plan.workforce is not None:
        headcount = sample_headcount(plan.workforce, sampler)[None, :]
        for factors in (initiatives.factors, *(impacts[name].factors for name in sorted(impacts))):
            if HEADCOUNT_KEY in factors:
                headcount = headcount * factors[HEADCOUNT_KEY]
        inputs["headcount"] = headcount
        plan.closed.close_inputs(inputs, plan.horizon)  # costs follow the people
    inputs.update(cost_paths(plan.costs, sampler, inputs, impacts, initiatives))
    plan.closed.close_inputs(inputs, plan.horizon)
    return inputs


def _block_figures(plan: CompiledPlan, state: _BlockState) -> dict[FigureKey, Floats]:
    """(paths,) or (1,) by figure: the statement of each period, the months, the bridge and the losses."""
    figures: dict[FigureKey, Floats] = {}
    for output in plan.periods:
        if not output.is_month:
            figures.update(_period_figures(output, state, plan))
    figures.update(_month_figures(plan, state))
    figures.update(_bridge_figures(plan, state.trade))
    figures.update(_loss_figures(state.trade))
    figures.update(_growth_figures(plan, state.trade))
    return figures


def _period_figures(output: OutputPeriod, state: _BlockState, plan: CompiledPlan) -> dict[FigureKey, Floats]:
    """The statement of one period; lines that need a figure of an earlier month that is not booked are left out."""
    inputs = _period_inputs(output.calendar, state, plan)
    lines = state.lines
    if inputs.keys() < state.statement_inputs.keys():
        lines = _lines_of(lines, {*inputs, "wage_revenue"})
    if "headcount" in inputs:
        inputs["wage_revenue"] = np.zeros(1)
        for service, share in state.wage_shares.items():
            inputs["wage_revenue"] = inputs["wage_revenue"] + share * inputs[f"revenue.{service}"]
    values_by_line = evaluate_statement(lines, inputs, output.calendar.count)
    return {(name, output.period): values for name, values in values_by_line.items() if name != "wage_revenue"}


def _period_inputs(calendar: Calendar, state: _BlockState, plan: CompiledPlan) -> dict[str, Floats]:
    """(paths,) or (1,) by name: what the statement of a period is made of; booked in months before the horizon."""
    horizon = plan.horizon
    if calendar.first >= horizon.first:
        return _horizon_inputs(horizon.rows(calendar), state)
    booked = Calendar(calendar.first, min(horizon.first - calendar.first, calendar.count))
    rows = horizon.rows(Calendar(horizon.first, calendar.count - booked.count))
    inputs: dict[str, Floats] = {}
    for name, values in state.statement_inputs.items():
        before = plan.closed.total(name, booked)
        if before is None:
            continue
        total = np.full(1, before) + (_sum_rows(rows, values) if rows.stop else 0.0)
        inputs[name] = total / calendar.count if name == "headcount" else total
    return inputs


def _horizon_inputs(rows: slice, state: _BlockState) -> dict[str, Floats]:
    """The same for some months of the horizon."""
    at_hand = {f"revenue.{name}": paths.recorded_revenue(rows) for name, paths in state.trade.services.items()}
    inputs: dict[str, Floats] = {}
    for name, values in state.statement_inputs.items():
        recorded = at_hand.get(name)
        inputs[name] = _aggregate_rows(rows, name, values) if recorded is None else recorded
    return inputs


def _lines_of(lines: tuple[StatementLine, ...], known: set[str]) -> tuple[StatementLine, ...]:
    """Lines that can be made of known inputs."""
    possible = []
    for line in lines:
        if known.issuperset(line.operands):
            known.add(line.name)
            possible.append(line)
    return tuple(possible)


def _month_figures(plan: CompiledPlan, state: _BlockState) -> dict[FigureKey, Floats]:
    """The figures that are charted month by month."""
    row_by_period = {
        output.period: output.calendar.first - plan.horizon.first for output in plan.periods if output.is_month
    }
    charted = tuple(line for line in state.lines if _is_charted_by_month(line.name))
    values_by_line = evaluate_statement(charted, state.statement_inputs, 1)
    return {
        (name, period): values[row] if len(values) > 1 else values[0]
        for period, row in row_by_period.items()
        for name, values in values_by_line.items()
        if _is_charted_by_month(name)
    }


def _aggregate_rows(rows: slice, name: str, values: Floats) -> Floats:
    """(paths,) or (1,): the sum of a flow over the rows, the mean of the headcount."""
    if name == "headcount":
        return np.asarray((values[rows] if len(values) > 1 else values).mean(axis=0))
    return _sum_rows(rows, values)


def _sum_rows(rows: slice, values: Floats) -> Floats:
    """(paths,) or (1,): the sum over the rows, of which (1, paths) values have each the same."""
    inside = values[rows] if len(values) > 1 else values
    total: Floats = inside.sum(axis=0)
    return total if len(values) > 1 else total * (rows.stop - rows.start)


def _is_charted_by_month(name: str) -> bool:
    return name in ("revenue", "profit", "cost") or name.startswith("revenue.")


def _bridge_figures(plan: CompiledPlan, trade: TradePaths) -> dict[FigureKey, Floats]:
    """Change of the revenue of the bridge's period by step, last year to forecast; they sum in each path.

    Drifts, initiatives and shocks are one step here: to divide it among them takes longer than all other figures.
    """
    calendar = plan.bridge_output.calendar
    steps: dict[str, Floats] = {}
    for name in sorted(trade.services):
        service, share = trade.services[name], _base_year_share(plan, name, calendar)
        last_year, base = trade.baseline.last_year[name] * share, trade.baseline.underlying[name] * share
        _add_step(steps, "last_year", last_year)
        _add_step(steps, "history.shocks", base - last_year)
        _add_step(steps, f"services.{name}", service.baseline_revenue - base)
        _add_step(steps, ALL_CAUSES, service.changed_revenue)
    if trade.baseline.gap is not None:
        _add_step(steps, "gap", trade.baseline.gap[plan.horizon.rows(calendar)].sum(axis=0))
    return {(f"bridge.{step}", plan.bridge_period): values for step, values in steps.items()}


def _cause_figures(plan: CompiledPlan, trade: TradePaths) -> dict[FigureKey, Floats]:
    """The step of the causes divided among them, whatever their order; they sum to it in each path."""
    steps: dict[str, Floats] = {}
    for _, service in sorted(trade.services.items()):
        for step, change in service.changes_by_cause().items():
            _add_step(steps, step, change)
    return {(f"bridge.{step}", plan.bridge_period): values for step, values in steps.items()}


def _add_step(steps: dict[str, Floats], step: str, values: Floats) -> None:
    steps[step] = steps[step] + values if step in steps else values


def _base_year_share(plan: CompiledPlan, service: str, period: Calendar) -> float:
    """Share of the base year in the months of a period: 1 for a whole year, 0 without a base year."""
    fitted = plan.baseline.services[service].fitted
    if fitted.base_year is None:
        return 0.0
    return float(sum(fitted.base_weights[month % 12] for month in period.months))


def _growth_figures(plan: CompiledPlan, trade: TradePaths) -> dict[FigureKey, Floats]:
    """Growth of each service in the whole years of the horizon, before drifts, initiatives and shocks (paths,)."""
    recorded = {output.period for output in plan.periods}
    return {
        (f"growth.{service}", str(year)): values
        for (service, year), values in trade.baseline.growth.items()
        if str(year) in recorded
    }


def _loss_figures(trade: TradePaths) -> dict[FigureKey, Floats]:
    """By service, the losses over the horizon and whether they are recovered, (paths,)."""
    figures: dict[FigureKey, Floats] = {}
    for name, service in sorted(trade.services.items()):
        if (account := service.loss_account) is not None:
            losses = {
                "lost": account.lost,
                "returned": account.returned,
                "carried": account.carried,
                "gone": account.permanent,
                "brought": account.brought,
            }
            figures |= {(f"{measure}.{name}", HORIZON_PERIOD): amounts for measure, amounts in losses.items()}
    return figures
