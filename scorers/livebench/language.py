"""Language: typos to be mended, and the sentences of a plot to be put in order."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from ..verdict import Verdict
from .proofs import edit_distance
from .reading import CLOSED, SOLUTION, ReplyError, graded, solutions, without

_MARK = " --- "
_SUMMARY = "<PLOT_SUMMARY>"
_SUMMARY_END = "</PLOT_SUMMARY>"
_NO_SENTENCES = ("", _SUMMARY_END, "**End of Plot Summary**")


def typos(truth: str, reply: str) -> Verdict:
    """Return 1 if the truth stands in the answer, its lines joined by spaces; else 0.

    The answer is the last solution, or what stands between two dashes, or the whole reply. Source:
    `typos/utils.py`.
    """
    found = solutions(reply)
    text = found[-1] if found else _between_marks(without(reply, SOLUTION, CLOSED))
    answer = " ".join(line for line in text.strip().split("\n") if line)
    return graded(truth in answer, answer)


def plot_unscrambling(truth: str, reply: str) -> Verdict:
    """Return 1 less the edit distance of the order of sentences, as a share of their number.

    Each golden sentence stands where the sentence of the answer does that is most like it. Raises
    ReplyError for a truth without sentences. Source: `plot_unscrambling/utils.py`.
    """
    golden = [sentence for s in truth.split(".") if (sentence := s.strip())]
    parts = (s.strip() for s in _summary(reply).split("."))
    given = [sentence for sentence in parts if sentence not in _NO_SENTENCES]
    if not golden:
        raise ReplyError("the truth has no sentences")
    order = [given.index(nearest(sentence, given)) for sentence in golden] if given else []
    distance = edit_distance(range(len(golden)), order)
    return graded(1 - distance / len(golden), order or None)


def nearest(sentence: str, candidates: Sequence[str]) -> str:
    """Return what `difflib.get_close_matches` would, with n=1 and cutoff 0, in less time.

    That is the candidate with the highest ratio, and of equal ones the last in the alphabet. Upper
    bounds of the ratio, which cost little, spare most candidates the ratio itself.
    """
    matcher = SequenceMatcher()
    matcher.set_seq2(sentence)
    best = (-1.0, "")
    for candidate in dict.fromkeys(candidates):
        matcher.set_seq1(candidate)
        if matcher.real_quick_ratio() >= best[0] and matcher.quick_ratio() >= best[0]:
            best = max(best, (matcher.ratio(), candidate))
    return best[1]


def _between_marks(text: str) -> str:
    """Return what stands between the last two dashes of the first line with two; else `text`."""
    for line in text.split("\n"):
        begin = line.rfind(_MARK, 0, max(line.rfind(_MARK), 0))
        if begin >= 0:
            begin += len(_MARK)
            return line[begin : line.find(_MARK, begin)]
    return text


def _summary(reply: str) -> str:
    """Return what stands between the first tag and the last closing one, if it follows."""
    begin = reply.find(_SUMMARY)
    if begin < 0:
        return reply
    begin += len(_SUMMARY)
    end = reply.rfind(_SUMMARY_END, begin)
    return reply[begin:] if end < 0 else reply[begin:end]
