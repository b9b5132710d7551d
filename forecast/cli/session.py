"""One call of the command line: its arguments, and the language in which it speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from forecast.errors import InputError, Location, Problem
from forecast.files.paths import SCENARIOS_FOLDER, find_project, read_regular_file, real_path
from forecast.i18n import LANGUAGES, Language, Translator

_MAX_PEEKED_FILES = 100
"""Files that are read to learn the language of a plan."""
_MAX_ARGUMENTS = 1_000
"""Words of a call."""
_MAX_ARGUMENT_CHARACTERS = 12_000
"""Characters of one word: a setting of 10,000 characters and its key."""
_MAX_COMMAND_CHARACTERS = 160 * 1024
"""Characters of all words: as many as the bytes of a plan file."""
_MAX_PATH_FOLDERS = 250
"""Folders of a path that is typed; Python opens and makes folders one below the other."""


@dataclass
class Session:
    """One call."""

    arguments: tuple[str, ...]
    """As they were typed."""
    requested_language: Language | None = None
    """By `--lang`."""
    language: Language = "en"
    """Language of the plan in hand, unless another was asked for."""

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Session:
        """A session that speaks the language of `--lang`, else of the project that one stands in."""
        option = re.search(r"(?:^|\0)--lang[=\0](vi|en)(?:\0|$)", "\0".join(arguments))
        language = _parse_language(option[1]) if option else None
        return cls(tuple(arguments), language, language or _project_language() or "en")

    def require_bounded(self) -> None:
        """InputError where the call is longer than any that a person types."""
        words = self.arguments or ("",)
        longest, deepest = max(words, key=len), max(words, key=lambda word: word.count("/"))
        for word, code, count, most in (
            ("", "too_many_arguments", len(words), _MAX_ARGUMENTS),
            (longest, "argument_too_long", len(longest), _MAX_ARGUMENT_CHARACTERS),
            ("", "command_too_long", sum(map(len, words)), _MAX_COMMAND_CHARACTERS),
            (deepest, "path_too_deep", deepest.count("/"), _MAX_PATH_FOLDERS),
        ):
            if count > most:
                raise self.input_error(word, "", code, count=count, most=most)

    @property
    def t(self) -> Translator:
        """The sentences of the language in use."""
        return Translator(self.language)

    def use_plan_language(self, file: str) -> None:
        """Speak the language that a plan names, even where the plan cannot be read otherwise."""
        language = self.requested_language or _peek_language(Path(file), set())
        if language or _is_file(Path(file)):
            self.language = language or "en"

    def location(self, argument: str) -> Location:
        """The location of an argument in the command line; of its end for an empty argument."""
        line = " ".join(("forecast", *self.arguments))
        column = max(0, line.find(f" {argument}") + 1 if argument else len(line))
        return Location(self.t("command_line"), 1, column + 1)

    def problem(self, argument: str, name: str, code: str, /, **params: object) -> Problem:
        """A problem of an argument, under the name that its message begins with."""
        return Problem.of(self.location(argument), name, code, **params)

    def input_error(self, argument: str, name: str, code: str, /, **params: object) -> InputError:
        """The error of one such problem."""
        return InputError([self.problem(argument, name, code, **params)])


def _is_file(file: Path) -> bool:
    """True where there is such a file; another says nothing about its language."""
    with suppress(OSError, ValueError):
        return file.is_file()
    return False


def _project_language() -> Language | None:
    """The language that all plans of the working folder's project name; None where they name none, or two."""
    with suppress(OSError, ValueError):
        plans = sorted((find_project(Path.cwd()) / SCENARIOS_FOLDER).glob("*.yaml"))[:_MAX_PEEKED_FILES]
        languages = {_peek_language(plan, set()) for plan in plans} - {None}
        return languages.pop() if len(languages) == 1 else None
    return None


def _parse_language(text: str) -> Language | None:
    return next((language for language in LANGUAGES if language == text), None)


def _peek_language(file: Path, visited: set[Path]) -> Language | None:
    """The `language:` of a plan or of the first of its parents that has one, from its text alone."""
    key = real_path(file)
    if key in visited or len(visited) >= _MAX_PEEKED_FILES:
        return None
    visited.add(key)
    with suppress(InputError, OSError, ValueError):
        lines = read_regular_file(file, Location(str(file)), "").decode(errors="replace").splitlines()
        for line in lines:
            if spoken := re.match(r"\ufeff?language:\s*['\"]?(vi|en)\b", line):
                return _parse_language(spoken[1])
        for parent in _peek_parents(lines):
            if language := _peek_language(file.parent / parent, visited):
                return language
    return None


def _peek_parents(lines: Sequence[str]) -> list[str]:
    """The files that a plan names under `extends:`, in a line or in the lines below it."""
    start = next((row for row, line in enumerate(lines) if line.startswith("extends:")), len(lines))
    stop = next((row for row in range(start + 1, len(lines)) if re.match(r"[^\s#-]", lines[row])), len(lines))
    words = re.split(r"[\s\[\],'\"]+", " ".join(line.partition(" #")[0] for line in lines[start:stop]))
    return [word for word in words if word.endswith((".yaml", ".yml"))]
