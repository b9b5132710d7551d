"""Inputs of a run as a hash: the same inputs find the same run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from forecast.files.fingerprint import code_digest, environment_versions, json_digest, to_jsonable
from forecast.files.paths import plan_name
from forecast.files.stored_json import DIGESTS_KEY
from forecast.plan.data_files import data_files, path_in_project

if TYPE_CHECKING:
    from forecast.errors import Location
    from forecast.plan.scenario import Scenario

__all__ = ["MANIFEST_SCHEMA", "RunInputs", "backtest_inputs", "comparison_inputs", "is_id_of_inputs", "run_inputs"]

MANIFEST_SCHEMA = 2
"""Version of the keys of manifest.json."""
RUN_ID_LENGTH = 16
"""Hexadecimal digits of a run id."""
RESULT_KEYS = ("run_id", "parameters", "outputs", DIGESTS_KEY)
"""Keys of manifest.json that are no inputs."""


@dataclasses.dataclass(frozen=True)
class RunInputs:
    """Everything that a run is made of, by its content."""

    run_id: str
    """Start of the hash of the manifest."""
    manifest: Mapping[str, Any]
    """Content of manifest.json without the fitted parameters, the outputs and the digests."""

    @property
    def name(self) -> str:
        """Name of the folder that shows the newest run: the scenario's file without its ending."""
        return str(self.manifest["scenario"])


def run_inputs(
    scenario: Scenario,
    *,
    seed: int,
    paths: int,
    language: str,
    pinned_digest: str = "",
    precision: float | None = None,
    decides: bool = False,
    name: str = "",
    lock_digest: str = "",
    references: Sequence[str] = (),
) -> RunInputs:
    """Inputs of one run.

    `scenario_hash` covers the content of the plan, labels and sources included, wherever it lies; the id also covers
    its lines (the report prints them), the language of the report, the code and the libraries.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    seed, paths : int
        Seed and number of paths.
    language : str
        Language of the report.
    pinned_digest : str
        Digest of the fits that are used again; empty where they are fitted.
    precision : float, optional
        Half the width of the interval at which the run stops.
    decides : bool
        Whether the run also has what must be simulated again for a decision.
    name : str
        Name of the folder that shows the newest run; that of the plan's file by default.
    lock_digest : str
        SHA-256 of the lock whose figures it shows; empty for none.
    references : sequence of str
        Digests of the earlier plans and locks that its closed months are compared with.

    Returns
    -------
    RunInputs
        Their id and manifest.

    Raises
    ------
    InputError
        A data file cannot be read.
    """
    path_of = cache(partial(path_in_project, scenario=scenario))  # numbers are many, their files few

    def locate(location: Location) -> str:
        return str(dataclasses.replace(location, file=path_of(location.file)))

    return _hash_inputs(
        "run",
        scenario=name or plan_name(scenario.file),
        scenario_hash=json_digest(_plan_content(scenario)),
        lines=json_digest(to_jsonable(scenario, locate=locate)),
        data=data_files(scenario),
        seed=seed,
        paths=paths,
        language=language,
        **({"pinned": pinned_digest} if pinned_digest else {}),
        **({} if precision is None else {"precision": precision}),
        **({"decides": True} if decides else {}),
        **({"lock": lock_digest} if lock_digest else {}),
        **({"references": list(references)} if references else {}),
    )


def _plan_content(scenario: Scenario) -> Any:
    """The plan as JSON; with the day on which it was made, where that is another than the day it is simulated for."""
    content = to_jsonable(scenario)
    return content if scenario.planned_on == scenario.as_of else [content, to_jsonable(scenario.planned_on)]


def backtest_inputs(scenario: Scenario, *, origins: int, language: str) -> RunInputs:
    """Inputs of a backtest.

    Parameters
    ----------
    scenario : Scenario
        The plan.
    origins : int
        Months of the past from which it forecasts.
    language : str
        Language of the report.

    Returns
    -------
    RunInputs
        Their id and manifest.

    Raises
    ------
    InputError
        A data file cannot be read.
    """
    return _hash_inputs(
        "backtest",
        scenario=f"backtest-{plan_name(scenario.file)}",
        scenario_hash=json_digest(to_jsonable(scenario)),
        data=data_files(scenario),
        origins=origins,
        language=language,
    )


def comparison_inputs(name: str, language: str, inputs: Sequence[RunInputs]) -> RunInputs:
    """Inputs of a comparison: those of its runs, in order.

    Parameters
    ----------
    name : str
        Name of the folder that shows the newest comparison.
    language : str
        Language of the report.
    inputs : sequence of RunInputs
        Inputs of the runs.

    Returns
    -------
    RunInputs
        Their id and manifest.
    """
    manifests = [each.manifest for each in inputs]
    runs = [{key: manifest[key] for key in ("run_id", "scenario", "scenario_hash")} for manifest in manifests]
    data = {row["name"]: row for manifest in manifests for row in manifest["data"]}
    return _hash_inputs(
        "compare",
        scenario=name,
        runs=runs,
        language=language,
        data=[data[key] for key in sorted(data)],
        seed=manifests[0]["seed"],
        paths=manifests[0]["paths"],
    )


def is_id_of_inputs(manifest: Mapping[str, Any]) -> bool:
    """Return whether the run id of a manifest is the hash of its inputs.

    Parameters
    ----------
    manifest : mapping
        Content of manifest.json.

    Returns
    -------
    bool
        False where an input, or the id, is not as it was written.
    """
    return bool(manifest["run_id"] == _run_id({key: manifest[key] for key in manifest if key not in RESULT_KEYS}))


def _hash_inputs(kind: str, **inputs: Any) -> RunInputs:
    content = {
        "schema": MANIFEST_SCHEMA,
        "kind": kind,
        **inputs,
        "versions": environment_versions(),
        "code": code_digest(),
    }
    run_id = _run_id(content)
    return RunInputs(run_id, {"run_id": run_id, **content})


def _run_id(inputs: Mapping[str, Any]) -> str:
    """Start of the hash of the inputs."""
    return json_digest(inputs)[:RUN_ID_LENGTH]
