"""The language of a plan is found from its text, in bounded time, whatever the text is."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.cli import session
from forecast.cli.session import Session


def language_of(plan: Path) -> str:
    session_of_call = Session(())
    session_of_call.use_plan_language(str(plan))
    return session_of_call.language


@pytest.mark.parametrize(
    "extends",
    ["extends: parent.yaml", "extends: [other.yml, 'parent.yaml']", "extends:\n  - other.yml\n  - parent.yaml"],
)
def test_a_plan_speaks_the_language_of_its_parents(tmp_path: Path, extends: str) -> None:
    (tmp_path / "parent.yaml").write_text("name: x\nlanguage: vi # Vietnamese\n")
    (tmp_path / "plan.yaml").write_text(f"{extends}\nname: language: en\n")
    assert language_of(tmp_path / "plan.yaml") == "vi"


def test_plans_that_extend_each_other_are_read_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"p{number}.yaml" for number in range(12)]
    for name in names:
        (tmp_path / name).write_text(f"extends: [{', '.join(names)}]\n")
    reads: list[Path] = []
    read = session.read_regular_file
    monkeypatch.setattr(
        session, "read_regular_file", lambda path, *others: (reads.append(path), read(path, *others))[1]
    )
    assert language_of(tmp_path / names[0]) == "en"
    assert len(reads) == len(names)


@pytest.mark.parametrize("text", ["a" * 150_000, "[ " * 75_000, "a.yaml," * 20_000, "'\"" * 75_000])
def test_no_text_takes_long(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.yaml").write_text(f"extends: {text}\n")
    assert language_of(tmp_path / "plan.yaml") == "en"
