"""`forecast schema`: print the JSON Schema of plans."""

from __future__ import annotations

from typing import Any

from forecast.cli.commands import command
from forecast.cli.options import some
from forecast.cli.output import print_json


@command("schema")
@some("--lang", "--json", "--quiet")
def schema(**_: Any) -> None:
    """Print the JSON Schema of plans, for editors."""
    from forecast.plan_schema import plan_schema

    print_json(plan_schema())
