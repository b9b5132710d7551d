"""Errors as exit codes, and the one line that each says on stderr."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import suppress

import click

from forecast.cli.session import Session
from forecast.cli.signals import StoppedBySignal
from forecast.errors import CheckError, ForecastError, InputError, OutputError, closest_match
from forecast.files.characters import escape_invisible

_DISK_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
_STREAM_ERRNOS = (*_DISK_ERRNOS, errno.EBADF)
"""Errors of a stream that cannot be written."""


RENAMED_OPTIONS = {"--pin": "--reuse-fit", "--repair": "--repair-correlations", "--fail-below": "--fail-under"}
"""Options of an earlier form of the command line, and what replaced them."""


def handle_error(fault: BaseException, session: Session) -> int:
    """Say what is wrong, in the language of the session; the exit code."""
    match fault:
        case click.exceptions.Exit():
            return fault.exit_code
        case click.UsageError():
            return handle_error(_usage_error(fault, session), session)
        case InputError():
            _print_errors([problem.message(session.language) for problem in fault.problems])
        case CheckError() | OutputError():
            _print_errors([session.t(fault.code, **fault.params)])
        case MemoryError():
            return handle_error(OutputError("memory_short"), session)
        case StoppedBySignal() | KeyboardInterrupt() | click.Abort():
            _print_errors([session.t("interrupted")])
            return fault.exit_code if isinstance(fault, StoppedBySignal) else 130
        case OSError() if fault.errno is not None:
            return handle_error(_system_error(fault), session)
        case _:
            return _handle_bug(fault, session)
    return fault.exit_code if isinstance(fault, ForecastError) else 1


def silence_stdout() -> None:
    """Keep the end of the interpreter from writing again to an output that has failed."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            null_device = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null_device, sys.stdout.fileno())
            os.close(null_device)


def _print_errors(lines: list[str]) -> None:
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write("".join(f"{escape_invisible(' '.join(line.splitlines()))}\n" for line in lines))
            sys.stderr.flush()


def _handle_bug(fault: BaseException, session: Session) -> int:
    if os.environ.get("FORECAST_DEBUG"):
        with suppress(OSError, ValueError):
            traceback.print_exception(fault, file=sys.stderr)
    _print_errors([session.t("bug", fault=f"{type(fault).__name__}: {fault}"[:300])])
    return 1


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
        name = fault.param.make_metavar(fault.ctx).rstrip(".")
        usage = " ".join((command, *fault.ctx.command.collect_usage_pieces(fault.ctx)))
        return session.input_error("", name, "missing_argument", usage=usage)
    if isinstance(fault, click.BadOptionUsage):
        return session.input_error(fault.option_name, fault.option_name, "option_needs_value", command=command)
    return session.input_error("", "", "usage", message=fault.format_message().rstrip("."), command=command)
