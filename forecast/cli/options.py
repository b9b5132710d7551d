"""The options that commands share, each with its type."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from forecast.cli.group import Option, add_problem
from forecast.cli.option_types import (
    LOCAL_ENGINE,
    EngineName,
    InvalidValue,
    LanguageChoice,
    Override,
    WholeNumber,
)
from forecast.i18n import Language

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])

MIN_PATHS, MAX_PATHS = 100, 10**10  # as in a plan
MAX_SEED = 2**63 - 1
MAX_WORKERS = 256
MAX_DEFAULT_WORKERS = 8


class RunSettings(TypedDict):
    """Options of a run under the names that the requests of `lock` and `roll` have for them."""

    seed: int | None
    paths: int | None
    language: Language | None
    reports: Path | None
    engine: str
    workers: int


@dataclass(frozen=True)
class CommonOptions:
    """The common options of one call; None where they were not typed."""

    paths: int | None = None
    seed: int | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    out: Path | None = None
    workers: int | None = None
    engine: str = LOCAL_ENGINE
    language: Language | None = None
    json: bool = False
    quiet: bool = False

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> CommonOptions:
        """From what click read; a command may have some of them alone."""
        return cls(
            paths=params.get("paths"),
            seed=params.get("seed"),
            overrides=dict(params.get("set") or ()),
            out=params.get("out"),
            workers=params.get("workers"),
            engine=params.get("engine") or LOCAL_ENGINE,
            language=params.get("lang"),
            json=bool(params.get("json")),
            quiet=bool(params.get("quiet")),
        )

    @property
    def worker_count(self) -> int:
        """Processes: those typed, else one a core, eight at most; few paths are simulated in one all the same."""
        return self.workers or min(os.cpu_count() or 1, MAX_DEFAULT_WORKERS)

    @property
    def run_settings(self) -> RunSettings:
        """The options of a run, for the request of a workflow."""
        return RunSettings(
            seed=self.seed,
            paths=self.paths,
            language=self.language,
            reports=self.out,
            engine=self.engine,
            workers=self.worker_count,
        )


def common_options(*names: str) -> Callable[[_CommandT], _CommandT]:
    """Decorator that gives a command these of the common options, in this order; all of them where none is named."""

    def decorate(function: _CommandT) -> _CommandT:
        for name in reversed(names or tuple(_SETTINGS)):
            function = click.option(name, cls=Option, **_SETTINGS[name])(function)
        return function

    return decorate


def _refuse_key_twice(
    ctx: click.Context, param: click.Parameter, overrides: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    keys = [key for key, _ in overrides]
    for row, key in enumerate(keys):
        if key in keys[:row]:
            add_problem(ctx, param, InvalidValue("option_set_twice", text=key))
    return overrides


def _refuse_workers_of_cluster(ctx: click.Context, param: click.Parameter, engine: str | None) -> str | None:
    """A cluster that runs already has workers of its own."""
    _, _, address = (engine or "").partition(":")
    workers = ctx.params.get("workers")
    if address and workers is not None:
        raise InvalidValue("engine_has_workers", option="--workers", text=workers, address=address)
    return engine


_SETTINGS: Mapping[str, dict[str, Any]] = {
    "--paths": {"metavar": "N", "type": WholeNumber(MIN_PATHS, MAX_PATHS, "100_000")},
    "--seed": {"metavar": "S", "type": WholeNumber(0, MAX_SEED, "20210111")},
    "--set": {"metavar": "KEY=VALUE", "type": Override(), "multiple": True, "callback": _refuse_key_twice},
    "--out": {"metavar": "DIR", "type": click.Path(path_type=Path)},
    # eager: known when --engine is read
    "--workers": {"metavar": "N", "type": WholeNumber(1, MAX_WORKERS, "2"), "is_eager": True},
    "--engine": {
        "metavar": "local|dask[:ADDRESS]",
        "type": EngineName(),
        "callback": _refuse_workers_of_cluster,
    },
    "--lang": {"metavar": "vi|en", "type": LanguageChoice()},
    "--json": {"is_flag": True},
    "--quiet": {"is_flag": True},
}
