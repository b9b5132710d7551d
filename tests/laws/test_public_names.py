"""The public names of the package."""

from __future__ import annotations

from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "forecast"


def test_no_public_verb_has_the_name_of_a_module() -> None:
    import forecast

    assert sorted(set(forecast.__all__) & set(modules())) == []


def test_every_public_name_is_there() -> None:
    import forecast

    assert all(getattr(forecast, name) is not None for name in forecast.__all__)
    assert set(forecast.__all__) <= set(dir(forecast))
    with pytest.raises(AttributeError):
        _ = forecast.nothing_of_that_name


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        found[name] = path
    return found
