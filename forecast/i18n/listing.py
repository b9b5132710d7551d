"""Lists of names in a sentence, cut where they are long."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["list_names"]


def list_names(names: Iterable[str], limit: int, separator: str = ", ") -> str:
    """Join names, the first of them, and count the others.

    Parameters
    ----------
    names : iterable of str
        In their order.
    limit : int
        Names that are written.
    separator : str
        Between them.

    Returns
    -------
    str
        Such as `2025-01, 2025-02, … (+3)`.
    """
    listed = list(names)
    more = [f"… (+{len(listed) - limit})"] if len(listed) > limit else []
    return separator.join([*listed[:limit], *more])
