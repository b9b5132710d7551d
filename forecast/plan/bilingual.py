"""Texts of a plan for people, in one language or in both."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from forecast.files.yaml import MappingNode

__all__ = ["NO_TEXT", "Label"]


class Label(BaseModel):
    """A text in one language or in both."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    vi: str = ""
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _expand_text(cls, written: Any) -> Any:
        if written == "" or (isinstance(written, MappingNode) and not any(written.values())):
            raise PydanticCustomError("label_empty", "")
        return {"vi": written, "en": written} if isinstance(written, str) else written

    def __bool__(self) -> bool:
        """True where it says anything."""
        return bool(self.vi or self.en)

    def in_language(self, language: Literal["vi", "en"]) -> str:
        """The text in `language`, or in the other one where only that stands."""
        return (self.vi or self.en) if language == "vi" else (self.en or self.vi)

    @property
    def plain(self) -> str | dict[str, str]:
        """The text as files for machines hold it: one text where both languages have the same, else a map."""
        return self.vi if self.vi == self.en else {"en": self.en, "vi": self.vi}


NO_TEXT = Label()
"""Text that nobody wrote."""
