"""Coverage and CRPS of re-forecasts: truths drawn from a plan, some of their months closed, the rest forecast.

    python -m tests.validation.closed_year --truths 2000 [--kind plain|surprise|noisier|two-point|estimate] [--json]

The plan has three services with correlated months, an initiative, a mixture and storms. Storms of closed months are
named within two points of what they took. The rival is "closed months and the rest as planned"; of the plan with a
growth of two points it is the same rule without weights.
"""

from __future__ import annotations

import argparse
import calendar
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import forecast
from forecast.arrays import Floats
from forecast.history.booked_months import BookedMonth
from forecast.plan.record import FrozenDict
from forecast.simulation.block import simulate_block
from forecast.simulation.compiled import CompiledPlan, compile_plan
from forecast.simulation.conditioned import condition_plan
from forecast.stats.scoring import crps_sample
from forecast.timeseries.baseline import Baseline, fit_baseline
from forecast.timeseries.estimate_errors import EstimateError

CLOSED_MONTHS = (1, 3, 6, 9)
KINDS = ("plain", "surprise", "noisier", "two-point", "estimate")
PATHS = 4_096
FIRST = 12 * 2025
ESTIMATE_SD = 0.035
TRUTH_SEED, RIVAL_SEED = 99, 5
PLAN = """\
name: {{en: Closed year, vi: Năm đã khoá sổ}}
as_of: {as_of}
horizon: {{from: 2025-01, months: 12}}
history: {history}
services:
  post: {{growth: {growth}}}
  bank: {{growth: 3% to 6%, baseline: {{noise: {bank_noise}}}}}
  retail: {{growth: -10% to 5%, baseline: {{level: mixture(60%)}}}}
baseline: {{noise: {noise}, persistence: 20% to 60%, level_noise: 2% to 4%}}
correlations:
  months: {{between: [services.post, services.bank, services.retail], rank: 0.3}}
initiatives:
  push: {{chance: 60%, start: 2025-02-01, effect: {{volume: {{post: 4% to 10%}}}}}}
shocks:
  storms:
    kind: storm
    per_year: 0.5
    season: {{5: 1, 6: 1, 7: 1, 8: 1, 9: 1, 10: 1}}
    classes: {{big: {{weight: 1, reach: 60% to 95%, days: 2 to 8, loss_share: {{all: 60% to 90%}}}}}}
"""


@dataclass(frozen=True)
class ClosedYear:
    """The plan in a folder, its truths, and what it forecast of them before anything was closed."""

    folder: Path
    kind: str

    def read(self, events: Sequence[str] = (), month: int = 0, *, is_truth: bool = False) -> forecast.Scenario:
        """The plan on the day after a month, with named events; `is_truth` where the truths are drawn."""
        noisier = is_truth and self.kind == "noisier"
        name = f"plan-{os.getpid()}.yaml"
        history = "{file: ledger.csv, shocks: {" + ", ".join(events) + "}}" if events else "ledger.csv"
        text = PLAN.format(
            as_of=f"2025-{month + 1:02d}-01",
            history=history,
            growth="'discrete(2% at 50%, 18% at 50%)'" if self.kind == "two-point" else "0% to 20%",
            noise="6% to 15%" if noisier else "4% to 10%",
            bank_noise="3% to 7.5%" if noisier else "2% to 5%",
        )
        (self.folder / name).write_text(text, encoding="utf-8")
        return forecast.read(self.folder / name)

    @cached_property
    def scenario(self) -> forecast.Scenario:
        """The plan before anything is closed."""
        return self.read()

    @cached_property
    def fits(self) -> Baseline:
        """Fits of its history."""
        return fit_baseline(self.scenario)

    @cached_property
    def truths(self) -> tuple[Floats, Floats]:
        """(services, months, paths) revenue, and the share of it that storms left."""
        scenario = self.read(is_truth=True)
        without_storms = scenario.model_copy(update={"shocks": FrozenDict()})
        months, undisturbed = (self.simulate(plan, self.fits, TRUTH_SEED) for plan in (scenario, without_storms))
        return months, months / undisturbed

    @cached_property
    def as_planned(self) -> Floats:
        """(services, months, paths) the plan itself."""
        return self.simulate(self.scenario, self.fits, RIVAL_SEED)

    @staticmethod
    def simulate(
        scenario: forecast.Scenario, fits: Baseline, seed: int | None = None, *, is_weighted: bool = True
    ) -> Floats:
        """(services, months, paths) revenue in the first block; without weights what is not normal stays as drawn."""
        plan = condition_plan(compile_plan(scenario, fits, PATHS, seed))
        if plan.conditioning is not None and not is_weighted:
            plan = replace(plan, conditioning=replace(plan.conditioning, streams=()))
        return ClosedYear.months_of(plan)

    @staticmethod
    def months_of(plan: CompiledPlan) -> Floats:
        """(services, months, paths) revenue in the first block."""
        figures = simulate_block(plan, range(1)).figures
        months = [f"2025-{month:02d}" for month in range(1, 13)]
        return np.array([[figures[f"revenue.{name}", m] for m in months] for name in plan.services])

    def score(self, truth: int, count: int, rng: np.random.Generator) -> dict[str, Any]:
        """Scores of one truth with so many months closed."""
        months, remaining = self.truths
        actual = months[:, :, truth].copy()
        if self.kind == "surprise":
            actual[rng.integers(len(actual)), rng.integers(count)] *= 0.7
        events = list(_named_events(remaining[:, :, truth], count, self.scenario.service_names, rng))
        scenario = self.read(events, count) if events else self.scenario
        booked = self._booked(actual, count, rng)
        plan = condition_plan(compile_plan(scenario, booked, PATHS))
        paths = self.months_of(plan)
        first = count - (self.kind == "estimate")
        np.testing.assert_allclose(paths[:, :first], np.broadcast_to(actual[:, :first, None], paths[:, :first].shape))
        is_two_point = self.kind == "two-point"
        other = self.simulate(scenario, booked, is_weighted=False) if is_two_point else self.as_planned
        open_part, rival = paths[:, first:].sum(axis=1), other[:, first:].sum(axis=1)
        outcome = actual[:, first:].sum(axis=1)
        return {
            "levels": [
                float(np.mean(open_part.sum(axis=0) < outcome.sum())),
                *np.mean(open_part < outcome[:, None], axis=1),
            ],
            "surprise": 1.0 if plan.lesson is None else plan.lesson.surprise,
            "crps": float(crps_sample([outcome.sum()], open_part.sum(axis=0)[None, :])[0]),
            "rival": float(crps_sample([outcome.sum()], rival.sum(axis=0)[None, :])[0]),
        }

    def _booked(self, actual: Floats, count: int, rng: np.random.Generator) -> Baseline:
        booked: dict[str, dict[int, BookedMonth]] = {}
        for name, values in zip(self.scenario.service_names, actual, strict=True):
            rows = {FIRST + month: BookedMonth(float(values[month]), "actual") for month in range(count)}
            if self.kind == "estimate":
                estimate = values[count - 1] * np.exp(ESTIMATE_SD * rng.standard_normal())
                rows[FIRST + count - 1] = BookedMonth(float(estimate), "estimate")
            booked[f"revenue.{name}"] = rows
        errors = {measure: EstimateError(0.0, ESTIMATE_SD, 0) for measure in booked}
        return replace(self.fits, booked=booked, estimate_errors=errors if self.kind == "estimate" else {})


