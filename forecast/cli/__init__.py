"""The command line: a table of words, each the name of a function that is loaded when it is called.

`main` alone turns errors into exit codes: 0 done, 1 our fault, 2 wrong input, 3 a check said no, 4 not written or not
readable, 130 and 143 on signals.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from forecast.cli.errors import exit_code_of, silence_stdout
from forecast.cli.group import Commands
from forecast.cli.session import Session
from forecast.cli.signals import listening

COMMANDS = {
    "run": "forecast.cli.commands.run:run",
    "compare": "forecast.cli.commands.compare:compare",
    "check": "forecast.cli.commands.check:check",
    "backtest": "forecast.cli.commands.backtest:backtest",
    "schema": "forecast.cli.commands.schema:schema",
    "list": "forecast.cli.commands.list_runs:list_runs",
    "verify": "forecast.cli.commands.verify:verify",
    "new": "forecast.cli.commands.new:new",
    "data": "forecast.cli.commands.data:data",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `arguments` (those of the process by default); the exit code."""
    for library in ("OPENBLAS", "OMP", "MKL"):  # one thread: many small fits, and forks that must be safe
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    typed = list(sys.argv[1:] if arguments is None else arguments)
    session = Session.of(typed)
    code = 0
    try:
        with listening():
            commands = Commands("forecast", COMMANDS)
            with commands.make_context("forecast", typed, obj=session) as context:
                commands.invoke(context)
            if sys.stdout is not None:
                sys.stdout.flush()
    except BaseException as fault:
        code = exit_code_of(fault, session)
    silence_stdout()
    return code
