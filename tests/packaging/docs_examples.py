"""The examples of the documentation: files with a name, and commands.

A block of code with a title, as in ```` ```python title="capitals.py" ````, is a file. A block of
`bash` or `console`, or of no language, holds commands. Two comments before a block are for the
tests, and readers do not see them: `<!-- not run: it needs a GPU -->`, and `<!-- printed -->`
before what the commands above it print: each of its lines is among theirs, `...` is any text.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from source_tree import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGES = tuple(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
)
SHELL = ("", "bash", "console", "sh", "shell")

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+)(?P<language>\w*)(?P<rest>[^`]*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_COMMENT = re.compile(r"^ *<!-- *(?P<name>not run|printed)(: *(?P<reason>.+?))? *-->$")
_CONTINUED = re.compile(r"\\\n\s*")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block of code of a page; `line` is where it begins, from 1."""

    page: str
    line: int
    language: str
    text: str
    title: str | None = None
    not_run: str | None = None
    printed: bool = False

    @property
    def lines(self) -> list[str]:
        """The shell lines of a block of commands, continued ones whole; comments left out."""
        if self.language not in SHELL or self.title or self.printed:
            return []
        lines = _CONTINUED.sub("", self.text).splitlines()
        prompted = [line[2:] for line in lines if line.startswith("$ ")]
        return [line for line in prompted or lines if line.strip() and not line.startswith("#")]

    @property
    def commands(self) -> list[list[str]]:
        """The arguments of each `evalrun`."""
        return [words[1:] for line in self.lines if (words := _evalrun(line))]

    @property
    def place(self) -> str:
        """Where the block stands."""
        return f"{self.page}:{self.line}"


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page, which is named by its path from the root of the tree."""
    return list(_blocks(page, (ROOT / page).read_text(encoding="utf-8")))


def files(page: str) -> dict[str, str]:
    """Return the files that a page shows, by name."""
    return {block.title: block.text for block in blocks(page) if block.title}


def write_file(folder: Path, name: str, text: str) -> None:
    """Write a file that a page shows."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def announce(pyproject: Path, folder: Path) -> None:
    """Write what an installation of the package would put into `folder`: its entry points."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines: list[str] = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def _blocks(page: str, text: str) -> Iterator[Block]:
    lines = iter(enumerate(text.splitlines(), start=1))
    comment: re.Match[str] | None = None
    for number, line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            comment = _COMMENT.match(line) or (comment if not line.strip() else None)
            continue
        title = _TITLE.search(fence["rest"])
        inside = _inside(lines, fence)
        yield Block(
            page=page,
            line=number,
            language=fence["language"],
            text="".join(f"{one}\n" for one in inside),
            title=title[1] if title else None,
            not_run=comment["reason"] if comment and comment["name"] == "not run" else None,
            printed=comment is not None and comment["name"] == "printed",
        )
        comment = None


def _inside(lines: Iterator[tuple[int, str]], fence: re.Match[str]) -> Iterator[str]:
    for _, line in lines:
        if line.strip() == fence["ticks"]:
            return
        yield line.removeprefix(fence["indent"])


def _evalrun(line: str) -> list[str]:
    """Return the words of a line that calls evalrun, variables before it left out."""
    if not re.match(r"(\w+=\S* )*evalrun( |$)", line):
        return []
    words = shlex.split(line, comments=True)
    words = words[words.index("evalrun") :]
    ends = (index for index, word in enumerate(words) if word in ("|", ">", "&&", ";", "&"))
    return words[: next(ends, len(words))]
