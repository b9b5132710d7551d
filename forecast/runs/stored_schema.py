"""Schemas of what a run has on disk, so that a file that was damaged or forged is named instead of believed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError

__all__ = ["check_manifest", "check_summary"]

MAX_NAME_BYTES = 255
"""Bytes of a name in a folder, on every disk in use."""


def _is_plain_name(text: str) -> str:
    """ValueError unless a text names an entry of a folder."""
    if text in ("", ".", "..") or "/" in text or "\0" in text or len(text.encode()) > MAX_NAME_BYTES:
        raise ValueError("no name of a file")
    return text


def _is_path_below(text: str) -> str:
    """ValueError unless a text is the path of a file below a folder: `figures/fan.png`."""
    if text != PurePosixPath(text).as_posix():
        raise ValueError("no path in its plain form")
    for name in PurePosixPath(text).parts:
        _is_plain_name(name)
    return text


_Name = Annotated[str, AfterValidator(_is_plain_name)]
_FilePath = Annotated[str, AfterValidator(_is_path_below)]
_RunId = Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Chance = Annotated[FiniteFloat, Field(ge=0, le=1)]
_Language = Literal["vi", "en"]


class _Closed(BaseModel):
    """A record without other keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class _Open(BaseModel):
    """A record of which only these keys are read."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, defer_build=True)


class _DataFile(_Closed):
    name: str
    size: _Count
    sha256: _Digest


class _Manifest(_Closed):
    format: int = Field(alias="schema")
    run_id: _RunId
    scenario: _Name
    language: _Language
    data: list[_DataFile]
    versions: dict[str, str]
    code: _Digest
    parameters: dict[str, dict[str, Any]]
    outputs: dict[_FilePath, _Digest]
    digests: dict[str, _Digest]


class _RunManifest(_Manifest):
    kind: Literal["run"]
    scenario_hash: _Digest
    lines: _Digest
    seed: _Count
    paths: Annotated[int, Field(ge=1, lt=2**63)]
    pinned: _Digest | None = None
    precision: Annotated[FiniteFloat, Field(gt=0)] | None = None
    decides: Literal[True] | None = None
    lock: _Digest | None = None
    references: list[_Digest] | None = None


class _BacktestManifest(_Manifest):
    kind: Literal["backtest"]
    scenario_hash: _Digest
    origins: Annotated[int, Field(ge=1, lt=2**31)]


class _ComparedRun(_Closed):
    run_id: _RunId
    scenario: _Name
    scenario_hash: _Digest


class _ComparisonManifest(_Manifest):
    kind: Literal["compare"]
    runs: Annotated[list[_ComparedRun], Field(min_length=1)]
    seed: _Count
    paths: Annotated[int, Field(ge=1, lt=2**63)]


_MANIFEST = TypeAdapter[_RunManifest | _BacktestManifest | _ComparisonManifest](
    Annotated[_RunManifest | _BacktestManifest | _ComparisonManifest, Field(discriminator="kind")]
)


class _Summary(_Open):
    run_id: _RunId
    scenario: _Name


class _Target(_Open):
    measure: str
    period: str
    place_name: str | None = None
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None
    chance: _Chance
    low: _Chance
    high: _Chance
    spread: Annotated[list[_Chance], Field(min_length=2, max_length=2)]
    cases: dict[str, _Chance]


class _Quantiles(_Open):
    p10: FiniteFloat
    p90: FiniteFloat


class _Precision(_Open):
    target: str
    asked: FiniteFloat
    reached: FiniteFloat
    met: bool
    paths_asked: _Count


class _Note(_Open):
    key: str
    params: dict[str, str]


class _Share(_Open):
    value: FiniteFloat


class _InputShare(_Share):
    name: str
    grade: str


class _Sensitivity(_Open):
    fifths: list[_InputShare]
    grades: dict[Literal["judgement", "record", "chance"], _Share] | None


class _RunSummary(_Summary):
    format: Literal[5] = Field(alias="schema")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    seed: _Count
    paths: Annotated[int, Field(ge=1)]
    measures: dict[str, dict[str, _Quantiles]]
    targets: dict[str, _Target]
    sensitivity: _Sensitivity | None = None
    precision: _Precision | None = None
    data_status: dict[str, _Count]
    history_notes: list[_Note]


class _Score(_Closed):
    mase: FiniteFloat | None
    crps: FiniteFloat | None
    msis95: FiniteFloat | None
    coverage80: _Chance | None
    coverage95: _Chance | None
    bias: FiniteFloat | None
    months: _Count
    masked: _Count


class _ServiceScores(_Open):
    models: dict[str, _Score] | None
    why: str | None


class _BacktestSummary(_Summary):
    format: Literal[1] = Field(alias="schema")
    services: dict[str, _ServiceScores]
    every: dict[str, _Score] | None


class _Change(_Open):
    value: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat


class _DifferenceRow(_Open):
    first: str
    second: str
    chances: dict[str, _Change]


class _ComparisonSummary(_Summary):
    format: Literal[2] = Field(alias="schema")
    differences: list[_DifferenceRow]


_SUMMARIES: Mapping[str, type[_Summary]] = {
    "run": _RunSummary,
    "backtest": _BacktestSummary,
    "compare": _ComparisonSummary,
}


def check_manifest(content: Mapping[str, Any]) -> None:
    """Check the content of a manifest.json.

    Parameters
    ----------
    content : mapping
        As it was parsed.

    Raises
    ------
    ValueError
        A key is missing, unknown, or has another type or range than a run writes.
    """
    try:
        _MANIFEST.validate_python(content)
    except ValidationError as fault:
        raise ValueError(f"no manifest: {fault.error_count()} faults") from None


def check_summary(content: Mapping[str, Any], kind: str) -> None:
    """Check what is read of a summary.json.

    Parameters
    ----------
    content : mapping
        As it was parsed.
    kind : {"run", "backtest", "compare"}
        Kind of its run.

    Raises
    ------
    ValueError
        A key that is read is missing, or has another type or range than a run writes.
    """
    try:
        _SUMMARIES[kind].model_validate(content)
    except ValidationError as fault:
        raise ValueError(f"no summary: {fault.error_count()} faults") from None
