"""Errors that the program raises."""

from __future__ import annotations

import pytest

from forecast.errors import InputError


def test_an_input_error_without_a_problem_cannot_be_made() -> None:
    """An error without a problem would end a command without a word."""
    with pytest.raises(ValueError, match="without a problem"):
        InputError([])
