"""Jinja templates of the HTML pages, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from forecast.i18n import Translator

__all__ = ["render_template"]

TEMPLATES_FOLDER = Path(__file__).parent / "templates"


@cache
def _jinja_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _stylesheet(name: str) -> str:
    return (TEMPLATES_FOLDER / name).read_text(encoding="utf-8")


def render_template(
    template: str, t: Translator, params: Mapping[str, Any], *, style: str = "page.css", more_style: str = ""
) -> bytes:
    """One page with its style inline.

    Parameters
    ----------
    template : str
        Name of the file in `templates/`.
    t : Translator
        Sentences of the page.
    params : mapping of str
        Names that the template uses.
    style : str
        Name of the style sheet in `templates/`.
    more_style : str
        Name of a style sheet that is added to it; empty for none.

    Returns
    -------
    bytes
        HTML in UTF-8, under a content security policy that lets in this style and images inside the page alone.
    """
    css = _stylesheet(style) + (_stylesheet(more_style) if more_style else "")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    page = _jinja_environment().get_template(template)
    return page.render(t=t, css=Markup(css), policy=policy, lang=t.language, **params).encode()
