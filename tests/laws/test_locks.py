"""The two locks: requirements.lock is what a user runs, requirements-dev.lock adds what tests and checks need."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.plans import ROOT

PYPROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS: Mapping[str, list[Any]] = PYPROJECT["dependency-groups"]
RUNTIME: list[str] = PYPROJECT["project"]["dependencies"]
CLUSTER: list[str] = PYPROJECT["project"]["optional-dependencies"]["cluster"]
DEVELOPMENT = [item for item in GROUPS["dev"] if isinstance(item, str)]
LOCKS = {
    "requirements.lock": [*RUNTIME, *GROUPS["build"]],
    "requirements-dev.lock": [*RUNTIME, *GROUPS["build"], *CLUSTER, *DEVELOPMENT],
}


def pins_of(lock: str) -> dict[str, list[str]]:
    """The hashes of each pin of a lock, by its line."""
    pins: dict[str, list[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        text = line.removesuffix("\\").strip()
        if text.startswith("--hash="):
            pins[list(pins)[-1]].append(text)
        elif not text.startswith("#"):
            pins[text] = []
    return pins


def names_of(requirements: Iterable[str]) -> list[str]:
    return [canonicalize_name(Requirement(text).name) for text in requirements]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_each_requirement_to_versions_that_the_project_allows(lock: str) -> None:
    pins = [Requirement(text) for text in pins_of(lock)]
    for text in LOCKS[lock]:
        required = Requirement(text)
        versions = [next(iter(pin.specifier)).version for pin in pins if names_of([str(pin)]) == names_of([text])]
        assert versions, text
        assert all(required.specifier.contains(version) for version in versions), (text, versions)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_versions_and_hashes_and_no_host(lock: str) -> None:
    for pin, hashes in pins_of(lock).items():
        assert [item.operator for item in Requirement(pin).specifier] == ["=="], pin
        assert hashes, pin
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")
    assert "--index" not in (ROOT / lock).read_text(encoding="utf-8")


def test_a_user_installs_no_tool_of_developers() -> None:
    assert set(names_of(pins_of("requirements.lock"))) & set(names_of([*CLUSTER, *DEVELOPMENT])) == set()


def test_the_development_lock_holds_the_user_lock_pin_for_pin() -> None:
    development = pins_of("requirements-dev.lock")
    assert {pin: development.get(pin) for pin in pins_of("requirements.lock")} == pins_of("requirements.lock")


def test_each_requirement_is_listed_once() -> None:
    listed = Counter(names_of([*RUNTIME, *CLUSTER, *GROUPS["build"], *DEVELOPMENT]))
    assert [name for name, count in listed.items() if count > 1] == []


def test_an_install_without_build_isolation_has_its_build_tools() -> None:
    assert set(PYPROJECT["build-system"]["requires"]) <= set(GROUPS["build"])
