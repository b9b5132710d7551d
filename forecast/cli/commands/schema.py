"""`forecast schema`: print the JSON Schema of plans."""

from __future__ import annotations

from typing import Any

import click

from forecast.cli.group import command, get_session
from forecast.cli.options import OptionReader, read_common_options, select_options
from forecast.cli.output import print_json


@command("schema")
@select_options("--lang", "--json", "--quiet")
@click.pass_context
def schema_command(ctx: click.Context, /, **typed: Any) -> None:
    """Print the JSON Schema of plans, for editors."""
    from forecast.plan.json_schema import plan_schema

    reader = OptionReader(get_session(ctx))
    read_common_options(reader, typed)
    reader.raise_problems()
    print_json(plan_schema())
