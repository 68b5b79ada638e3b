"""Every command in the documentation can be followed to the letter; tutorials are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
import typer.main
from docs_examples import PAGES, Block, announce, blocks, files, write_file
from source_tree import ROOT

from evalrun.cli.main import app, with_run_command
from evalrun.core.config import Config
from evalrun.core.errors import EvalrunError
from evalrun.runners.agreement.options import read_request
from evalrun.runners.build import build_judge, build_parts, build_scorer, takes_judge
from evalrun.runners.compose import GROUPS, Composer


def _asks_a_model(page: str) -> bool:
    return any(re.search("=smollm2|=quickstart", b.text) for b in blocks(page) if b.lines)


EXAMPLE = ROOT / "docs" / "examples" / "evalrun-vowels"
TUTORIALS = [
    pytest.param(page, marks=[pytest.mark.model] if _asks_a_model(page) else [])
    for page in PAGES
    if re.match(r"docs/(quickstart|writing-[\w-]+)\.md", page)
]
COMMANDS = typer.main.get_command(app).commands

# Words of the form key=value that are no overrides of a configuration.
NOT_OVERRIDES = ("rows=", "predictions=", "search=")


@pytest.fixture
def installed_example(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch):
    """Let the example package be found as if it were installed."""
    folder = tmp_path_factory.mktemp("packages")
    announce(EXAMPLE / "pyproject.toml", folder)
    monkeypatch.syspath_prepend(str(EXAMPLE / "src"))
    monkeypatch.syspath_prepend(str(folder))


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to work in, where packages are found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("installed_example")
@pytest.mark.parametrize("page", [page for page in PAGES if any(b.commands for b in blocks(page))])
def test_every_command_of_a_page_composes(page: str, reader: Path) -> None:
    for name, text in files(page).items():
        write_file(reader, name, text)
    if (reader / "pyproject.toml").is_file():
        announce(reader / "pyproject.toml", reader)
    faults = [fault for block in blocks(page) for fault in _faults(block)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "line",
    [
        "evalrun recipe=quikstart",
        "evalrun recipe=quickstart kv=knorm kv.window_size=8",
        "evalrun recipe=file benchmark.pth=x.jsonl",
        "evalrun recipe=file scorer=exact scorer.tolerance=1",
        "evalrun --multirun recipe=quickstart kv=full,tovaa",
        "evalrun show quickstart --recpies mine",
        "evalrun lst",
    ],
)
def test_a_stale_example_is_told_of(line: str) -> None:
    block = Block(page="page.md", line=7, language="bash", text=f"{line}  # a comment\n")
    [fault] = _faults(block)
    assert fault.startswith(f"page.md:7: {line}: ")


def _faults(block: Block) -> Iterator[str]:
    for words in block.commands:
        try:
            _check(words)
        except Exception as error:
            yield f"{block.place}: evalrun {' '.join(words)}: {error}"


def _check(words: list[str]) -> None:
    """Raise what the command would, as far as that can be told without data, keys and devices."""
    if words[:1] in ([], ["--version"], ["--help"]):
        return
    verb, *arguments = with_run_command(words)
    if any(word.startswith("[") for word in arguments):
        return  # a form: [OPTIONS] [KEY=VALUE]...
    command = COMMANDS[verb]
    while hasattr(command, "commands"):
        verb, *arguments = arguments
        command = command.commands[verb]
    parser = command.make_parser(typer.Context(command, info_name=verb))
    chosen, _, _ = parser.parse_args(list(arguments))
    folders = chosen.get("recipes") or ()
    if any(folder.isupper() for folder in folders):
        return  # what is in a folder of the reader's own is not known: --recipes DIR
    composer = Composer(tuple(Path(folder).resolve() for folder in folders))
    named = [*(chosen.get("overrides") or ()), *(chosen.get("arguments") or ())]
    if chosen.get("recipe"):
        named.insert(0, f"recipe={chosen['recipe']}")
    if verb == "agreement" or named == ["recipe=benchbench"]:
        read_request(composer, named)
        return
    overrides = [w for w in named if "=" in w and not w.startswith(NOT_OVERRIDES)]
    if any(w.startswith("recipe=") for w in overrides) and not any(map(_is_form, overrides)):
        for config in _composed(composer.folders, tuple(overrides), bool(chosen.get("multirun"))):
            if verb != "search":  # a search has other architectures than the recipe's
                _build(config)


@cache
def _composed(folders: tuple[Path, ...], overrides: tuple[str, ...], multirun: bool):
    """Return the runs of a command, without the recipe's own sweep; pages repeat many commands."""
    return Composer(folders).expand([*overrides, "sweep=[]"], multirun=multirun)


def _is_form(override: str) -> bool:
    """Whether a name in capitals stands for one of the reader's own: model=M."""
    group, _, name = override.partition("=")
    return group in GROUPS and name.isupper()


def _build(config: Config) -> None:
    """Check the options of every part; files of the reader's own need not be there."""
    try:
        build_parts(config)
    except EvalrunError as error:
        if "No such file or directory" not in str(error):
            raise
    if takes_judge(config) and config.judge:
        build_judge(config)
    if not takes_judge(config):
        build_scorer(config, None)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_does_what_it_says(page: str, tmp_path: Path) -> None:
    printed = ""
    for block in blocks(page):
        if block.title:
            write_file(tmp_path, block.title, block.text)
        elif block.printed:
            _assert_printed(block, printed)
        elif block.lines and block.not_run is None:
            printed = "".join(_run(line, block, tmp_path) for line in block.lines)


def _run(line: str, block: Block, folder: Path) -> str:
    """Run a line of shell as a reader would, and return what it printed; it has to succeed."""
    if line.startswith("pip install "):
        # What is on the page is all that there is to install; building it is tested elsewhere.
        announce(folder / "pyproject.toml", folder)
        return ""
    paths = [str(Path(sys.executable).parent), os.environ["PATH"]]
    variables = {"PATH": os.pathsep.join(paths), "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{block.place}: {line}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def _assert_printed(block: Block, printed: str) -> None:
    """Check that each line of `block` was printed, but for widths of columns."""
    there = [" ".join(line.split()) for line in printed.splitlines()]
    for line in filter(str.strip, block.text.splitlines()):
        pieces = " ".join(line.split()).split("...")
        pattern = ".*".join(re.escape(piece.strip()) for piece in pieces)
        found = any(re.fullmatch(pattern, one) for one in there)
        assert found, f"{block.place}: {line!r} is not among\n{printed}"
