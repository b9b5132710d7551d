"""`forecast verify`: check that every file of a run is as it was written."""

from __future__ import annotations

from typing import Any

import click

from forecast.cli.group import command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.errors import CheckError, OutputError
from forecast.files.paths import display_path


@command("verify")
@common_options("--out", "--lang", "--json", "--quiet")
@click.argument("run")
@click.pass_context
def verify_command(ctx: click.Context, /, run: str, **params: Any) -> None:
    """Check that every file of a run is as it was written."""
    from forecast.runs import repository
    from forecast.workflows.request import default_reports

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    reports = (options.out or default_reports()).absolute()
    repository.require_folder(reports)
    path = repository.resolve_run_path(run, reports)
    try:
        stored = repository.verify(path)
    except (CheckError, OutputError) as fault:
        if options.json:
            print_json({"run_dir": str(path), "error": fault.code, "message": session.t(fault.code, **fault.params)})
        raise
    files = len(stored.manifest["outputs"])
    if options.json:
        print_json({"run_dir": str(stored.folder), "run_id": stored.run_id, "files": files})
    else:
        print_lines(session.t("said_verified", path=display_path(stored.folder), files=files))
