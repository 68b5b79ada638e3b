"""How long `evalrun score` takes for many replies of each system of the reasoning family.

    python tests/benchmarks/score_replies.py --systems ugmathbench livebench --replies 10000

Prints wall-clock seconds beside the limit, and processor time of the command and its processes,
beside a program that only reads the same files and writes the replies again as JSON. Rows
are those of the public files where `--data` has them, else of our fixtures; those of mathematics
are drawn: no two have the same answer. `amps_hard` is that task of LiveBench alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import msgspec
from expressions import Expression, expression
from metering import Cost, measure
from replies import NUMBER, Asked, asked_in, predictions, thoughts

COMMAND = Path(sys.executable).with_name("evalrun")
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
LIMIT_S = 60.0
MOST_EPOCHS = 1000
AMPS_QUESTIONS = 150
# Files below the folder of public files, and below that of our fixtures.
FILES = {
    "processbench": ("processbench/*.json", "processbench/*.json"),
    "acpbench": ("acpbench_hard/*.[bm]*.json", "acpbench/dataset/*/*.[bm]*.json"),
    "acpbench_hard": ("acpbench_hard/*.gen.json", "acpbench/*.gen.json"),
    "ugmathbench": (),
    "tmgbench": ("tmgbench/[!o]*.jsonl", "tmgbench/*s[st]*.jsonl"),
    "hibench": ("hibench/Fundamental/*/*.json", "hibench/Fundamental/*/*easy.json"),
    "livebench": ("livebench/question*.jsonl", "livebench/[!c]*.jsonl"),
    "simplebench": ("simplebench/simple_bench_public*", "simplebench/*"),
    "turtlebench": ("turtlebench/*/cases*.list", "turtlebench/*/cases*.list"),
    "pokerbench": ("pokerbench/*test*.json", "pokerbench/*test*.json"),
    "amps_hard": (),
}
# The share of replies to drawn rows, which stand beside those of files or alone.
DRAWN = {"ugmathbench": 1.0, "livebench": 0.3, "amps_hard": 1.0}
FLOOR = """
import json, sys
with open(sys.argv[1], "rb") as rows, open(sys.argv[2]) as replies, open("written", "w") as out:
    rows.read()
    out.writelines(json.dumps(json.loads(line)) + "\\n" for line in replies)
"""


class Part(msgspec.Struct, frozen=True):
    """A file of rows in the official format, what it asks, and how many replies there are."""

    recipe: str
    rows: Path
    asked: Sequence[Asked]
    replies: int


def main() -> None:
    """Print a line for each system."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", nargs="+", choices=FILES, default=list(FILES))
    parser.add_argument("--replies", type=int, default=10_000)
    parser.add_argument("--data", type=Path, help="a folder of public files, one for each system")
    options = parser.parse_args()
    print(f"{'':14}{'s':>8}{'of 60 s':>9}{'replies/s':>11}{'CPU s':>8}{'x JSON':>8}{'mean':>7}")
    for system in options.systems:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            parts = parts_of(system, options.replies, options.data, folder)
            costs = [graded(part, folder, number) for number, part in enumerate(parts)]
            show(system, options.replies, costs, mean_score(folder))


def parts_of(system: str, replies: int, data: Path | None, folder: Path) -> list[Part]:
    """Return files of the system among which `replies` are shared out."""
    random = Random(0)
    drawn = round(replies * DRAWN.get(system, 0))
    parts = [DRAW[system](drawn, folder, random)] if drawn else []
    files = found(FILES[system], data) if drawn < replies else []
    asked = {file: asked_in(system, file, random) for file in files}
    rows, given = sum(map(len, asked.values())), 0
    if replies - drawn > MOST_EPOCHS * rows:
        sys.exit(f"{system} has {rows} rows here, too few: fewer --replies, or --data")
    for file, questions in asked.items():
        # Each row gets as many, but for rounding.
        share = round((replies - drawn - given) * len(questions) / rows)
        rows, given = rows - len(questions), given + share
        parts.append(Part(system, file, questions, share))
    return parts


def found(patterns: Sequence[str], data: Path | None) -> list[Path]:
    """Return the files of a system: public ones if there are any, else our own."""
    public, own = patterns
    return sorted(data.glob(public) if data else ()) or sorted(FIXTURES.glob(own))


