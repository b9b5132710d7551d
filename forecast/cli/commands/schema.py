"""`forecast schema`: print the JSON Schema of plans."""

from __future__ import annotations

from typing import Any

import click

from forecast.cli.group import command, session_of
from forecast.cli.options import Reader, read_options, some
from forecast.cli.output import print_json


@command("schema")
@some("--lang", "--json", "--quiet")
@click.pass_context
def schema(ctx: click.Context, /, **typed: Any) -> None:
    """Print the JSON Schema of plans, for editors."""
    from forecast.plan.json_schema import plan_schema

    reader = Reader(session_of(ctx))
    read_options(reader, typed)
    reader.finish()
    print_json(plan_schema())
