"""Confidences of multiple choice by likelihood, read from rows of a run."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from fabricated import results
from figure_runs import configured, figure, names, predicted, record, run_of, task, verdict

from evalrun.core.errors import DataError
from evalrun.core.exchange import Likelihood
from evalrun.runners.report.figures.confidences import Judgements, confidence, judgements
from evalrun.runners.results import StoredRun

LN = math.log


def told(*logprobs: float | None, tokens: int = 1) -> list[Likelihood]:
    return [Likelihood(logprob=logprob, tokens=tokens) for logprob in logprobs]


def asked(folder: Path, *scores: bytes, **protocol: str) -> StoredRun:
    """A run that was asked four questions, of which the third has no likelihood."""
    run = run_of(folder, results(*task("t"), protocol="likelihood"), scores=scores)
    rows = [[LN(0.6), LN(0.2)], [LN(0.3), LN(0.9)], [None, None], [LN(0.5), LN(0.5)]]
    return configured(predicted(run, *([record(logprobs=row)] for row in rows)), **protocol)


def pairs(found: Judgements) -> list[tuple[float, float]]:
    return [(pytest.approx(answer.confidence), answer.right) for answer in found.answers]


def test_it_is_the_share_of_the_likeliest_option_in_the_probability_of_all() -> None:
    assert confidence(told(LN(0.2), LN(0.6))) == pytest.approx(0.75)
    assert confidence(told(-1000.0, -1000.0)) == pytest.approx(0.5)


def test_an_option_that_the_endpoint_does_not_tell_counts_as_0() -> None:
    assert confidence(told(LN(0.6), None, LN(0.2))) == pytest.approx(0.75)
    assert confidence(told(None, None)) is None
    assert confidence([]) is None
    assert confidence(told(-math.inf)) is None


def test_by_token_it_compares_what_the_protocol_compares() -> None:
    long = Likelihood(logprob=4 * LN(0.5), tokens=4)
    short = Likelihood(logprob=LN(0.25), tokens=1)
    assert confidence([long, short], by_token=True) == pytest.approx(0.5 / 0.75)
    assert confidence([Likelihood(logprob=LN(0.5), tokens=0)], by_token=True) == 1.0


def test_answers_have_the_verdict_on_their_turn(tmp_path: Path) -> None:
    found = judgements(asked(tmp_path, verdict(0, 1.0), verdict(1, 0.0), verdict(2, 1.0)))
    assert pairs(found) == [(0.75, 1.0), (0.75, 0.0)]
    assert found.unknown == 2


def test_only_the_first_metric_of_the_runs_own_scorer_counts_and_the_last_verdict(
    tmp_path: Path,
) -> None:
    lines = [verdict(0, 0.0), verdict(0, 1.0, f1=0.25), verdict(0, 0.0, scorer="includes")]
    assert pairs(judgements(asked(tmp_path, *lines))) == [(0.75, 1.0)]


def test_turns_are_told_apart(tmp_path: Path) -> None:
    run = run_of(tmp_path, results(protocol="likelihood"), scores=[verdict(0, 1.0, None, 0.0)])
    turns = [record(logprobs=[LN(p), LN(1 - p)]) for p in (0.9, 0.8, 0.7)]
    assert pairs(judgements(predicted(run, turns))) == [(0.9, 1.0), (0.7, 0.0)]


def test_lengths_in_tokens_are_used_where_the_protocol_did(tmp_path: Path) -> None:
    run = run_of(tmp_path, results(protocol="likelihood"), scores=[verdict(0, 1.0)])
    predicted(run, [record(logprobs=[4 * LN(0.5), LN(0.25)], tokens=[4, 1])])
    assert pairs(judgements(configured(run, normalize="tokens"))) == [(0.5 / 0.75, 1.0)]


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    run = run_of(tmp_path, results(protocol="likelihood"))
    run.folder.predictions.write_bytes(b'{"id": 1}\n')
    with pytest.raises(DataError, match=r"predictions\.jsonl, line 1"):
        judgements(run)


def test_the_diagram_has_a_point_a_bin_and_tells_the_error(tmp_path: Path) -> None:
    lines = [verdict(0, 1.0), verdict(1, 1.0), verdict(3, 0.0)]
    drawn = figure([asked(tmp_path, *lines)], "calibration")
    diagonal, line = drawn.data
    assert diagonal["x"] == diagonal["y"] == [0, 100]
    assert line["x"] == pytest.approx([50, 75])
    assert line["y"] == pytest.approx([0, 100])
    # (1 * 0.5 + 2 * 0.25) / 3
    assert line["name"] == "m: ECE 33.3%"
    assert "ECE 33.3%, n = 3" in drawn.alt
    assert "Without a known likelihood or verdict: 1." in drawn.note


def test_runs_that_compared_by_characters_of_texts_are_left_out_and_told(tmp_path: Path) -> None:
    by_length = {"of": "texts", "normalize": "characters"}
    assert "calibration" not in names([asked(tmp_path, verdict(0, 1.0), **by_length)])
    both = [
        asked(tmp_path, verdict(0, 1.0)),
        asked(tmp_path, verdict(0, 1.0), **by_length),
    ]
    drawn = figure(both, "calibration")
    assert len(drawn.data) == 2
    assert "Left out, since they compare likelihoods by length: m / run-2." in drawn.note


def test_letters_are_all_of_one_length(tmp_path: Path) -> None:
    run = asked(tmp_path, verdict(0, 1.0), of="letters", normalize="characters")
    assert "calibration" in names([run])


def test_runs_by_other_protocols_have_no_diagram(tmp_path: Path) -> None:
    run = run_of(tmp_path, results(protocol="single_turn"), scores=[verdict(0, 1.0)])
    assert "calibration" not in names([predicted(run, [record(logprobs=[LN(0.5)])])])
