"""Tables as people and spreadsheets write them: read where there is one reading, else answered with a way out."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError, Problem
from forecast.files.characters import FORBIDDEN_CHARACTERS, single_line
from forecast.files.csv import CsvFile, read_csv
from forecast.files.csv_numbers import decimal_mark, number_notes, parse_number_cell


def write_table(folder: Path, text: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read_rows(folder: Path, text: str | bytes) -> list[list[str]]:
    problems: list[Problem] = []
    table = read_csv(write_table(folder, text), problems)
    assert problems == []
    return [[cell.text for cell in row.values()] for row in table.rows]


def read_numbers(table: CsvFile, column: str) -> tuple[list[float], list[str]]:
    """The numbers of a column, and the codes of its problems."""
    problems: list[Problem] = []
    mark = decimal_mark(table, column)
    values = [parse_number_cell(row[column], column, problems, mark) for row in table.rows]
    return values, [problem.code for problem in problems]


TABLE = "a,b\n1,x\n2,y\n"


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        "sep=;\n" + TABLE.replace(",", ";"),
        "sep=,\n" + TABLE,
        "SEP=;\n" + TABLE.replace(",", ";"),
        '"sep=;"\n' + TABLE.replace(",", ";"),
        "sep=;;\n" + TABLE.replace(",", ";"),
        TABLE.replace(",", "|"),
        'a|b\n"1"|x\n2|"y"\n',
        "\n,,\n" + TABLE + ",\n\n",
        "a,b,,\n1,x,,\n,,,\n2,y,,\n",
        TABLE.encode("utf-8-sig"),
        "\ufeff".encode("utf-16-le") + TABLE.replace(",", "\t").encode("utf-16-le"),
        "\ufeff".encode("utf-16-be") + TABLE.replace(",", ";").encode("utf-16-be"),
        'a,b\n"1",x\n 2 ,"y"\n',
    ],
)
def test_exports_of_spreadsheets_are_read(tmp_path: Path, text: str | bytes) -> None:
    assert read_rows(tmp_path, text) == [["1", "x"], ["2", "y"]]


def test_a_field_knows_its_place_below_a_separator_line(tmp_path: Path) -> None:
    table = read_csv(write_table(tmp_path, "sep=;\n\na;b\n\n1;xy\n"), [])
    location = table.rows[0]["b"].location
    assert (location.line, location.column) == (5, 3)


@pytest.mark.parametrize("service", ["banh", "bánh"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_called_so(tmp_path: Path, encoding: str, service: str) -> None:
    with pytest.raises(InputError) as refused:
        read_csv(write_table(tmp_path, f"month;service\n2022-01;{service}\n".encode(encoding)), [])
    (problem,) = refused.value.problems
    assert (problem.code, dict(problem.params)["encoding"]) == ("not_utf8", "UTF-16")


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ("Báo cáo doanh thu năm 2025\n{}", 2),
        ("Báo cáo doanh thu;;;\n;;;\nĐơn vị: đồng;;;\n{}", 4),
        ("sep=;\nBáo cáo; doanh thu; năm; 2025; quý 1\n{}", 3),
    ],
)
@pytest.mark.parametrize("header", ["month;service;revenue;status", '"Tháng";Dịch vụ;Doanh thu;Trạng thái'])
def test_a_title_above_the_header_is_one_problem_with_the_row_of_the_header(
    tmp_path: Path, rows: str, row: int, header: str
) -> None:
    text = rows.format(header) + "\n2025-01;a;1;actual\n"
    problems: list[Problem] = []
    with pytest.raises(InputError) as refused:
        read_csv(write_table(tmp_path, text), problems, ("month", "service", "revenue", "status"))
    (problem,) = refused.value.problems
    assert (problem.code, problem.location.line) == ("csv_title_rows", 2 if rows.startswith("sep") else 1)
    assert f"in row {row};" in problem.message("en")
    assert problems == []


def test_a_header_with_a_mistake_is_no_title(tmp_path: Path) -> None:
    text = "month,service,reven,stat\nmonth,service,revenue,status\n"
    assert read_csv(write_table(tmp_path, text), [], ("month", "service")).location.line == 1


@pytest.mark.parametrize("start", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_workbook_is_called_a_workbook(tmp_path: Path, start: bytes) -> None:
    with pytest.raises(InputError) as refused:
        read_csv(write_table(tmp_path, start), [])
    assert refused.value.problems[0].code == "csv_is_workbook"


@pytest.mark.parametrize(
    ("separator", "texts", "values"),
    [
        (",", ["0.9421", "1.018", "0.949"], [0.9421, 1.018, 0.949]),
        (",", ["1234.567", "1.018"], [1234.567, 1.018]),
        (";", ["0,9421", "1,018"], [0.9421, 1.018]),
        (";", ["2,5", "1.018"], [2.5, 1018]),
        (";", ["1.234.567,89", "1.018"], [1234567.89, 1018]),
        (";", ["1.234.567", "12.345", "-7"], [1234567, 12345, -7]),
        ("\t", ["61,5", "1.000"], [61.5, 1000]),
    ],
)
def test_the_other_rows_of_a_column_decide_and_it_is_noted(
    tmp_path: Path, separator: str, texts: list[str], values: list[float]
) -> None:
    rows = "".join(f"{text}{separator}x\n" for text in texts)
    table = read_csv(write_table(tmp_path, f"n{separator}b\n{rows}"), [])
    assert read_numbers(table, "n") == (values, [])
    if any(text in ("1.018", "1,018", "12.345", "1.000") for text in texts):
        assert [key for key, _ in number_notes(table, ["n"])] == ["csv_decimals_decided"]


@pytest.mark.parametrize(
    ("separator", "texts", "code"),
    [
        (",", ["1.018", "1.102"], "thousands_or_decimals"),
        (";", ["1.018", "7"], "thousands_or_decimals"),
        (";", ["2.5", "2,5", "1.018"], "thousands_or_decimals"),
        (",", ["1.234.567", "1.018"], "thousands_or_decimals"),
    ],
)
def test_nothing_is_guessed_where_no_row_decides(tmp_path: Path, separator: str, texts: list[str], code: str) -> None:
    rows = "".join(f"{text}{separator}x\n" for text in texts)
    table = read_csv(write_table(tmp_path, f"n{separator}b\n{rows}"), [])
    assert code in read_numbers(table, "n")[1]


def test_an_ambiguous_number_is_answered_with_both_readings(tmp_path: Path) -> None:
    problems: list[Problem] = []
    table = read_csv(write_table(tmp_path, "n\n1.018\n"), problems)
    parse_number_cell(table.rows[0]["n"], "n", problems)
    assert "write '1018' or '1.0180'" in problems[0].message("en")


@pytest.mark.parametrize("text", ["489 900 000", "489\u00a0900\u00a0000", "489'900'000", "４８９９０００００"])
def test_digits_in_groups_or_of_another_script_are_answered_with_plain_ones(tmp_path: Path, text: str) -> None:
    problems: list[Problem] = []
    table = read_csv(write_table(tmp_path, f"n\n{text}\n"), problems)
    parse_number_cell(table.rows[0]["n"], "n", problems)
    assert [problem.code for problem in problems] == ["odd_digits"]
    assert "write '489900000'" in problems[0].message("en")


@pytest.mark.parametrize(
    ("texts", "count", "error"),
    [
        (["1.37E+11", "1.38E+11", "5"], "2", "0.4%"),
        (["9E+10"], "1", "6%"),
        (["1.3700000000E+11", "1.37E+2", "1.5E+1"], "", ""),
    ],
)
def test_scientific_notation_is_noted_with_what_may_be_lost(
    tmp_path: Path, texts: list[str], count: str, error: str
) -> None:
    table = read_csv(write_table(tmp_path, "n\n" + "\n".join(texts)), [])
    notes = [dict(params) for key, params in number_notes(table, ["n"]) if key == "csv_scientific"]
    assert [(note["count"], note["error"]) for note in notes] == ([(count, error)] if count else [])


@pytest.mark.parametrize(
    "line", [" " * 7_000_000 + 'x"', '"' * 6_999_999, '"a"' * 2_000_000, "," * 900, ("c" + ",c") * 400]
)
def test_no_line_takes_long(tmp_path: Path, line: str) -> None:
    start = time.process_time()
    for text in (f"{line}\n1\n", f"a\n{line}\n"):
        problems: list[Problem] = []
        with suppress(InputError):
            read_csv(write_table(tmp_path, text), problems)
        assert all(len(problem.message("vi")) < 10_000 for problem in problems)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_texts_are_composed_and_on_one_line(tmp_path: Path, separator: str) -> None:
    """A file from a Mac has letters and marks apart; a column may be named so, too."""
    rows = f'te\u0302n{separator}b\n"Xa\u0303\tAn "{separator}\u2028 x\u0085y \n'
    table = read_csv(write_table(tmp_path, rows), [])
    assert table.columns == ("tên", "b")
    assert [cell.text for cell in table.rows[0].values()] == ["Xã An", "x y"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='",\r\n'), min_size=1))
def test_any_field_is_read_on_one_line_or_refused_at_its_place(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = write_table(Path(folder), f'a,b\n1,"{text}"\n')
        if not (match := FORBIDDEN_CHARACTERS.search(text)):
            assert read_csv(path, []).rows[0]["b"].text == single_line(text)
            return
        with pytest.raises(InputError) as refused:
            read_csv(path, [])
    [problem] = refused.value.problems
    assert (problem.code, problem.location.line) == ("invisible_character", 2)
    assert problem.location.column == len('1,"') + match.start() + 1
