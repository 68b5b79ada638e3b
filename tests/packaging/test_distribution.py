"""What is installed is what stands in the tree: nothing left out, nothing slipped in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from source_tree import ROOMS, ROOT, files_of

pytestmark = pytest.mark.slow

IGNORED = shutil.ignore_patterns(
    ".git", ".venv*", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis", "build", "dist"
)


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build from a copy of the tree; return (source distribution, wheel made from it)."""
    source = tmp_path_factory.mktemp("source") / "evalrun"
    # A copy, because setuptools would let lists of earlier builds in this tree leak into new ones.
    shutil.copytree(ROOT, source, ignore=IGNORED)
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", str(out), str(source))
    [sdist] = out.glob("*.tar.gz")
    [wheel] = out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `bin` of an environment that holds the wheel and what it requires, no more."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", str(distributions[1]))
    return folder / "bin"


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a command and return what it printed; show everything when it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def packaged_files() -> set[str]:
    return {path.as_posix() for room in ROOMS for path in files_of(room)}


def test_every_file_of_every_room_is_in_the_wheel_and_nothing_else(
    distributions: tuple[Path, Path],
) -> None:
    with zipfile.ZipFile(distributions[1]) as wheel:
        shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == {f"evalrun/{name}" for name in packaged_files()}


def test_the_source_distribution_can_be_read_checked_and_rebuilt(
    distributions: tuple[Path, Path],
) -> None:
    with tarfile.open(distributions[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    tests = {path.as_posix() for path in files_of("tests")}
    docs = {path.as_posix() for path in files_of("docs")}
    about = {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml", "setup.py"}
    assert packaged_files() | tests | docs | about <= names


def test_the_licence_and_the_readme_are_in_the_wheel(distributions: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(distributions[1]) as wheel:
        info = next(name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name)
        metadata = wheel.read(f"{info}/METADATA").decode()
        licence = wheel.read(f"{info}/licenses/LICENSE").decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert (ROOT / "README.md").read_text(encoding="utf-8").strip() in metadata
    assert licence == (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_installed_command_says_what_it_can_do(installed: Path, tmp_path: Path) -> None:
    assert "recipe" in run(str(installed / "evalrun"), "--help", cwd=tmp_path)
    listed = run(str(installed / "evalrun"), "ls", "recipes", cwd=tmp_path)
    for recipe in (ROOT / "recipes" / "recipe").glob("*.yaml"):
        assert recipe.stem in listed


def test_the_installed_command_grades_recorded_replies(installed: Path, tmp_path: Path) -> None:
    write_jsonl(
        tmp_path / "rows.jsonl",
        {"id": "a", "input": "2 + 2 =", "target": "4"},
        {"id": "b", "input": "3 + 3 =", "target": "6"},
    )
    write_jsonl(tmp_path / "replies.jsonl", {"id": "a", "output": "4"}, {"id": "b", "output": "7"})
    run(
        str(installed / "evalrun"),
        "recipe=file",
        "benchmark.path=rows.jsonl",
        "model=recorded",
        "model.path=replies.jsonl",
        "scorer=exact",
        cwd=tmp_path,
    )
    [results] = (tmp_path / "outputs" / "file").rglob("results.json")
    cells = json.loads(results.read_text(encoding="utf-8"))["cells"]
    assert {(cell["value"], cell["n"]) for cell in cells} == {(0.5, 2)}


def write_jsonl(path: Path, *rows: dict[str, str]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
