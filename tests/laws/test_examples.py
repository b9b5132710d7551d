"""Examples in the docstrings of the public API: each name has some, and they print what they say."""

from __future__ import annotations

import doctest
import shutil
from pathlib import Path

import pytest

import forecast

BAKERY = Path(__file__).parents[1] / "support" / "bakery"


@pytest.fixture(scope="module")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plans that the examples read."""
    return shutil.copytree(BAKERY, tmp_path_factory.mktemp("examples") / "bakery")


@pytest.mark.parametrize("name", forecast.__all__)
def test_examples_print_what_they_say(name: str, bakery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bakery)
    example = doctest.DocTestParser().get_doctest(getattr(forecast, name).__doc__ or "", {}, name, None, 0)
    assert example.examples, f"{name} has no example"
    report: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=report.append)
    assert outcome.failed == 0, "".join(report)


def test_an_example_that_is_wrong_is_seen() -> None:
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner().run(wrong, out=lambda text: None).failed == 1
