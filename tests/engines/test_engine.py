"""The engine that the command line names."""

from __future__ import annotations

import pytest

from forecast.engines import create_engine
from forecast.engines.dask import DaskEngine
from forecast.engines.processes import ProcessEngine
from forecast.engines.serial import SerialEngine


def test_one_worker_is_this_process() -> None:
    assert isinstance(create_engine(1), SerialEngine)
    assert isinstance(create_engine(2), ProcessEngine)


def test_the_name_of_an_engine_is_what_the_command_line_takes() -> None:
    joined = create_engine(2, "dask:tcp://10.0.0.5:8786")
    assert isinstance(joined, DaskEngine)
    assert joined.address == "tcp://10.0.0.5:8786"
    with pytest.raises(ValueError, match="ray"):
        create_engine(2, "ray")
