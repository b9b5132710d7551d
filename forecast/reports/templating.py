"""Jinja templates of the HTML pages, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from forecast.i18n import LANGUAGES, Translator

__all__ = ["page_translators", "render_template"]

TEMPLATES_FOLDER = Path(__file__).parent / "templates"


def _mark_commands(text: str) -> Markup:
    """A sentence whose words between backquotes are commands to type."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


@cache
def _jinja_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["commands"] = _mark_commands
    return environment


@cache
def _asset(name: str) -> str:
    return (TEMPLATES_FOLDER / name).read_text(encoding="utf-8")


def page_translators(t: Translator) -> list[Translator]:
    """Return a translator of each language of a page, that in which it opens first.

    Parameters
    ----------
    t : Translator
        Language in which the page opens.

    Returns
    -------
    list of Translator
        One a language.
    """
    return [t, *(Translator(language) for language in LANGUAGES if language != t.language)]


def render_template(
    template: str,
    pages: Sequence[Mapping[str, Any]],
    shared: Mapping[str, Any] | None = None,
    *,
    more_style: str = "",
) -> bytes:
    """Render one page in all languages, its style and its script inline.

    Parameters
    ----------
    template : str
        Name of the file in `templates/` with the content of the page.
    pages : sequence of mapping
        Names that the template uses, by language, the one in which the page opens first: `t` and `title` among them.
    shared : mapping of str, optional
        Names that do not depend on the language.
    more_style : str
        Name of a style sheet that is added to that of every page; empty for none.

    Returns
    -------
    bytes
        HTML in UTF-8, under a content security policy that lets in this style, this script and nothing else.
    """
    css = _asset("page.css") + (_asset(more_style) if more_style else "")
    script = _asset("page.js")
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(css)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    contents: list[tuple[str, str]] = []
    params = {"pages": pages, "contents": contents, **(shared or {})}
    environment = _jinja_environment()
    body = environment.get_template(template).render(**params)
    frame = environment.get_template("page.html.jinja")
    inline = {"body": Markup(body), "css": Markup(css), "script": Markup(script)}
    return frame.render(**params, **inline, policy=policy).encode()


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
