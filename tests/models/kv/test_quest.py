"""Quest: which pages a query reads, against the definition written out, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

pytest.importorskip("torch")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_reading import Chosen, Made, random_prompt, random_queries, slow_reading
from torch import Tensor

from evalrun.models.kv.method import LayerFacts, ModelShape, PromptFacts
from evalrun.models.kv.quest import Quest, QuestOptions
from evalrun.models.kv.store import DenseStore, LayerStore
from evalrun.models.kv.stores.quest_store import QuestStore, quest_attention, summed_signs
from evalrun.models.local.measure import cache_bytes

PAGE = 4


def stored(keys: Tensor, values: Tensor, budget: int, page: int = PAGE) -> QuestStore:
    return QuestStore.of(keys, values, chunk_size=page, token_budget=budget)


def pages_of(tokens: int, page: int = PAGE) -> list[range]:
    return [range(start, min(start + page, tokens)) for start in range(0, tokens, page)]


def bound(query: Sequence[float], keys: list[list[float]]) -> float:
    """The paper's upper bound of the product of `query` with any of `keys`."""
    total = 0.0
    for c, q in enumerate(query):
        column = [key[c] for key in keys]
        total += max(q * max(column), q * min(column))
    return total


def official_score(
    query: Sequence[float], signs: Sequence[float], keys: list[list[float]]
) -> float:
    """SCBench's score of a page: the largest signed key of each channel, times the signed query."""
    return sum(
        q * sign * max(key[c] * sign for key in keys)
        for c, (q, sign) in enumerate(zip(query, signs, strict=True))
    )


def slow_choice(query: Tensor, keys: Tensor, pages_read: int) -> Chosen:
    """Return which tokens a query reads: those of the pages with the highest scores."""

    def chosen(b: int, h: int, i: int) -> list[int]:
        of_head = keys[0, h // (query.shape[1] // keys.shape[1])].tolist()
        rows = query[b, h].tolist()
        signs = [sum(1 if row[c] > 0 else -1 for row in rows) for c in range(len(rows[0]))]
        pages = pages_of(len(of_head))
        scores = [official_score(rows[i], signs, [of_head[t] for t in page]) for page in pages]
        best = sorted(range(len(pages)), key=lambda page: -scores[page])[:pages_read]
        return [token for page in sorted(best) for token in pages[page]]

    return chosen


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10_000))
def test_the_score_of_one_query_is_an_upper_bound_of_its_products(tokens: int, seed: int) -> None:
    keys, values = random_prompt(tokens, kv_heads=1, seed=seed)
    query = torch.randn(1, 1, 1, 16, generator=torch.Generator().manual_seed(seed + 1))
    signs = summed_signs(query, torch.ones(1, 1, dtype=torch.bool))
    scores = stored(keys, values, 8).page_scores(query, signs)[0, 0, 0].tolist()
    of_head = keys[0, 0].tolist()
    expected = [bound(query.flatten().tolist(), [of_head[t] for t in p]) for p in pages_of(tokens)]
    assert scores == pytest.approx(expected, abs=1e-4)
    products = (keys[0, 0] @ query.flatten()).tolist()
    for page, score in zip(pages_of(tokens), scores, strict=True):
        assert max(products[t] for t in page) <= score + 1e-4


