"""Child processes of a test: their environment, and waiting for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.plans import ROOT


def wait_until_found(find: Callable[[], Any], seconds: float = 15) -> Any:
    """The first result of `find` that is not None."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (answer := find()) is not None:
            return answer
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def is_alive(process: int) -> bool:
    """Whether a process of this id runs and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def child_environment(folder: Path) -> dict[str, str]:
    """The environment of a child that imports this checkout and keeps its cache in `folder`."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "FORECAST_CACHE": str(folder / "cache"), "OPENBLAS_NUM_THREADS": "1"}


def wait_for(ready: Callable[[], bool], seconds: float = 60) -> None:
    """Return once `ready` holds."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)
