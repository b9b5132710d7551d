"""Errors as exit codes, and the one line that each says on stderr."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import suppress
from difflib import get_close_matches

import click

from forecast.cli.session import Session
from forecast.cli.signals import Stopped
from forecast.errors import CheckError, ForecastError, InputError, OutputError

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EPIPE, errno.EIO)


def exit_code_of(fault: BaseException, session: Session) -> int:
    """Say what is wrong, in the language of the session; the exit code."""
    match fault:
        case click.exceptions.Exit():
            return fault.exit_code
        case click.UsageError():
            return exit_code_of(_of_usage(fault, session), session)
        case InputError():
            _say([complaint.message(session.spoken) for complaint in fault.complaints])
        case CheckError() | OutputError():
            _say([session.words(fault.code, **fault.facts)])
        case MemoryError():
            return exit_code_of(OutputError("memory_short"), session)
        case Stopped() | KeyboardInterrupt() | click.Abort():
            _say([session.words("interrupted")])
            return fault.exit_code if isinstance(fault, Stopped) else 130
        case OSError() if fault.errno in _DISK:
            return exit_code_of(_of_disk(fault), session)
        case _:
            return _our_own(fault, session)
    return fault.exit_code if isinstance(fault, ForecastError) else 1


def silence_stdout() -> None:
    """Keep the end of the interpreter from writing again to an output that has failed."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


def _say(lines: list[str]) -> None:
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write("".join(f"{' '.join(line.splitlines())}\n" for line in lines))
            sys.stderr.flush()


def _our_own(fault: BaseException, session: Session) -> int:
    if os.environ.get("FORECAST_DEBUG"):
        with suppress(OSError, ValueError):
            traceback.print_exception(fault, file=sys.stderr)
    _say([session.words("bug", fault=f"{type(fault).__name__}: {fault}"[:300])])
    return 1


def _of_disk(fault: OSError) -> OutputError:
    from forecast.files.atomic import output_error

    if fault.filename is None and fault.errno != errno.EPIPE:
        return OutputError("stdout_failed", reason=fault.strerror)
    return output_error(fault)


def _of_usage(fault: click.UsageError, session: Session) -> InputError:
    """What click refuses, in our own form."""
    first = [word for word in session.typed[:1] if not word.startswith("-")]
    command = fault.ctx.command_path if fault.ctx else " ".join(("forecast", *first))
    if isinstance(fault, click.NoSuchOption):
        name = fault.option_name
        known = [o for p in fault.ctx.command.get_params(fault.ctx) for o in p.opts] if fault.ctx else []
        if close := get_close_matches(name, known, 1, 0.5):
            return session.wrong(name, name, "unknown_option", instead=close[0])
        return session.wrong(name, name, "unknown_option_plain", command=command)
    if isinstance(fault, click.MissingParameter) and fault.param is not None and fault.ctx is not None:
        name = fault.param.make_metavar(fault.ctx).rstrip(".")
        usage = " ".join((command, *fault.ctx.command.collect_usage_pieces(fault.ctx)))
        return session.wrong("", name, "missing_argument", usage=usage)
    if isinstance(fault, click.BadOptionUsage):
        return session.wrong(fault.option_name, fault.option_name, "option_needs_value", command=command)
    return session.wrong("", "", "usage", message=fault.format_message().rstrip("."), command=command)
