"""Impact of an epidemic: waves with a mild regime, a hard one elsewhere (upstream) and a hard one here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from forecast.arrays import Floats, Ints
from forecast.periods import month_overlaps
from forecast.plan.geography import Geography
from forecast.plan.shocks import Effects, Epidemic, HardRegime, UpstreamRegime
from forecast.simulation.model.footprints import locate_ranges
from forecast.simulation.model.impacts import (
    DriverKey,
    EventLosses,
    Footprint,
    Impact,
    LossesOfRows,
    SimulationContext,
    cut_at_zero,
    row_strips,
    sum_by_cell,
    values_at,
)
from forecast.simulation.model.shocks.outbreaks import Outbreaks, RegimeDays, Spells
from forecast.simulation.model.shocks.shock import (
    PathEvent,
    additive_factors,
    driver_changes,
    reached_share,
    recovered_shares,
    recovery_days,
    select_rows,
)
from forecast.simulation.sampling.events import EventSet, sample_events
from forecast.simulation.sampling.random_streams import Sampler

_NO_EFFECTS = Effects()
"""Stands for a regime that the plan leaves out; to make and check a record takes as long as a step on all paths."""


def epidemic_impact(shock: Epidemic, name: str, sampler: Sampler, context: SimulationContext) -> Impact:
    """Days of each regime, by month; waves that overlap are one outbreak and no day counts twice."""
    calendar = context.calendar
    rate = np.atleast_2d(sampler(shock.waves_per_year))
    waves = sample_events(sampler, name, rate, None, calendar, context.first_moment)
    end = context.event_ends(waves.start, waves.draw(shock.length))
    outbreaks = Outbreaks.from_waves(waves, end, calendar, context.paths, np.floor(context.first_moment))
    inner = {"upstream": shock.upstream, "hard": shock.hard}
    spells = Spells.concatenate(_spells(waves, end, kind, regime, sampler) for kind, regime in inner.items())
    regimes = _Regimes.sample(shock, sampler, context)
    lost: LossesOfRows
    footprint = None
    if context.geography is None or shock.hard is None or shock.hard.reach is None:
        disjoint = spells.disjoint(waves, outbreaks)
        factors = regimes.factors(outbreaks.regime_days_by_month(disjoint, waves, calendar, context.paths))
        lost = partial(_losses_of_rows, regimes, outbreaks, disjoint)
    else:
        losses, footprint = _losses_by_place(waves, spells, outbreaks, regimes, context.geography)
        factors = additive_factors(outbreaks.cell, losses, context.shape)
        lost = select_rows(losses)
    return Impact(
        factors=factors,
        losses=EventLosses(outbreaks.outbreak, outbreaks.cell, lost, outbreaks.end, outbreaks.path),
        recovered=recovered_shares(shock, sampler, context.services),
        within=recovery_days(shock, sampler),
        event_counts=context.count_events(waves.path, end),
        footprint=footprint,
    )


def epidemic_of_path(
    shock: Epidemic, name: str, sampler: Sampler, context: SimulationContext, path: int
) -> list[PathEvent]:
    """The waves of one path and the spells inside them, as each was drawn: those that overlap are not cut."""
    rate = np.atleast_2d(sampler(shock.waves_per_year))
    waves = sample_events(sampler, name, rate, None, context.calendar, context.first_moment)
    end = context.event_ends(waves.start, waves.draw(shock.length))
    reach = float(values_at(np.array([path]), reached_share(shock, sampler))[0])
    events = [
        PathEvent(name, "wave", float(waves.start[row]), float(end[row]), reach)
        for row in np.flatnonzero(waves.path == path).tolist()
    ]
    for kind, regime in (("upstream", shock.upstream), ("hard", shock.hard)):
        spells = _spells(waves, end, kind, regime, sampler)
        for row in np.flatnonzero(waves.path[spells.wave] == path).tolist():
            share = float(spells.hard[row]) if kind == "hard" else 1.0
            events.append(PathEvent(name, kind, float(spells.start[row]), float(spells.end[row]), reach * share))
    return events


def _spells(
    waves: EventSet, end: Floats, kind: str, regime: UpstreamRegime | HardRegime | None, sampler: Sampler
) -> Spells:
    """A spell of one regime somewhere inside each wave that has one; `end` (waves,) is the last day of each wave."""
    if regime is None:
        return Spells(np.empty(0, np.intp), *(np.empty(0) for _ in range(4)))
    wave = np.flatnonzero(waves.happens(f"{kind}.happens", sampler(regime.chance)))
    affected = waves.select(wave)
    length = affected.draw(regime.length)
    start = affected.start + affected.uniform(f"{kind}.start") * np.maximum(end[wave] - affected.start - length, 0)
    end = np.minimum(start + length, end[wave])
    if isinstance(regime, UpstreamRegime):
        return Spells(wave, start, end, np.ones(len(wave)), np.zeros(len(wave)))
    reach = np.ones(len(wave)) if regime.reach is None else affected.draw(regime.reach).astype(np.float64)
    return Spells(wave, start, end, np.zeros(len(wave)), reach)


@dataclass(frozen=True)
class _Regimes:
    """Changes of the drivers on a day of each regime, where the epidemic reaches."""

    context: SimulationContext
    reach: Floats
    """(paths,) or (1,) share of the trade that the epidemic reaches."""
    changes: Sequence[Mapping[DriverKey, Floats]]
    """For the mild, the upstream and the hard regime, by (driver, service): change of a day, (paths,) or (1,)."""

    @classmethod
    def sample(cls, shock: Epidemic, sampler: Sampler, context: SimulationContext) -> _Regimes:
        """The regimes of a shock; one that the plan leaves out changes nothing."""
        in_order = (shock.mild, shock.upstream, shock.hard)
        effects = [_NO_EFFECTS if regime is None else regime.effect for regime in in_order]
        changes = [driver_changes(sampler, effect, context.services) for effect in effects]
        return cls(context, reached_share(shock, sampler), changes)

    def factors(self, days: Sequence[Floats]) -> dict[DriverKey, Floats]:
        """1 + sum over the regimes of (share of the month) * (change of a day).

        `days` of each regime are (months, paths) or (months, 1). Services with the same changes share one array.
        """
        calendar, paths = self.context.calendar, self.context.paths
        weight = self.reach / calendar.days[:, None]
        terms: dict[DriverKey, list[tuple[int, Floats]]] = {}
        for regime, changes in enumerate(self.changes):
            for key, change in changes.items():
                terms.setdefault(key, []).append((regime, change))
        same_changes: dict[tuple[tuple[int, int], ...], DriverKey] = {}
        first_keys = {
            key: same_changes.setdefault(tuple((regime, id(change)) for regime, change in of_key), key)
            for key, of_key in terms.items()
        }
        factors = {key: np.empty(self.context.shape) for key in same_changes.values()}
        for rows in row_strips(calendar.count, paths):
            shares = [days_of_regime[rows] * weight[rows] for days_of_regime in days]
            for key, factor_of_key in factors.items():
                (first, first_change), *others = terms[key]
                factor = np.multiply(shares[first], first_change, out=factor_of_key[rows])
                for regime, change in others:
                    factor += shares[regime] * change
                factor += 1
                cut_at_zero(factor)
        return {key: factors[first_keys[key]] for key in terms}

    def losses(self, stays: RegimeDays, outbreaks: Outbreaks) -> dict[DriverKey, Floats]:
        """(stays,) share of the month's amount that is lost."""
        path = outbreaks.path[stays.outbreak]
        weight = values_at(path, self.reach) / self.context.calendar.days[stays.month]
        losses: dict[DriverKey, Floats] = {}
        for changes, days in zip(self.changes, (stays.mild, stays.upstream, stays.hard), strict=True):
            share_of_month = days * weight
            for key, change in changes.items():
                gain = share_of_month * values_at(path, change)
                losses[key] = losses[key] - gain if key in losses else -gain
        return losses


