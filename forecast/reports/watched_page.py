"""Copy of a report that a browser shows anew by itself, while its plan is watched.

A published report is never changed: its files are those of its manifest. So the copy lies beside the link to it, and a
`refresh` in its head is all that it adds; no script and no request to another place.
"""

from __future__ import annotations

import re

__all__ = ["is_watched_page", "watched_page"]

REFRESH_SECONDS = 3
_SIGNATURE = b'<meta name="generator" content="forecast run --watch">'
_HEAD = b"<head>"
_RELATIVE_LINK = re.compile(rb'((?<![\w-])(?:href|src)=")(?![#/]|[a-z][a-z0-9+.-]*:)([^"]+")')
"""An attribute with an address that counts from the folder of the page."""


def watched_page(page: bytes, folder: str, *, is_watched: bool) -> bytes:
    """Make the copy of a page for the folder above its own.

    Parameters
    ----------
    page : bytes
        A report, in HTML.
    folder : str
        Name of the folder in which the page lies; its links lead there.
    is_watched : bool
        True while the plan is watched: the browser loads the copy again every three seconds.

    Returns
    -------
    bytes
        The copy.
    """
    refresh = b'\n<meta http-equiv="refresh" content="%d">' % REFRESH_SECONDS if is_watched else b""
    before, head, after = page.partition(_HEAD)
    prefix = folder.encode() + b"/"
    links = _RELATIVE_LINK.sub(lambda match: match[1] + prefix + match[2], after)
    return before + head + b"\n" + _SIGNATURE + refresh + links


def is_watched_page(content: bytes) -> bool:
    """Return whether a file is such a copy, and may be replaced.

    Parameters
    ----------
    content : bytes
        The file, or its first part.

    Returns
    -------
    bool
        Whether it has the mark of a copy.
    """
    return _SIGNATURE in content
