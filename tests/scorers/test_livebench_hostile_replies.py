"""Replies made to break LiveBench's scorers: none raises, hangs, or runs what it says."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalrun.core.sample import Sample, Turn
from evalrun.scorers.livebench import LiveBenchOptions, LiveBenchScorer, limits

SCORER = LiveBenchScorer(LiveBenchOptions())
DAY = "2025-04-25"
# What grading in a process of its own may take here, and what is left to start one again.
LIMIT_S, SLACK_S = 3.0, 8.0

EVENTS = '[{"user_id": "a", "max_consecutive_growth_months": 3}]'
TABLES = {
    "csv": "a,b\n1,x\n",
    "tsv": "a\tb\n1\tx\n",
    "json": '[{"a":1,"b":"x"}]',
    "jsonl": '{"a":1,"b":"x"}',
    "html": "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>x</td></tr></table>",
    "markdown": "|a|b|\n|---|---|\n|1|x|",
}


def laughs(levels: int = 9) -> str:
    """Return XML whose entities would be ten to the power of `levels` texts."""
    names = "abcdefghijkl"[: levels + 1]
    entities = [f'<!ENTITY {names[0]} "lol">']
    entities += [f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise(names)]
    return f"<!DOCTYPE l [{''.join(entities)}]><table><tr><td>&{names[-1]};</td></tr></table>"


def code(folder: Path) -> str:
    """Return an expression that would leave a file in `folder`."""
    return f"__import__('pathlib').Path('{folder}/ran').touch()"


@pytest.fixture
def graded(grade_sample, monkeypatch):
    """Return a function that grades one reply, and fails where that takes too long or raises."""
    monkeypatch.setattr(limits, "_TIMEOUT_S", LIMIT_S)

    def graded(task, truth, reply, *, query="?"):
        turn = Turn(query=query, target=truth, metadata={"released": DAY})
        sample = Sample(id="s", task=task, turns=(turn,), labels={"category": "x"})
        begun = time.monotonic()
        verdict = grade_sample(SCORER, sample, [reply]).turns[0]
        assert time.monotonic() - begun < LIMIT_S + SLACK_S
        assert verdict.status != "scorer_error", verdict.explanation
        assert 0 <= verdict.scores["score"] <= 1
        return verdict

    return graded


def reformatted(graded, form, reply):
    return graded("tablereformat", TABLES[form], reply, query=f"Target Format: {form}")


@pytest.fixture(scope="module", autouse=True)
def started_processes() -> None:
    """Pass over these tests where nothing can be graded in processes of their own."""
    for package in ("pebble", "pandas", "lxml", "sympy"):
        pytest.importorskip(package)


# Tables


@pytest.mark.parametrize(
    ("form", "reply"),
    [
        ("html", laughs()),
        ("html", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><table><tr><td>&x;'),
        ("html", "<table><tr><td>" * 3000),
        ("html", "<table>" + "<tr><td colspan=1000 rowspan=65534>a</td></tr>" * 50),
        ("html", "file:///etc/passwd"),
        ("json", "[" * 100_000),
        ("json", '{"a":' * 100_000),
        ("json", f'[{{"a":{"9" * 5000},"b":"x"}}]'),
        ("json", '[{"a":1e400000000,"b":"x"}]'),
        ("jsonl", f'{{"a":{"9" * 5000},"b":"x"}}'),
        ("jsonl", "\ud800"),
        ("csv", '"' * 50_001),
        ("csv", "a,b\n" + "1,2\n" * 3000 + "1,2,3,4\n" * 2000),
        ("csv", "\0,\0\n" * 1000),
        ("tsv", "\t" * 50_000),
        pytest.param("markdown", "|" * 50_000, marks=pytest.mark.slow),
        pytest.param("markdown", "<solution>" * 20_000, marks=pytest.mark.slow),
    ],
)
def test_a_hostile_table_counts_nothing(graded, form, reply) -> None:
    assert reformatted(graded, form, reply).scores == {"score": 0.0}


@pytest.mark.parametrize("form", sorted(TABLES))
def test_a_table_of_code_is_not_run(graded, tmp_path, form) -> None:
    run = code(tmp_path)
    field = {"name": "a", "type": "any", "extDtype": run}
    schema = json.dumps({"schema": {"fields": [field]}, "data": []})
    for reply in (run, f"a,b\n=cmd|' /C calc'!A0,{run}\n", schema):
        assert reformatted(graded, form, reply).scores == {"score": 0.0}
    assert not list(tmp_path.iterdir())


CELLS = (
    "a", "b", "1", "x", ",", "\t", "|", "\n", "---", '"', "{", "}", "[", "]", ":", "null", "NaN",
    "1e999", "<table>", "<tr>", "<td>", "</td>", "</table>", "&x;", "```json\n", "```",
    "<solution>", "</solution>", "\0", "\ud800", "Here is the table:",
)  # fmt: skip
tables = st.lists(st.sampled_from(CELLS) | st.text(max_size=3), max_size=20).map("".join)


@settings(max_examples=60, deadline=None)
@given(tables, st.sampled_from(sorted(TABLES)))
def test_every_table_has_a_score(grade_sample, reply, form) -> None:
    turn = Turn(query=f"Target Format: {form}", target=TABLES[form], metadata={"released": DAY})
    sample = Sample(id="s", task="tablereformat", turns=(turn,))
    verdict = grade_sample(SCORER, sample, [reply]).turns[0]
    assert verdict.status != "scorer_error", verdict.explanation
    assert verdict.scores["score"] in (0, 1)


# Values


@pytest.mark.parametrize("form", ["{}", "```python\n{}\n```", "<solution>{}</solution>"])
@pytest.mark.parametrize(
    "value",
    [
        "(" * 19_000,
        "-" * 19_000 + "1",
        "1+" * 9_000 + "1",
        "{'a':" * 3_000,
        "{'a': 9**9**9**9}",
        "{'a': 'x'*10**10}",
        "{[1]: 2}",
        "{'a': ['b']}",
        "{'a': " + "9" * 15_000 + "}",
        "{'a': '\0'}",
        "{'a': ().__class__}",
    ],
)
def test_a_hostile_value_joins_no_columns(graded, value, form) -> None:
    assert graded("tablejoin", "{'a':'b'}", form.replace("{}", value)).scores == {"score": 0.0}


@pytest.mark.parametrize(
    "value",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        f'[{{"user_id":{"9" * 10_000}}}]',
        '[{"user_id":["a"]}]',
        '[{"user_id":{}}]',
        "5",
        "true",
        '"abc"',
        '[null,1,{"user_id":NaN}]',
    ],
)
def test_hostile_events_count_nothing(graded, value) -> None:
    verdict = graded("consecutive_events", EVENTS, f"<solution>{value}</solution>")
    assert verdict.scores == {"score": 0.0}


def test_a_value_of_code_is_not_run(graded, tmp_path) -> None:
    run = code(tmp_path)
    for reply in (run, f"{{'a': {run}}}", f"```python\n{run}\n```", f"\\boxed{{{run}}}"):
        for task, truth in {"tablejoin": "{'a':'b'}", "cta": "name", "AMPS_Hard": "x"}.items():
            assert graded(task, truth, reply).scores == {"score": 0.0}
    assert not list(tmp_path.iterdir())


# Expressions


@pytest.mark.slow
@pytest.mark.parametrize("task", ["AMPS_Hard", "integrals_with_game"])
@pytest.mark.parametrize(
    "latex",
    [
        "9^{9^{9^{9}}}",
        "(10^{10^{10}})!",
        "x^{" + "9" * 3000 + "}",
        r"\sum_{n=1}^{10^{12}} n^n",
        r"\input{/etc/passwd}",
        r"\frac{" * 5000,
        r"\sqrt{" * 2000 + "x" + "}" * 2000,
        "(" * 20_000,
        "1E400000000",
        r"\frac{1}{0}",
        "\0\ud800",
    ],
)
def test_a_hostile_expression_counts_nothing(graded, task, latex) -> None:
    for reply in (f"\\boxed{{{latex}}}", f"<solution>{latex}</solution>"):
        assert graded(task, r"\frac{1}{2}", reply).scores == {"score": 0.0}
