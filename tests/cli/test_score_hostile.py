"""`evalrun score` on replies that would hang, crash or run code in a careless scorer."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import evalrun
from rows import read_jsonl, write_jsonl

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
CODE = "__import__('os').system('touch executed')"

HOSTILE = (
    CODE,
    rf"\boxed{{{CODE}}}",
    f"answer = [{CODE}]",
    f'{{"answer": {CODE}}}',
    f"<solution>{CODE}</solution> The answer is {CODE}",
    r"The answer is \boxed{" + r"\frac{1}{" * 300 + "x" + "}" * 300 + "}",
    r"\boxed{1e999999999}",
    r"<solution>\binom{10^8}{10^7}</solution>",
    "(" * 5_000,
    "[" * 5_000,
    '{"answer":' * 5_000,
    "answer: " * 5_000,
    "(at " * 5_000 + "x)",
    "<solution>" * 5_000,
    "*" * 5_000,
    "9" * 5_000,
    "\x00\ufffe\U0001f600\u202e" * 500,
    " \n" * 5_000,
)
# What takes as long as it may.
HANGING = r"The answer is \boxed{9^{9^{9^{9}}}}"

# A file of rows, the package that grading needs, and what makes row numbers unique.
SYSTEMS = {
    "processbench": ("processbench/gsm8k.json", ""),
    "acpbench": ("acpbench/dataset/app/test.mcq.json", "lark"),
    "acpbench_hard": ("acpbench/reach.dev.gen.json", "kstar_planner"),
    "ugmathbench": ("ugmathbench/Algebra.json", "sympy", "benchmark.versions=[1]"),
    "tmgbench": ("tmgbench/classic.jsonl", ""),
    "hibench": (
        "hibench/Fundamental/normal/unbalanced-unweighted-easy.json",
        "",
        "benchmark.task=normal_add_node",
        "benchmark.input_mode=edge",
    ),
    "livebench": ("livebench/math.jsonl", "latex2sympy2_extended"),
    "simplebench": ("simplebench/simple_bench_public.json", ""),
    "turtlebench": ("turtlebench/en/cases.list", ""),
    "pokerbench": ("pokerbench/preflop_1k_test_set_prompt_and_label.json", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_reply_is_graded_in_order_and_none_executed(tmp_path: Path, system: str) -> None:
    file, package, *overrides = SYSTEMS[system]
    if package:
        pytest.importorskip(package)
    rows = range(4 if system == "livebench" else 1)
    replies = [HANGING, *HOSTILE] if system in ("livebench", "ugmathbench") else HOSTILE
    given = [
        {"index": row, "epoch": epoch, "prediction": reply}
        for epoch, reply in enumerate(replies)
        for row in rows
    ]
    write_jsonl(tmp_path / "mine.jsonl", given)
    done = evalrun(
        "score",
        f"recipe={system}",
        *overrides,
        f"rows={FIXTURES / file}",
        "predictions=mine.jsonl",
        "--out",
        "graded.jsonl",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    graded = read_jsonl(tmp_path / "graded.jsonl")
    assert [(row["index"], row["epoch"]) for row in graded] == [
        (row["index"], row["epoch"]) for row in given
    ]
    assert not (tmp_path / "executed").exists()
