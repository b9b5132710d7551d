"""What goes into a run, as a hash: the same inputs find the same run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.files.fingerprint import code_digest, content_of, digest_of, versions
from forecast.plan.data_files import data_files

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario

SCHEMA = 1
"""Of manifest.json."""
ID_LENGTH = 16


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Everything that a run is made of, by its content."""

    run_id: str
    manifest: Mapping[str, Any]
    """manifest.json, but for the fitted parameters and the outputs."""

    @property
    def name(self) -> str:
        """Of the folder that shows the newest run: the scenario's file without its ending."""
        return str(self.manifest["scenario"])


def inputs_of(
    scenario: Scenario, *, seed: int, paths: int, language: str, pin: str = "", precision: float | None = None
) -> Inputs:
    """The inputs of one run; InputError where a data file cannot be read.

    `scenario_hash` is of what the plan says, labels and sources included, wherever it stands; the run's id also knows
    the lines (the report prints them), the language of the report, the code and the libraries, and the digest of what
    was fitted where it is pinned.
    """
    return _inputs(
        "run",
        scenario=Path(scenario.file).stem or "plan",
        scenario_hash=digest_of(content_of(scenario)),
        lines=digest_of(content_of(scenario, lines=True)),
        data=data_files(scenario),
        seed=seed,
        paths=paths,
        language=language,
        **({"pinned": pin} if pin else {}),
        **({} if precision is None else {"precision": precision}),
    )


def backtested(scenario: Scenario, *, origins: int, language: str) -> Inputs:
    """The inputs of a backtest: the plan, its data, and how many origins are asked."""
    return _inputs(
        "backtest",
        scenario=f"backtest-{Path(scenario.file).stem or 'plan'}",
        scenario_hash=digest_of(content_of(scenario)),
        data=data_files(scenario),
        origins=origins,
        language=language,
    )


def compared(name: str, language: str, inputs: Sequence[Inputs]) -> Inputs:
    """The inputs of a comparison: those of its runs, in order."""
    first = inputs[0].manifest
    made_of = [{key: one.manifest[key] for key in ("run_id", "scenario", "scenario_hash")} for one in inputs]
    data = {row["name"]: row for one in inputs for row in one.manifest["data"]}
    facts = {"data": [data[key] for key in sorted(data)], "seed": first["seed"], "paths": first["paths"]}
    return _inputs("compare", scenario=name, runs=made_of, language=language, **facts)


def _inputs(kind: str, **facts: Any) -> Inputs:
    content = {"schema": SCHEMA, "kind": kind, **facts, "versions": versions(), "code": code_digest()}
    run_id = digest_of(content)[:ID_LENGTH]
    content.pop("lines", None)
    return Inputs(run_id, {"run_id": run_id, **content})
