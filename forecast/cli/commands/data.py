"""`forecast data`: prepare data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import CommandGroup, Option, command, get_session
from forecast.cli.options import OptionReader, read_common_options, select_options
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import display_path

data_command = CommandGroup("data", {"disaggregate": "forecast.cli.commands.data:disaggregate_command"})


@command("disaggregate")
@click.option("--method", cls=Option, metavar="NAME")
@select_options("--lang", "--json", "--quiet")
@click.argument("recipe")
@click.pass_context
def disaggregate_command(ctx: click.Context, /, recipe: str, **typed: Any) -> None:
    """Spread yearly or quarterly totals over months, as a recipe says; the file it names is written."""
    from difflib import get_close_matches

    from forecast.files import atomic as store
    from forecast.stats.disaggregation import DEFAULT_METHOD, DISAGGREGATION_METHODS
    from forecast.timeseries.reconstruction import read_recipe, reconstruct

    session = get_session(ctx)
    reader = OptionReader(session)
    asked = read_common_options(reader, typed)
    if typed["method"] is not None and typed["method"] not in DISAGGREGATION_METHODS:
        close = (get_close_matches(typed["method"], DISAGGREGATION_METHODS, 1, 0.4) or [DEFAULT_METHOD])[0]
        facts = {"known": ", ".join(DISAGGREGATION_METHODS), "instead": close}
        reader.add_problem("--method", "recipe_method", typed["method"], **facts)
    reader.raise_problems()
    read = read_recipe(Path(recipe), typed["method"])
    months = reconstruct(read)
    store.write_file(read.output_path, months.encode())
    rows = months.count("\n") - 1
    if asked.json:
        print_json({"file": str(read.output_path.absolute()), "rows": rows})
    elif not asked.quiet:
        print_lines(session.t("said_disaggregated", path=display_path(read.output_path), rows=rows))
