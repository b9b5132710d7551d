"""YAML is read as it is written."""

from __future__ import annotations

from forecast.files.yaml import parse_yaml


def test_scalars_keep_their_text() -> None:
    root, complaints = parse_yaml("a: 012\nb: yes\nc: 2021-01-01\nd: 1e3\ne: '5'\n", "x.yaml")
    assert complaints == []
    assert root == {"a": "012", "b": "yes", "c": "2021-01-01", "d": "1e3", "e": "5"}
