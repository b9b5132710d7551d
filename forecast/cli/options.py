"""The options that commands share: taken as typed, then read together so that every complaint comes at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from forecast.cli.group import Option
from forecast.cli.session import Session
from forecast.errors import InputError, Problem
from forecast.i18n import LANGUAGES, Language

F = TypeVar("F", bound=Callable[..., Any])

MIN_PATHS, MAX_PATHS = 100, 10**10  # as in a plan
MAX_WORKERS = 256
LOCAL_ENGINE, DASK_ENGINE = "local", "dask"
"""Engines."""


@dataclass(frozen=True)
class CommonOptions:
    """The common options, read."""

    paths: int | None = None
    seed: int | None = None
    overrides: Mapping[str, str] | None = None
    out: Path | None = None
    workers: int | None = None
    engine: str = LOCAL_ENGINE
    language: Language | None = None
    json: bool = False
    quiet: bool = False

    @property
    def worker_count(self) -> int:
        """Those asked for, else one a core, eight at most; few paths are played in one all the same."""
        return self.workers or min(os.cpu_count() or 1, 8)


@dataclass(frozen=True)
class Gate:
    """The least chance that a target must have; no target: each of them."""

    target: str
    chance: float
    text: str


def common_options(function: F) -> F:
    """The options of every command that plays a plan; they come as `asked` texts, `read_options` reads them."""
    import click

    for name, more in (
        ("--quiet", {"is_flag": True}),
        ("--json", {"is_flag": True}),
        ("--lang", {"metavar": "vi|en"}),
        ("--engine", {"metavar": "local|dask[:ADDRESS]"}),
        ("--workers", {"metavar": "N"}),
        ("--out", {"metavar": "DIR"}),
        ("--set", {"metavar": "KEY=VALUE", "multiple": True}),
        ("--seed", {"metavar": "S"}),
        ("--paths", {"metavar": "N"}),
    ):
        function = click.option(name, cls=Option, **more)(function)
    return function


def select_options(*names: str) -> Callable[[F], F]:
    """Only these of the common options: `--out`, `--lang`, `--json`, `--set`, `--quiet`."""
    import click

    kinds: dict[str, dict[str, Any]] = {
        "--out": {"metavar": "DIR"},
        "--lang": {"metavar": "vi|en"},
        "--set": {"metavar": "KEY=VALUE", "multiple": True},
        "--json": {"is_flag": True},
        "--quiet": {"is_flag": True},
    }

    def add(function: F) -> F:
        for name in reversed(names):
            function = click.option(name, cls=Option, **kinds[name])(function)
        return function

    return add


class OptionReader:
    """Reads typed options, keeps the complaints, and raises them together."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.problems: list[Problem] = []

    def raise_problems(self) -> None:
        """InputError with all that was wrong."""
        if self.problems:
            raise InputError(self.problems)

    def add_problem(self, option: str, code: str, text: str, **facts: object) -> None:
        """Keep a complaint."""
        self.problems.append(self.session.problem(option, option, code, text=text, **facts))

    def parse_whole_number(self, option: str, text: str | None, low: int, high: int, example: str) -> int | None:
        """A whole number; `1_000` is one."""
        if text is None:
            return None
        digits = text.replace("_", "")
        if re.fullmatch(r"[0-9]+(_[0-9]+)*", text) and len(digits) < 25 and low <= int(digits) <= high:
            return int(digits)
        self.add_problem(option, "option_not_whole", text, low=low, high=high, example=example)
        return None

    def parse_overrides(self, texts: Sequence[str]) -> dict[str, str]:
        """KEY=VALUE of every `--set`."""
        read: dict[str, str] = {}
        for text in texts:
            key, equals, value = text.partition("=")
            if not equals or not key.strip():
                self.add_problem("--set", "option_not_setting", text)
            elif key.strip() in read:
                self.add_problem("--set", "option_set_twice", key.strip())
            else:
                read[key.strip()] = value.strip()
        return read

    def parse_language(self, text: str | None) -> Language | None:
        """`vi` or `en`."""
        found = next((language for language in LANGUAGES if language == text), None)
        if text is not None and found is None:
            self.add_problem("--lang", "option_not_language", text)
        return found

    def parse_engine(self, text: str | None, workers: str | None) -> str:
        """`local`, `dask`, or `dask:` and the address of a scheduler, which has workers of its own."""
        if text is None:
            return LOCAL_ENGINE
        kind, _, address = text.partition(":")
        joined = kind == DASK_ENGINE and re.fullmatch(r"[a-z]+://\S+", address)
        if text not in (LOCAL_ENGINE, DASK_ENGINE) and not joined:
            self.add_problem("--engine", "engine_unknown", text)
        elif joined and workers is not None:
            self.add_problem("--workers", "engine_has_workers", workers, address=address)
        return text

    def parse_precision(self, text: str | None) -> float | None:
        """0.1%: half the width of an interval; without its sign 0.5 might be half of one percent or half of all."""
        if text is None:
            return None
        found = re.fullmatch(r"(\d+(?:\.\d+)?)%", text.strip())
        half = float(found[1]) / 100 if found else 0.0
        if not 0 < half <= 0.5:
            self.add_problem("--precision", "option_not_precision", text)
        return half

    def parse_date(self, option: str, text: str | None) -> date | None:
        """A day: 2021-01-11."""
        if text is None:
            return None
        try:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError:
            self.add_problem(option, "option_not_date", text)
            return None

    def parse_gates(self, texts: Sequence[str]) -> tuple[Gate, ...]:
        """TARGET=CHANCE, or CHANCE for all targets: 70% or 0.7."""
        read = []
        for text in texts:
            target, equals, written = text.rpartition("=")
            found = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", written.strip())
            chance = float(found[1]) / (100 if found[2] else 1) if found else -1.0
            if not 0 <= chance <= 1 or (equals and not target.strip()):
                self.add_problem("--fail-under", "option_not_chance", text)
            else:
                read.append(Gate(target.strip(), chance, written.strip()))
        return tuple(read)


def read_common_options(reader: OptionReader, typed: Mapping[str, Any]) -> CommonOptions:
    """The common options; what is wrong stays with the reader until `finish`."""
    out = typed.get("out")
    return CommonOptions(
        paths=reader.parse_whole_number("--paths", typed.get("paths"), MIN_PATHS, MAX_PATHS, "100_000"),
        seed=reader.parse_whole_number("--seed", typed.get("seed"), 0, 2**63 - 1, "20210111"),
        overrides=reader.parse_overrides(typed.get("set") or ()),
        out=Path(out) if out else None,
        workers=reader.parse_whole_number("--workers", typed.get("workers"), 1, MAX_WORKERS, "2"),
        engine=reader.parse_engine(typed.get("engine"), typed.get("workers")),
        language=reader.parse_language(typed.get("lang")),
        json=bool(typed.get("json")),
        quiet=bool(typed.get("quiet")),
    )
