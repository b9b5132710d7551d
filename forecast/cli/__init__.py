"""The command line: a table of commands, each loaded when it is called.

Nothing is for other packages but `main`. It alone turns errors into exit codes: 0 done, 1 our bug, 2 wrong input, 3 a
check said no, 4 not written or not readable, 130 and 143 on signals.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from click.shell_completion import shell_complete

from forecast.cli.errors import handle_error, silence_stdout
from forecast.cli.group import CommandGroup
from forecast.cli.output import prepare_streams
from forecast.cli.session import Session
from forecast.cli.signals import raise_on_signals

__all__ = ["main"]

COMMANDS = {
    "run": "forecast.cli.commands.run:run_command",
    "compare": "forecast.cli.commands.compare:compare_command",
    "seek": "forecast.cli.commands.seek:seek_command",
    "sensitivity": "forecast.cli.commands.sensitivity:sensitivity_command",
    "triggers": "forecast.cli.commands.triggers:triggers_command",
    "stress": "forecast.cli.commands.stress:stress_command",
    "bridge": "forecast.cli.commands.bridge:bridge_command",
    "check": "forecast.cli.commands.check:check_command",
    "backtest": "forecast.cli.commands.backtest:backtest_command",
    "schema": "forecast.cli.commands.schema:schema_command",
    "list": "forecast.cli.commands.list_runs:list_command",
    "lock": "forecast.cli.commands.lock:lock_command",
    "roll": "forecast.cli.commands.roll:roll_command",
    "verify": "forecast.cli.commands.verify:verify_command",
    "score": "forecast.cli.commands.score:score_command",
    "excel": "forecast.cli.commands.excel:excel_command",
    "new": "forecast.cli.commands.new:new_command",
    "data": "forecast.cli.commands.data:data_command",
}
"""Name -> `module:function`."""
COMPLETION_VARIABLE = "_FORECAST_COMPLETE"
"""Set by the script of a shell that completes a command line, as click names it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What is typed after `forecast`; the arguments of the process by default.

    Returns
    -------
    int
        The exit code.
    """
    for library in ("OPENBLAS", "OMP", "MKL"):  # one thread: many small fits, and forks that must be safe
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    prepare_streams()
    typed = list(sys.argv[1:] if arguments is None else arguments)
    session = Session.from_arguments(typed)
    code = 0
    try:
        with raise_on_signals():
            session.require_bounded()
            commands = CommandGroup("forecast", COMMANDS)
            if instruction := os.environ.get(COMPLETION_VARIABLE):
                return shell_complete(commands, {"obj": session}, "forecast", COMPLETION_VARIABLE, instruction)
            with commands.make_context("forecast", typed, obj=session) as context:
                commands.invoke(context)
            if sys.stdout is not None:
                sys.stdout.flush()
    except BaseException as fault:
        code = handle_error(fault, session)
    silence_stdout()
    return code
