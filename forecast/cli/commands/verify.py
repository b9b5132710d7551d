"""`forecast verify`: check that a lock and today's files are as they were locked, or a run as it was written."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.group import Option, command, get_session
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines
from forecast.cli.session import Session
from forecast.errors import CheckError, LockError, OutputError
from forecast.files.paths import display_path

if TYPE_CHECKING:
    from forecast.runs.repository import StoredRun
    from forecast.workflows.verify_lock import LockVerification, SourceChange

MAX_LISTED_CHANGES = 40
"""Changes that are printed one by one."""
MAX_CHANGE_CHARACTERS = 120
"""Characters of an old or a new text in a line."""
MAX_LISTED_FIGURES = 5
"""Figures that are named as differing."""


@command("verify")
@click.option("--rerun", cls=Option, is_flag=True)
@common_options("--out", "--lang", "--json", "--quiet")
@click.argument("run", metavar="NAME")
@click.pass_context
def verify_command(ctx: click.Context, /, run: str, rerun: bool, **params: Any) -> None:
    """Check that a lock and today's files are as they were locked, or a run as it was written."""
    from forecast.workflows.locked_plans import find_lock

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    if (file := find_lock(run, Path.cwd())) is not None:
        _verify_lock(session, file, options, rerun=rerun)
    elif rerun:
        raise session.input_error(run, "--rerun", "rerun_no_lock", name=run[:80])
    else:
        _verify_run(session, run, options)


def _verify_run(session: Session, run: str, options: CommonOptions) -> None:
    from forecast.files.paths import find_project
    from forecast.runs import repository
    from forecast.runs.lock_files import read_locks
    from forecast.runs.locks import locks_folder
    from forecast.workflows.request import default_reports

    reports = (options.out or default_reports()).absolute()
    repository.require_folder(reports)
    path = repository.resolve_run_path(run, reports)
    if not os.path.lexists(path):
        read_locks(locks_folder(find_project(Path.cwd())))  # a lock whose file was removed leaves a broken chain
    try:
        stored = repository.verify(path)
        _require_lock(stored)
    except (CheckError, OutputError) as fault:
        if options.json:
            print_json({"run_dir": str(path), "error": fault.code, "message": session.t(fault.code, **fault.params)})
        raise
    files = len(stored.manifest["outputs"])
    if options.json:
        print_json({"run_dir": str(stored.folder), "run_id": stored.run_id, "files": files})
    else:
        print_lines(session.t("said_verified", path=display_path(stored.folder), files=files))


def _require_lock(run: StoredRun) -> None:
    """CheckError where a run shows the figures of a lock that is no longer in its project."""
    from forecast.workflows.verify_lock import is_lock_missing

    if is_lock_missing(run):
        raise CheckError("lock_of_run_missing", path=display_path(run.folder), digest=str(run.manifest["lock"])[:8])


def _verify_lock(session: Session, file: Path, options: CommonOptions, *, rerun: bool) -> None:
    """Print what is found of a lock; CheckError where today's files or its figures are others."""
    from forecast.workflows.verify_lock import rerun_lock, verify_lock

    try:
        result = verify_lock(file)
    except (LockError, OutputError) as fault:
        if options.json:
            code = fault.code if isinstance(fault, OutputError) else "locks_not_whole"
            print_json({"lock": str(file), "error": code, "message": _message(fault, session)})
        raise
    lock = result.lock
    session.language = options.language or lock.language
    figures = rerun_lock(lock, options.worker_count) if rerun else None
    if options.json:
        print_json({"lock": str(file), **_lock_json(result, figures)})
    else:
        print_lines(*_lock_lines(result, session))
        if figures is not None:
            print_lines(*_rerun_lines(figures, session))
    if not result.is_unchanged:
        count = len(result.changes) + sum(len(each.problems) for each in result.unreadable)
        count += result.is_other_program
        raise CheckError("lock_differs", name=lock.name, count=count)
    if figures:
        raise CheckError("lock_not_reproduced", name=lock.name, count=len(figures))


