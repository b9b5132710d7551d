"""Runs to publish: fixed files under a given run id."""

from __future__ import annotations

from pathlib import Path

from forecast.runs.manifest import MANIFEST_SCHEMA, RunInputs
from forecast.runs.repository import StoredRun, json_bytes, link_run, publish_run

DIGEST = "0" * 64
TARGET = {
    "measure": "revenue",
    "period": "2026",
    "at_least": 1.0,
    "chance": 0.41,
    "low": 0.38,
    "high": 0.44,
    "spread": [0.41, 0.41],
    "cases": {},
}
SUMMARY = {
    "schema": 5,
    "currency": "VND",
    "seed": 1,
    "paths": 1000,
    "measures": {},
    "targets": {"revenue": TARGET},
    "data_status": {},
    "history_notes": [],
}


def make_inputs(run_id: str, scenario: str = "shop", **more: object) -> RunInputs:
    """Inputs of a run with that id; `more` goes into its manifest."""
    manifest = {"schema": MANIFEST_SCHEMA, "run_id": run_id, "kind": "run", "scenario": scenario, "language": "en"}
    manifest |= {"data": [], "versions": {}, "seed": 1, "paths": 1000}
    return RunInputs(run_id, {**manifest, **dict.fromkeys(("code", "scenario_hash", "lines"), DIGEST), **more})


def publish_example(reports: Path, run_id: str, scenario: str = "shop", report: bytes = b"<html>") -> StoredRun:
    """Publish and show three small files as the run of a scenario."""
    summary = {**SUMMARY, "run_id": run_id, "scenario": scenario}
    files = {"report.html": report, "summary.json": json_bytes(summary), "figures/fan.png": b"png"}
    run = publish_run(reports, make_inputs(run_id, scenario), files, {"bread": {"phi": 0.5}})
    link_run(reports, run)
    return run
