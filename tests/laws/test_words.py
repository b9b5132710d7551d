"""One word for one thing in each language, and chances in whole percent at every place that prints one."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest

from forecast.i18n import LANGUAGES, message_catalog
from tests.support.plans import ROOT
from tests.support.source_tree import parse_module

FORBIDDEN = {
    "vi": {
        r"dựng lại": "phân bổ (từ số cả năm)",
        r"cú sốc|biến cố": "sự kiện",
        r"sáng kiến": "nhiệm vụ",
        r"mức giữa": "trung vị",
        r"trung bình": "bình quân",
        r"mức hụt": "thiếu bình quân, mức thiếu hụt",
        r"cách hiểu": "trường hợp giả định",
        r"phần 10|phần mười|lần trong 10|trên 10\b": "%",
        r"hạt giống": "số khởi tạo ngẫu nhiên",
        r"lượt chơi": "lượt mô phỏng",
        r"phán đoán": "theo đánh giá",
        r"quá khứ|lịch sử": "số liệu các năm trước",
        r"đường cơ sở": "dự báo chỉ theo số liệu các năm trước",
        r"khớp (?:mô hình|các mô hình|lại)|được khớp|để khớp": "ước lượng",
        r"kiểm định": "kiểm chứng",
        r"mức sai": "sai số",
        r"độ nhiễu": "biến động tháng",
        r"kích hoạt": "cảnh báo",
        r"có lợi(?! nhuận)": "thuận lợi",
        r"(?:hạng|mức) (?-i:A|B|C|\{grade\})": "loại",
        r"tài khoản": "khoản mục",
        r"mục tiêu": "chỉ tiêu",
        r"dữ liệu": "số liệu",
        r"(?<!ô )nguồn\b": "căn cứ",
        r"phép thử": "kiểm tra",
        r"bị che": "bỏ qua",
        r"\w*(?:óa|òa|ỏa|õa|ọa|ủy)\b": "oá, oà, oả, oã, oạ, uỷ",
    },
    "en": {
        r"(?<!low, )(?<!\{)\bmiddles?\b(?!\})": "median",
        r"(?<!-)\bpaths\b": "simulations",
        r"drawn anew|\banew\b": "sampled again, again",
        r"\bplay(?:s|ed|ing)?\b": "simulate",
        r"\bluck\b": "random numbers",
        r"\bin 10\b|in 1 of \{": "percent",
        r"hidden nowhere|\becho\b": "shown as a line of its own",
        r"\bthe miss\b": "shortfall",
        r"(?<![.'`])\bshocks?\b(?!['`]|:)": "event, risk",
        r"(?<!random )(?<!Random )(?<!--)\bseed\b(?!\})": "random seed",
        r"\bteach(?:es)?\b|\btaught\b": "show, tell",
        r"\bwanted\b(?!\})": "required",
        r"\bjudged\b": "judgement",
        r"(?<!')\breconstructed\b(?!')": "spread from annual totals",
    },
}
"""By language, words that may not stand in a message, and the one that stands for them."""
SAID_OTHERWISE = {
    "en": {
        "event_already_known", "past_shock_to_come", "roll_overlay_comment", "growth_over_underlying_nothing",
        "closed_surprising",
    },
    "vi": set(),
}  # fmt: skip
"""Messages that name the key `shocks` of a plan."""


def spoken(sentence: str) -> str:
    """A message without its placeholders, which others fill."""
    parts = Formatter().parse(sentence)
    return "".join(
        text + ("" if name is None else "{grade}" if name == "grade" else "{}") for text, name, _, _ in parts
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_has_one_word_for_one_thing(language: str) -> None:
    wrong = [
        f"{key}: '{match[0]}', write {instead}"
        for key, sentence in message_catalog().items()
        if key not in SAID_OTHERWISE[language]
        for pattern, instead in FORBIDDEN[language].items()
        for match in [re.search(pattern, spoken(sentence[language]), re.IGNORECASE)]
        if match
    ]
    assert wrong == []


SHARES_OF_AN_AXIS = {
    "for share in ticks",
    "for share in (0, 0.2, 0.4, 0.6, 0.8, 1.0)",
    "for share in (0, 0.5, 1)",
}
NO_CHANCES = {
    "abs(reduction)", "value", "part.low", "part.high", "0.01", "0.99", "rounded / 100", "1 / count",
    "1 / len(finding.amounts)", "tenth / count", "(tenth + 1) / count",
}  # fmt: skip
"""Changes, values of an assumption, bounds and even parts of a whole: rounding them makes nothing certain."""


def test_every_chance_and_share_is_printed_by_the_function_that_never_makes_it_certain() -> None:
    careless = []
    for file in sorted((ROOT / "forecast").rglob("*.py")):
        tree = parse_module(file)
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for call in ast.walk(tree):
            if isinstance(call, ast.FormattedValue) and call.format_spec is not None:
                spec, content = ast.unparse(call.format_spec), ast.unparse(call.value)
                if "%" in spec and re.search(r"chance|share80|share95|coverage|probab", content):
                    careless.append(f"{file.name}:{call.lineno}: {content}")
            is_percent = isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "percent"
            if not is_percent or len(call.args) != 1:  # type: ignore[attr-defined]
                continue
            printed = ast.unparse(call.args[0])  # type: ignore[attr-defined]
            inside = ast.unparse(parents[call])
            is_axis = any(part in inside for part in SHARES_OF_AN_AXIS)
            if printed not in NO_CHANCES and not is_axis:
                careless.append(f"{file.name}:{call.lineno}: {printed}")
    assert careless == []
