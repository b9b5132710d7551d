"""In a folder of reports only what this program wrote is replaced or removed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from forecast.errors import OutputError
from forecast.reports.index_page import render_index, write_index
from forecast.runs import ownership, repository
from tests.support.stored_runs import publish_example

DEAD_PROCESS = 2**22 + 1
"""No process has this number."""


def contents(folder: Path) -> dict[str, bytes | str]:
    """Each file with its bytes, each link with where it leads."""
    return {
        path.relative_to(folder).as_posix(): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


@pytest.mark.parametrize(
    "name", ["letter.docx", ".bashrc", "photos.tmp-4194000/a.jpg", "gallery/a.png", ".runs/mlflow.db"]
)
def test_a_folder_of_somebody_is_refused_untouched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="did not make") as caught:
        repository.prepare_reports(tmp_path, ("shop",))
    assert caught.value.code == "not_our_folder"
    assert contents(tmp_path) == {name: b"mine"}
    repository.prepare_reports(Path(caught.value.params["instead"]), ("shop",))  # the way out that is named


@pytest.mark.parametrize("name", [".DS_Store", "desktop.ini", ".gitignore", f".probe.0.tmp-{DEAD_PROCESS}"])
def test_a_folder_that_only_a_system_wrote_to_is_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    repository.prepare_reports(tmp_path, ("shop",))
    assert ownership.owns_runs(tmp_path)


def test_a_folder_of_an_earlier_version_is_ours(tmp_path: Path) -> None:
    publish_example(tmp_path, "aaaa1111")
    earlier = render_index(list(repository.all_runs(tmp_path)), ["aaaa1111"], "vi")
    signature = f"{ownership.INDEX_SIGNATURE}\n".encode()
    assert signature in earlier
    (tmp_path / "index.html").write_bytes(re.sub(b"<title[^>]*>", b"<title>", earlier.replace(signature, b"")))
    (tmp_path / "letter.docx").write_text("mine")
    (tmp_path / ".runs" / "aaaa1111-copy").mkdir()
    repository.prepare_reports(tmp_path, ("shop",))
    write_index(tmp_path)
    assert signature in (tmp_path / "index.html").read_bytes()
    assert (tmp_path / "letter.docx").read_text() == "mine"


def test_a_link_in_the_place_of_the_runs_is_refused(tmp_path: Path) -> None:
    publish_example(tmp_path / "others", "aaaa1111")
    (tmp_path / "reports").mkdir()
    os.symlink(tmp_path / "others" / ".runs", tmp_path / "reports" / ".runs")
    with pytest.raises(OutputError, match="did not make"):
        repository.prepare_reports(tmp_path / "reports", ("shop",))
    assert repository.prune_runs(tmp_path / "reports") == ()
    assert [run.run_id for run in repository.all_runs(tmp_path / "others")] == ["aaaa1111"]


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    publish_example(tmp_path / "reports", "aaaa1111")
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "reports" / ".runs" / ".lock").unlink(missing_ok=True)
    os.symlink(tmp_path / "mine", tmp_path / "reports" / ".runs" / ".lock")
    with pytest.raises(OutputError, match="did not make"):
        repository.prepare_reports(tmp_path / "reports", ("shop",))
    assert repository.prune_runs(tmp_path / "reports") == ()
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize("kind", ["file", "folder", "link to a file", "link to a folder", "dead link", "large file"])
def test_what_stands_at_the_place_of_a_report_stays(tmp_path: Path, kind: str) -> None:
    reports, mine = tmp_path / "reports", tmp_path / "mine"
    publish_example(reports, "aaaa1111", scenario="other")
    mine.mkdir()
    (mine / "letter.docx").write_text("mine")
    match kind:
        case "file":
            (reports / "shop").write_text("../mine\n")
        case "large file":
            (reports / "shop").write_text(".runs/aaaa1111" + "\n" * 1000)
        case "folder":
            (reports / "shop").mkdir()
        case "link to a file":
            os.symlink(mine / "letter.docx", reports / "shop")
        case "link to a folder":
            os.symlink(mine, reports / "shop")
        case "dead link":
            os.symlink("../gone", reports / "shop")
    before = contents(tmp_path)
    with pytest.raises(OutputError, match="did not make"):
        ownership.check_link(reports, "shop")
    with pytest.raises(OutputError, match="did not make"):
        publish_example(reports, "bbbb2222")
    assert before.items() <= contents(tmp_path).items()


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_an_index_of_somebody_stays(tmp_path: Path, kind: str) -> None:
    publish_example(tmp_path, "aaaa1111")
    publish_example(tmp_path, "bbbb2222")
    (tmp_path / "mine.html").write_text("<title>Runs</title>")
    match kind:
        case "file":
            (tmp_path / "index.html").write_text("<title>Runs</title>")
        case "link":
            os.symlink("mine.html", tmp_path / "index.html")
        case "folder":
            (tmp_path / "index.html").mkdir()
    before = contents(tmp_path)
    for step in (
        lambda: repository.prepare_reports(tmp_path, ("shop",)),
        lambda: write_index(tmp_path),
        lambda: repository.prune_runs(tmp_path),
    ):
        with pytest.raises(OutputError, match="did not make"):
            step()
    assert before.items() <= contents(tmp_path).items()


@pytest.mark.parametrize("name", ["con", "shop.", ".runs", "index.html", "INDEX.html", "..", "a/b"])
def test_names_that_no_link_may_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="may be called"):
        repository.prepare_reports(tmp_path, (name,))


def test_a_name_that_the_disk_does_not_take_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="too long"):
        repository.prepare_reports(tmp_path, ("x" * 256,))
    repository.prepare_reports(tmp_path, ("x" * 255,))


def test_left_overs_are_swept_where_we_write_them(tmp_path: Path) -> None:
    publish_example(tmp_path, "aaaa1111")
    ours = [f".shop.3.tmp-{DEAD_PROCESS}", f".runs/.bbbb2222.0.tmp-{DEAD_PROCESS}/report.html"]
    mine = [
        f"photos.tmp-{DEAD_PROCESS}/a.jpg",
        f".photos.0.tmp-{DEAD_PROCESS}/a.jpg",  # beside `.runs` we make no folder
        f".runs/.photos.0.tmp-{DEAD_PROCESS}/a.jpg",  # and in it none of another name
    ]
    for name in (*ours, *mine):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    repository.prepare_reports(tmp_path, ("shop",))
    assert [name for name in ours if (tmp_path / name).exists()] == []
    assert [name for name in mine if not (tmp_path / name).exists()] == []


@pytest.mark.parametrize(
    "text", ["../mine", "/etc", ".runs/../../mine", ".runs/", ".runs/aaaa1111/..", "C:\\x", ".runs/photos", "\0"]
)
def test_a_pointer_names_a_run_and_nothing_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "shop").write_text(text)
    assert ownership.linked_run_id(tmp_path / "shop") == ""
    assert ownership.follow_pointer(tmp_path / "shop" / "manifest.json") == tmp_path / "shop" / "manifest.json"


def test_a_pointer_is_followed_to_the_files_of_its_run(tmp_path: Path) -> None:
    (tmp_path / "plan.v2").write_text(".runs/aaaa1111\n")
    manifest = tmp_path / ".runs" / "aaaa1111" / "manifest.json"
    assert ownership.follow_pointer(tmp_path / "plan.v2" / "manifest.json") == manifest
    assert ownership.follow_pointer(tmp_path / "plan.v2") == manifest.parent
    assert ownership.follow_pointer(tmp_path) == tmp_path
