"""The errors that reach a user, each with its exit code.

ForecastError
├── InputError      2  the plan, its data or the call is wrong: a list of complaints
├── CheckError      3  a check said no
└── OutputError     4  a result cannot be written or read, or memory is short
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from forecast.i18n import Language, Translator


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file that a person can open.

    Examples
    --------
    >>> import forecast
    >>> print(forecast.Location("plan.yaml", 5, 10))
    plan.yaml:5:10
    """

    file: str
    line: int = 1
    column: int = 1
    cell: str = ""
    """Of a workbook: `Inputs!C7`."""

    def __str__(self) -> str:
        return f"{self.file}:{self.cell}" if self.cell else f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong; its sentence stands in `i18n/messages/` under its code.

    Examples
    --------
    >>> import forecast
    >>> try:
    ...     forecast.read("plan.yaml", set={"shocks.heat.chance": "120%"})
    ... except forecast.InputError as error:
    ...     print(error.problems[0].path)
    shocks.heat.chance
    """

    location: Location
    path: str
    """Dotted name of the key, or the column of a table."""
    code: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, where: Location, at: str, code: str, **facts: object) -> Problem:
        """Make a complaint from named facts."""
        return cls(where, at, code, tuple((key, str(value)) for key, value in sorted(facts.items())))

    def message(self, language: Language) -> str:
        """`FILE:LINE:COL: where.it.is: what is wrong; what to write instead`."""
        sentence = Translator(language)(self.code, **dict(self.params))
        at = f"{self.path}: " if self.path else ""
        return f"{self.location}: {at}{sentence}"


class ForecastError(Exception):
    """Base of every error that forecast itself raises; `exit_code` is what the shell sees.

    Examples
    --------
    >>> import forecast
    >>> try:
    ...     forecast.open_run("reports/nothing")
    ... except forecast.ForecastError as error:
    ...     print(error.exit_code)
    4
    """

    exit_code = 1


class InputError(ForecastError):
    """The plan, its data or the call is wrong: every problem at once.

    Examples
    --------
    >>> import forecast
    >>> try:
    ...     forecast.read("plan.yaml", set={"shocks.heat.chance": "120%", "shocks.heat.until": "soon"})
    ... except forecast.InputError as error:
    ...     print(len(error.problems))
    2
    """

    exit_code = 2

    def __init__(self, complaints: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(complaints)))
        super().__init__(self.problems)

    @classmethod
    def of(cls, where: Location, at: str, code: str, **facts: object) -> InputError:
        """An error of a single complaint."""
        return cls([Problem.of(where, at, code, **facts)])

    def __str__(self) -> str:
        return "\n".join(complaint.message("en") for complaint in self.problems)


class _MessageError(ForecastError):
    """One sentence of `i18n/messages/messages.toml` and its facts."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.params = {key: str(value) for key, value in facts.items()}
        super().__init__(code, self.params)

    def __reduce__(self) -> tuple[Callable[..., ForecastError], tuple[object, ...]]:
        return partial(type(self), **self.params), (self.code,)  # a worker's error reaches its parent whole

    def __str__(self) -> str:
        return Translator("en")(self.code, **self.params)


class CheckError(_MessageError):
    """A check said no.

    Examples
    --------
    >>> import forecast
    >>> print(forecast.CheckError("run_damaged", path="reports/plan", names="report.html"))
    reports/plan: these files are not as they were written: report.html...
    """

    exit_code = 3


class OutputError(_MessageError):
    """A result cannot be written or read, or memory is short.

    Examples
    --------
    >>> import forecast
    >>> try:
    ...     forecast.open_run("reports/nothing")
    ... except forecast.OutputError as error:
    ...     print(error)
    reports/nothing: there is no run here...
    """

    exit_code = 4


MAX_WORDS_COMPARED = 300
"""Words that are compared: those of the most similar length."""


def closest_match(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """The word that is most like `word`; empty when none is."""
    known = sorted(set(words), key=lambda one: (abs(len(one) - len(word)), one))[:MAX_WORDS_COMPARED]
    return next(iter(get_close_matches(word[:100], known, n=1, cutoff=cutoff)), "")
