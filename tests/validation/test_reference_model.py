"""The engine against the model written out: 64 bits, one path at a time, loops over days and events.

The reference takes the same random numbers by name and shares no arithmetic with the engine."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import forecast
from forecast.plan.scenario import Scenario
from forecast.plan.shocks import DEFAULT_RECOVERY_DAYS
from forecast.simulation.block import simulate_block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.sampling.events import EventSet, sample_events
from forecast.simulation.sampling.random_streams import Sampler
from forecast.timeseries.baseline import fit_baseline

PLAN = Path(__file__).parents[2] / "benchmarks" / "reference.yaml"


PATHS = 128


Interval = tuple[float, float]


def overlap(one: Interval, other: Interval) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


class ReferencePath:
    """One path of the reference plan."""

    def __init__(self, scenario: Scenario, sampler: Sampler, path: int) -> None:
        self.plan, self.draws, self.path = scenario, sampler, path
        edges = scenario.horizon.calendar.edges
        self.months: list[Interval] = [(float(a), float(b)) for a, b in pairwise(edges)]
        self.services = scenario.service_names

    def value(self, assumption: object) -> float:
        values = self.draws(assumption)  # type: ignore[arg-type]
        return float(values[self.path] if len(values) > 1 else values[0])

    def calm(self, service: str) -> list[float]:
        own = self.plan.services[service].baseline
        assert own is not None
        assert own.shape is not None
        noise, kept = self.value(own.noise), self.value(own.persistence)
        z = self.draws.normals(f"services.{service}", range(2021, 2022))[:, self.path]
        surprise, profile = 0.0, []
        for month in range(12):
            new = float(z[month]) * noise
            surprise = new if month == 0 else kept * surprise + math.sqrt(1 - kept**2) * new
            profile.append(own.shape.values[month] * math.exp(surprise))
        return [self.value(own.annual) * weight / sum(profile) for weight in profile]

    def initiative(self) -> list[float]:
        own = self.plan.initiatives["payouts"]
        if not self.draws.happens("initiatives.payouts", self.draws(own.chance))[self.path]:
            return [1.0] * 12
        start, length = self.value(own.start), self.value(own.ramp)
        effect = self.value(own.effect.revenue["finance"])

        def area(day: float) -> float:
            inside = min(max(day - start, 0.0), length)
            return inside**2 / (2 * length) + max(day - start - length, 0.0)

        return [1 + effect * (area(b) - area(a)) / (b - a) for a, b in self.months]

    def mine(self, events: EventSet) -> list[int]:
        return sorted(np.flatnonzero(events.path == self.path), key=lambda row: events.start[row])

    def storm(self, name: str) -> list[tuple[list[float], float]]:
        """For each event, what it takes of each month, and the day on which it ends."""
        own = self.plan.shocks[name]
        of = own.classes["ordinary"]
        rate = np.atleast_2d(self.draws(own.per_year))
        events = sample_events(self.draws, f"shocks.{name}", rate, own.season, self.plan.horizon.calendar)
        reach, days, depth = (events.draw(a) for a in (of.reach, of.days, of.loss_share["all"]))
        found = []
        for row in self.mine(events):
            shut = (events.start[row], events.start[row] + days[row])
            taken = [reach[row] * depth[row] * overlap(shut, (a, b)) / (b - a) for a, b in self.months]
            found.append((taken, shut[1]))
        return found

    def epidemic(self, service: str) -> list[tuple[list[float], float]]:
        """For each outbreak, what it takes of each month, by a walk over the days; and the day on which it ends."""
        own = self.plan.shocks["covid"]
        rate = np.atleast_2d(self.draws(own.waves_per_year))
        events = sample_events(self.draws, "shocks.covid", rate, None, self.plan.horizon.calendar)
        length = events.draw(own.length)
        reach = events.draw(own.hard.reach) if own.hard.reach else np.ones(len(events))
        outbreaks: list[tuple[list[Interval], list[Interval], list[tuple[Interval, float]]]] = []
        for row in self.mine(events):
            wave = (float(events.start[row]), float(events.start[row] + length[row]))
            up, hard = (self.spell(events, row, wave, name) for name in ("upstream", "hard"))
            if not outbreaks or wave[0] > max(end for _, end in outbreaks[-1][0]):
                outbreaks.append(([], [], []))
            outbreaks[-1][0].append(wave)
            outbreaks[-1][1].extend(up)
            outbreaks[-1][2].extend((span, float(reach[row])) for span in hard)
        mild, shut = self.value(own.mild.effect.volume[service]), self.value(own.hard.effect.volume["all"])
        stopped = self.value(own.upstream.effect.volume["all"]) if own.upstream else 0.0
        found = []
        for waves, ups, hard in outbreaks:
            spans = waves + ups + [span for span, _ in hard] + self.months
            cuts = sorted({moment for span in spans for moment in span})
            taken = [0.0] * 12
            for piece in pairwise(cuts):
                middle = sum(piece) / 2
                if any(a <= middle < b for a, b in waves):
                    closed = 1 - math.prod(1 - part for (a, b), part in hard if a <= middle < b)
                    elsewhere = (1 - closed) * any(a <= middle < b for a, b in ups)
                    effect = shut * closed + stopped * elsewhere + mild * (1 - closed - elsewhere)
                    for month, span in enumerate(self.months):
                        taken[month] -= effect * overlap(piece, span) / (span[1] - span[0])
            found.append((taken, max(end for _, end in waves)))
        return found

    def spell(self, events: EventSet, row: int, wave: Interval, name: str) -> list[Interval]:
        regime = getattr(self.plan.shocks["covid"], name)
        if regime is None or not events.happens(f"{name}.happens", self.draws(regime.chance))[row]:
            return []
        long = float(events.draw(regime.length)[row])
        start = wave[0] + float(events.uniform(f"{name}.start")[row]) * max(wave[1] - wave[0] - long, 0.0)
        return [(start, min(start + long, wave[1]))]

    def service(self, service: str) -> dict[str, object]:
        """Revenue by month, and where the losses went."""
        calm = self.calm(service)
        causes = {name: self.storm(name) for name in ("storms", "floods")}
        factors = {name: [math.prod(1 - e[0][m] for e in causes[name]) for m in range(12)] for name in causes}
        causes["covid"] = self.epidemic(service)
        factors["covid"] = [max(0.0, 1 - sum(e[0][m] for e in causes["covid"])) for m in range(12)]
        amount = [x * math.prod(factor[m] for factor in factors.values()) for m, x in enumerate(calm)]
        left = [math.prod(min(1.0, factor[m]) for factor in factors.values()) for m in range(12)]
        lost, returned, ever = sum(x * (1 - y) for x, y in zip(calm, left, strict=True)), 0.0, 0.0
        share = self.value(self.plan.shocks["covid"].recovered["all"])
        for taken, end in causes["covid"]:
            back = 0.0
            for month in range(12):
                others = math.prod(min(1.0, factors[name][month]) for name in factors if name != "covid")
                net = calm[month] * max(0.0, 1 - factors["covid"][month]) * others
                whole = sum(max(0.0, e[0][month]) for e in causes["covid"])
                back += share * net * max(0.0, taken[month]) / whole if whole > 0 else 0.0
            ever += back
            for month, span in enumerate(self.months):
                inside = back * overlap((end, end + DEFAULT_RECOVERY_DAYS), span) / DEFAULT_RECOVERY_DAYS
                amount[month] += inside
                returned += inside
        carried = max(0.0, ever - returned)
        worth = self.initiative() if service == "finance" else [1.0] * 12
        revenue = [one * factor for one, factor in zip(amount, worth, strict=True)]
        return {"revenue": revenue, "lost": lost, "returned": returned, "carried": carried}


REGIMES = """
extends: reference.yaml
shocks:
  covid:
    waves_per_year: 2 to 5
    upstream: {chance: 60%, length: 15 to 45 days, effect: {volume: {all: -30% to -5%}}}
    hard: {chance: 60%, reach: "uniform(0%, 100%)"}
