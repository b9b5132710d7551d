"""The engine against the model written out: 64 bits, one path at a time, loops over days and events.

The reference takes the same random numbers by name and shares no arithmetic with the engine."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import forecast
from forecast.periods import Calendar
from forecast.plan.assumption import Assumption
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import DEFAULT_RECOVERY_DAYS
from forecast.simulation.block import simulate_block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.sampling.events import EventSet, sample_events
from forecast.simulation.sampling.random_streams import Sampler
from forecast.stats.distributions import QuantileRange
from forecast.timeseries.baseline import fit_baseline

PLAN = Path(__file__).parents[2] / "benchmarks" / "reference.yaml"


PATHS = 128

EARLIER = 24
"""Months before the horizon that the reference walks through where the plan names no day: more than any event needs."""

Interval = tuple[float, float]


def overlap(first: Interval, second: Interval) -> float:
    return max(0.0, min(first[1], second[1]) - max(first[0], second[0]))


class ReferencePath:
    """One path of the reference plan."""

    def __init__(self, scenario: Scenario, sampler: Sampler, path: int) -> None:
        self.plan, self.draws, self.path = scenario, sampler, path
        horizon = scenario.horizon.calendar
        self.calendar = Calendar(horizon.first - EARLIER, horizon.count + EARLIER)
        self.months: list[Interval] = [(float(a), float(b)) for a, b in pairwise(self.calendar.edges)]
        self.first_moment = float(scenario.as_of.toordinal() + 1) if scenario.as_of else self.months[0][0]
        self.services = scenario.service_names

    def value(self, assumption: object) -> float:
        values = self.draws(assumption)  # type: ignore[arg-type]
        return float(values[self.path] if len(values) > 1 else values[0])

    def baseline(self, service: str) -> list[float]:
        settings = self.plan.services[service].baseline
        assert settings is not None
        assert settings.shape is not None
        noise, kept = self.value(settings.noise), self.value(settings.persistence)
        z = self.draws.normals(f"services.{service}", range(2021, 2022))[:, self.path]
        weights = [weight / sum(settings.shape.values) for weight in settings.shape.values]
        by_months = sum(noise**2 * kept ** abs(i - j) * weights[i] * weights[j] for i in range(12) for j in range(12))
        level = self.annual(settings.annual, by_months) * math.exp((by_months - noise**2) / 2)
        surprise, months = 0.0, []
        for month in range(12):
            new = float(z[month]) * noise
            surprise = new if month == 0 else kept * surprise + math.sqrt(1 - kept**2) * new
            months.append(level * weights[month] * math.exp(surprise))
        return months

    def annual(self, annual: Assumption, by_months: float) -> float:
        """The range of an amount, a normal on the logs, less what its months bring."""
        assert isinstance(annual.distribution, QuantileRange)
        low, high = math.log(annual.distribution.low), math.log(annual.distribution.high)
        score = NormalDist().inv_cdf(float(self.draws.uniform(annual.name)[self.path]))
        variance = ((high - low) / (2 * NormalDist().inv_cdf(0.9))) ** 2
        return math.exp((low + high) / 2 + score * math.sqrt(max(0.0, variance - by_months)))

    def initiative(self) -> list[float]:
        initiative = self.plan.initiatives["payouts"]
        if not self.draws.happens("initiatives.payouts", self.draws(initiative.chance))[self.path]:
            return [1.0] * 12
        start, length = self.value(initiative.start), self.value(initiative.ramp)
        effect = self.value(initiative.effect.revenue["finance"])

        def area(day: float) -> float:
            inside = min(max(day - start, 0.0), length)
            return inside**2 / (2 * length) + max(day - start - length, 0.0)

        return [1 + effect * (area(b) - area(a)) / (b - a) for a, b in self.months[EARLIER:]]

    def events_of_path(self, events: EventSet) -> list[int]:
        return sorted(np.flatnonzero(events.path == self.path), key=lambda row: events.start[row])

    def storm(self, name: str) -> list[tuple[list[float], float]]:
        """For each event, the share of each month that it loses, and the day on which it ends."""
        shock = self.plan.shocks[name]
        ordinary = shock.classes["ordinary"]
        rate = np.atleast_2d(self.draws(shock.per_year))
        events = sample_events(self.draws, f"shocks.{name}", rate, shock.season, self.calendar, self.first_moment)
        reach, days, depth = (events.draw(a) for a in (ordinary.reach, ordinary.days, ordinary.loss_share["all"]))
        results = []
        for row in self.events_of_path(events):
            closed = (events.start[row], events.start[row] + days[row])
            losses = [reach[row] * depth[row] * overlap(closed, (a, b)) / (b - a) for a, b in self.months]
            results.append((losses, closed[1]))
        return results

    def epidemic(self, service: str) -> list[tuple[list[float], float]]:
        """For each outbreak, by a walk over the days, the share of each month that it loses; and its last day."""
        shock = self.plan.shocks["covid"]
        rate = np.atleast_2d(self.draws(shock.waves_per_year))
        events = sample_events(self.draws, "shocks.covid", rate, None, self.calendar, self.first_moment)
        length = events.draw(shock.length)
        reach = events.draw(shock.hard.reach) if shock.hard.reach else np.ones(len(events))
        outbreaks: list[tuple[list[Interval], list[Interval], list[tuple[Interval, float]]]] = []
        for row in self.events_of_path(events):
            wave = (float(events.start[row]), float(events.start[row] + length[row]))
            up, hard = (self.spell(events, row, wave, name) for name in ("upstream", "hard"))
            if not outbreaks or wave[0] > max(end for _, end in outbreaks[-1][0]):
                outbreaks.append(([], [], []))
            outbreaks[-1][0].append(wave)
            outbreaks[-1][1].extend(up)
            outbreaks[-1][2].extend((span, float(reach[row])) for span in hard)
        mild_effect = self.value(shock.mild.effect.volume[service])
        hard_effect = self.value(shock.hard.effect.volume["all"])
        upstream_effect = self.value(shock.upstream.effect.volume["all"]) if shock.upstream else 0.0
        results = []
        for waves, ups, hard in outbreaks:
            spans = waves + ups + [span for span, _ in hard] + self.months
            cuts = sorted({moment for span in spans for moment in span})
            losses = [0.0] * len(self.months)
            for piece in pairwise(cuts):
                middle = sum(piece) / 2
                if any(a <= middle < b for a, b in waves):
                    closed = 1 - math.prod(1 - part for (a, b), part in hard if a <= middle < b)
                    elsewhere = (1 - closed) * any(a <= middle < b for a, b in ups)
                    effect = hard_effect * closed + upstream_effect * elsewhere + mild_effect * (1 - closed - elsewhere)
                    for month, span in enumerate(self.months):
                        losses[month] -= effect * overlap(piece, span) / (span[1] - span[0])
            results.append((losses, max(end for _, end in waves)))
        return results

    def spell(self, events: EventSet, row: int, wave: Interval, name: str) -> list[Interval]:
        regime = getattr(self.plan.shocks["covid"], name)
        if regime is None or not events.happens(f"{name}.happens", self.draws(regime.chance))[row]:
            return []
        long = float(events.draw(regime.length)[row])
        start = wave[0] + float(events.uniform(f"{name}.start")[row]) * max(wave[1] - wave[0] - long, 0.0)
        return [(start, min(start + long, wave[1]))]

    def service(self, service: str) -> dict[str, object]:
        """Revenue by month, where the losses went, and what came back of losses before the horizon."""
        baseline = self.baseline(service) * (1 + EARLIER // 12)  # a given year, and the same before it
        causes = {name: self.storm(name) for name in ("storms", "floods")}
        months = range(len(baseline))
        horizon = range(EARLIER, len(baseline))
        factors = {name: [math.prod(1 - e[0][m] for e in causes[name]) for m in months] for name in causes}
        causes["covid"] = self.epidemic(service)
        factors["covid"] = [max(0.0, 1 - sum(e[0][m] for e in causes["covid"])) for m in months]
        amount = [x * math.prod(factor[m] for factor in factors.values()) for m, x in enumerate(baseline)]
        remaining = [math.prod(min(1.0, factor[m]) for factor in factors.values()) for m in months]
        lost = sum(baseline[m] * (1 - remaining[m]) for m in horizon)
        share, returned, ever, brought = self.value(self.plan.shocks["covid"].recovered["all"]), 0.0, 0.0, 0.0
        for losses, end in causes["covid"]:
            back = {True: 0.0, False: 0.0}  # of losses in the horizon, and of those before it
            for month in months:
                others = math.prod(min(1.0, factors[name][month]) for name in factors if name != "covid")
                net = baseline[month] * max(0.0, 1 - factors["covid"][month]) * others
                total_losses = sum(max(0.0, e[0][month]) for e in causes["covid"])
                if total_losses > 0:
                    back[month in horizon] += share * net * max(0.0, losses[month]) / total_losses
            ever += back[True]
            for month in horizon:
                inside = overlap((end, end + DEFAULT_RECOVERY_DAYS), self.months[month]) / DEFAULT_RECOVERY_DAYS
                amount[month] += (back[True] + back[False]) * inside
                returned += back[True] * inside
                brought += back[False] * inside
        carried = max(0.0, ever - returned)
        worth = self.initiative() if service == "finance" else [1.0] * 12
        revenue = [value * factor for value, factor in zip(amount[EARLIER:], worth, strict=True)]
        return {"revenue": revenue, "lost": lost, "returned": returned, "carried": carried, "brought": brought}


REGIMES = """
extends: reference.yaml
as_of: null
shocks:
  covid:
    waves_per_year: 2 to 5
    upstream: {chance: 60%, length: 15 to 45 days, effect: {volume: {all: -30% to -5%}}}
    hard: {chance: 60%, reach: "uniform(0%, 100%)"}
