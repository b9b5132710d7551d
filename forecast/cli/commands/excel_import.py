"""`forecast excel import`: an overlay of the edited inputs of a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.cli.group import Option, command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines, print_status
from forecast.errors import OutputError
from forecast.files.paths import display_path


@command("import")
@click.option("--plan", "plan_of_workbook", cls=Option, metavar="PLAN", type=click.Path(path_type=Path))
@click.option("--out", "overlay", cls=Option, metavar="OVERLAY", type=click.Path(path_type=Path))
@common_options("--lang", "--json", "--quiet")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def import_command(
    ctx: click.Context, /, file: Path, plan_of_workbook: Path | None, overlay: Path | None, **params: Any
) -> None:
    """Write an overlay of the cells that were edited; nothing where none was."""
    from forecast.files import atomic
    from forecast.workflows.excel import check_overlay, import_inputs, overlay_text

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    imported = import_inputs(file, plan_of_workbook)
    session.language = options.language or imported.scenario.language
    folder = Path.cwd() if overlay is None else overlay.absolute().parent
    text = overlay_text(imported, file, folder, session.t)
    check_overlay(imported, text, folder)
    if overlay is not None and imported.edits and not atomic.write_new_file(overlay, text.encode()):
        raise OutputError("excel_overlay_exists", path=display_path(overlay))
    if options.json:
        edits = [{"key": edit.name, "value": edit.text, "source": edit.source} for edit in imported.edits]
        print_json({"overlay": str(overlay.absolute()) if overlay and edits else None, "edits": edits})
    elif not imported.edits:
        print_status(session.t("said_no_change"))
    elif overlay is None:
        print_lines(text.rstrip("\n"))
    elif not options.quiet:
        print_lines(session.t("said_overlay", count=len(imported.edits), path=display_path(overlay)))
