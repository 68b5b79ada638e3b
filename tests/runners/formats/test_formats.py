"""Formats by their names."""

from __future__ import annotations

import io
import sys

import msgspec
import pytest
from fabricated import cell, results
from formats.tables import PLAIN, RANKED

from evalrun.core.errors import ConfigError
from evalrun.runners.formats import FORMATS, check_format, rendered
from evalrun.runners.formats.csv import csv_text
from evalrun.runners.formats.html import html_page
from evalrun.runners.formats.latex import latex_fragment
from evalrun.runners.formats.markdown import markdown_text
from evalrun.runners.formats.terminal import terminal_text
from evalrun.runners.results import Results


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_valid_and_writes_tables_one_after_another(form: str) -> None:
    check_format(form)
    content = {"titles": [PLAIN.title, RANKED.title]}
    text = rendered([PLAIN, RANKED], content, form)
    assert text.endswith("\n")
    first, second = ("50.0", "qwen") if form == "csv" else ("Two runs", "Recall")
    assert text.index(first) < text.index(second)


@pytest.mark.parametrize(
    ("form", "write"),
    [
        ("terminal", terminal_text),
        ("md", markdown_text),
        ("csv", csv_text),
        ("tex", latex_fragment),
        ("html", html_page),
    ],
)
def test_a_name_stands_for_its_format(form: str, write) -> None:
    assert rendered([PLAIN], None, form) == write([PLAIN])


def test_json_is_the_content_with_numbers_as_they_are() -> None:
    runs = [results(cell("task", "t", value)) for value in (1 / 3, 2 / 3)]
    assert msgspec.json.decode(rendered([PLAIN], runs, "json"), type=list[Results]) == runs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_auto_draws_on_a_terminal_and_writes_markdown_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert rendered([PLAIN], None, "auto") == markdown_text([PLAIN])
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert rendered([PLAIN], None, "auto") == terminal_text([PLAIN])


@pytest.mark.parametrize(
    ("form", "way_out"),
    [("htm", "did you mean 'html'"), ("xls", "auto, csv, html, json, md, terminal, tex")],
)
def test_an_unknown_format_is_told_with_valid_ones(form: str, way_out: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown format '{form}': .*{way_out}"):
        check_format(form)
    with pytest.raises(ConfigError):
        rendered([PLAIN], None, form)
