"""Command lines as bash holds them: words, the open quote, and what a reply replaces."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.runners.completion.bash import BashLine, read_line, replies
from evalrun.runners.completion.grammar import Candidate

BREAKS = " \t\n\"'><=;|&(:"


@pytest.mark.parametrize(
    ("line", "words", "kept", "quote"),
    [
        ("", ("",), 0, ""),
        ("evalrun ", ("evalrun", ""), 0, ""),
        ("evalrun  run   rec", ("evalrun", "run", "rec"), 0, ""),
        ("evalrun recipe=sc", ("evalrun", "recipe=sc"), len("recipe="), ""),
        ("evalrun a=b:c", ("evalrun", "a=b:c"), len("a=b:"), ""),
        ("evalrun kv=full,sn", ("evalrun", "kv=full,sn"), len("kv="), ""),
        ("evalrun 'kv=[a,b", ("evalrun", "kv=[a,b"), 0, "'"),
        ("evalrun kv='[a,b", ("evalrun", "kv=[a,b"), len("kv="), "'"),
        ('evalrun "my dir/', ("evalrun", "my dir/"), 0, '"'),
        ('evalrun "a=b" c', ("evalrun", "a=b", "c"), 0, ""),
        ("evalrun p=my\\ dir/", ("evalrun", "p=my dir/"), len("p="), ""),
        ("evalrun p=a\\=b", ("evalrun", "p=a=b"), len("p="), ""),
        ("evalrun '' ", ("evalrun", "", ""), 0, ""),
        ("evalrun a\\", ("evalrun", "a"), 0, ""),
    ],
)
def test_lines(line: str, words: tuple[str, ...], kept: int, quote: str) -> None:
    assert read_line(line, BREAKS) == BashLine(words, kept, quote)


def test_words_are_not_broken_where_bash_was_told_not_to() -> None:
    assert read_line("evalrun recipe=sc", " \t\n\"'").kept == 0


@given(st.lists(st.text()))
def test_finished_words_are_read_as_they_were_meant(words: list[str]) -> None:
    assert read_line(f"{shlex.join(words)} x", BREAKS).words == (*words, "x")


@given(st.text(), st.text(max_size=5))
def test_any_line_is_read(line: str, breaks: str) -> None:
    read = read_line(line, breaks)
    assert 0 <= read.kept <= len(read.words[-1])


@given(st.text(st.characters(exclude_characters="\n")), st.sampled_from(["", '"', "'"]))
def test_a_reply_put_on_the_line_is_the_word_that_was_meant(text: str, quote: str) -> None:
    text = text.replace("'", "") if quote == "'" else text
    line = f"evalrun benchmark.path={quote}"
    [reply] = replies(read_line(line, BREAKS), [Candidate(f"benchmark.path={text}")])
    again = read_line(line + reply, "")
    assert again.words == ("evalrun", f"benchmark.path={text}")
    assert again.quote == quote
