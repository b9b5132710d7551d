"""Jobs for engines, called as (data, number of the job); worker processes import them by name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from forecast.errors import InputError, Location, OutputError, Problem


def square(data: int, number: int) -> tuple[int, int]:
    """The number of the job, and its square times `data`; the first job is the slowest."""
    time.sleep(0.02 if number == 0 else 0)
    return number, data * number**2


def environment_variable(data: str, number: int) -> str | None:
    """The variable named `data` in the worker."""
    return os.environ.get(data)


def fail_at_third_job(data: str, number: int) -> int:
    """The number of the job; job 3 fails in the way that `data` names."""
    match data if number == 3 else "":
        case "die":
            os._exit(9)
        case "disk":
            raise OutputError("disk_full", path="x")
        case "input":
            raise InputError([Problem.of(Location("a.yaml", 2, 3), "at", "disk_full", path="y")])
        case "memory":
            raise MemoryError
    return number


def process_and_threads(data: int, number: int) -> tuple[int, str | None]:
    """Process id and OPENBLAS_NUM_THREADS of the worker."""
    time.sleep(0.05)
    return os.getpid(), os.environ.get("OPENBLAS_NUM_THREADS")


def send_half_of_an_answer(then: Callable[[], object]) -> bytes:
    """An answer that is sent half, in a worker."""
    send = Connection._send  # type: ignore[attr-defined]

    def send_half(self: Connection, buffer: memoryview, *arguments: object) -> None:
        is_answer = len(buffer) > 1_000
        send(self, buffer[: len(buffer) // 2] if is_answer else buffer, *arguments)
        if is_answer:
            then()

    Connection._send = send_half  # type: ignore[attr-defined]
    return bytes(100_000)
