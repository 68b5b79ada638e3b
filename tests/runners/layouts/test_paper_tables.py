"""The examples of docs/tables.md, filled from small runs: the form says what papers print."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import yaml
from graded import run, values, verdict

from evalrun.core.layout import Layout
from evalrun.core.options import to_options
from evalrun.core.score import Score
from evalrun.runners.layouts.choose import read_layout
from evalrun.runners.layouts.evaluate import evaluate
from evalrun.runners.results import StoredRun

DOCS = Path(__file__).parents[3] / "docs" / "tables.md"
EXAMPLE = re.compile(
    r"^### ([^\n]+)\n(?:(?!^### ).)*?^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL
)
EXAMPLES = dict(EXAMPLE.findall(DOCS.read_text(encoding="utf-8").partition("## Examples")[2]))


def example(name: str) -> Layout:
    return to_options(yaml.safe_load(EXAMPLES[name]), Layout)


def filled(name: str, runs: list[StoredRun]) -> dict[tuple[str, ...], dict[str, float | None]]:
    """Return the values by row and heading."""
    grid = evaluate(example(name), runs)
    headings = [" ".join(filter(None, (column.under, column.name))) for column in grid.columns]
    rows = values(grid)
    return {keys: dict(zip(headings, cells, strict=True)) for keys, cells in rows.items()}


def test_every_example_is_one_of_these() -> None:
    assert list(EXAMPLES) == [
        "SCBench", "LongGenBench", "ProcessBench", "ChartBench", "MLAgentBench", "CFBench",
        "JavaBench", "LiveBench", "Arena-Hard", "PokerBench",
    ]  # fmt: skip


def test_the_first_layout_of_the_page_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    (block,) = re.findall(
        r"^```yaml\n(title.*?)^```", DOCS.read_text().partition("## V")[0], re.M | re.S
    )
    path = tmp_path / "mine.yaml"
    path.write_text(block)
    assert [column.name for column in read_layout(path).columns] == ["GSM8K", "MMLU", "AVG"]


def test_scbench(tmp_path: Path) -> None:
    groups = {"Retr.String": ["kv", "vt"], "Multi-task": ["mix"]}
    scores = [
        verdict("0", [1.0, 0.0], task="kv"),
        verdict("1", [1.0], task="kv"),
        verdict("0", [0.5, 0.5], task="vt"),
        verdict("0", [1.0, 0.2], task="mix", subtasks=["needle", "summary"]),
    ]
    halved = [verdict("0", [0.0, 0.0], task=task) for task in ("kv", "vt")]
    halved.append(verdict("0", [0.0, 0.0], task="mix", subtasks=["needle", "summary"]))
    table = {"groups": groups}
    runs = [
        run(tmp_path, halved, kv="h2o", protocol="multi_turn", table=table),
        run(tmp_path, scores, protocol="multi_turn", table=table),
    ]
    found = filled("SCBench", runs)
    assert list(found) == [("m", "full"), ("m", "h2o")]
    assert found[("m", "full")] == {
        "Retr.String": 0.5,
        "Multi-task": 0.6,
        "AVG": 0.55,
        "by turn 1": round(((1 + 0.5) / 2 + 1) / 2, 4),
        "by turn 2": round(((0 + 0.5) / 2 + 0.2) / 2, 4),
    }
    (average,) = runs[1].results.level("all")
    assert found[("m", "full")]["AVG"] == pytest.approx(average.value)


def test_longgenbench(tmp_path: Path) -> None:
    graded = {"baseline": {"gsm8k": 0.75, "csqa": 1.0}, "longgen": {"gsm8k": 0.5, "csqa": 1.0}}
    runs = [
        run(
            tmp_path,
            [verdict("0", value, task=task) for task, value in by_task.items()],
            benchmark={"format": form},
        )
        for form, by_task in graded.items()
    ]
    assert filled("LongGenBench", runs)[("m",)] == {
        "Baseline gsm8k": 0.75, "Baseline csqa": 1.0,
        "LongGen gsm8k": 0.5, "LongGen csqa": 1.0,
        "Delta gsm8k": -0.25, "Delta csqa": 0.0,
    }  # fmt: skip


def test_processbench(tmp_path: Path) -> None:
    def solutions(task: str, error: list[float], correct: list[float]) -> list[Score]:
        return [
            verdict(f"{label}{i}", value, task=task, labels={"solution": label})
            for label, graded in (("erroneous", error), ("correct", correct))
            for i, value in enumerate(graded)
        ]

    scores = solutions("gsm8k", [1, 0, 0, 0], [1, 1, 1, 0]) + solutions("math", [0], [1])
    found = filled("ProcessBench", [run(tmp_path, scores)])[("m",)]
    assert found == {
        "error gsm8k": 0.25, "error math": 0.0,
        "correct gsm8k": 0.75, "correct math": 1.0,
        "F1 gsm8k": 0.375, "F1 math": 0.0,
        "AVG F1": 0.1875,
    }  # fmt: skip


def test_chartbench(tmp_path: Path) -> None:
    """Pairs: bar right, line half right. Open questions: one of two right."""
    pairs = [("CR", "bar", (1.0, 1.0)), ("VE", "line", (1.0, 0.0))]
    scores = [
        verdict(f"{chart}{i}", value, task=task, group=chart, labels={"chart": chart})
        for task, chart, both in pairs
        for i, value in enumerate(both)
    ]
    scores += [
        verdict(str(i), float(i), task="NQA", labels={"chart": chart})
        for i, chart in enumerate(("bar", "line"))
    ]
    found = filled("ChartBench", [run(tmp_path, scores)])[("m",)]
    assert found == {
        "Acc+ by chart bar": 1.0, "Acc+ by chart line": 0.0,
        "Acc+": 0.5, "Acc": 0.75, "NQA": 0.5, "Avg": 0.5, "combined": 0.5,
    }  # fmt: skip


def test_mlagentbench(tmp_path: Path) -> None:
    """Cifar10 succeeds once in two finished runs of four; imdb never."""
    graded = {"cifar10": [(1.0, 0.5), (0.0, -0.1)], "imdb": [(0.0, 0.0)]}
    scores = [
        verdict("0", {"success": success, "improvement": gain}, task=task, epoch=epoch)
        for task, attempts in graded.items()
        for epoch, (success, gain) in enumerate(attempts)
    ]
    missing = [
        verdict("0", {"success": 0.0, "improvement": None}, epoch=e, task="cifar10") for e in (2, 3)
    ]
    runs = [run(tmp_path, scores, missing=missing, options={"epochs": 4})]
    assert example("MLAgentBench").transposed
    assert filled("MLAgentBench", runs)[("m",)] == {
        "cifar10": 0.25, "imdb": 0.0, "Average": 0.125, "Average improvement": 0.1,
    }  # fmt: skip


def test_cfbench(tmp_path: Path) -> None:
    graded = {"easy": [(1.0, 1.0), (0.5, 0.0)], "hard": [(0.25, 0.0)]}
    scores = [
        verdict(f"{split}{i}", {"csr": csr, "isr": isr}, labels={"split": split})
        for split, rows in graded.items()
        for i, (csr, isr) in enumerate(rows)
    ]
    assert filled("CFBench", [run(tmp_path, scores)])[("m",)] == {
        "easy CSR": 0.75, "easy ISR": 0.5,
        "hard CSR": 0.25, "hard ISR": 0.0,
        "full CSR": 0.5833, "full ISR": 0.3333,
    }  # fmt: skip


def test_javabench(tmp_path: Path) -> None:
    """Pass ratios of five replies: by the formula at c = 0.5, Pass@1 is 1 / 5.5 = 0.1818."""
    graded = {"PA19": [0.5, 0, 0, 0, 0], "PA20": [0, 0, 0, 0, 0]}
    scores = [
        verdict("Main", ratio, task=task, epoch=epoch)
        for task, ratios in graded.items()
        for epoch, ratio in enumerate(ratios)
    ]
    found = filled("JavaBench", [run(tmp_path, scores, options={"epochs": 5})])[("m",)]
    assert found == {
        "Pass@1 PA19": 0.1818, "Pass@1 PA20": 0.0,
        "Pass@5 PA19": 1.0, "Pass@5 PA20": 0.0,
        "Pass@5 all": round(10 / 24, 4),
    }  # fmt: skip


def test_livebench(tmp_path: Path) -> None:
    groups = {"math": ["amps", "olympiad"], "language": ["typos"]}
    graded = {"amps": [1.0, 0.0, 1.0], "olympiad": [0.2], "typos": [0.5]}
    scores = [
        verdict(str(i), value, task=task)
        for task, of_task in graded.items()
        for i, value in enumerate(of_task)
    ]
    partial = [score for score in scores if score.task != "olympiad"]
    runs = [
        run(tmp_path, partial, model="partial", table={"groups": groups}),
        run(tmp_path, scores, table={"groups": groups}),
    ]
    found = filled("LiveBench", runs)
    assert found == {
        ("m",): {"Average": round((1.3 / 3 + 0.5) / 2 + 0.0, 4), "math": 0.4333, "language": 0.5},
        ("partial",): {"Average": None, "math": None, "language": 0.5},
    }


def test_arena_hard(tmp_path: Path) -> None:
    """Against one baseline the win rate is the share of wins, ties half: 3 of 4, and 1 of 4."""
    shares = {"strong": [(1.0, 1.0), (0.5, 0.5)], "weak": [(0.0, 0.5), (0.5, 0.0)]}
    runs = [
        run(
            tmp_path,
            [
                verdict(str(i), {"share": [*games]}, labels={"baseline": "gpt"})
                for i, games in enumerate(questions)
            ],
            model=model,
        )
        for model, questions in shares.items()
    ]
    found = filled("Arena-Hard", runs)
    assert {keys: row["win rate"] for keys, row in found.items()} == {
        ("strong",): pytest.approx(0.75, abs=1e-4),
        ("weak",): pytest.approx(0.25, abs=1e-4),
    }
    assert found[("strong",)]["Elo"] == pytest.approx(1000 + 400 * math.log10(3), abs=0.1)
    assert found[("strong",)]["won or tied"] == 0.75


def test_pokerbench(tmp_path: Path) -> None:
    graded = {"preflop": [(1.0, 1.0), (0.0, 1.0)], "postflop": [(0.0, 0.0)]}
    scores = [
        verdict(f"{stage}{i}", {"em": em, "aa": aa}, labels={"stage": stage})
        for stage, hands in graded.items()
        for i, (em, aa) in enumerate(hands)
    ]
    assert filled("PokerBench", [run(tmp_path, scores)])[("m",)] == {
        "pre-flop EM": 0.5, "pre-flop AA": 1.0,
        "post-flop EM": 0.0, "post-flop AA": 0.0,
        "overall EM": 0.3333, "overall AA": 0.6667,
    }  # fmt: skip
