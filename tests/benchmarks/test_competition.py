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
    assert set(scores) == {"monthly", "quarterly", "yearly", "other", "all"}
    assert set(scores["monthly"]) == {"smape", "mase", "cov80", "cov95", "msis95", "cpu_s"}
    points = {"monthly": 18, "quarterly": 8, "yearly": 6, "other": 8}
    mean = sum(scores[key]["smape"] * count for key, count in points.items()) / sum(points.values())
    assert scores["all"]["smape"] == pytest.approx(mean)


GATES = {
    "monthly": {"smape": 13.45, "mase": 0.832, "msis95": 6.07},
    "quarterly": {"smape": 8.88, "mase": 1.065},
    "yearly": {"smape": 15.75, "mase": 2.60},
    "all": {"smape": 12.60},
}


@pytest.mark.slow
def test_m3_scores_are_within_their_limits() -> None:
    command = [sys.executable, "-m", "benchmarks.competition", "m3", "--json"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    scores = json.loads(run.stdout)
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
