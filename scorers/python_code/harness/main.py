"""The parent: it reads a job from stdin, has a child do it, and tells on stdout what came of it."""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any

from . import programs, unit_tests
from .children import Answer, Ask, Child, ChildError, Tell


def main() -> None:
    """Do the job: an object with `code`, `inputs` or `tests`, and a `proof` to give back.

    The child is forked before the job is read, so that no secret is in its memory.
    """
    child = Child(_serve)
    job = json.loads(sys.stdin.buffer.read())
    try:
        done = _unit_tests(child, job) if "tests" in job else _cases(child, job)
    finally:
        child.end()
    sys.stdout.write(json.dumps({"ran": done, "proof": job["proof"]}))


def _serve(ask: Ask, tell: Tell) -> None:
    job = ask()
    serve = unit_tests.serve if "tests" in job else programs.serve
    serve(job, ask, tell)


def _cases(child: Child, job: dict[str, Any]) -> Answer:
    """Return the `outputs` up to the first failure, and how it `end`ed."""
    outputs: list[str] = []
    try:
        _answered(child, {"code": job["code"], "function": job["function"]}, job["limit_s"])
        for given in job["inputs"]:
            answer = _answered(child, {"input": given}, job["limit_s"])
            outputs.append(str(answer["output"]))
    except _FailedError as failed:
        return {**failed.answer, "outputs": outputs}
    return {"end": "done", "outputs": outputs}


def _unit_tests(child: Child, job: dict[str, Any]) -> Answer:
    """Return how the tests `end`ed: `done` if all of them ran and passed."""
    names, word = unit_tests.test_names(job["tests"]), secrets.token_hex()
    try:
        _answered(child, {"code": job["code"], "tests": job["tests"]}, job["limit_s"])
        answer = _answered(child, {"word": word}, job["limit_s"], key="word")
    except _FailedError as failed:
        return failed.answer
    ran = answer.get("ran")
    is_whole = isinstance(ran, list) and set(names) <= {str(name) for name in ran}
    if answer["word"] != word or answer.get("intact") is not True or not is_whole:
        return {"end": "forged", "detail": "the tests were not run as they are"}
    return {"end": "done"}


class _FailedError(Exception):
    """The child gave no output."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def _answered(child: Child, request: Answer, limit_s: float, key: str = "output") -> Answer:
    """Return the child's answer, which has `key`. Raises _FailedError."""
    try:
        answer = child.ask(request, limit_s)
    except ChildError as error:
        raise _FailedError({"end": error.end}) from None
    if "error" in answer:
        told = {"missing": str(answer["missing"])} if "missing" in answer else {}
        raise _FailedError({"end": "error", "detail": str(answer["error"]), **told})
    if key not in answer:
        raise _FailedError({"end": "crash"})
    return answer
