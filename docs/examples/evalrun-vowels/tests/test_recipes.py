"""The installed package, through the command that its users have."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

EVALRUN = "from evalrun.cli.main import main; main()"


def evalrun(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", EVALRUN, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_recipe_is_found_with_its_card(tmp_path: Path) -> None:
    assert "Vowels: how many are there in a word?" in evalrun("ls", "recipes", cwd=tmp_path)
    assert "# measures  Whether a model can count" in evalrun("show", "vowels", cwd=tmp_path)


def test_runs_give_the_numbers_of_the_readme(tmp_path: Path) -> None:
    chosen = ("recipe=vowels", "model=vowel_counter", "run.cache=false")
    for overlooks in ("null", "u"):
        evalrun(*chosen, f"model.overlooks={overlooks}", cwd=tmp_path)
    shown = json.loads(evalrun("table", "outputs", "--paper", "--format", "json", cwd=tmp_path))
    differences = [
        cell["difference"]["value"]
        for row in shown["rows"]
        for line in row["beside"]
        for cell in line["cells"].values()
    ]
    assert len(differences) == 6
    assert all(abs(one) < 0.05 for one in differences)
