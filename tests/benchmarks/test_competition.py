"""The benchmark on M3: its scores, and the limits that they must meet."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.competition import main
from tests.support.plans import ROOT


def test_the_benchmark_prints_every_score(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    from benchmarks import competition

    load_series = competition.load_series
    monkeypatch.setattr(competition, "load_series", lambda *names: tuple(each[:6] for each in load_series(*names)))
    main(["m3", "--json"])
    scores = json.loads(capsys.readouterr().out)
    sums = {f"monthly, sum of {months}" for months in (3, 6, 12)} | {"quarterly, sum of 4"}
    assert set(scores) == {"monthly", "quarterly", "yearly", "other", "all"} | sums
    assert set(scores["monthly"]) == {"smape", "mase", "cov80", "cov95", "msis95", "wql", "cpu_s"}
    assert all(set(scores[name]) == {"cov80", "cov95", "wql", "crps"} for name in sums)
    points = {"monthly": 18, "quarterly": 8, "yearly": 6, "other": 8}
    mean = sum(scores[key]["smape"] * count for key, count in points.items()) / sum(points.values())
    assert scores["all"]["smape"] == pytest.approx(mean)


GATES = {
    "monthly": {"smape": 13.33, "mase": 0.830, "msis95": 5.98},
    "quarterly": {"smape": 8.875, "mase": 1.061},
    "yearly": {"smape": 15.70, "mase": 2.575},
    "all": {"smape": 12.52},
    "monthly, sum of 12": {"crps": 0.382},
}


def scores_of(competition: str) -> dict[str, dict[str, float]]:
    command = [sys.executable, "-m", "benchmarks.competition", competition, "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
def test_m3_scores_are_within_their_limits() -> None:
    scores = scores_of("m3")
    beyond = {
        (name, score): scores[name][score]
        for name, gates in GATES.items()
        for score, gate in gates.items()
        if not scores[name][score] <= gate
    }
    assert beyond == {}
    for name in ("monthly", "quarterly"):
        assert 0.78 <= scores[name]["cov80"] <= 0.82
        assert 0.935 <= scores[name]["cov95"] <= 0.965
    assert 0.77 <= scores["monthly, sum of 12"]["cov80"] <= 0.83


@pytest.mark.slow
def test_m1_sums_of_a_year_are_within_their_limits() -> None:
    year = scores_of("m1")["monthly, sum of 12"]
    assert 0.75 <= year["cov80"] <= 0.83
    assert year["crps"] <= 0.495
