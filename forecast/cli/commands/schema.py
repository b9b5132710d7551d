"""`forecast schema`: print the JSON Schema of plans."""

from __future__ import annotations

from typing import Any

import click

from forecast.cli.group import command
from forecast.cli.options import common_options
from forecast.cli.output import print_json


@command("schema")
@common_options("--lang", "--json", "--quiet")
@click.pass_context
def schema_command(ctx: click.Context, /, **params: Any) -> None:
    """Print the JSON Schema of plans, for editors."""
    from forecast.plan.json_schema import plan_schema

    print_json(plan_schema())
