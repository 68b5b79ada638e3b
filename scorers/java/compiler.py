"""What javac says."""

from __future__ import annotations

import re

import msgspec

_ERROR = re.compile(r"^([^\s:][^:\n]*\.java):(\d+): error: (.*)$", re.MULTILINE)


class CompileError(msgspec.Struct, frozen=True):
    """An error of the compiler: in which file, on which 1-based line, and what it is."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def compile_errors(stderr: str) -> list[CompileError]:
    """Return the errors in what javac wrote to stderr; warnings and notes are none."""
    return [
        CompileError(file, int(line), message.strip())
        for file, line, message in _ERROR.findall(stderr)
    ]
