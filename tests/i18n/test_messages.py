"""Every message stands in both languages, with the same placeholders, and every code has its message."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from forecast import i18n
from forecast.i18n import LANGUAGES, message_catalog
from tests.support.plans import ROOT
from tests.support.source_tree import parse_module

FORECAST = ROOT / "forecast"


UNEQUAL_BY_LANGUAGE = {"period_month", "month_alone"}
"""English names its months where Vietnamese numbers them."""


def placeholders(sentence: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(sentence) if name})


def test_every_message_has_the_same_placeholders_in_both_languages() -> None:
    wrong = [
        key
        for key, texts in message_catalog().items()
        if key not in UNEQUAL_BY_LANGUAGE
        if set(texts) != set(LANGUAGES) or len({tuple(placeholders(texts[language])) for language in LANGUAGES}) != 1
    ]
    assert wrong == []


CODE_PATTERN = re.compile(
    r"(?:QuantityError|refuse|\.complain|\.missing|InputError\.of|Problem\.of|PydanticCustomError)"
    r"\((?:[^()\"]|\([^()]*\)|\"\")*?\"([a-z_0-9]+)\"",
    re.S,
)


CONDITIONAL_CODE = re.compile(r"code = \"([a-z_]+)\" if .* else \"([a-z_]+)\"")


FAMILIES = ("share", "change", "effect", "amount")


def codes_raised() -> set[str]:
    codes: set[str] = set()
    folders = ("plan", "plan/checks", "plan/loading", "files")
    files = [FORECAST / "units.py", *(file for folder in folders for file in (FORECAST / folder).glob("*.py"))]
    for file in files:
        text = file.read_text(encoding="utf-8")
        codes |= {code for code in CODE_PATTERN.findall(text) if "_" in code}
        codes |= {code for pair in CONDITIONAL_CODE.findall(text) for code in pair}
    out_of_bounds = {f"{family}_out_of_bounds" for family in FAMILIES}
    return codes | out_of_bounds | {f"{family}_touches_bound" for family in FAMILIES if family != "effect"}


def test_every_problem_code_has_a_message() -> None:
    silent = {"same_as_is_wrong"}  # reported where the other number stands
    codes = codes_raised()
    assert len(codes) > 80
    lacking = {code for code in codes if code not in message_catalog() and f"{code}_near" not in message_catalog()}
    assert lacking - silent - {"at_least", "at_most"} == set()


def test_placeholders_differ_only_in_the_parts_of_a_month() -> None:
    for key, sentence in message_catalog().items():
        assert set(sentence) == set(LANGUAGES), key
        facts = [{name for _, name, _, _ in Formatter().parse(sentence[language]) if name} for language in LANGUAGES]
        allowed = facts[0] ^ facts[1]
        assert allowed <= {"name", "month", "year"}, key


def test_every_message_that_reports_use_exists() -> None:
    sources = [
        *ROOT.glob("forecast/reports/**/*.py"),
        *ROOT.glob("forecast/reports/templates/*"),
        ROOT / "forecast/i18n/amounts.py",
    ]
    asked = {
        key
        for path in sources
        if path.is_file()
        for key in re.findall(r'\b(?:t|words)\(\s*"([a-z_0-9]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 100
    assert asked <= set(message_catalog())


CODE_POSITIONS = {
    "of": 2,
    "input_error": 2,
    "problem": 2,
    "QuantityError": 0,
    "PydanticCustomError": 0,
    "field_error": 0,
    "InvalidValue": 0,
    "OutputError": 0,
    "CheckError": 0,
}
"""Functions that raise or report a code, and the place of the code among their arguments."""


def calls_with_a_code(tree: ast.AST) -> Iterator[tuple[str, set[str] | None]]:
    """Each code that is written out in a call, and the names of its parameters; None where they come from a dict."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        place = CODE_POSITIONS.get(function, len(call.args))
        if place >= len(call.args):
            continue
        code = call.args[place]
        names = {keyword.arg for keyword in call.keywords}
        for branch in (code.body, code.orelse) if isinstance(code, ast.IfExp) else (code,):
            if isinstance(branch, ast.Constant) and isinstance(branch.value, str):
                is_open = None in names or function == "PydanticCustomError"
                yield branch.value, None if is_open else {name for name in names if name}


def test_every_code_of_every_module_has_its_sentence_and_its_parameters() -> None:
    catalog, lacking, count = message_catalog(), [], 0
    for file in FORECAST.rglob("*.py"):
        for code, names in calls_with_a_code(parse_module(file)):
            count += 1
            if code == "same_as_is_wrong":  # reported where the other number stands
                continue
            if code not in catalog or (names is not None and not set(placeholders(catalog[code]["en"])) <= names):
                lacking.append((file.name, code))
    assert count > 200
    assert lacking == []


def test_a_table_is_read_when_a_sentence_is_in_none_before_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tables = {"first": "a", "second": "b", "third": "b"}
    for table, key in tables.items():
        english = "z" if table == "third" else "x"
        (tmp_path / f"{table}.toml").write_text(f"[{key}]\nen = '{english}'\nvi = 'y'\n", encoding="utf-8")
    monkeypatch.setattr(i18n, "_MESSAGES_FOLDER", tmp_path)
    monkeypatch.setattr(i18n, "MESSAGE_TABLES", (*tables, "absent"))
    catalog = message_catalog.__wrapped__()
    assert (catalog["a"]["en"], catalog["b"]["vi"]) == ("x", "y")
    with pytest.raises(ValueError, match=r"third\.toml repeats the key b"):
        catalog.get("c")
