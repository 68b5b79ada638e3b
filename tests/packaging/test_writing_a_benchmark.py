"""The page on writing a benchmark holds a benchmark that works as written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from docs_examples import announce, blocks, files, write_file

PAGE = "docs/writing-a-benchmark.md"
RECORDED = ("model=recorded", "model.path=replies.jsonl")
REPLIES = '{"index": 0, "output": "It is Paris."}\n{"index": 1, "output": "Kyoto"}\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Write the page's files into a folder that looks like an installed package."""
    for name, text in files(PAGE).items():
        write_file(tmp_path, name, text)
    announce(tmp_path / "pyproject.toml", tmp_path)
    (tmp_path / "replies.jsonl").write_text(REPLIES, encoding="utf-8")
    return tmp_path


def evalrun(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = "from evalrun.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_benchmark_of_the_page_runs_from_a_package_and_a_recipe_folder(package: Path) -> None:
    [command] = [
        words for block in blocks(PAGE) for words in block.commands if words[0] == "--recipes"
    ]
    done = evalrun(*command, *RECORDED, cwd=package)
    assert done.returncode == 0, done.stderr
    [results] = (package / "outputs" / "capitals").rglob("results.json")
    cells = json.loads(results.read_text(encoding="utf-8"))["cells"]
    assert {(cell["name"], cell["value"], cell["n"]) for cell in cells} == {("capitals", 0.5, 2)}


def test_the_benchmark_of_the_page_names_a_row_without_its_field(package: Path) -> None:
    (package / "capitals.jsonl").write_text('{"country": "France"}\n', encoding="utf-8")
    done = evalrun("--recipes", "recipes", "recipe=capitals", *RECORDED, cwd=package)
    assert done.returncode == 2
    assert "capitals.jsonl, row 1: missing field 'capital'" in done.stderr


def test_the_card_of_the_page_is_shown_with_the_recipe(package: Path) -> None:
    done = evalrun("show", "capitals", "--recipes", "recipes", cwd=package)
    assert done.returncode == 0, done.stderr
    assert "# measures  Whether a model knows the capital of a country." in done.stdout
