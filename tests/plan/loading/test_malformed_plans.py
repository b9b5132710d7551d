"""Malformed files: each is answered in time, with a place and a way out, and never with a traceback."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.i18n import LANGUAGES
from forecast.plan.loading.loader import read, read_text
from tests.support.plan_texts import SMALL_PLAN, problems_in
from tests.support.plans import ROOT

SECONDS = 5.0


TEXTS = {
    "alias bomb": ("a: &a [x, x]\nb: &b [*a, *a]\n", "a.yaml:1:4: a: anchors such as '&a' are not allowed"),
    "merge": ("a:\n  <<: {x: 1}\n", "a.yaml:2:3: a: '<<' is not allowed"),
    "depth 500": ("a: " + "[" * 500 + "]" * 500, "a.yaml:1:67: more than 64 levels"),
    "depth 100,000": ("[" * 100_000, "a.yaml:1:65: more than 64 levels"),
    "deep block": ("\n".join(" " * i + "a:" for i in range(200)), "a.yaml:65:65: more than 64 levels"),
    "deep dashes": ("- " * 20_000, "more than 64 levels"),
    "python tag": ("a: !!python/object/apply:os.system [ls]\n", "a.yaml:1:4: a: tags are not allowed"),
    "include": ("a: !include /etc/hostname\n", "a.yaml:1:4: a: tags are not allowed"),
    "int tag": ("paths: !!int foo\n", "tags are not allowed"),
    "empty timestamp": ("as_of: !!timestamp\n", "tags are not allowed"),
    "binary": ("name: !!binary '%%%'\n", "tags are not allowed"),
    "duplicate key": (f"{SMALL_PLAN}name: again\n", "a.yaml:6:1: name: 'name' is written twice, first on line 1"),
    "duplicate nested key": (
        f"{SMALL_PLAN}    baseline: {{}}\n",
        "a.yaml:6:5: services.postal.baseline: 'baseline' is written twice, first on line 5",
    ),
    "underscore": (f"{SMALL_PLAN}paths: 1_000\n", "a.yaml:6:8: paths: '1_000' is not a whole number"),
    "octal": (f"{SMALL_PLAN}paths: 0o12\n", "'0o12' is not a whole number"),
    "leading zero": (f"{SMALL_PLAN}paths: 012\n", "'012' is not a whole number"),
    "too large": (
        f"{SMALL_PLAN}    baseline: {{method: given, annual: 1e150 VND}}\n",
        "'1e150 VND' is larger than anything that is planned; write at most 1e+30",
    ),
    "too large a share": (f"{SMALL_PLAN}    growth: 1e300%\n", "'1e300%' is larger than anything that is planned"),
    "no services": (
        "name: a\nhorizon: {from: 2026-01, months: 12}\nservices: {}\n",
        "services: is empty; write at least one",
    ),
    "no paths": (f"{SMALL_PLAN}paths: 0\n", "'0' is not a whole number from 100 to"),
    "many paths": (f"{SMALL_PLAN}paths: 1000000000000\n", "is not a whole number from 100 to"),
    "long integer": (f"{SMALL_PLAN}seed: {'9' * 5000}\n", "a.yaml:6:7: seed: "),
    "not a number": (f"{SMALL_PLAN}    growth: .nan\n", "'.nan' is not a number"),
    "infinite": (f"{SMALL_PLAN}    growth: .inf\n", "'.inf' is not a number"),
    "impossible date": (f"{SMALL_PLAN}as_of: 2020-99-99\n", "a.yaml:6:8: as_of: '2020-99-99' is not a date"),
    "date for a month": (
        SMALL_PLAN.replace("2021-01", "2021-01-31"),
        "a.yaml:2:17: horizon.from: '2021-01-31' is a day; write its month '2021-01'",
    ),
    "epoch": (f"{SMALL_PLAN}as_of: 1583020800\n", "'1583020800' is not a date"),
    "year 0": (SMALL_PLAN.replace("2021-01", "0000-01"), "is not a month of 1900 to 2200"),
    "no month": (SMALL_PLAN.replace("12}", "0}"), "horizon.months: '0' is not a whole number from 1 to 120"),
    "list as key": ("[a, b]: 3\n", "a.yaml:1:1: a key is a list or a map"),
    "tab": ("a:\n\tb: 3\n", "a.yaml:2:1: a tab stands here"),
    "equals": (f"{SMALL_PLAN}as_of: =\n", "'=' has a meaning of its own in YAML; quote it"),
    "two documents": (f"{SMALL_PLAN}---\nname: b\n", "a.yaml:6:1: a second document begins"),
    "empty": ("", "a.yaml:1:1: an empty plan"),
    "comment alone": ("# nothing\n", "a.yaml:1:1: an empty plan"),
    "scalar": ("hello\n", "a.yaml:1:1: expected a map of keys"),
    "list": ("- a\n", "a.yaml:1:1: expected a map of keys"),
    "unknown alias": ("name: *x\n", "aliases such as '*x' are not allowed"),
    "open quote": ("name: 'x\n", "not YAML here"),
    "too many nodes": ("a: [" + "1," * 30_000 + "]\n", "more than 20000 keys and values"),
    "NUL": ("a: \x00\n", "a.yaml:1:4: the invisible character U+0000 stands here"),
    "escape": ("a: \x1b[0m\n", "a.yaml:1:4: the invisible character U+001B stands here"),
    "absolute path": ("extends: /etc/hostname\n", "a.yaml:1:10: extends: '/etc/hostname' may lie outside the project"),
    "home": ("extends: ~/plan.yaml\n", "may lie outside the project"),
    "address": ("extends: https://example.com/plan.yaml\n", "may lie outside the project"),
    "file address": ("extends: file:plan.yaml\n", "may lie outside the project"),
    "climbing path": ("extends: ../../../etc/hostname\n", "may lie outside the project"),
    "history outside": (f"{SMALL_PLAN}history: ../../secret.csv\n", "may lie outside the project"),
    "history absent": (f"{SMALL_PLAN}history: absent.csv\n", "there is no file"),
    "too many names correlated": (
        f"{SMALL_PLAN}correlations: {{x: {{between: [{', '.join(f'a{i}' for i in range(5000))}], rank: 0.3}}}}\n",
        "more than 200 names in all correlations",
    ),
    "extends itself": ("extends: a.yaml\n", "goes in a circle: a.yaml -> a.yaml"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_malformed_text_is_rejected_with_its_position_in_time(tmp_path: Path, case: str) -> None:
    text, sentence = TEXTS[case]
    (tmp_path / "scenarios").mkdir()
    plan = tmp_path / "scenarios" / "a.yaml"
    plan.write_bytes(text.encode())
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        read(plan)
    assert time.process_time() - start < SECONDS
    problems = [problem.message("en").replace(f"{plan.parent.as_posix()}/", "") for problem in caught.value.problems]
    assert any(sentence in line for line in problems), problems


SERVICES = "".join(f"  s{i}: {{growth: 1% to 2%, baseline: {{method: given, annual: 5 tỷ}}}}\n" for i in range(1200))


HEAD = "name: large\nhorizon: {from: 2021-01, months: 12}\nservices:\n"


ONE_SERVICE = "  a: {baseline: {method: given, annual: 5 tỷ}}\n"


LARGE = {
    "cases of a large plan": HEAD + SERVICES + "cases:\n" + "".join(f"  r{i}: {{paths: {i + 5}}}\n" for i in range(40)),
    "every number wrong": HEAD + SERVICES.replace("1% to 2%", "26"),
    "every name wrong": HEAD
    + SERVICES
    + f"stated: {{2020: {{services: {{{', '.join(f'z{i}: 3 tỷ' for i in range(900))}}}}}}}\n",
    "needs of needs": HEAD
    + ONE_SERVICE
    + "initiatives:\n"
    + "".join(
        f"  i{i}: {{start: 2021-01, needs: [{', '.join(f'i{j}' for j in range(100) if j != i)}], effect: {{}}}}\n"
        for i in range(100)
    ),
    "links to nothing": HEAD + SERVICES.replace("1% to 2%", "{same_as: services.none.growth}"),
    "impossible correlations": HEAD
    + SERVICES
    + f"correlations: {{k: {{between: [{', '.join(f'services.s{i}' for i in range(200))}], rank: -0.5}}}}\n",
}


@pytest.mark.parametrize("case", LARGE)
def test_a_large_plan_is_rejected_in_time(tmp_path: Path, case: str) -> None:
    start = time.process_time()
    assert 1 <= len(problems_in(LARGE[case], tmp_path)) <= 100
    assert time.process_time() - start < SECONDS


BYTES = {
    "TCVN3": ("name: KÕ ho¹ch cña §¬n vÞ\n".encode("latin-1"), "it looks like TCVN3"),
    "Windows-1258": (b"name: K\xea\xec ho\xe2\xf2ch c\xf9a \xf0\xf5n v\xf2\n", "it looks like Windows-1258"),
    "Latin": (b"name: caf\xe9 au lait\n", "it looks like Windows-1252"),
    "UTF-16 without a mark": (SMALL_PLAN.encode("utf-16-le"), "it looks like UTF-16"),
    "3.4 MB of keys": (b"".join(b"k%d: 1\n" % i for i in range(300_000)), "is too large"),
    "50 MB scalar": (b"a: " + b"x" * 50_000_000, "is too large"),
}


@pytest.mark.parametrize("case", BYTES)
def test_bytes_that_are_no_plan_are_rejected_by_encoding(tmp_path: Path, case: str) -> None:
    content, sentence = BYTES[case]
    (tmp_path / "a.yaml").write_bytes(content)
    start = time.process_time()
    with pytest.raises(InputError, match=sentence):
        read(tmp_path / "a.yaml")
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_plan_with_a_byte_order_mark_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.yaml").write_bytes(SMALL_PLAN.encode(encoding))
    assert read(tmp_path / "a.yaml").name.en == "a small plan"


def test_yes_and_no_are_names_like_any_other(tmp_path: Path) -> None:
    assert problems_in(SMALL_PLAN.replace("postal", "no"), tmp_path) == []


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    folder = tmp_path / "project" / "scenarios"
    folder.mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text(SMALL_PLAN)
    os.mkfifo(folder / "fifo.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    for name in ("fifo", "folder", "link"):
        (folder / f"child-of-{name}.yaml").write_text(f"extends: {name}.yaml\n")
    for name, sentence in (
        ("fifo", "not a regular file"),
        ("folder", "not a regular file"),
        ("link", "outside the project"),
    ):
        for plan in (f"{name}.yaml", f"child-of-{name}.yaml"):
            with pytest.raises(InputError, match=sentence):
                read(folder / plan)
    for plan in ("/dev/zero", "/dev/null", "."):
        with pytest.raises(InputError, match="not a regular file"):
            read(plan)


def test_deep_or_circular_parents_are_shown(tmp_path: Path) -> None:
    for i in range(50):
        (tmp_path / f"c{i}.yaml").write_text(f"extends: c{i + 1}.yaml\n")
    with pytest.raises(InputError, match=r"more than 16 generations: c0.yaml -> c1.yaml -> .* -> c17.yaml"):
        read(tmp_path / "c0.yaml")
    (tmp_path / "x.yaml").write_text("extends: [y.yaml]\n")
    (tmp_path / "y.yaml").write_text("extends: x.yaml\n")
    with pytest.raises(InputError, match=r"circle: x.yaml -> y.yaml -> x.yaml"):
        read(tmp_path / "x.yaml")


WORDS = ["a", "name", "services", "postal", "growth", "null", "5%", "0% to 9%", "pert(1%, 2%", ")", "same_as", "value"]


WORDS += ["cases", "extends", "shocks", "kind"]


SIGNS = ["{", "}", "[", "]", ":", ": ", ",", "- ", "? ", "&a ", "*a", "!x ", "!!int ", "|", ">", "'", '"', "#", " #"]


SIGNS += ["---\n", "...\n", "%YAML 1.1\n", "<<", "=", "~", "\t", "\\", "\u2028", "\x85", "\n", "\n  ", "\n    "]


PIECES = st.sampled_from(WORDS + SIGNS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode())))
def test_any_bytes_are_a_plan_or_an_input_error(tmp_path: Path, content: bytes) -> None:
    plan = tmp_path / "a.yaml"
    plan.write_bytes(content)
    try:
        read(plan)
    except InputError as caught:
        for language in LANGUAGES:
            for problem in caught.problems:
                assert problem.message(language)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.data())
def test_any_small_change_of_a_shipped_plan_is_a_plan_or_an_input_error(tmp_path: Path, data: st.DataObject) -> None:
    text = SHOP_CHAIN
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 12))
    piece = data.draw(st.one_of(PIECES, st.text(max_size=5)))
    problems = problems_in(text[:at] + piece + text[at + cut :], tmp_path)
    assert all(line for line in problems)


SHOP_CHAIN = (
    (ROOT / "scenarios" / "shop-chain.yaml").read_text(encoding="utf-8").replace("history: ../data/shop-chain.csv", "#")
)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("Sold\n1 tỷ\n2 tỷ\n", ""),
        ("sold,year\n1 tỷ,2019\n2 tỷ\n", "years.csv:3:5: this cannot be read as a CSV; close every quote"),
        ('sold\n"1 tỷ\n2 tỷ\n', "years.csv:2:1: this cannot be read as a CSV; close every quote"),
        ("", "years.csv:1:1: this cannot be read as a CSV"),
        ("solt,year\n1 tỷ,2019\n", "years.csv has no column 'sold'; did you mean 'solt'?"),
        ("sold,year\n1 tỷ,2019\n,2020\n", "column 'sold' of years.csv has a gap in row 3"),
        ("sold\n1 tỷ\n", "column 'sold' of years.csv has 1 values; write 2 to 100000"),
        (None, "there is no file 'years.csv'"),
    ],
)
def test_a_column_that_cannot_be_drawn_from_is_named(tmp_path: Path, rows: str | None, sentence: str) -> None:
    if rows is not None:
        (tmp_path / "years.csv").write_text(rows)
    number = 'b: {baseline: {method: given, annual: "empirical(years.csv, sold)"}}'
    problems = "\n".join(problems_in(f"{SMALL_PLAN}  {number}\n", tmp_path))
    assert sentence in problems
    assert bool(problems) == bool(sentence)


def test_a_deep_name_is_refused() -> None:
    for overrides in ({"a." * 5000 + "b": "1"}, {"a": nested(5000)}):
        with pytest.raises(InputError) as refused:
            read_text(SMALL_PLAN, set=overrides)
        assert refused.value.problems[0].code == "too_deep"


def nested(depth: int) -> object:
    """Mappings inside each other."""
    value: object = "1"
    for _ in range(depth):
        value = {"a": value}
    return value
