"""`forecast roll`: the round of a month in one command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.actuals_summary import actuals_json, actuals_lines
from forecast.cli.commands.run import raise_first
from forecast.cli.group import Argument, Option, command, complete_files, get_session
from forecast.cli.option_types import DayParam
from forecast.cli.options import CommonOptions, common_options
from forecast.cli.output import print_json, print_lines, print_status
from forecast.cli.progress import ProgressDisplay, show_progress
from forecast.cli.session import Session
from forecast.errors import OutputError
from forecast.files.paths import display_path
from forecast.i18n import Translator
from forecast.periods import format_month, parse_month

if TYPE_CHECKING:
    from datetime import date

    from forecast.workflows.roll import PreparedMonth, RolledMonth

_MONTH_SHAPE = re.compile(r"\d{4}-\d{1,2}", re.ASCII)
"""A first word of this shape is a month, no sheet."""


@command("roll")
@click.option("--plan", cls=Option, metavar="PLAN")
@click.option("--booked", cls=Option, metavar="DATE", type=DayParam())
@click.option("--unit", cls=Option, metavar="UNIT", default="")
@click.option("--convert", cls=Option, is_flag=True)
@common_options("--paths", "--seed", "--out", "--workers", "--engine", "--lang", "--json", "--quiet")
@click.argument("words", cls=Argument, nargs=-1, metavar="[MONTH] [SHEET...]", shell_complete=complete_files)
@click.pass_context
def roll_command(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    plan: str | None,
    booked: date | None,
    unit: str,
    convert: bool,
    **params: Any,
) -> None:
    """Import the sheets of a month, write its overlay, lock it and publish its report."""
    from forecast.cli.booking_day import ask_booking_day
    from forecast.cli.run_summary import print_set_aside, report_line
    from forecast.workflows.actuals import BookingQuestion
    from forecast.workflows.roll import RollRequest, roll_month
    from forecast.workflows.run import RunCallbacks

    session = get_session(ctx)
    options = CommonOptions.from_params(params)
    _use_language(session, plan)
    month, sheets = _split_words(session, words)
    displays: list[ProgressDisplay] = []

    def ask(question: BookingQuestion) -> date | None:
        with displays[0].pause():
            return ask_booking_day(question, session.t)

    request = RollRequest(
        folder=Path.cwd(),
        month=month,
        sheets=tuple(dict.fromkeys(Path(sheet) for sheet in sheets)),
        plan=None if plan is None else Path(plan),
        booked=booked,
        unit=unit,
        convert=convert,
        ask_booking_day=ask,
        **options.run_settings,
    )
    failures: list[OutputError] = []
    prepared: list[PreparedMonth] = []
    printed: list[list[str]] = []
    with show_progress(session.t, quiet=options.quiet) as display:
        displays.append(display)

        def keep_prepared(month: PreparedMonth) -> None:
            prepared.append(month)
            session.language = options.language or month.scenario.language

        def print_answer(summary: Mapping[str, Any]) -> None:
            printed.append(summary["message"])
            if not options.json:
                with suppress(OSError):  # the lines below will fail as well
                    display.print_result(printed[0])

        callbacks = RunCallbacks(
            on_stage=lambda key: display.show_step(key, scenario=_name(prepared), paths=_paths(prepared, options)),
            on_paths=lambda done, total: display.show_paths(_name(prepared), done, total),
            on_checkpoint=lambda key, paths: display.print_line(
                key, scenario=_name(prepared), paths=session.t.number(paths)
            ),
            on_answer=print_answer,
            on_failure=failures.append,
        )
        try:
            result = roll_month(request, callbacks, keep_prepared)
        except BaseException:
            for line in _import_lines(prepared, session.t):
                print_status(line)  # what is in the ledger stays there
            raise
    t = session.t
    print_set_aside(result.locked.run, t)
    if options.json:
        print_json(_roll_json(result, t))
    else:
        lines = [*_lock_lines(result, t), *_overlay_lines(result, t), *_note_lines(result, t)]
        if not options.quiet:
            lines = [*_import_lines(prepared, t), *lines]
        print_lines(*lines, report_line(result.locked.run, t))
    raise_first(failures)


def _split_words(session: Session, words: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """The month, where the first word is one, and the sheets."""
    if not words or not _MONTH_SHAPE.fullmatch(words[0]):
        return None, words
    try:
        return parse_month(words[0]), words[1:]
    except ValueError:
        raise session.input_error(words[0], "MONTH", "roll_bad_month", text=words[0]) from None


def _use_language(session: Session, plan: str | None) -> None:
    """Speak the language of the plan that is named, else of the newest lock of a plan."""
    from forecast.errors import LockError
    from forecast.files.paths import find_project
    from forecast.runs.lock_files import read_locks
    from forecast.runs.locks import locks_folder
    from forecast.runs.month_locks import newest_plan_lock

    if plan is not None:
        session.use_plan_language(plan)
        return
    with suppress(LockError, OutputError):  # said when the month is rolled
        locked = newest_plan_lock(read_locks(locks_folder(find_project(Path.cwd()))))
        if locked is not None:
            session.language = session.requested_language or locked.language


def _name(prepared: list[PreparedMonth]) -> str:
    """Name of the round in the progress."""
    return format_month(prepared[0].month)


def _paths(prepared: list[PreparedMonth], options: CommonOptions) -> str:
    t = Translator(options.language or prepared[0].scenario.language)
    return t.number(options.paths or prepared[0].scenario.paths)


def _import_lines(prepared: list[PreparedMonth], t: Translator) -> list[str]:
    """Summary of the import; none without sheets, or where they were not read."""
    return [line for month in prepared if month.imported is not None for line in actuals_lines(month.imported, t)]


def _lock_lines(result: RolledMonth, t: Translator) -> list[str]:
    lock = result.locked.lock
    if not result.locked.is_new:
        return [t("said_roll_same", name=lock.name)]
    return [t("said_roll_superseded", name=lock.name, before=lock.supersedes)] if lock.supersedes else []


def _overlay_lines(result: RolledMonth, t: Translator) -> list[str]:
    from forecast.reports.content.text import date_text

    prepared = result.prepared
    if not prepared.overlay_change:
        return []
    day = prepared.scenario.as_of
    return [
        t(
            f"said_roll_overlay_{prepared.overlay_change}",
            file=display_path(prepared.overlay),
            parent=prepared.parent.name,
            day="" if day is None else date_text(day, t),
        )
    ]


def _note_lines(result: RolledMonth, t: Translator) -> list[str]:
    """Notes on the round, then on the history, services by their labels."""
    services = result.prepared.scenario.services
    notes = [(key, dict(params)) for key, params in result.prepared.notes]
    notes += [(note["key"], note["params"]) for note in result.locked.run.summary()["history_notes"]]
    lines = []
    for key, params in notes:
        if "services" in params:
            labels = [_label(services, name.strip(), t) for name in params["services"].split(",")]
            params = {**params, "services": ", ".join(labels)}
        lines.append(t("said_note", text=t(key, **params)))
    return lines


def _label(services: Mapping[str, Any], name: str, t: Translator) -> str:
    label = services[name].label if name in services else None
    return label.in_language(t.language) if label else name


def _roll_json(result: RolledMonth, t: Translator) -> dict[str, Any]:
    prepared, lock = result.prepared, result.locked.lock
    return {
        "month": format_month(prepared.month),
        "overlay": str(prepared.overlay),
        "overlay_change": prepared.overlay_change,
        "import": None if prepared.imported is None else actuals_json(prepared.imported, t),
        "lock": str(result.locked.file),
        "name": lock.name,
        "hash": lock.short_hash,
        "sha256": lock.digest,
        "version": lock.version,
        "supersedes": lock.supersedes,
        "position": result.locked.position,
        "is_new": result.locked.is_new,
        "notes": [t(key, **dict(params)) for key, params in prepared.notes],
        "message": result.locked.run.summary()["message"],
        "run_dir": str(result.locked.run.folder),
        "summary": result.locked.run.summary(),
    }