"""


IN_HORIZON = """
extends: regimes.yaml
as_of: 2021-02-10
"""
AUTUMN = """
extends: regimes.yaml
as_of: 2020-10-20
"""


@pytest.fixture(
    scope="module",
    params=["reference", "regimes", *(pytest.param(name, marks=pytest.mark.slow) for name in ("autumn", "in_horizon"))],
)
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, CompiledPlan]:
    folder = tmp_path_factory.mktemp("plans")
    (folder / "reference.yaml").write_text(PLAN.read_text(encoding="utf-8"), encoding="utf-8")
    for name, text in {"regimes": REGIMES, "autumn": AUTUMN, "in_horizon": IN_HORIZON}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    scenario = forecast.read(folder / f"{request.param}.yaml")
    return scenario, compile_plan(scenario, fit_baseline(scenario), 4096, 5)


def test_every_path_equals_the_reference_model(compiled: tuple[Scenario, CompiledPlan]) -> None:
    scenario, plan = compiled
    figures, sampler = simulate_block(plan, range(1)).figures, Sampler(plan.seed, range(1), plan.groups)
    basis = {"postal": 0.8, "finance": 0.9, "distribution": 0.2}
    for number in range(0, 4096, 4096 // PATHS):
        path = ReferencePath(scenario, sampler, number)
        reference = {service: path.service(service) for service in path.services}
        for service, expected in reference.items():
            for month in range(12):
                simulated = figures[f"revenue.{service}", f"2021-{month + 1:02}"][number]
                assert simulated == pytest.approx(expected["revenue"][month], rel=2e-6)  # noise is drawn in 32 bits
            for outcome in ("lost", "returned", "carried", "brought"):
                simulated = np.broadcast_to(figures[f"{outcome}.{service}", "horizon"], 4096)[number]
                assert simulated == pytest.approx(expected[outcome], rel=2e-6, abs=1e4)
        yearly = {service: sum(expected["revenue"]) for service, expected in reference.items()}
        assert figures["revenue", "2021"][number] == pytest.approx(sum(yearly.values()), rel=1e-6)
        people = path.value(scenario.workforce.headcount)
        counted = sum(basis[service] * yearly[service] for service in yearly) / people
        assert figures["productivity", "2021"][number] == pytest.approx(counted, rel=1e-6)


def test_the_sampled_paths_include_hard_cases(compiled: tuple[Scenario, CompiledPlan]) -> None:
    figures = simulate_block(compiled[1], range(1)).figures
    rows = slice(None, None, 4096 // PATHS)
    assert np.count_nonzero(figures["carried.finance", "horizon"][rows] > 1e6) > 16
    assert np.count_nonzero(figures["lost.postal", "horizon"][rows] > 2e9) > 6
