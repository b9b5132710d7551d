"""What goes into a run, as a hash: the same inputs find the same run."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast._version import __version__
from forecast.errors import InputError, Where

if TYPE_CHECKING:
    from forecast.plan.scenario import Scenario

SCHEMA = 1
"""Of manifest.json."""
ID_LENGTH = 16
_LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib", "pydantic")


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
        scenario_hash=_hash(content_of(scenario)),
        lines=_hash(content_of(scenario, lines=True)),
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
        scenario_hash=_hash(content_of(scenario)),
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
    run_id = _hash(content)[:ID_LENGTH]
    content.pop("lines", None)
    return Inputs(run_id, {"run_id": run_id, **content})


def content_of(thing: Any, *, lines: bool = False) -> Any:
    """A record of the plan as plain JSON with its keys in order; `lines`: with the file and line of each number."""
    match thing:
        case None | bool() | int() | float() | str():
            return thing if type(thing) in (type(None), bool, int, float) else str(thing)
        case Where():
            return str(thing) if lines else None
        case date():
            return thing.isoformat()
        case Mapping():
            return {str(key): content_of(thing[key], lines=lines) for key in sorted(thing)}
    if hasattr(thing, "tolist"):
        return thing.tolist()
    if dataclasses.is_dataclass(thing):
        names = [field.name for field in dataclasses.fields(thing)]
        return {name: content_of(getattr(thing, name), lines=lines) for name in names}
    if hasattr(type(thing), "model_fields"):
        # where the files stand changes nothing: the data have their own hashes
        names = [name for name in type(thing).model_fields if name not in ("file", "ledger")]
        return {name: content_of(getattr(thing, name), lines=lines) for name in names}
    return [content_of(part, lines=lines) for part in thing]


def data_files(scenario: Scenario) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of each data file that the scenario names, sorted by name."""
    named = [source.file for source in (scenario.history, scenario.places) if source is not None and source.file]
    if scenario.places is not None and scenario.places.ledger:
        named.append(scenario.places.ledger)
    folder = project_folder(scenario.file)
    rows = []
    for file in sorted(set(named)):
        try:
            content = Path(file).read_bytes()
        except OSError as fault:
            raise InputError.of(Where(file), "", "file_not_read", reason=fault.strerror or "") from fault
        name = Path(file).absolute()
        shown = name.relative_to(folder).as_posix() if name.is_relative_to(folder) else name.name
        rows.append({"name": shown, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return rows


def project_folder(file: str | Path) -> Path:
    """The folder of a plan's project: the nearest above it that has `scenarios/`, else the plan's own."""
    from forecast.files.paths import project_of

    return project_of(Path(file).parent)


@cache
def versions() -> dict[str, str]:
    """The versions of Python and of the libraries that shape the numbers and the pages."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "forecast": __version__}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "0"
    return found


@cache
def code_digest() -> str:
    """SHA-256 of the program's own files."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.is_file() and path.suffix not in (".pyc", "")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
