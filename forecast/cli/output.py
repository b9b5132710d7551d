"""Output of commands: results on stdout, a line for the person at the terminal on stderr."""

from __future__ import annotations

import json
from typing import Any

import click


def print_json(content: Any) -> None:
    """Print JSON, indented, with the letters as they are."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))


def print_lines(*lines: str) -> None:
    """Print lines of text."""
    click.echo("\n".join(lines))


def print_status(line: str) -> None:
    """Print a line for the person at the terminal, on stderr."""
    click.echo(line, err=True)
