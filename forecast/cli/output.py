"""What commands print on stdout."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click


def print_json(content: Any) -> None:
    """JSON, readable, with the letters as they are."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))


def print_lines(*lines: str) -> None:
    """Lines of text."""
    click.echo("\n".join(lines))


def shown(path: Path) -> str:
    """A path as it is shortest: from the working folder where it lies below it."""
    whole, here = Path(os.path.abspath(path)), Path.cwd()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)
