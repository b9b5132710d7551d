"""The figures of a run in lines that a diff shows: `python -m tests.support.golden_text` writes them anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import forecast
from forecast.timeseries.baseline import fit_baseline
from tests.support.plans import SCENARIOS

GOLDEN_FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN_PATHS = 8_192
QUANTILES = (0.1, 0.5, 0.9)
GOLDEN_SCENARIOS = (
    "plan-2021",
    "covid",
    "storms-and-floods",
    "covid-and-floods",
    "no-initiatives",
    "hindcast-2021",
    "shop-chain",
    "by-commune",
)


def render_golden(name: str) -> str:
    """Every figure of a shipped scenario over its first two blocks: mean, sd, P10, P50 and P90, and its targets."""
    scenario = forecast.read(SCENARIOS / f"{name}.yaml")
    run = forecast.simulate(scenario, paths=GOLDEN_PATHS, keep=GOLDEN_PATHS, baseline=fit_baseline(scenario))
    assert run.path_sample is not None
    lines = [f"# {name}.yaml, {GOLDEN_PATHS} paths, seed {run.seed}: mean sd p10 p50 p90"]
    for target in sorted(run.scenario.targets):
        chance = run.chance(target)
        lines.append(f"target {target}: {chance.value:.4f} [{chance.low:.4f}, {chance.high:.4f}]")
    rows = {
        key: (tally.mean, tally.sd, *(tally.quantile(p).value for p in QUANTILES)) for key, tally in run.tallies.items()
    }
    for key, values in run.path_sample.figures.items():
        if key not in rows:  # a step of the bridge by cause
            rows[key] = (values.mean(), values.std(ddof=1), *np.quantile(values, QUANTILES))
    for (measure, period), figures in sorted(rows.items()):
        lines.append(f"{measure} {period}: " + " ".join(f"{figure:.6g}" for figure in figures))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for scenario in GOLDEN_SCENARIOS:
        (GOLDEN_FOLDER / f"{scenario}.txt").write_text(render_golden(scenario), encoding="utf-8")
