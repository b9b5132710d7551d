"""Commands of `forecast` as processes forked from a warm one: a true process with its group, without its imports."""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast.cli import main as run_command_line

__all__ = ["CommandEnding", "ForkedCommand", "in_lanes", "merge_counts", "run_forked", "warm_up"]

CRASHED_CODE = 99
"""Exit code of a child whose command raised out of `main`."""
WARM_MODULES = (
    "forecast.workflows.run",
    "forecast.workflows.compare",
    "forecast.workflows.backtest",
    "forecast.simulation.simulate",
    "forecast.timeseries.baseline",
    "forecast.timeseries.checks",
    "forecast.reports.html_page",
    "forecast.reports.pdf_page",
    "forecast.reports.compare",
    "forecast.reports.backtest",
    "forecast.plan.json_schema",
    "filelock",
    "statsmodels.tsa.api",
)
"""Modules that commands import inside functions."""


@dataclass(frozen=True)
class CommandEnding:
    """End of a command: code, output and resources."""

    code: int
    """Exit code; negative for the number of a signal."""
    out: str
    err: str
    cpu_seconds: float
    """CPU time of the process and of its children."""
    peak_bytes: int
    """Largest resident memory."""

    @property
    def complaints(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


def warm_up() -> None:
    """Import what commands use, so that a fork has it."""
    from importlib import import_module

    for name in WARM_MODULES:
        import_module(name)


@dataclass
class ForkedCommand:
    """One command, from its start in a process group of its own to its end."""

    arguments: Sequence[str]
    folder: Path
    """Working folder."""
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    """Called in the child before the command."""
    encoding: str = "utf-8"
    """Encoding of its standard output and error."""
    pid: int = 0
    status: int | None = None

    def start(self) -> ForkedCommand:
        """Fork; the child runs the command and ends."""
        self._streams = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115 - `wait` closes them
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._run_child()
        with suppress(OSError):  # the child has done it already
            os.setpgid(self.pid, self.pid)
        return self

    def _run_child(self) -> None:
        code = CRASHED_CODE
        try:
            gc.freeze()  # collections leave the objects of the parent alone
            with suppress(OSError):
                os.setpgid(0, 0)
            os.chdir(self.folder)
            os.environ.update(self.environment)
            for descriptor, stream in enumerate(self._streams):
                os.dup2(stream.fileno(), descriptor)
            sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
            sys.stdout = open(1, "w", encoding=self.encoding, closefd=False)  # noqa: SIM115
            sys.stderr = open(2, "w", encoding=self.encoding, closefd=False)  # noqa: SIM115
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            self.prepare()
            code = run_command_line(list(self.arguments))
            for opened in filter(None, (sys.stdout, sys.stderr)):  # None where `prepare` closed it
                opened.flush()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)

    def has_ended(self) -> bool:
        """Return whether it has ended by now."""
        if self.status is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.status, self._usage = status, usage
        return self.status is not None

    def kill(self) -> bool:
        """End its whole group by SIGKILL; whether that, and nothing before it, ended the command."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.wait().code == -signal.SIGKILL

    def wait(self) -> CommandEnding:
        """Wait for its end."""
        if self.status is None:
            _, self.status, self._usage = os.wait4(self.pid, 0)
        texts = []
        for stream in self._streams:
            if not stream.closed:
                stream.seek(0)
                texts.append(stream.read().decode(self.encoding, errors="replace"))
                stream.close()
        if len(texts) == 3:
            self._texts = texts
        usage = self._usage
        return CommandEnding(
            os.waitstatus_to_exitcode(self.status),
            self._texts[1],
            self._texts[2],
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * 1024,
        )


def run_forked(arguments: Sequence[str | Path], folder: Path, **more: Any) -> CommandEnding:
    """Run a command in a forked process to its end; `more` goes to ForkedCommand."""
    return ForkedCommand([str(argument) for argument in arguments], folder, **more).start().wait()


def in_lanes(work: Callable[[int], dict[str, Any]], lanes: int) -> list[dict[str, Any]]:
    """Call `work` with the number of each lane in as many forked processes; their answers, which are JSON, in order."""
    if lanes == 1:
        return [work(0)]
    answers = [tempfile.TemporaryFile() for _ in range(lanes)]  # noqa: SIM115 - closed below
    children = []
    for lane, answer in enumerate(answers):
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                answer.write(json.dumps(work(lane)).encode())
                answer.flush()
                code = 0
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if any(codes):
        raise RuntimeError(f"a lane ended with {codes}")
    results = []
    for answer in answers:
        with answer:
            answer.seek(0)
            results.append(json.loads(answer.read()))
    return results


def merge_counts(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The answers of several lanes as one: numbers added, lists joined, tables merged."""
    merged: dict[str, Any] = {}
    for result in results:
        for key, value in result.items():
            if isinstance(value, Mapping):
                merged[key] = merge_counts([merged.get(key, {}), value])
            elif isinstance(value, list):
                merged[key] = [*merged.get(key, []), *value]
            else:
                merged[key] = merged.get(key, 0) + value
    return merged


def wait_until_reached(reached: Callable[[], bool], command: ForkedCommand, seconds: float) -> bool:
    """Wait for a moment, the end of the command or the end of the time; whether the command has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not command.has_ended() and not reached():
        time.sleep(0.0005)
    return command.has_ended()
