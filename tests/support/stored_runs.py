"""Runs to publish: fixed files under a given run id."""

from __future__ import annotations

from pathlib import Path

from forecast.runs.manifest import RunInputs
from forecast.runs.repository import StoredRun, json_bytes, link_run, publish_run

SUMMARY = {"targets": {"revenue": {"chance": 0.41}}}


def make_inputs(run_id: str, scenario: str = "shop", **more: object) -> RunInputs:
    """Inputs of a run with that id; `more` goes into its manifest."""
    return RunInputs(run_id, {"schema": 1, "run_id": run_id, "kind": "run", "scenario": scenario, **more})


def publish_example(reports: Path, run_id: str, scenario: str = "shop", report: bytes = b"<html>") -> StoredRun:
    """Publish and show three small files as the run of a scenario."""
    files = {"report.html": report, "summary.json": json_bytes(SUMMARY), "figures/fan.png": b"png"}
    run = publish_run(reports, make_inputs(run_id, scenario, paths=1000, seed=1), files, {"phi": 0.5})
    link_run(reports, run)
    return run
