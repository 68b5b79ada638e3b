"""What is installed is what stands in the tree: nothing left out, nothing slipped in."""

from __future__ import annotations

import json
import os
import re
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
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the tree.

    setuptools would let lists of earlier builds in the tree itself leak into new ones.
    """
    copy = tmp_path_factory.mktemp("source") / "evalrun"
    shutil.copytree(ROOT, copy, ignore=IGNORED)
    return copy


@pytest.fixture(scope="module")
def distributions(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the (source distribution, wheel made from it) of the tree."""
    out = tmp_path_factory.mktemp("dist")
    build(source, out)
    [sdist] = out.glob("*.tar.gz")
    [wheel] = out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def unpacked(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tree that the source distribution holds."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(distributions[0]) as sdist:
        sdist.extractall(folder)
    [tree] = folder.iterdir()
    return tree


@pytest.fixture(scope="module")
def installed(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the `bin` of an environment that holds the wheel and what it requires, no more."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", str(distributions[1]))
    return folder / "bin"


def build(tree: Path, out: Path, *what: str) -> None:
    """Build distributions of `tree` at a fixed time, and leave nothing behind there."""
    command = (sys.executable, "-m", "build", *what, "--outdir", str(out), str(tree))
    run(*command, SOURCE_DATE_EPOCH="1700000000")
    for left in (tree / "build", *tree.glob("*.egg-info")):
        shutil.rmtree(left, ignore_errors=True)


def run(*command: str, cwd: Path | None = None, **environment: str) -> str:
    """Run a command and return what it printed; show everything when it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
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


def test_the_source_distribution_can_be_read_and_checked(unpacked: Path) -> None:
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    tests = {path.as_posix() for path in files_of("tests")}
    docs = {path.as_posix() for path in files_of("docs")}
    about = {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml", "setup.py"}
    assert packaged_files() | tests | docs | about <= names


def test_no_distribution_holds_what_was_compiled_or_left_behind(
    distributions: tuple[Path, Path],
) -> None:
    with tarfile.open(distributions[0]) as sdist, zipfile.ZipFile(distributions[1]) as wheel:
        names = [*sdist.getnames(), *wheel.namelist()]
        assert not [name for name in wheel.namelist() if "tests" in Path(name).parts]
    left = re.compile(
        r"__pycache__|\.py[cod]$|/\.\w+_cache/|/\.venv|/docs/.+\.egg-info/"
        r"|^[^/]+/outputs/(?!README\.md$)"
    )
    assert not [name for name in names if left.search(name)]


def test_a_wheel_is_the_same_byte_for_byte_from_the_tree_and_from_the_source_distribution(
    source: Path, distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    build(source, tmp_path, "--wheel")
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.read_bytes() == distributions[1].read_bytes()


def test_a_source_distribution_made_of_one_holds_the_same(
    distributions: tuple[Path, Path], unpacked: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(unpacked, again)
    build(again, tmp_path, "--sdist")
    [sdist] = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as second, tarfile.open(distributions[0]) as first:
        assert set(second.getnames()) == set(first.getnames())


@pytest.mark.timeout(900)
def test_the_tests_of_the_source_distribution_find_all_they_need(
    unpacked: Path, tmp_path: Path
) -> None:
    # Before an installation, so that what is tested is what was unpacked.
    rooms = tmp_path / "evalrun"
    rooms.mkdir()
    for room in ROOMS:
        (rooms / room).symlink_to(unpacked / room)
    collect = ("-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests")
    found = run(sys.executable, *collect, cwd=unpacked, PYTHONPATH=str(tmp_path))
    assert "test_the_tests_of_the_source_distribution_find_all_they_need" in found
    some = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/packaging/test_tree.py")
    assert "passed" in run(sys.executable, *some, cwd=unpacked, PYTHONPATH=str(tmp_path))


def test_an_index_can_show_what_the_distributions_say_of_themselves(
    distributions: tuple[Path, Path],
) -> None:
    pytest.importorskip("twine", reason="needs the dev extra")
    files = [str(path) for path in distributions]
    run(sys.executable, "-m", "twine", "check", "--strict", *files)


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


def test_the_installed_command_says_its_version(
    installed: Path, distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    declared = re.search(
        r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE
    )
    assert declared
    assert run(str(installed / "evalrun"), "--version", cwd=tmp_path) == f"evalrun {declared[1]}\n"
    assert all(f"evalrun-{declared[1]}" in path.name for path in distributions)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_installed_command_completes(shell: str, installed: Path, tmp_path: Path) -> None:
    printed = run(str(installed / "evalrun"), "completion", shell, cwd=tmp_path)
    assert f"__complete {shell} " in printed
    offered = run(str(installed / "evalrun"), "__complete", "fish", "recipe=fi", cwd=tmp_path)
    assert offered.startswith("recipe=file\t")


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
