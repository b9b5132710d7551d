"""The errors that reach a user, each with its exit code.

ForecastError
├── InputError      2  the plan, its data or the call is wrong: a list of problems
│   └── LockError   3  locks are not as they were written, or not in one chain: a list of problems
├── CheckError      3  a check failed
└── OutputError     4  a result cannot be written or read, or memory is short
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from forecast.i18n import Language, Translator, flatten_phrases

__all__ = [
    "CheckError",
    "ForecastError",
    "InputError",
    "Location",
    "LockError",
    "OutputError",
    "Problem",
    "closest_match",
    "has_enough_problems",
    "raise_if_problems",
]

MAX_FILE_PROBLEMS = 50
"""Problems that are raised together."""
MAX_GATHERED_PROBLEMS = 200
"""Problems after which no more are looked for."""
MAX_WORDS_COMPARED = 300
MAX_CHARACTERS_COMPARED = 100
MAX_TEXT_CHARACTERS = 500
"""Characters of a text, such as one that the user wrote or a list of names, that a message repeats."""
MAX_PATH_CHARACTERS = 1_000
"""Characters of a file's path that a message repeats."""


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
    """From 1, as `column`."""
    column: int = 1
    cell: str = ""
    """Cell of a workbook: `Inputs!C7`."""

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
    """Name and text of each placeholder of the sentence, by name; `name.vi` is its text in Vietnamese, if another."""

    @classmethod
    def of(cls, location: Location, path: str, code: str, /, **params: object) -> Problem:
        """Make a problem from the named parameters of its sentence; a Phrase has its words in each language."""
        return cls(location, path, code, tuple(sorted(flatten_phrases(params).items())))

    def message(self, language: Language) -> str:
        """Return `FILE:LINE:COL: dotted.path: what is wrong; what to write instead`."""
        texts = {key: _shorten(text) for key, text in self.params}
        suffix = f".{language}"
        texts |= {key.removesuffix(suffix): text for key, text in texts.items() if key.endswith(suffix)}
        sentence = Translator(language)(self.code, **texts)
        path = f"{_shorten(self.path)}: " if self.path else ""
        location = replace(self.location, file=_shorten(self.location.file, MAX_PATH_CHARACTERS))
        return f"{location}: {path}{sentence}"


def _shorten(text: str, limit: int = MAX_TEXT_CHARACTERS) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


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

    Parameters
    ----------
    problems : iterable of Problem
        At least one; kept in order of their locations, each once.

    Raises
    ------
    ValueError
        There is no problem.

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

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        if not self.problems:
            raise ValueError("an input error without a problem")  # it would end a command without a word
        super().__init__(self.problems)

    @classmethod
    def of(cls, location: Location, path: str, code: str, /, **params: object) -> InputError:
        """Make an error of a single problem."""
        return cls([Problem.of(location, path, code, **params)])

    def __str__(self) -> str:
        return "\n".join(problem.message("en") for problem in self.problems)


class LockError(InputError):
    """Locks are not as they were written, or not in one chain: every problem at once."""

    exit_code = 3


class _MessageError(ForecastError):
    """One sentence of `i18n/messages/messages.toml` and its parameters."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = {key: str(value) for key, value in params.items()}
        super().__init__(code, self.params)

    def __reduce__(self) -> tuple[Callable[..., ForecastError], tuple[object, ...]]:
        return partial(type(self), **self.params), (self.code,)  # a worker's error reaches its parent whole

    def __str__(self) -> str:
        return Translator("en")(self.code, **self.params)


class CheckError(_MessageError):
    """A check failed.

    Parameters
    ----------
    code : str
        Key of the sentence in `i18n/messages/`.
    **params : object
        Texts of its placeholders.

    Examples
    --------
    >>> import forecast
    >>> print(forecast.CheckError("run_damaged", path="reports/plan", names="report.html"))
    reports/plan: these files are not as they were written: report.html...
    """

    exit_code = 3


class OutputError(_MessageError):
    """A result cannot be written or read, or memory is short.

    Parameters
    ----------
    code : str
        Key of the sentence in `i18n/messages/`.
    **params : object
        Texts of its placeholders.

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


def closest_match(word: str, candidates: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the candidate that is most like a word.

    Parameters
    ----------
    word : str
        A word that may be misspelt.
    candidates : iterable of str
        Words to choose from; the `MAX_WORDS_COMPARED` of the most similar length are compared.
    cutoff : float
        Similarity below which no candidate counts, 0 to 1.

    Returns
    -------
    str
        Empty when no candidate is similar enough.
    """
    by_length = sorted(set(candidates), key=lambda candidate: (abs(len(candidate) - len(word)), candidate))
    matches = get_close_matches(word[:MAX_CHARACTERS_COMPARED], by_length[:MAX_WORDS_COMPARED], n=1, cutoff=cutoff)
    return next(iter(matches), "")


def has_enough_problems(problems: list[Problem]) -> bool:
    """Return whether there are so many problems that no more need to be looked for.

    Parameters
    ----------
    problems : list of Problem
        Those of a file.

    Returns
    -------
    bool
        True from `MAX_GATHERED_PROBLEMS` on.
    """
    return len(problems) >= MAX_GATHERED_PROBLEMS


def raise_if_problems(problems: list[Problem]) -> None:
    """Raise the problems, if there are any.

    Parameters
    ----------
    problems : list of Problem
        In any order.

    Raises
    ------
    InputError
        The first `MAX_FILE_PROBLEMS` by line, and how many more there are.
    """
    if not problems:
        return
    first = sorted(set(problems))
    if len(first) > MAX_FILE_PROBLEMS:
        last = first[MAX_FILE_PROBLEMS - 1].location
        next_location = Location(last.file, last.line, last.column + 1, last.cell)
        remaining = Problem.of(next_location, "", "csv_and_more", count=len(first) - MAX_FILE_PROBLEMS)
        first = [*first[:MAX_FILE_PROBLEMS], remaining]
    raise InputError(first)
