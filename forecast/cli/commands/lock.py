"""`forecast lock`: keep a plan, its rows and its figures as they are now, for good."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.commands.run import raise_first
from forecast.cli.group import Option, command, complete_files, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines, stdout_encoding
from forecast.cli.progress import show_progress
from forecast.errors import OutputError
from forecast.files.paths import display_path

if TYPE_CHECKING:
    from forecast.runs.locks import Lock


@command("lock")
@click.option("--as", "name", cls=Option, metavar="NAME", default="")
@click.option("--approved-by", cls=Option, metavar="WHO", default="")
@click.option("--reference", cls=Option, metavar="TEXT", default="")
@common_options("--paths", "--seed", "--out", "--workers", "--engine", "--lang", "--json", "--quiet")
@click.argument("plan", shell_complete=complete_files)
@click.pass_context
def lock_command(ctx: click.Context, /, plan: str, name: str, approved_by: str, reference: str, **params: Any) -> None:
    """Lock a plan and publish the run of the lock."""
    from forecast.cli.run_summary import answer_lines, print_set_aside, report_line
    from forecast.plan.loading.loader import read_plan
    from forecast.workflows.lock import LockRequest, lock_plan
    from forecast.workflows.run import RunCallbacks

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    session.use_plan_language(plan)
    scenario = read_plan(Path(plan)).scenario
    session.language = options.language or scenario.language
    t = session.t
    request = LockRequest(
        plan=Path(plan),
        name=name,
        approved_by=approved_by,
        reference=reference,
        **options.run_settings,
    )
    failures: list[OutputError] = []
    locked: list[str] = []
    shown = Path(plan).stem
    with show_progress(t, quiet=options.quiet) as display:

        def keep_line(lock: Lock, file: Path) -> None:
            locked.append(t("said_locked", file=display_path(file), hash=lock.short_hash))

        def print_answer(summary: Mapping[str, Any]) -> None:
            if not options.json:
                with suppress(OSError):  # the line of the report will fail as well
                    display.print_result([*answer_lines(summary, scenario, t, stdout_encoding()), *locked])

        callbacks = RunCallbacks(
            on_stage=lambda key: display.show_step(
                key, scenario=shown, paths=t.number(options.paths or scenario.paths)
            ),
            on_paths=lambda done, total: display.show_paths(shown, done, total),
            on_checkpoint=lambda key, paths: display.print_line(key, scenario=shown, paths=t.number(paths)),
            on_answer=print_answer,
            on_failure=failures.append,
        )
        result = lock_plan(request, callbacks, keep_line)
    print_set_aside(result.run, t)
    if options.json:
        lock = result.lock
        print_json(
            {
                "lock": str(result.file),
                "name": lock.name,
                "hash": lock.short_hash,
                "sha256": lock.digest,
                "version": lock.version,
                "supersedes": lock.supersedes,
                "revises": lock.revises,
                "position": result.position,
                "run_dir": str(result.run.folder),
                "summary": result.run.summary(),
            }
        )
    else:
        print_lines(report_line(result.run, t))
    raise_first(failures)
