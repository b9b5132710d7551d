"""What commands print on stdout."""

from __future__ import annotations

import json
from typing import Any

import click


def print_json(content: Any) -> None:
    """JSON, readable, with the letters as they are."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))


def print_lines(*lines: str) -> None:
    """Lines of text."""
    click.echo("\n".join(lines))


def print_status(line: str) -> None:
    """A line for the person at the terminal, on stderr."""
    click.echo(line, err=True)
