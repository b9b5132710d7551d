"""What goes into a run, as a hash: the same inputs find the same run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.files.fingerprint import code_digest, environment_versions, json_digest, to_jsonable
from forecast.plan.data_files import data_files

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario

MANIFEST_SCHEMA = 1
"""Of manifest.json."""
RUN_ID_LENGTH = 16


@dataclasses.dataclass(frozen=True)
class RunInputs:
    """Everything that a run is made of, by its content."""

    run_id: str
    manifest: Mapping[str, Any]
    """manifest.json, but for the fitted parameters and the outputs."""

    @property
    def name(self) -> str:
        """Of the folder that shows the newest run: the scenario's file without its ending."""
        return str(self.manifest["scenario"])


def run_inputs(
    scenario: Scenario, *, seed: int, paths: int, language: str, pinned_digest: str = "", precision: float | None = None
) -> RunInputs:
    """The inputs of one run; InputError where a data file cannot be read.

    `scenario_hash` is of what the plan says, labels and sources included, wherever it stands; the run's id also knows
    the lines (the report prints them), the language of the report, the code and the libraries, and the digest of what
    was fitted where it is pinned.
    """
    return _hash_inputs(
        "run",
        scenario=Path(scenario.file).stem or "plan",
        scenario_hash=json_digest(to_jsonable(scenario)),
        lines=json_digest(to_jsonable(scenario, with_locations=True)),
        data=data_files(scenario),
        seed=seed,
        paths=paths,
        language=language,
        **({"pinned": pinned_digest} if pinned_digest else {}),
        **({} if precision is None else {"precision": precision}),
    )


def backtest_inputs(scenario: Scenario, *, origins: int, language: str) -> RunInputs:
    """The inputs of a backtest: the plan, its data, and how many origins are asked."""
    return _hash_inputs(
        "backtest",
        scenario=f"backtest-{Path(scenario.file).stem or 'plan'}",
        scenario_hash=json_digest(to_jsonable(scenario)),
        data=data_files(scenario),
        origins=origins,
        language=language,
    )


def comparison_inputs(name: str, language: str, inputs: Sequence[RunInputs]) -> RunInputs:
    """The inputs of a comparison: those of its runs, in order."""
    first = inputs[0].manifest
    made_of = [{key: one.manifest[key] for key in ("run_id", "scenario", "scenario_hash")} for one in inputs]
    data = {row["name"]: row for one in inputs for row in one.manifest["data"]}
    facts = {"data": [data[key] for key in sorted(data)], "seed": first["seed"], "paths": first["paths"]}
    return _hash_inputs("compare", scenario=name, runs=made_of, language=language, **facts)


def _hash_inputs(kind: str, **facts: Any) -> RunInputs:
    content = {
        "schema": MANIFEST_SCHEMA,
        "kind": kind,
        **facts,
        "versions": environment_versions(),
        "code": code_digest(),
    }
    run_id = json_digest(content)[:RUN_ID_LENGTH]
    content.pop("lines", None)
    return RunInputs(run_id, {"run_id": run_id, **content})
