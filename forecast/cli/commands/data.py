"""`forecast data`: prepare data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import Commands, Option, command, session_of
from forecast.cli.options import Reader, read_options, some
from forecast.cli.output import print_json, print_lines
from forecast.files.paths import shown

data = Commands("data", {"disaggregate": "forecast.cli.commands.data:disaggregate"})


@command("disaggregate")
@click.option("--method", cls=Option, metavar="NAME")
@some("--lang", "--json", "--quiet")
@click.argument("recipe")
@click.pass_context
def disaggregate(ctx: click.Context, /, recipe: str, **typed: Any) -> None:
    """Spread yearly or quarterly totals over months, as a recipe says; the file it names is written."""
    from difflib import get_close_matches

    from forecast.files import atomic as store
    from forecast.stats.disaggregation import DEFAULT, METHODS
    from forecast.timeseries.reconstruction import read_recipe, reconstruct

    session = session_of(ctx)
    reader = Reader(session)
    asked = read_options(reader, typed)
    if typed["method"] is not None and typed["method"] not in METHODS:
        close = (get_close_matches(typed["method"], METHODS, 1, 0.4) or [DEFAULT])[0]
        facts = {"known": ", ".join(METHODS), "instead": close}
        reader.wrong("--method", "recipe_method", typed["method"], **facts)
    reader.finish()
    read = read_recipe(Path(recipe), typed["method"])
    months = reconstruct(read)
    store.write_file(read.to, months.encode())
    rows = months.count("\n") - 1
    if asked.json:
        print_json({"file": str(read.to.absolute()), "rows": rows})
    elif not asked.quiet:
        print_lines(session.words("said_disaggregated", path=shown(read.to), rows=rows))