"""


@pytest.fixture(scope="module", params=["reference", "regimes"])
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, CompiledPlan]:
    folder = tmp_path_factory.mktemp("plans")
    (folder / "reference.yaml").write_text(PLAN.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "regimes.yaml").write_text(REGIMES, encoding="utf-8")
    scenario = forecast.read(folder / f"{request.param}.yaml")
    return scenario, compile_plan(scenario, fit_baseline(scenario), 4096, 5)


def test_every_path_equals_the_reference_model(compiled: tuple[Scenario, CompiledPlan]) -> None:
    scenario, plan = compiled
    figures, sampler = simulate_block(plan, range(1)).figures, Sampler(plan.seed, range(1), plan.groups)
    basis = {"postal": 0.8, "finance": 0.9, "distribution": 0.2}
    for number in range(0, 4096, 4096 // PATHS):
        path = ReferencePath(scenario, sampler, number)
        found = {service: path.service(service) for service in path.services}
        for service, own in found.items():
            for month in range(12):
                said = figures[f"revenue.{service}", f"2021-{month + 1:02}"][number]
                assert said == pytest.approx(own["revenue"][month], rel=2e-6)  # noise is drawn in 32 bits
            for word in ("lost", "returned", "carried"):
                said = figures[f"{word}.{service}", "horizon"][number]
                assert said == pytest.approx(own[word], rel=2e-6, abs=1e4)
        yearly = {service: sum(own["revenue"]) for service, own in found.items()}
        assert figures["revenue", "2021"][number] == pytest.approx(sum(yearly.values()), rel=1e-6)
        people = path.value(scenario.workforce.headcount)
        counted = sum(basis[service] * yearly[service] for service in yearly) / people
        assert figures["productivity", "2021"][number] == pytest.approx(counted, rel=1e-6)


def test_the_sampled_paths_include_hard_cases(compiled: tuple[Scenario, CompiledPlan]) -> None:
    figures = simulate_block(compiled[1], range(1)).figures
    rows = slice(None, None, 4096 // PATHS)
    assert np.count_nonzero(figures["carried.finance", "horizon"][rows] > 1e6) > 16
    assert np.count_nonzero(figures["lost.postal", "horizon"][rows] > 2e9) > 6
