"""Errors as exit codes, and the one line that each says on stderr."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress

import click

from forecast.cli.group import translate_metavars
from forecast.cli.session import Session
from forecast.cli.signals import StoppedBySignal
from forecast.errors import CheckError, ForecastError, InputError, OutputError, closest_match
from forecast.files.characters import escape_invisible

_DISK_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
_STREAM_ERRNOS = (*_DISK_ERRNOS, errno.EBADF)
"""Errors of a stream that cannot be written."""


MAX_ERROR_BYTES = 9_000
"""Bytes of all lines that an error prints: what a person reads at most."""
MAX_LINE_BYTES = 4_000
"""Bytes of one line; the longest path that Linux opens has 4,096."""
RENAMED_OPTIONS = {"--pin": "--reuse-fit", "--repair": "--repair-correlations", "--fail-below": "--fail-under"}
"""Options of an earlier form of the command line, and what replaced them."""


def handle_error(fault: BaseException, session: Session) -> int:
    """Say what is wrong, in the language of the session; the exit code. It never raises, whatever the fault is."""
    try:
        return _report_error(fault, session)
    except BaseException:  # the fault has no text, or its sentence cannot be made: its name and its code are left
        _print_errors([f"forecast: {type(fault).__name__}"], session)
        return _exit_code(fault)


def _exit_code(fault: BaseException) -> int:
    match fault:
        case ForecastError() | StoppedBySignal() | click.exceptions.Exit():
            return fault.exit_code
        case click.UsageError():
            return InputError.exit_code
        case MemoryError():
            return OutputError.exit_code
        case KeyboardInterrupt() | click.Abort():
            return 130
        case OSError() if fault.errno is not None:
            return OutputError.exit_code
    return 1


def _report_error(fault: BaseException, session: Session) -> int:
    match fault:
        case click.exceptions.Exit():
            return fault.exit_code
        case click.UsageError():
            return _report_error(_usage_error(fault, session), session)
        case InputError():
            _print_errors([problem.message(session.language) for problem in fault.problems], session)
        case CheckError() | OutputError():
            _print_errors([session.t(fault.code, **fault.params)], session)
        case MemoryError():
            return _report_error(OutputError("memory_short"), session)
        case StoppedBySignal() | KeyboardInterrupt() | click.Abort():
            _print_errors([session.t("interrupted")], session)
        case OSError() if fault.errno is not None:
            return _report_error(_system_error(fault), session)
        case _:
            _print_bug(fault, session)
    return _exit_code(fault)


def silence_stdout() -> None:
    """Keep the end of the interpreter from writing again to an output that has failed."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except Exception:  # whatever stands in its place
        with suppress(Exception):
            null_device = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null_device, sys.stdout.fileno())
            os.close(null_device)


def _print_errors(lines: list[str], session: Session) -> None:
    with suppress(Exception):  # a stream may be closed, full or replaced by anything
        if sys.stderr is not None:
            sys.stderr.write("".join(f"{line}\n" for line in _bounded_lines(lines, session)))
            sys.stderr.flush()


def _bounded_lines(lines: list[str], session: Session) -> list[str]:
    """The first lines, each cut to its limit, and how many more there are."""
    printed: list[str] = []
    size = 0
    for line in lines:
        text = escape_invisible(" ".join(line.splitlines()))
        encoded = text.encode(errors="replace")
        if len(encoded) > MAX_LINE_BYTES:
            text = encoded[:MAX_LINE_BYTES].decode(errors="ignore") + "…"
        size += len(text.encode(errors="replace")) + 1
        if size > MAX_ERROR_BYTES:
            return [*printed, session.t("more_problems", count=len(lines) - len(printed))]
        printed.append(text)
    return printed


def _print_bug(fault: BaseException, session: Session) -> None:
    if os.environ.get("FORECAST_DEBUG"):
        import traceback

        with suppress(OSError, ValueError):
            traceback.print_exception(fault, file=sys.stderr)
    _print_errors([session.t("bug", fault=f"{type(fault).__name__}: {fault}"[:300])], session)


def _system_error(fault: OSError) -> OutputError:
    """The error of what the system refuses: an output, a folder, a file."""
    from forecast.files.atomic import output_error
    from forecast.files.paths import has_working_directory

    if not has_working_directory():
        return OutputError("no_working_folder")
    if fault.errno in (errno.EMFILE, errno.ENFILE):
        return OutputError("few_handles")
    if fault.filename is None and fault.errno in _STREAM_ERRNOS:
        return OutputError("stdout_failed", reason=fault.strerror)
    if fault.errno == errno.EPIPE or fault.errno in _DISK_ERRNOS:
        return output_error(fault)
    return OutputError("system_refused", path=str(fault.filename or "forecast"), reason=fault.strerror or str(fault))


def _usage_error(fault: click.UsageError, session: Session) -> InputError:
    """The error of a call that click refuses."""
    first = [word for word in session.arguments[:1] if not word.startswith("-")]
    command = fault.ctx.command_path if fault.ctx else " ".join(("forecast", *first))
    if isinstance(fault, click.NoSuchOption):
        name = fault.option_name
        params = fault.ctx.command.get_params(fault.ctx) if fault.ctx else []
        options = [option for param in params for option in param.opts]
        longer = [option for option in options if option.startswith(f"{name}-")]
        renamed = RENAMED_OPTIONS.get(name, "")
        if close := renamed if renamed in options else next(iter(longer), "") or closest_match(name, options, 0.5):
            return session.input_error(name, name, "unknown_option", instead=close)
        return session.input_error(name, name, "unknown_option_plain", command=command)
    if isinstance(fault, click.MissingParameter) and fault.param is not None and fault.ctx is not None:
        name = translate_metavars(fault.param.make_metavar(fault.ctx).rstrip("."), session.t)
        usage = translate_metavars(" ".join((command, *fault.ctx.command.collect_usage_pieces(fault.ctx))), session.t)
        return session.input_error("", name, "missing_argument", usage=usage)
    if isinstance(fault, click.BadOptionUsage):
        code = "option_takes_no_value" if "not take a value" in fault.message else "option_needs_value"
        return session.input_error(fault.option_name, fault.option_name, code, command=command)
    if extra := re.fullmatch(r"Got unexpected extra arguments? \((.*)\)", fault.message, re.DOTALL):
        return session.input_error("", "", "too_many_words", words=extra[1], command=command)
    return session.input_error("", "", "usage", message=fault.format_message().rstrip("."), command=command)
