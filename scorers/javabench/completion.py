"""From a reply to the file that is compiled, and whether a method was left unwritten.

Source of the official rules: `replace` and `check_todo` of app/test_env.py and `extract_code` of
app/util/io.py of java-bench/JavaBench, commit 0551d7b.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ...core.unicode import well_formed
from ..extraction.fences import fenced, fenced_blocks
from ..java.methods import Method, first_type, imports, todo_methods

Variant = Literal["official", "fixed"]
_Body = Callable[[str, Method], str]

# A method with its TODO still in it is unwritten if it grew by fewer characters than this.
_LEAST_GROWTH = 10
_PUBLIC = "public"


class Completion(msgspec.Struct, frozen=True):
    """A completed class: the whole `file`, None where the reply holds no class."""

    file: str | None
    has_todo: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether it can be placed, and no method was left unwritten."""
        return self.file is not None and not self.has_todo


def completion(reply: str, skeleton: str, variant: Variant) -> Completion:
    """Return the class in `reply` to a `skeleton` without fence. Raises MissingExtraError."""
    text = str(well_formed(reply))
    return _official(text, skeleton) if variant == "official" else _fixed(text, skeleton)


def _official(reply: str, skeleton: str) -> Completion:
    """Take the first block of java; what stands before the first "public" is the skeleton's."""
    code = next(iter(fenced(reply, "java")), "")
    head, start = skeleton.find(_PUBLIC), code.find(_PUBLIC)
    if head < 0 or start < 0:
        return Completion(None)
    has_todo = _is_unwritten(skeleton, code, _by_character)
    return Completion(skeleton[:head] + code[start:], has_todo)


def _fixed(reply: str, skeleton: str) -> Completion:
    """Take the first block with a class, however it is fenced, and the imports that it adds."""
    head = first_type(skeleton.encode())
    for code in _candidates(reply):
        source = code.encode()
        start = first_type(source)
        if head is not None and start is not None:
            before = skeleton.encode()[:head].decode()
            added = [line for line in imports(source) if line not in before]
            has_todo = _is_unwritten(skeleton, code, _by_byte)
            extra = "".join(f"{line}\n" for line in added)
            return Completion(before + extra + source[start:].decode(), has_todo)
    return Completion(None)


def _candidates(reply: str) -> list[str]:
    """Return the blocks of java, then other blocks, then a reply that has none."""
    blocks = list(fenced_blocks(reply))
    java = [block.code for block in blocks if block.language == "java"]
    others = [block.code for block in blocks if block.language != "java"]
    return [*java, *others] or [reply]


def _is_unwritten(skeleton: str, code: str, body: _Body) -> bool:
    completed = {method.key: method for method in todo_methods(code.encode())}
    for method in todo_methods(skeleton.encode()):
        still = completed.get(method.key)
        if still is not None:
            grown = _length(body(code, still)) - _length(body(skeleton, method))
            if grown < _LEAST_GROWTH:
                return True
    return False


def _length(body: str) -> int:
    """Return how long a body is without the lines that are comments alone."""
    lines = (line for line in body.split("\n") if not line.strip().startswith("//"))
    return len("\n".join(lines))


def _by_character(source: str, method: Method) -> str:
    """Take positions in bytes for positions in characters, as the official script does."""
    return source[method.start : method.end]


def _by_byte(source: str, method: Method) -> str:
    return source.encode()[method.start : method.end].decode()
