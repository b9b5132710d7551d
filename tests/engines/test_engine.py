"""The engine that the command line names."""

from __future__ import annotations

import pytest

from forecast.engines import create_engine
from forecast.engines.dask import DaskEngine
from forecast.engines.processes import ProcessEngine
from forecast.engines.serial import SerialEngine


def test_one_worker_means_the_serial_engine() -> None:
    assert isinstance(create_engine(1), SerialEngine)
    assert isinstance(create_engine(2), ProcessEngine)


def test_engines_are_created_by_their_command_line_name() -> None:
    joined = create_engine(2, "dask:tcp://10.0.0.5:8786")
    assert isinstance(joined, DaskEngine)
    assert joined.address == "tcp://10.0.0.5:8786"
    with pytest.raises(ValueError, match="ray"):
        create_engine(2, "ray")
