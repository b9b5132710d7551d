"""One call of the command line: its arguments, and the language in which it speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from forecast.errors import InputError, Location, Problem
from forecast.i18n import LANGUAGES, Language, Translator

_MAX_PEEK_BYTES = 1_000_000
_MAX_PARENTS = 8


@dataclass
class Session:
    """One call."""

    arguments: tuple[str, ...]
    """As they were typed."""
    requested_language: Language | None = None
    """By `--lang`."""
    language: Language = "en"
    """That of the plan in hand, unless another was asked for."""

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Session:
        """A session that speaks the language of `--lang`, before anything else is read."""
        option = re.search(r"(?:^|\0)--lang[=\0](vi|en)(?:\0|$)", "\0".join(arguments))
        language = _parse_language(option[1]) if option else None
        return cls(tuple(arguments), language, language or "en")

    @property
    def t(self) -> Translator:
        """The sentences of the language in use."""
        return Translator(self.language)

    def use_plan_language(self, file: str) -> None:
        """Speak the language that a plan names, even where the plan cannot be read otherwise."""
        self.language = self.requested_language or _peek_language(Path(file)) or "en"

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


def _parse_language(text: str) -> Language | None:
    return next((language for language in LANGUAGES if language == text), None)


def _peek_language(file: Path, depth: int = 0) -> Language | None:
    """The `language:` of a plan or of the first of its parents that has one, from its text alone."""
    with suppress(OSError, ValueError):
        if not file.is_file() or file.stat().st_size > _MAX_PEEK_BYTES or depth > _MAX_PARENTS:
            return None
        text = file.read_text(encoding="utf-8-sig", errors="replace")
        if key := re.search(r"^language:\s*['\"]?(vi|en)\b", text, re.M):
            return _parse_language(key[1])
        for parent in re.findall(r"[^\s\[\],'\"#]+\.ya?ml", " ".join(re.findall(r"^extends:(.*)$", text, re.M))):
            if language := _peek_language(file.parent / parent, depth + 1):
                return language
    return None