def _losses_of_rows(
    regimes: _Regimes, outbreaks: Outbreaks, disjoint: Spells, rows: Ints
) -> Mapping[DriverKey, Floats]:
    """(rows,) losses of some stays of the outbreaks."""
    return regimes.losses(outbreaks.regime_days_of_rows(rows, disjoint, regimes.context.calendar), outbreaks)


def _losses_by_place(
    waves: EventSet, spells: Spells, outbreaks: Outbreaks, regimes: _Regimes, geography: Geography
) -> tuple[dict[DriverKey, Floats], Footprint]:
    """Losses (stays,) and footprint where the places are listed: hard spells fall on ranges of them, by weight.

    The loss of an outbreak in a month beyond its loss without hard spells is laid on the places of their ranges, day by
    day of each spell.
    """
    context = regimes.context
    marks = waves.select(spells.wave)
    ranges = locate_ranges(
        spells.hard, marks.uniform("hard.first_place"), marks.uniform("hard.places"), geography.count
    )

    def losses_at(hard: Floats) -> dict[DriverKey, Floats]:
        disjoint = spells._replace(hard=hard).disjoint(waves, outbreaks)
        return regimes.losses(outbreaks.regime_days(disjoint, context.calendar), outbreaks)

    weights = {id(weight): ranges.weight(weight) for weight in geography.cumulative_weight.values()}
    with_hard = {key: losses_at(weight) for key, weight in weights.items()}
    without_hard = losses_at(np.zeros(len(spells.wave)))
    spell, month, days = month_overlaps(spells.start, spells.end, context.calendar)
    in_range = np.flatnonzero(ranges.count[spell])
    spell, month, days = spell[in_range], month[in_range], days[in_range]
    stay = outbreaks.month_rows(outbreaks.outbreak_of_wave[spells.wave[spell]], month)
    cell = month * context.paths + waves.path[spells.wave[spell]]
    losses = {key: lost for key, lost in next(iter(with_hard.values())).items() if key[0] != "amount"}
    place_losses: dict[str, Floats] = {}
    outside: dict[str, Floats] = {}
    for service in context.services:
        key, weighting = ("amount", service), id(geography.cumulative_weight[service])
        if key in with_hard[weighting]:
            losses[key] = with_hard[weighting][key]
            base = without_hard.get(key, np.zeros(len(outbreaks.cell)))
            outside[service] = additive_factors(outbreaks.cell, {key: base}, context.shape)[key]
            weighted_days = sum_by_cell(stay, weights[weighting][spell] * days, len(base))
            exposed = weighted_days[stay] * outside[service].reshape(-1)[cell]
            extra = (losses[key] - base)[stay] * days
            share = np.divide(extra, exposed, out=np.zeros_like(extra), where=exposed > 0)
            place_losses[service] = np.minimum(share, 1.0)
    return losses, Footprint(ranges, outbreaks.outbreak_of_wave[spells.wave], spell, cell, place_losses, outside)
