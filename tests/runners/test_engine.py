"""The engine: every sample once, whatever happens in between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedEndpoint, echo
from worlds import World, config

from evalrun.core.config import Generation
from evalrun.core.errors import EndpointError, SampleError
from evalrun.core.exchange import (
    Prompt,
    Reply,
    ReplyFile,
    ReplyTiming,
    Request,
    SampleKey,
    Usage,
)
from evalrun.runners.engine import DEAD_AFTER, DeadEndpointError
from evalrun.runners.spending import BudgetReachedError


def failing_on(*rows: int) -> ScriptedEndpoint:
    """Fail for good on some rows."""
    return ScriptedEndpoint(
        lambda key, *rest: (
            SampleError("too long", kind="context_length") if key.row in rows else echo(key, *rest)
        )
    )


def test_every_sample_gets_one_prediction_and_one_score(tmp_path: Path) -> None:
    world = World(tmp_path, 20)
    world.execute(ScriptedEndpoint(echo))
    assert sorted(p.sample_id for p in world.predictions) == sorted(f"n/{i}" for i in range(20))
    assert [s.scores for s in world.scores] == [{"accuracy": 1.0}] * 20


def test_a_prediction_row_holds_what_the_contract_names(tmp_path: Path) -> None:
    world = World(tmp_path, 1)
    world.execute(ScriptedEndpoint(echo))
    (row,) = world.raw_predictions()
    assert row["id"] == "n/0#0"
    assert (row["sample_id"], row["epoch"], row["task"], row["group"]) == ("n/0", 0, "n", None)
    assert row["outputs"] == ["0"]
    assert len(row["input_sha256"]) == 64
    assert {"input_tokens", "output_tokens", "cached_tokens", "cost_usd"} <= set(row["usage"])
    assert "latency_s" in row["timing"]
    assert row["kv"] is None
    assert row["error"] is None


def test_whole_inputs_are_kept_on_request(tmp_path: Path) -> None:
    world = World(tmp_path, 1, save_inputs="full")
    world.execute(ScriptedEndpoint(echo))
    assert world.raw_predictions()[0]["messages"] == [{"role": "user", "content": "0"}]


def test_running_again_asks_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, 5)
    world.execute(ScriptedEndpoint(echo))
    before = world.folder.predictions.read_bytes(), world.folder.scores.read_bytes()
    again = ScriptedEndpoint(echo)
    world.execute(again)
    assert again.asked == []
    assert (world.folder.predictions.read_bytes(), world.folder.scores.read_bytes()) == before


def test_failed_samples_are_recorded_not_scored_and_asked_again(tmp_path: Path) -> None:
    world = World(tmp_path, 5)
    world.execute(failing_on(1, 3))
    errors = {p.sample_id: p.error.kind for p in world.predictions if p.error}
    assert errors == {"n/1": "context_length", "n/3": "context_length"}
    assert len(world.scores) == 3
    again = ScriptedEndpoint(echo)
    world.execute(again)
    assert sorted(key.sample_id for key, _, _ in again.asked) == ["n/1", "n/3"]
    assert len(world.scores) == 5


def test_a_prediction_without_score_is_graded_not_asked(tmp_path: Path) -> None:
    world = World(tmp_path, 3)
    world.execute(ScriptedEndpoint(echo))
    world.folder.scores.unlink()
    again = ScriptedEndpoint(echo)
    world.execute(again)
    assert again.asked == []
    assert len(world.scores) == 3


def test_another_scorer_grades_the_stored_predictions_beside_the_first(tmp_path: Path) -> None:
    world = World(tmp_path, 3)
    world.execute(ScriptedEndpoint(echo))
    world.execute(None, ignore_case=True)
    labels = [score.scorer for score in world.scores]
    assert labels == ["exact"] * 3 + ["exact[ignore_case=true]"] * 3


def test_epochs_of_a_sample_are_asked_with_different_seeds(tmp_path: Path) -> None:
    world = World(tmp_path, 2, epochs=3, seed=10, max_connections=1)
    endpoint = ScriptedEndpoint(echo)
    world.execute(endpoint)
    asked = [
        (key.sample_id, key.epoch, request.sampling.seed) for key, _, request in endpoint.asked
    ]
    assert asked == [(f"n/{i}", epoch, 10 + epoch) for i in range(2) for epoch in range(3)]


def test_no_more_samples_run_at_once_than_allowed(tmp_path: Path) -> None:
    world = World(tmp_path, 30, max_connections=4)
    endpoint = ScriptedEndpoint(echo, delay_s=0.002)
    world.execute(endpoint)
    assert endpoint.most_running == 4


def test_an_endpoint_may_ask_for_less(tmp_path: Path) -> None:
    world = World(tmp_path, 6, max_connections=4)
    endpoint = ScriptedEndpoint(echo, delay_s=0.002, most=1)
    world.execute(endpoint)
    assert endpoint.most_running == 1


def test_the_dataset_is_read_no_further_than_work_is_in_flight(tmp_path: Path) -> None:
    world = World(tmp_path, 1000, max_connections=4)
    furthest = 0

    def watching(key, *rest):
        nonlocal furthest
        furthest = max(furthest, world.benchmark.read - key.row)
        return echo(key, *rest)

    world.execute(ScriptedEndpoint(watching))
    assert furthest <= 6


def test_an_error_that_concerns_every_sample_stops_the_run_at_once(tmp_path: Path) -> None:
    world = World(tmp_path, 10_000, max_connections=8)
    endpoint = ScriptedEndpoint(lambda *_: EndpointError("the key in OPENAI_API_KEY is refused"))
    with pytest.raises(EndpointError, match="OPENAI_API_KEY"):
        world.execute(endpoint)
    assert len(endpoint.asked) <= 8
    assert world.predictions == []
    assert endpoint.closed


def test_a_dead_endpoint_does_not_grind_through_the_dataset(tmp_path: Path) -> None:
    world = World(tmp_path, 10_000, max_connections=8)
    dead = ScriptedEndpoint(lambda *_: SampleError("refused", kind="connection", passing=True))
    with pytest.raises(DeadEndpointError, match="refused"):
        world.execute(dead)
    assert len(dead.asked) <= DEAD_AFTER + 8
    world.benchmark.size = 5
    world.execute(ScriptedEndpoint(echo))
    assert len(world.scores) == 5


def test_a_run_stops_when_its_budget_is_spent_and_goes_on_with_a_larger_one(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, 20, budget_usd=0.45, max_connections=1)
    with pytest.raises(BudgetReachedError, match=r"run\.budget_usd"):
        world.execute(ScriptedEndpoint(paid))
    assert len(world.predictions) == 5
    again = ScriptedEndpoint(paid)
    with pytest.raises(BudgetReachedError):
        world.execute(again)
    assert again.asked == []
    world.config = config(budget_usd=100.0)
    again = ScriptedEndpoint(paid)
    world.execute(again)
    assert len(again.asked) == 15
    assert len(world.scores) == 20


def paid(key: SampleKey, prompt: Prompt, request: Request, **fields: object) -> Reply:
    return Reply(
        text=echo(key, prompt, request),
        stop_reason="stop",
        timing=ReplyTiming(latency_s=0.0),
        usage=Usage(input_tokens=9, output_tokens=1, cost_usd=0.1),
        **fields,
    )


def test_replies_in_flight_are_brought_home_when_the_budget_is_spent(tmp_path: Path) -> None:
    world = World(tmp_path, 50, budget_tokens=200, max_connections=4)
    endpoint = ScriptedEndpoint(paid, delay_s=0.002)
    with pytest.raises(BudgetReachedError, match=r"run\.budget_tokens"):
        world.execute(endpoint)
    assert len(world.predictions) == len(world.scores) == len(endpoint.asked)
    assert 16 <= len(endpoint.asked) <= 23


def test_what_came_from_the_reply_cache_is_not_spent(tmp_path: Path) -> None:
    world = World(tmp_path, 50, budget_tokens=200)
    world.execute(ScriptedEndpoint(lambda *asked: paid(*asked, from_cache=True)))
    assert len(world.scores) == 50
    assert world.predictions[0].turns[0].from_cache
    world.config = config(budget_tokens=200, epochs=2)
    with pytest.raises(BudgetReachedError):
        world.execute(ScriptedEndpoint(paid))


def test_files_of_replies_are_kept_in_the_run_folder_once_each(tmp_path: Path) -> None:
    def painted(*asked: object) -> Reply:
        file = ReplyFile("image/png", b"\x89PNG")
        timing = ReplyTiming(latency_s=0.0)
        return Reply(text="", stop_reason="stop", timing=timing, files=(file,))

    world = World(tmp_path, 2)
    world.execute(ScriptedEndpoint(painted))
    saved = {prediction.turns[0].files[0] for prediction in world.predictions}
    (file,) = saved
    assert (tmp_path / file.path).read_bytes() == b"\x89PNG"
    assert file.path == f"artifacts/{file.sha256}.png"
    assert world.predictions[0].outputs == (file.path,)
    assert [path.name for path in (tmp_path / "artifacts").iterdir()] == [f"{file.sha256}.png"]


def test_the_configured_schema_holds_for_turns_that_have_none(tmp_path: Path) -> None:
    world = World(tmp_path, 1)
    schema = {"type": "object"}
    world.config = msgspec.structs.replace(world.config, generation=Generation(reply_schema=schema))
    endpoint = ScriptedEndpoint(echo)
    world.execute(endpoint)
    ((_, _, request),) = endpoint.asked
    assert request.form.reply_schema == schema


@pytest.mark.parametrize(("epochs", "shared"), [(1, False), (2, True)])
def test_an_endpoint_is_told_that_epochs_share_a_context(
    epochs: int, shared: bool, tmp_path: Path
) -> None:
    world = World(tmp_path, 1, epochs=epochs)
    endpoint = ScriptedEndpoint(echo)
    world.execute(endpoint)
    assert {key.shares_context for key, _, _ in endpoint.asked} == {shared}


def test_a_cancelled_run_keeps_what_was_finished_and_resumes(tmp_path: Path) -> None:
    world = World(tmp_path, 200, max_connections=4)
    endpoint = ScriptedEndpoint(echo, delay_s=0.005)
    _, run = world.start(endpoint)

    async def interrupted() -> None:
        task = asyncio.create_task(run())
        await asyncio.sleep(0.1)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    finished = {p.id for p in world.predictions}
    assert 0 < len(finished) < 200
    again = ScriptedEndpoint(echo)
    world.execute(again)
    assert len(again.asked) == 200 - len(finished)
    assert len({p.id for p in world.predictions}) == len(world.predictions) == 200
    assert len(world.scores) == 200
