"""The plan as it is written: texts, maps and lists that know where they stand."""

from __future__ import annotations

from forecast.errors import Where

NOWHERE = Where("<python>", 1, 1)


class Text(str):
    """A scalar, exactly as typed, with its place and its dotted name."""

    __slots__ = ("at", "where")
    where: Where
    at: str

    def __new__(cls, text: str, where: Where = NOWHERE, at: str = "") -> Text:
        """Keep `text` as it stands."""
        self = super().__new__(cls, text)
        self.where = where
        self.at = at
        return self


class Map(dict[str, object]):
    """A mapping, with its place, its dotted name and the place of each key."""

    def __init__(self, where: Where = NOWHERE, at: str = "") -> None:
        super().__init__()
        self.where = where
        self.at = at
        self.keys_where: dict[str, Where] = {}


class Sequence(list[object]):
    """A list, with its place and its dotted name."""

    def __init__(self, where: Where = NOWHERE, at: str = "") -> None:
        super().__init__()
        self.where = where
        self.at = at
