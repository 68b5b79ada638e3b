"""Dry runs: what a run would ask and cost, counted by playing it without a model."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.config import Config
from evalrun.core.content import AudioPart, ImagePart, Message, TextPart, ToolCall
from evalrun.core.errors import DataError
from evalrun.core.exchange import (
    Call,
    ReplyForm,
    SampleKey,
    Sampling,
    SharedPrefix,
    Tool,
    Usage,
)
from evalrun.core.interfaces import PlayProtocol
from evalrun.core.sample import Sample, Turn
from evalrun.models.chat import ChatEndpoint
from evalrun.models.local.torch_model import TorchModel
from evalrun.models.prices import Price
from evalrun.runners.batch import run_all
from evalrun.runners.compose import Composer
from evalrun.runners.dry.counting import (
    ASSUMED_OUTPUT_TOKENS,
    MESSAGE_TOKENS,
    SMALLEST_CACHED,
    CountingClient,
    Tally,
    TokenCounter,
)
from evalrun.runners.dry.dry_run import dry_run
from evalrun.runners.dry.estimate import Estimate, estimate, rehearsal
from evalrun.runners.dry.table import estimates_table
from evalrun.runners.likelihood import ByLikelihood, LikelihoodOptions
from evalrun.runners.protocols import (
    MultiRequest,
    MultiRequestOptions,
    MultiTurn,
    MultiTurnOptions,
)
from evalrun.runners.runs import ProblemsError
from evalrun.runners.tables.table import Table

# USD per token.
PRICE = Price(input=1.0, output=10.0, cached_input=0.1, cache_write=2.0)
LONG = SMALLEST_CACHED
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")


def words(text: str) -> int:
    return len(text.split())


def client_of(**settings: Any) -> CountingClient:
    settings = {"price": PRICE, "caches": True, **settings}
    return CountingClient(TokenCounter(words), **settings)


def counted(*calls: Call, **settings: Any) -> Tally:
    client = client_of(**settings)

    async def ask() -> None:
        for call in calls:
            await client.call(call)

    asyncio.run(ask())
    return client.tally


def call(*contents: Any, max_tokens: int | None = 10, **fields: Any) -> Call:
    messages = tuple(Message("user", content) for content in contents)
    return Call(messages=messages, sampling=Sampling(max_tokens=max_tokens), **fields)


def played(protocol: PlayProtocol, sample: Sample, **settings: Any) -> Tally:
    client = client_of(**settings)
    sampling = Sampling(max_tokens=10)
    asyncio.run(protocol.play(sample, SampleKey("s"), ChatEndpoint(client), sampling))
    return client.tally


# --- counting one call after another


def test_a_call_counts_its_texts_and_a_little_for_each_message() -> None:
    tally = counted(call("one two three"), call("one", "two words"))
    assert tally.requests == 2
    assert tally.usage.input_tokens == 3 + MESSAGE_TOKENS + 3 + 2 * MESSAGE_TOKENS
    assert tally.usage.output_tokens == 20


def test_replies_without_a_limit_are_taken_to_have_one_and_are_told_apart() -> None:
    tally = counted(call("one", max_tokens=None), call("one", max_tokens=7))
    assert tally.usage.output_tokens == ASSUMED_OUTPUT_TOKENS + 7
    assert tally.unlimited == 1


def test_cost_is_that_of_the_longest_replies_and_of_the_input_alone() -> None:
    tally = counted(call("one two", max_tokens=3))
    assert tally.input_usd == 2 + MESSAGE_TOKENS
    assert tally.usage.cost_usd == 2 + MESSAGE_TOKENS + 10 * 3


def test_images_and_sounds_are_counted_by_number() -> None:
    content = (ImagePart("a.png"), ImagePart("b.png"), AudioPart("c.wav"), TextPart("what?"))
    tally = counted(call(content))
    assert (tally.images, tally.sounds) == (2, 1)
    assert tally.usage.input_tokens == 1 + MESSAGE_TOKENS


def test_tools_schemas_and_tool_calls_are_read_too() -> None:
    form = ReplyForm(reply_schema={"a": "b c"}, tools=(Tool("add", "x y z"),))
    history = Message("assistant", "", (ToolCall("1", "add", '{"x": 1}'),))
    sampling = Sampling(max_tokens=1)
    tally = counted(Call(messages=(history,), sampling=sampling, form=form))
    # {"a":"b c"} is two words, {"name":"add","description":"x y z"} three, add{"x": 1} two.
    assert tally.usage.input_tokens == 2 + 3 + 2 + MESSAGE_TOKENS


CONTEXT = " ".join(["word"] * LONG)
SHARED = (SharedPrefix(0, 0),)


def about(context: str, question: str) -> Call:
    return call((TextPart(context), TextPart(question)), shared=SHARED)


def test_a_shared_beginning_is_written_once_and_read_from_then_on() -> None:
    tally = counted(about(CONTEXT, "why"), about(CONTEXT, "how"), about(CONTEXT, "who"))
    beginning = LONG + MESSAGE_TOKENS
    assert tally.usage.cache_write_tokens == beginning
    assert tally.usage.cached_tokens == 2 * beginning
    assert tally.usage.input_tokens == 3 * (beginning + 1)
    assert tally.input_usd == pytest.approx(beginning * (2.0 + 0.1 + 0.1) + 3)


def test_short_beginnings_and_servers_that_keep_none_have_no_cached_tokens() -> None:
    short = " ".join(["word"] * (LONG - MESSAGE_TOKENS - 1))
    assert counted(about(short, "why"), about(short, "how")).usage.cached_tokens == 0
    local = counted(about(CONTEXT, "why"), about(CONTEXT, "how"), caches=False)
    assert (local.usage.cached_tokens, local.usage.cache_write_tokens) == (0, 0)


def test_other_contexts_roles_and_tools_are_other_beginnings() -> None:
    first = about(CONTEXT, "why")
    others = (
        about(CONTEXT + " more", "why"),
        Call(
            messages=(Message("system", first.messages[0].content),),
            sampling=first.sampling,
            shared=SHARED,
        ),
        call(first.messages[0].content, form=ReplyForm(tools=(Tool("add"),)), shared=SHARED),
    )
    for other in others:
        assert counted(first, other).usage.cached_tokens == 0


def test_likelihoods_take_one_request_or_one_each_where_the_prompt_is_echoed() -> None:
    asked = call("a question", form=ReplyForm(continuations=("red", "deep blue")))
    prompt = 2 + MESSAGE_TOKENS
    chat, echo = counted(asked), counted(asked, api="completions")
    assert (chat.requests, chat.usage.input_tokens) == (1, prompt + 3)
    assert (echo.requests, echo.usage.input_tokens) == (2, 2 * prompt + 3)
    assert (chat.usage.output_tokens, echo.usage.output_tokens) == (1, 2)
    assert (chat.unlimited, echo.unlimited) == (0, 0)


# --- texts are counted once, and never kept


def test_a_text_that_comes_again_is_not_counted_again() -> None:
    seen: list[str] = []

    def count(text: str) -> int:
        seen.append(text)
        return words(text)

    tokens = TokenCounter(count)
    assert [tokens("a b"), tokens("c"), tokens("a b")] == [2, 1, 2]
    assert seen == ["a b", "c"]


@given(st.lists(st.text()))
def test_counts_are_those_of_the_counting_function(texts: list[str]) -> None:
    tokens = TokenCounter(len)
    assert [tokens(text) for text in texts + texts] == [len(text) for text in texts + texts]


def test_the_placeholder_of_a_reply_counts_as_long_as_the_reply_may_be() -> None:
    client = client_of()
    reply = asyncio.run(client.call(call("one", max_tokens=50)))
    assert reply.text.strip()
    assert TokenCounter(words)(f"before {reply.text} after") == 52


# --- protocols


TURNS = tuple(Turn(query=f"question {n}", reference="golden answer") for n in (1, 2, 3))


def test_multi_turn_reads_the_conversation_again_with_each_turn() -> None:
    sample = Sample(id="s", task="t", context=CONTEXT + " ", turns=TURNS)
    tally = played(MultiTurn(MultiTurnOptions(name="multi_turn")), sample)
    first = LONG + 2 + MESSAGE_TOKENS
    turn = 2 + 2 + 2 * MESSAGE_TOKENS
    assert tally.requests == 3
    assert tally.usage.input_tokens == first + (first + turn) + (first + 2 * turn)
    # Each conversation is the beginning of the next one.
    assert tally.usage.cached_tokens == first + (first + turn)


def test_the_models_own_replies_count_in_the_history_at_their_limit() -> None:
    sample = Sample(id="s", task="t", turns=TURNS[:2])
    tally = played(MultiTurn(MultiTurnOptions(name="multi_turn", history="own")), sample)
    first = 2 + MESSAGE_TOKENS
    assert tally.usage.input_tokens == first + (first + 10 + MESSAGE_TOKENS + first)


def test_multi_request_reads_the_context_from_the_cache_after_the_first() -> None:
    sample = Sample(id="s", task="t", context=CONTEXT + " ", turns=TURNS)
    tally = played(MultiRequest(MultiRequestOptions(name="multi_request")), sample)
    assert tally.usage.input_tokens == 3 * (LONG + 2 + MESSAGE_TOKENS)
    assert tally.usage.cached_tokens == 2 * (LONG + MESSAGE_TOKENS)


def test_the_protocol_likelihood_can_be_played() -> None:
    sample = Sample(id="s", task="t", turns=(Turn(query="which one", choices=("a", "b")),))
    tally = played(ByLikelihood(LikelihoodOptions(name="likelihood")), sample)
    assert (tally.requests, tally.usage.input_tokens) == (1, 2 + MESSAGE_TOKENS + 2)


# --- whole runs


def rows(folder: Path, *contents: Any, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in contents))
    return path


def configs(folder: Path, *overrides: str, multirun: bool = False) -> list[Config]:
    base = ["recipe=file", f"benchmark.path={folder / 'rows.jsonl'}", f"outputs={folder / 'out'}"]
    return Composer().expand([*base, *overrides], multirun=multirun)


def table_of(folder: Path, *overrides: str) -> Table:
    """Return the table of a dry run that counts words."""
    estimates = [_estimate(config) for config in configs(folder, *overrides)]
    return estimates_table(estimates, "words")


def _estimate(config: Config) -> Estimate:
    return asyncio.run(estimate(rehearsal(config), TokenCounter(words)))


def cells(table: Table, row: int = 0) -> dict[str, str]:
    return dict(zip(table.header, table.rows[row], strict=True))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    questions = ({"id": f"q{n}", "input": "one two", "target": "x"} for n in range(4))
    rows(tmp_path, *questions)
    return tmp_path


OPENAI = ("model=openai", "model.name=gpt-none", "generation.max_tokens=5")
PRICED = (*OPENAI, "model.price.input=2", "model.price.output=10")


def test_a_run_is_a_row_with_its_cost(folder) -> None:
    table = table_of(folder, *PRICED, "run.epochs=250")
    # 4 x 250 requests of 2 words and one message, and of at most 5 tokens of output.
    assert cells(table) == {
        "recipe": "file",
        "model": "gpt-none",
        "kv": "full",
        "to do": "1,000",
        "done": "0",
        "requests": "1,000",
        "input tokens": "6,000",
        "of which cached": "0",
        "output tokens at most": "5,000",
        "USD at most": "0.0620",
        "USD for input alone": "0.0120",
    }
    assert table.notes[0] == "tokens: words, and 4 a message for the chat template"


def test_limits_of_samples_are_kept(folder) -> None:
    assert cells(table_of(folder, *OPENAI, "run.limit=3"))["requests"] == "3"


def test_an_unknown_price_is_no_price_and_the_note_says_where_to_set_it(folder) -> None:
    table = table_of(folder, *OPENAI)
    assert cells(table)["USD at most"] == cells(table)["USD for input alone"] == "-"
    (note,) = [note for note in table.notes if "price" in note]
    assert note == (
        "no price is known of gpt-none: say model.price.input=USD model.price.output=USD, "
        "per million tokens"
    )


@pytest.mark.skipif(find_spec("litellm") is None, reason="LiteLLM brings the list prices")
def test_a_list_price_is_known_of_openai_alone(folder) -> None:
    known = ("model.name=gpt-4o-mini", "generation.max_tokens=5")
    openai = table_of(folder, "model=openai", *known)
    assert cells(openai)["USD at most"] != "-"
    other = ("model=openai-compatible", "model.api_base=http://localhost:1/v1")
    assert cells(table_of(folder, *other, *known))["USD at most"] == "-"


def test_a_model_that_runs_here_costs_nothing_and_is_not_loaded(folder, monkeypatch) -> None:
    def loaded(self: TorchModel, kv: Any) -> Any:
        raise AssertionError("loaded")

    monkeypatch.setattr(TorchModel, "endpoint", loaded)
    table = table_of(folder, "model=smollm2", "generation.max_tokens=5", "kv=knorm")
    row = cells(table)
    assert row["kv"].startswith("knorm")
    assert (row["requests"], row["of which cached"]) == ("4", "-")
    assert row["USD at most"] == "-"
    assert not [note for note in table.notes if "price" in note]


def test_runs_without_a_limit_say_what_was_assumed(folder) -> None:
    table = table_of(folder, "model=openai", "model.name=gpt-none")
    assert cells(table)["output tokens at most"] == f"{4 * ASSUMED_OUTPUT_TOKENS:,}"
    assert "generation.max_tokens=N" in " ".join(table.notes)


def test_a_missing_key_is_a_note_and_stops_nothing(folder) -> None:
    notes = table_of(folder, *OPENAI).notes
    assert any("OPENAI_API_KEY is not set" in note for note in notes)


def test_attached_files_are_told_of(folder) -> None:
    (folder / "a.png").write_bytes(b"png")
    rows(folder, {"input": "what?", "images": ["a.png"]}, {"input": "and?", "images": ["a.png"]})
    notes = table_of(folder, *OPENAI).notes
    assert "2 images and 0 sounds are sent and not in the tokens" in notes


def test_images_that_a_model_makes_are_told_not_to_be_counted(folder) -> None:
    table = table_of(folder, "model=openai", "model.name=gpt-image-none", "model.api=images")
    assert cells(table)["output tokens at most"] == "0"
    notes = " ".join(table.notes)
    assert "gpt-image-none: what it makes is in neither the tokens nor the cost" in notes
    assert "generation.max_tokens" not in notes


JUDGE = ("scorer=judge", "judge=openai", "judge.name=gpt-judge", "scorer.max_tokens=7")


def test_judges_have_a_row_of_their_own_and_all_have_a_sum(folder) -> None:
    prices = ("judge.price.input=1", "judge.price.output=1")
    table = table_of(folder, *PRICED, *JUDGE, *prices)
    model, judge, total = (cells(table, row) for row in range(3))
    assert (judge["recipe"], judge["model"]) == ("file, judged by", "gpt-judge")
    assert (judge["requests"], judge["output tokens at most"]) == ("4", "28")
    assert total["recipe"] == "total"
    assert total["requests"] == "8"
    assert (total["to do"], total["done"]) == ("4", "0")
    for column in ("input tokens", "output tokens at most"):
        amounts = [int(row[column].replace(",", "")) for row in (model, judge, total)]
        assert amounts[0] + amounts[1] == amounts[2]
    costs = [float(row["USD at most"]) for row in (model, judge, total)]
    assert costs[0] + costs[1] == pytest.approx(costs[2], abs=2e-4)


def test_a_judge_reads_the_question_the_target_and_the_longest_reply(folder) -> None:
    def judged(*overrides: str) -> int:
        table = table_of(folder, *OPENAI, *JUDGE, *overrides)
        return int(cells(table, 1)["input tokens"].replace(",", ""))

    brief, long = judged(), judged("generation.max_tokens=105")
    assert long - brief == 4 * 100
    rows(folder, *({"input": "one two " + "more " * 10, "target": "x"} for _ in range(4)))
    assert judged() - brief == 4 * 10


def test_an_unknown_price_of_one_makes_the_sum_unknown(folder) -> None:
    table = table_of(folder, *PRICED, *JUDGE)
    assert [cells(table, row)["USD at most"] for row in range(3)] == ["0.0002", "-", "-"]
    assert any("judge.price.input" in note for note in table.notes)


def test_a_protocol_that_may_end_early_is_counted_whole_and_the_note_says_so(folder) -> None:
    fixture = Path(__file__).resolve().parents[1] / "fixtures" / "processbench" / "gsm8k.json"
    steps = [len(row["steps"]) for row in json.loads(fixture.read_text())]
    assert max(steps) > 1
    recipe = ("recipe=processbench", f"benchmark.path={fixture}", "benchmark.form=generative_prm")
    table = table_of(folder, *OPENAI, *recipe, "protocol=until")
    assert cells(table)["requests"] == str(sum(steps))
    assert any(note.startswith("protocol=until may end a sample before") for note in table.notes)
    asked_whole = table_of(folder, *OPENAI, *recipe, "protocol=multi_turn")
    assert not [note for note in asked_whole.notes if "may end" in note]


def recorded(folder: Path, *ids: str) -> tuple[str, ...]:
    path = rows(folder, *({"id": i, "output": "a reply"} for i in ids), name="replies.jsonl")
    return ("model=recorded", f"model.path={path}")


def run_for_real(folder: Path, *overrides: str) -> None:
    run_all(
        configs(folder, *overrides),
        quiet=True,
        begun=lambda run: None,
        ended=lambda run, outcome: None,
    )


def test_what_is_done_is_not_counted_again(folder) -> None:
    model = recorded(folder, "q0", "q1", "q2", "q3")
    run_for_real(folder, *model, "run.limit=4")
    row = cells(table_of(folder, *model, "run.limit=4"))
    assert (row["to do"], row["done"], row["requests"]) == ("0", "4", "0")


def test_what_failed_is_to_do(folder) -> None:
    model = recorded(folder, "q0", "q2")
    run_for_real(folder, *model)
    row = cells(table_of(folder, *model))
    assert (row["to do"], row["done"], row["requests"]) == ("2", "2", "2")


def test_replies_that_another_scorer_graded_are_only_judged(folder) -> None:
    model = recorded(folder, "q0", "q1", "q2", "q3")
    run_for_real(folder, *model)
    table = table_of(folder, *model, *JUDGE)
    asked, judged = cells(table), cells(table, 1)
    assert (asked["to do"], asked["requests"], judged["requests"]) == ("4", "0", "4")


def test_a_dry_run_writes_nothing(folder) -> None:
    before = sorted(folder.rglob("*"))
    table = dry_run(configs(folder, *PRICED, *JUDGE))
    assert len(table.rows) == 3
    assert sorted(folder.rglob("*")) == before


def test_runs_of_one_command_stand_below_each_other(folder) -> None:
    table = dry_run(configs(folder, *PRICED, "run.limit=1,3", multirun=True))
    assert [row[3] for row in table.rows] == ["1", "3", "4"]


def test_missing_data_is_an_error_for_all_runs_at_once(folder) -> None:
    (folder / "rows.jsonl").unlink()
    with pytest.raises(ProblemsError, match=r"rows\.jsonl: no such file") as error:
        dry_run(configs(folder, *OPENAI))
    assert error.value.exit_code == 2


def test_a_malformed_row_is_an_error(folder) -> None:
    rows(folder, {"input": "q"}, {"inputs": "q"})
    with pytest.raises(DataError, match=r"rows\.jsonl, row 2"):
        dry_run(configs(folder, *OPENAI))


def test_tallies_add_up() -> None:
    one = Tally(requests=1, usage=Usage(input_tokens=2), input_usd=3, unlimited=4, images=5)
    two = Tally(requests=10, usage=Usage(input_tokens=20), input_usd=30, unlimited=40, sounds=6)
    assert one + two == Tally(
        requests=11,
        usage=Usage(input_tokens=22),
        input_usd=33,
        unlimited=44,
        images=5,
        sounds=6,
    )