def _message(fault: LockError | OutputError, session: Session) -> str:
    if isinstance(fault, OutputError):
        return session.t(fault.code, **fault.params)
    return "\n".join(problem.message(session.language) for problem in fault.problems)


def _lock_json(result: LockVerification, figures: list[str] | None) -> dict[str, Any]:
    lock = result.lock
    content = {
        "name": lock.name,
        "hash": lock.short_hash,
        "sha256": lock.digest,
        "position": result.position,
        "locks": result.count,
        "locked_at": lock.locked_at,
        "locked_by": lock.locked_by,
        "approved_by": lock.approved_by,
        "reference": lock.reference,
        "supersedes": lock.supersedes,
        "superseded_by": result.superseded_by,
        "revises": lock.revises,
        "revised_by": list(result.revised_by),
        "program": {
            "locked": lock.program.version,
            "now": result.program_version or lock.program.version,
            "same": not result.is_other_program,
        },
        "changes": [vars(change) for change in result.changes],
        "unreadable": [problem.message("en") for error in result.unreadable for problem in error.problems],
    }
    return content if figures is None else {**content, "figures_that_differ": figures}


def _lock_lines(result: LockVerification, session: Session) -> list[str]:
    """Who locked and approved it, its place in the chain, and each change of today's files."""
    from forecast.reports.content.locks import approval_text
    from forecast.reports.content.text import date_text

    t, lock = session.t, result.lock
    by = t("lock_by", name=lock.locked_by) if lock.locked_by else ""
    approval = approval_text(lock.approved_by, lock.reference, t)
    day = date_text(datetime.fromisoformat(lock.locked_at).date(), t)
    place = t("lock_place", position=result.position, count=result.count)
    lines = [t("said_lock_whole", name=lock.name, day=day, by=by, approval=approval, hash=lock.short_hash, place=place)]
    if lock.supersedes:
        lines.append("  " + t("said_lock_supersedes", name=lock.supersedes))
    if lock.revises:
        lines.append("  " + t("said_lock_revises", name=lock.revises))
    if result.superseded_by:
        lines.append("  " + t("said_lock_superseded", name=result.superseded_by))
    lines += ["  " + t("said_lock_revised", name=name) for name in result.revised_by]
    version = t("lock_approved_state" if lock.approved_by else "lock_locked_state")
    changes = result.changes[:MAX_LISTED_CHANGES]
    lines += ["  " + _change_line(change, version, session) for change in changes]
    if (more := len(result.changes) - len(changes)) > 0:
        lines.append("  " + t("said_lock_more_changes", count=more))
    problems = (problem for error in result.unreadable for problem in error.problems)
    lines += ["  " + t("said_lock_unreadable", problem=problem.message(session.language)) for problem in problems]
    if result.program_version:
        lines.append("  " + t("said_lock_program", version=lock.program.version, now=result.program_version))
    if result.has_other_code:
        lines.append("  " + t("said_lock_other_code", version=lock.program.version))
    if result.is_unchanged:
        lines.append("  " + t("said_lock_unchanged"))
    return lines


def _change_line(change: SourceChange, version: str, session: Session) -> str:
    t = session.t
    old, new = (t("lock_nothing") if text is None else _shorten(text) for text in (change.old, change.new))
    line = t("lock_line", line=change.line) if change.line else ""
    name = f"{change.name} " if change.name else ""
    return t("said_lock_change", file=change.file, version=version, name=name, old=old, new=new, line=line).rstrip()


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_CHANGE_CHARACTERS else text[: MAX_CHANGE_CHARACTERS - 1] + "…"


def _rerun_lines(figures: list[str], session: Session) -> list[str]:
    if not figures:
        return ["  " + session.t("said_rerun_same")]
    listed = ", ".join(figures[:MAX_LISTED_FIGURES]) + (" …" if len(figures) > MAX_LISTED_FIGURES else "")
    return ["  " + session.t("said_rerun_differs", count=len(figures), names=listed)]