def _named_events(remaining: Floats, count: int, names: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """Events of the closed months (services, months) that a storm hit, each effect a range of two points about it."""
    for month in range(count):
        hit = {name: share for name, share in zip(names, remaining[:, month], strict=True) if share < 0.999}
        if not hit:
            continue
        effects = []
        for name, share in hit.items():
            middle = 100 * (share - 1) + rng.normal(0, 0.78)
            effects.append(f"{name}: {middle - 1:.4f}% to {middle + 1:.4f}%")
        last = calendar.monthrange(2025, month + 1)[1]
        dates = f"from: 2025-{month + 1:02d}-01, until: 2025-{month + 1:02d}-{last}"
        yield f"storm{month + 1}: {{kind: event, {dates}, effect: {{volume: {{{', '.join(effects)}}}}}}}"


def write_ledger(folder: Path) -> None:
    """Three years of three services."""
    rng = np.random.default_rng(3)
    season = np.array([1.1, 0.9, 1, 1, 0.95, 0.95, 1, 1.02, 1, 1, 1.05, 1.2])
    rows = ["month,service,revenue,status"]
    for year in (2022, 2023, 2024):
        for month in range(12):
            for name, level in (("post", 3e9), ("bank", 1.5e9), ("retail", 8e8)):
                value = level * 1.04 ** (year - 2022) * season[month] * np.exp(0.04 * rng.standard_normal())
                rows.append(f"{year}-{month + 1:02d},{name},{value:.0f},actual")
    (folder / "ledger.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")


def score_truths(kind: str, truths: range) -> dict[int, list[dict[str, Any]]]:
    """By number of closed months, the scores of some truths."""
    with tempfile.TemporaryDirectory() as name:
        write_ledger(Path(name))
        year = ClosedYear(Path(name), kind)
        rng = np.random.default_rng([7, truths.start])
        return {count: [year.score(truth, count, rng) for truth in truths] for count in CLOSED_MONTHS}


def summarise_scores(scores: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares of outcomes inside the 80% and 95% intervals, of the whole and by service, and CRPS over the rival's.

    The 80% interval also in the tenth of the truths with the most, and with the least, surprising months.
    """
    levels = np.array([score["levels"] for score in scores])
    inside80, inside95 = ((levels > p) & (levels < 1 - p) for p in (0.1, 0.025))
    order = np.argsort([score["surprise"] for score in scores], kind="stable")
    tenth = max(1, len(scores) // 10)
    ratio = np.mean([score["crps"] for score in scores]) / np.mean([score["rival"] for score in scores])
    return {
        "truths": len(scores),
        "inside80": round(float(inside80[:, 0].mean()), 3),
        "most_surprising80": round(float(inside80[order[:tenth], 0].mean()), 3),
        "least_surprising80": round(float(inside80[order[-tenth:], 0].mean()), 3),
        "inside95": round(float(inside95[:, 0].mean()), 3),
        "services80": [round(float(share), 3) for share in inside80[:, 1:].mean(axis=0)],
        "crps": round(float(ratio), 3),
    }


def measure_kind(kind: str, truths: int, workers: int) -> dict[int, dict[str, Any]]:
    """By number of closed months, the summary of the scores."""
    size = -(-truths // (8 * workers))
    parts = [range(first, min(first + size, truths)) for first in range(0, truths, size)]
    with ProcessPoolExecutor(workers) as pool:
        results = list(pool.map(score_truths, [kind] * len(parts), parts))
    return {count: summarise_scores([score for part in results for score in part[count]]) for count in CLOSED_MONTHS}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truths", type=int, default=2_000)
    parser.add_argument("--kind", choices=KINDS, nargs="+", default=list(KINDS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    for kind in asked.kind:
        summaries = measure_kind(kind, asked.truths, asked.workers)
        if asked.json:
            print(json.dumps({"kind": kind, "closed": summaries}))
            continue
        for count, summary in summaries.items():
            print(f"{kind:10} {count} closed: {json.dumps(summary)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
