"""The root of every record of a plan: frozen, nothing unknown, read from YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from forecast.plan.assumption import Assumption

__all__ = ["MAX_NAME_CHARS", "FrozenDict", "Record", "assumptions_in", "for_service", "map_assumptions"]

T = TypeVar("T")

MAX_NAME_CHARS = 60
"""Characters of a name that a planner gives."""


def is_valid_name(text: str) -> bool:
    """True when a planner may give this name."""
    return re.fullmatch(r"[a-z][a-z0-9_]*", text) is not None and len(text) <= MAX_NAME_CHARS


def _parse_name(written: Any) -> str:
    if not isinstance(written, str) or not is_valid_name(written):
        raise PydanticCustomError("not_a_name", "", {"name": str(written)[:MAX_NAME_CHARS]})
    return str(written)


def _parse_entry_name(written: Any) -> str:
    if written == "all":
        raise PydanticCustomError("name_all", "")
    return _parse_name(written)


_NAME_PATTERN = WithJsonSchema({"type": "string", "pattern": "^[a-z][a-z0-9_]*$"})
Name = Annotated[str, BeforeValidator(_parse_entry_name), _NAME_PATTERN]
"""A name that a planner gives: a small letter, then letters, digits and underscores; not `all`."""
ServiceOrAll = Annotated[str, BeforeValidator(_parse_name), _NAME_PATTERN]
"""A service, or `all` for those that are not named."""


class FrozenDict(dict[str, T]):
    """A dict that does not change once it is read, and travels between processes."""

    def _raise_immutable(self, *_: object, **__: object) -> None:
        raise TypeError("a plan does not change once it is read")

    __setitem__ = __delitem__ = update = setdefault = pop = popitem = clear = _raise_immutable  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type, tuple[dict[str, T]]]:
        return (FrozenDict, (dict(self),))


ByName = Annotated[dict[Name, T], AfterValidator(FrozenDict)]
"""Things by name."""
ByService = Annotated[dict[ServiceOrAll, T], AfterValidator(FrozenDict)]
"""Things by service; `all` stands for the services that are not named."""


def for_service(table: dict[str, T], service: str) -> T | None:
    """Look up a service in a table by service.

    Parameters
    ----------
    table : dict of str to T
        Entries by service, or for `all`.
    service : str
        Name of a service.

    Returns
    -------
    T or None
        The service's own entry, else that of `all`, else None.
    """
    return table.get(service, table.get("all"))


class Record(BaseModel):
    """A record of the plan."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )

    def assumptions(self) -> Iterator[Assumption]:
        """Every assumption inside, in the order of the fields."""
        for field in type(self).model_fields:
            yield from assumptions_in(getattr(self, field))


def assumptions_in(content: Any) -> Iterator[Assumption]:
    """Find every assumption inside a value of a record.

    Parameters
    ----------
    content : object
        A record, an assumption, or a mapping or sequence of them.

    Yields
    ------
    Assumption
        In the order of the fields.
    """
    match content:
        case Assumption():
            yield content
        case Record():
            yield from content.assumptions()
        case dict():
            for value in content.values():
                yield from assumptions_in(value)
        case tuple() | list():
            for value in content:
                yield from assumptions_in(value)


def map_assumptions(content: T, change: Callable[[Assumption], Assumption]) -> T:
    """Change every assumption inside a value of a record.

    Parameters
    ----------
    content : object
        A record, an assumption, or a mapping or sequence of them.
    change : callable
        Returns the changed assumption, or the same object.

    Returns
    -------
    object
        Of the type of `content`; what holds no changed assumption is the same object.
    """
    mapped: Any = content
    match content:
        case Assumption():
            mapped = change(content)
        case Record():
            old = {field: getattr(content, field) for field in type(content).model_fields}
            new = {field: map_assumptions(value, change) for field, value in old.items()}
            if updates := {field: value for field, value in new.items() if value is not old[field]}:
                mapped = content.model_copy(update=updates)
        case dict():
            entries = {key: map_assumptions(value, change) for key, value in content.items()}
            if any(entries[key] is not value for key, value in content.items()):
                mapped = FrozenDict(entries)
        case tuple():
            items = tuple(map_assumptions(value, change) for value in content)
            if any(new is not old for new, old in zip(items, content, strict=True)):
                mapped = items
    return mapped  # type: ignore[no-any-return]  # of the type of `content`