def draw_ugmathbench(replies: int, folder: Path, random: Random) -> Part:
    """Write as many versions of problems as there are replies: no answer comes twice but by chance.

    The benchmark itself has 15,186 versions.
    """
    asked: list[Asked] = []
    problems: list[dict[str, object]] = []
    for number in range(-(-replies // 3)):
        problem: dict[str, object] = {"id": f"Algebra_{number:04}", "subject": "Algebra"}
        problem |= {"topic": "Drawn", "subtopic": "Drawn", "level": "1", "keywords": []}
        for version in (1, 2, 3):
            said = expression(random)
            problem |= {
                f"problem_v{version}": "Which? [ANS]",
                f"answer_v{version}": [said.golden],
                f"answer_type_v{version}": ["EX"],
                f"options_v{version}": [[]],
            }
            asked.append(boxed(f"Algebra_{number:04}/v{version}", said, random))
        problems.append(problem)
    path = folder / "Algebra.json"
    path.write_text(json.dumps(problems))
    return Part("ugmathbench", path, asked, replies)


def draw_amps_hard(replies: int, folder: Path, random: Random) -> Part:
    """Write as many questions as LiveBench has of this kind, each asked again and again.

    Wrong answers are all different, right ones are in a few forms.
    """
    asked: list[Asked] = []
    lines: list[str] = []
    for number in range(AMPS_QUESTIONS):
        said = expression(random)
        row = {
            "question_id": f"{number:064x}",
            "category": "math",
            "task": "AMPS_Hard",
            "turns": ["Which?"],
            "livebench_release_date": "2024-06-24",
            "livebench_removal_date": "",
            "ground_truth": said.golden,
            "subtask": "drawn",
        }
        lines.append(json.dumps(row) + "\n")
        asked.append(boxed(row["question_id"], said, random))
    path = folder / "amps_hard.jsonl"
    path.write_text("".join(lines))
    return Part("livebench", path, asked, replies)


DRAW = {"ugmathbench": draw_ugmathbench, "livebench": draw_amps_hard, "amps_hard": draw_amps_hard}


def boxed(name: str, said: Expression, random: Random) -> Asked:
    """Return replies with an expression in a box, behind the thoughts that led to it.

    The wrong one has a number of its own in each reply.
    """
    answers = (said.golden, random.choice(said.others), f"{said.wrong}+{NUMBER}")
    return Asked(name, *(f"{thoughts(random)}So $\\boxed{{{one}}}$." for one in answers))


def graded(part: Part, folder: Path, number: int) -> tuple[Cost, Cost]:
    """Grade replies to one file; return what that cost, and what JSON alone costs."""
    replies = folder / f"replies-{number}.jsonl"
    lines = predictions(part.asked, part.replies, Random(number))
    replies.write_text("".join(json.dumps(line) + "\n" for line in lines))
    given = (f"rows={part.rows}", f"predictions={replies}", "--out", f"graded-{number}.jsonl")
    cost = measure((COMMAND, "score", f"recipe={part.recipe}", *given), folder=folder)
    if cost.exit_code:
        sys.exit(f"{part.rows}:\n{cost.output}")
    floor = measure((sys.executable, "-c", FLOOR, part.rows, replies), folder=folder)
    return cost, floor


def mean_score(folder: Path) -> float:
    """Return the mean of the first metric of all that was graded."""
    rows = [json.loads(line) for path in folder.glob("graded-*") for line in path.open()]
    assert not (folder / "evalrun-was-here").exists(), "a reply was executed"
    return sum(next(iter(row["scores"].values())) or 0 for row in rows) / len(rows)


def show(system: str, replies: int, costs: Sequence[tuple[Cost, Cost]], mean: float) -> None:
    """Print seconds, their share of the limit, and how they compare with JSON alone."""
    wall = sum(cost.wall_s for cost, _ in costs)
    cpu = sum(cost.cpu_s for cost, _ in costs)
    ratio = wall / sum(floor.wall_s for _, floor in costs)
    limit = wall / (LIMIT_S * replies / 10_000)
    print(
        f"{system:14}{wall:>8.1f}{limit:>8.0%}{replies / wall:>12,.0f}"
        f"{cpu:>8.1f}{ratio:>8.1f}{mean:>7.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