@pytest.mark.parametrize("tokens", [60, 61, 63])
@pytest.mark.parametrize("budget", [1, 12, 30, 61, 1000])
@pytest.mark.parametrize(("branches", "queries"), [(1, 1), (5, 1), (1, 3), (5, 4)])
def test_each_query_of_each_head_reads_its_best_pages(
    tokens: int, budget: int, branches: int, queries: int
) -> None:
    keys, values = random_prompt(tokens)
    query, positions = random_queries(branches, queries, tokens=tokens)
    pages_read = max(3, min(tokens, budget) // PAGE)
    part = stored(keys, values, budget).attend(query, positions, 0.25)
    expected = slow_reading(query, keys, values, 0.25, slow_choice(query, keys, pages_read))
    torch.testing.assert_close(part.output, expected[0])
    torch.testing.assert_close(part.lse, expected[1])


def test_a_budget_of_all_whole_pages_is_full_attention() -> None:
    keys, values = random_prompt(60)
    query, positions = random_queries(2, 3, tokens=60)
    part = stored(keys, values, 60).attend(query, positions, 0.25)
    torch.testing.assert_close(part.output, slow_reading(query, keys, values, 0.25)[0])


def test_padding_takes_no_part_in_the_choice() -> None:
    keys, values = random_prompt(60)
    query, positions = random_queries(2, 3, tokens=60)
    padded = torch.cat([torch.full((2, 2), -1), positions], 1)
    noise = torch.randn(2, 6, 2, 16, generator=torch.Generator().manual_seed(9))
    store = stored(keys, values, 12)
    part = store.attend(torch.cat([noise, query], 2), padded, 0.25)
    alone = store.attend(query, positions, 0.25)
    torch.testing.assert_close(part.output[:, :, 2:], alone.output)
    torch.testing.assert_close(part.lse[:, :, 2:], alone.lse)


@pytest.mark.parametrize(
    ("tokens", "budget", "pages_read", "tokens_read"),
    [
        (5000, 1024, 64, 1024),
        (5000, 1039, 64, 1024),
        (1000, 16, 3, 48),
        (100, 1024, 6, 96),
        (96, 1024, 6, 96),
        (20, 1024, 2, 20),
    ],
)
def test_pages_read_by_hand(tokens: int, budget: int, pages_read: int, tokens_read: int) -> None:
    store = stored(*random_prompt(tokens), budget, page=16)
    assert (store.pages_read, store.tokens_read) == (pages_read, tokens_read)
    assert store.tokens == tokens


@pytest.mark.parametrize("queries", [1, 3])
def test_the_pure_function_has_a_choice_for_each_query_head_of_a_batch(queries: int) -> None:
    key, value = random_prompt(61, kv_heads=12)
    query, _ = random_queries(1, queries, tokens=61, heads=12)
    expected, _ = slow_reading(query, key, value, 0.25, slow_choice(query, key, 5))
    in_batch = (x.view(2, 6, *x.shape[2:]) for x in (query, key, value))
    output = quest_attention(*in_batch, chunk_size=PAGE, token_budget=20)
    torch.testing.assert_close(output, expected.view(2, 6, queries, 16))


def test_the_pure_function_takes_shared_heads_as_they_are() -> None:
    key, value = (x.expand(2, -1, -1, -1) for x in random_prompt(61))
    query, _ = random_queries(2, 2, tokens=61)
    shared = quest_attention(query, key, value, chunk_size=PAGE, token_budget=20)
    repeated = (x.repeat_interleave(3, 1) for x in (key, value))
    own = quest_attention(query, *repeated, chunk_size=PAGE, token_budget=20)
    torch.testing.assert_close(shared, own)


def test_half_precision_is_close_to_single() -> None:
    keys, values = random_prompt(60)
    query, positions = random_queries(2, 1, tokens=60)
    halves = [x.bfloat16() for x in (query, keys, values)]
    part = stored(halves[1], halves[2], 20).attend(halves[0], positions, 0.25)
    exact = [x.float() for x in halves]
    whole = stored(exact[1], exact[2], 20).attend(exact[0], positions, 0.25)
    assert part.output.dtype == torch.bfloat16
    torch.testing.assert_close(part.output.float(), whole.output, atol=0.02, rtol=0.02)
    torch.testing.assert_close(part.lse, whole.lse)


def test_no_more_is_gathered_than_is_read() -> None:
    """20,000 tokens in 1250 pages, 2 heads, 16 channels; 30 queries read 48 tokens each."""
    store = stored(*random_prompt(20_000), 48, page=16)
    query, positions = random_queries(5, 1, tokens=20_000)
    with Made() as made:
        store.attend(query, positions, 0.25)
    page_scores, bounds, read = 30 * 1250, 2 * 1250 * 16, 30 * 48 * 16
    assert made.largest <= max(page_scores, bounds, read)


def test_many_queries_are_answered_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, values = random_prompt(60)
    query, positions = random_queries(2, 7, tokens=60)
    whole = stored(keys, values, 12).attend(query, positions, 0.25)
    monkeypatch.setattr("evalrun.models.kv.stores.chosen._NUMBERS_AT_ONCE", 2 * 6 * 12 * 16 * 3)
    with Made() as made:
        parts = stored(keys, values, 12).attend(query, positions, 0.25)
    assert made.largest <= 2 * 6 * 12 * 16 * 3
    torch.testing.assert_close(parts.output, whole.output)
    torch.testing.assert_close(parts.lse, whole.lse)


def test_the_index_is_counted() -> None:
    """64 tokens x 2 heads x 16 channels in float32, keys and values; 4 pages, both bounds."""
    store = stored(*random_prompt(64), 16, page=16)
    assert cache_bytes([store]) == 2 * 64 * 2 * 16 * 4 + 2 * 4 * 2 * 16 * 4


def layer_store(tokens: int, layer: int, options: QuestOptions) -> LayerStore:
    shape = ModelShape(layers=4, heads=6, kv_heads=2, head_dim=16)
    treatment = Quest(options).treatment(PromptFacts(tokens=tokens), shape)
    assert treatment.storage is not None
    facts = LayerFacts(layer=layer, tokens_seen=tokens)
    return treatment.storage(*random_prompt(tokens), facts)


def test_every_layer_is_paged_unless_it_is_to_be_dense() -> None:
    options = QuestOptions(token_budget=32, dense_layers=2)
    kinds = [type(layer_store(33, layer, options)) for layer in range(4)]
    assert kinds == [DenseStore, DenseStore, QuestStore, QuestStore]
    assert isinstance(layer_store(33, 0, QuestOptions(token_budget=32)), QuestStore)


def test_a_layer_within_the_budget_is_read_whole() -> None:
    store = layer_store(32, 0, QuestOptions(token_budget=32))
    assert isinstance(store, DenseStore)
    assert store.tokens_read == 32


def test_labels_name_the_budget() -> None:
    assert Quest(QuestOptions()).label == "quest-1024"
    changed = QuestOptions(token_budget=512, dense_layers=2)
    assert Quest(changed).label == "quest-512[dense_layers=2]"
    assert Quest(changed).slots == {"storage"}
