"""`forecast data disaggregate`: spread totals of years or quarters over months."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import Option, command, complete_files, get_session
from forecast.cli.option_types import ClosestChoice
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import display_path
from forecast.stats.disaggregation import DEFAULT_METHOD, DISAGGREGATION_METHODS


@command("disaggregate")
@click.option(
    "--method",
    cls=Option,
    metavar="NAME",
    type=ClosestChoice(DISAGGREGATION_METHODS, DEFAULT_METHOD, "recipe_method"),
)
@common_options("--lang", "--json", "--quiet")
@click.argument("recipe", shell_complete=complete_files)
@click.pass_context
def disaggregate_command(ctx: click.Context, /, recipe: str, method: str | None, **params: Any) -> None:
    """Spread yearly or quarterly totals over months, as a recipe says; the file it names is written."""
    from forecast.files import atomic, temporaries
    from forecast.timeseries.reconstruction import read_recipe, reconstruct

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    content = read_recipe(Path(recipe), method)
    months = reconstruct(content)
    temporaries.remove_stale_copies(content.output_path)
    atomic.write_file(content.output_path, months.encode())
    rows = months.count("\n") - 1
    if options.json:
        print_json({"file": str(content.output_path.absolute()), "rows": rows})
    elif not options.quiet:
        print_lines(session.t("said_disaggregated", path=display_path(content.output_path), rows=rows))
