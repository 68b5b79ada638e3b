"""What a shell's script is answered: the candidates as that shell reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .bash import read_line, replies
from .command_line import candidates
from .grammar import Command


def answer(root: Command, asked: Sequence[str]) -> Iterator[str]:
    """Yield a line a candidate: of bash what replaces its word, else word, tab, help.

    `asked` is bash, its line up to the cursor and its word breaks, or another shell and the words
    after the program's name, the unfinished one last; fish gives that one as it is typed.
    """
    shell, *words, last = asked
    if shell == "bash":
        line = read_line(words[0], breaks=last)
        yield from replies(line, candidates(root, line.words[1:-1], line.words[-1]))
        return
    typed = read_line(last, breaks="").words[-1] if shell == "fish" else last
    for candidate in candidates(root, words, typed):
        yield f"{candidate.word}\t{' '.join(candidate.help.split())}"
