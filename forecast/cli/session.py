"""What one call of the command line knows: what was typed, and the language to speak."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from forecast.errors import InputError, Location, Problem
from forecast.i18n import LANGUAGES, Language, Translator

_MAX_PEEK_BYTES = 1_000_000


@dataclass
class Session:
    """One call."""

    arguments: tuple[str, ...]
    requested_language: Language | None = None
    """By `--lang`."""
    language: Language = "en"
    """That of the plan in hand, unless another was asked for."""

    @classmethod
    def from_arguments(cls, typed: Sequence[str]) -> Session:
        """A session that speaks the language of `--lang`, before anything else is read."""
        joined = "\0".join(typed)
        found = re.search(r"(?:^|\0)--lang[=\0](vi|en)(?:\0|$)", joined)
        asked = _parse_language(found[1]) if found else None
        return cls(tuple(typed), asked, asked or "en")

    @property
    def t(self) -> Translator:
        """The sentences of the language in use."""
        return Translator(self.language)

    def use_plan_language(self, file: str) -> None:
        """Speak the language that a plan names, even where the plan cannot be read otherwise."""
        self.language = self.requested_language or _peek_language(Path(file)) or "en"

    def location(self, written: str) -> Location:
        """The place of an argument on the command line."""
        line = " ".join(("forecast", *self.arguments))
        column = max(0, line.find(f" {written}") + 1 if written else len(line))
        return Location(self.t("command_line"), 1, column + 1)

    def problem(self, written: str, at: str, code: str, **facts: object) -> Problem:
        """A complaint about an argument."""
        return Problem.of(self.location(written), at, code, **facts)

    def input_error(self, written: str, at: str, code: str, **facts: object) -> InputError:
        """The error of one such complaint."""
        return InputError([self.problem(written, at, code, **facts)])


def _parse_language(text: str) -> Language | None:
    return next((language for language in LANGUAGES if language == text), None)


def _peek_language(file: Path, depth: int = 0) -> Language | None:
    """The `language:` of a plan or of the first of its parents that has one, read from its text alone."""
    with suppress(OSError, ValueError):
        if not file.is_file() or file.stat().st_size > _MAX_PEEK_BYTES or depth > 8:
            return None
        text = file.read_text(encoding="utf-8-sig", errors="replace")
        if found := re.search(r"^language:\s*['\"]?(vi|en)\b", text, re.M):
            return _parse_language(found[1])
        for parent in re.findall(r"[^\s\[\],'\"#]+\.ya?ml", " ".join(re.findall(r"^extends:(.*)$", text, re.M))):
            if language := _peek_language(file.parent / parent, depth + 1):
                return language
    return None
