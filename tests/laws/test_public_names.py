"""The public names and the version of the package."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import forecast
from forecast.files.fingerprint import environment_versions
from tests.support.plans import ROOT


def test_version_does_not_depend_on_installation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "forecast/_version.py"
    assert f"\n## {forecast.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert environment_versions()["forecast"] == forecast.__version__


PACKAGE = ROOT / "forecast"


def test_no_public_name_is_the_name_of_a_module() -> None:
    import forecast

    assert sorted(set(forecast.__all__) & set(modules())) == []


def test_every_public_name_exists() -> None:
    import forecast

    assert all(getattr(forecast, name) is not None for name in forecast.__all__)
    assert set(forecast.__all__) <= set(dir(forecast))
    with pytest.raises(AttributeError):
        _ = forecast.nothing_of_that_name


def modules() -> dict[str, Path]:
    files = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        files[name] = path
    return files
