"""RetrievalAttention: which tokens are read, by torch and by FAISS, and what they cost."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from slow_reading import Chosen, Made, random_prompt, random_queries, slow_reading
from torch import Tensor

import evalrun.models.kv.retrieval_attention as method_module
from evalrun.core.errors import MissingExtraError
from evalrun.models.kv.method import LayerFacts, ModelShape, PromptFacts
from evalrun.models.kv.retrieval_attention import RetrievalAttention, RetrievalAttentionOptions
from evalrun.models.kv.store import DenseStore, LayerStore
from evalrun.models.kv.stores.retrieval_store import RetrievalStore
from evalrun.models.kv.stores.vector_index import ExactIndex, FaissIndex, IndexOf
from evalrun.models.local.measure import cache_bytes

TOKENS, FIRST, NEWEST, TOP_K = 70, 5, 9, 12


def flat(keys: Tensor) -> FaissIndex:
    pytest.importorskip("faiss")
    return FaissIndex.flat(keys)


def hnsw(keys: Tensor, breadth: int) -> FaissIndex:
    pytest.importorskip("faiss")
    return FaissIndex.hnsw(keys, breadth)


def stored(keys: Tensor, values: Tensor, index_of: IndexOf = ExactIndex) -> RetrievalStore:
    return RetrievalStore.of(
        keys, values, n_init=FIRST, n_local=NEWEST, top_k=TOP_K, index_of=index_of
    )


def slow_choice(query: Tensor, keys: Tensor) -> Chosen:
    """Return which tokens a query reads: the ends of the prompt, and the best between them."""

    def chosen(b: int, h: int, i: int) -> list[int]:
        of_head = keys[0, h // (query.shape[1] // keys.shape[1])].tolist()
        row = query[b, h, i].tolist()
        products = [sum(q * k for q, k in zip(row, key, strict=True)) for key in of_head]
        between = sorted(range(FIRST, TOKENS - NEWEST), key=lambda t: -products[t])
        return [*range(FIRST), *sorted(between[:TOP_K]), *range(TOKENS - NEWEST, TOKENS)]

    return chosen


@pytest.mark.parametrize("index_of", [ExactIndex, flat], ids=["exact", "faiss"])
@pytest.mark.parametrize(("branches", "queries"), [(1, 1), (5, 1), (1, 3), (5, 4)])
def test_each_query_reads_both_ends_and_its_best_keys(
    branches: int, queries: int, index_of: IndexOf
) -> None:
    keys, values = random_prompt(TOKENS)
    query, positions = random_queries(branches, queries, tokens=TOKENS)
    part = stored(keys, values, index_of).attend(query, positions, 0.25)
    expected = slow_reading(query, keys, values, 0.25, slow_choice(query, keys))
    torch.testing.assert_close(part.output, expected[0])
    torch.testing.assert_close(part.lse, expected[1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_faiss_finds_what_torch_finds(dtype: torch.dtype) -> None:
    keys = random_prompt(300)[0].to(dtype)
    query = random_queries(3, 2, tokens=300)[0].to(dtype)
    exact, faiss = ExactIndex(keys).search(query, 20), flat(keys).search(query, 20)
    assert torch.equal(exact.tokens.sort().values, faiss.tokens.sort().values)
    best = exact.products.sort(descending=True).values
    torch.testing.assert_close(best, faiss.products.sort(descending=True).values)


def test_the_graph_finds_nearly_what_torch_finds() -> None:
    keys = random_prompt(2000)[0]
    query = random_queries(3, 2, tokens=2000)[0]
    exact, found = ExactIndex(keys).search(query, 20), hnsw(keys, 100).search(query, 20)
    both = (exact.tokens[..., None] == found.tokens[..., None, :]).any(-1)
    assert both.float().mean() > 0.8
    products = torch.einsum("bkgqc,ktc->bkgqt", query.unflatten(1, (2, -1)), keys[0]).flatten(1, 2)
    torch.testing.assert_close(products.gather(-1, found.tokens), found.products)


def test_what_a_search_does_not_find_has_no_weight() -> None:
    """Three tokens lie between the ends, and twelve are searched for."""
    tokens = FIRST + 3 + NEWEST
    keys, values = random_prompt(tokens)
    query, positions = random_queries(2, 3, tokens=tokens)
    part = stored(keys, values, flat).attend(query, positions, 0.25)
    expected = slow_reading(query, keys, values, 0.25)
    torch.testing.assert_close(part.output, expected[0])
    torch.testing.assert_close(part.lse, expected[1])


def test_many_tokens_are_multiplied_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = random_prompt(300)[0]
    query = random_queries(3, 2, tokens=300)[0]
    whole = ExactIndex(keys).search(query, 20)
    monkeypatch.setattr("evalrun.models.kv.stores.vector_index._TOKENS_AT_ONCE", 64)
    parts = ExactIndex(keys).search(query, 20)
    assert torch.equal(whole.tokens, parts.tokens)
    assert torch.equal(whole.products, parts.products)


def test_many_queries_are_answered_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    keys, values = random_prompt(TOKENS)
    query, positions = random_queries(2, 7, tokens=TOKENS)
    whole = stored(keys, values).attend(query, positions, 0.25)
    numbers = 2 * 6 * TOP_K * 16
    monkeypatch.setattr("evalrun.models.kv.stores.chosen._NUMBERS_AT_ONCE", 2 * numbers)
    with Made() as made:
        parts = stored(keys, values).attend(query, positions, 0.25)
    assert made.largest <= 2 * numbers
    torch.testing.assert_close(parts.output, whole.output)
    torch.testing.assert_close(parts.lse, whole.lse)


def test_half_precision_is_close_to_single() -> None:
    halves = [x.bfloat16() for x in random_prompt(TOKENS)]
    query, positions = random_queries(2, 1, tokens=TOKENS)
    part = stored(*halves).attend(query.bfloat16(), positions, 0.25)
    exact = stored(*(x.float() for x in halves)).attend(query.bfloat16().float(), positions, 0.25)
    assert part.output.dtype == torch.bfloat16
    torch.testing.assert_close(part.output.float(), exact.output, atol=0.02, rtol=0.02)


def test_tokens_held_and_read() -> None:
    store = stored(*random_prompt(TOKENS))
    assert store.tokens == TOKENS
    assert store.tokens_read == FIRST + NEWEST + TOP_K


@pytest.mark.parametrize("index_of", [ExactIndex, flat], ids=["exact", "faiss"])
def test_keys_are_held_once_and_counted_wherever_the_index_is(index_of: IndexOf) -> None:
    """70 tokens x 2 heads x 16 channels in float32, keys and values."""
    store = stored(*random_prompt(TOKENS), index_of)
    assert cache_bytes([store]) == 2 * TOKENS * 2 * 16 * 4


def test_the_links_of_a_graph_are_counted() -> None:
    keys, values = random_prompt(TOKENS)
    store = stored(keys, values, partial(hnsw, breadth=8))
    assert cache_bytes([store]) >= cache_bytes([keys, values]) + 2 * 56 * 2 * 32 * 4


def layer_store(tokens: int, **changes: Any) -> LayerStore:
    options = RetrievalAttentionOptions(n_init=FIRST, n_local=NEWEST, top_k=TOP_K, **changes)
    shape = ModelShape(layers=4, heads=6, kv_heads=2, head_dim=16)
    treatment = RetrievalAttention(options).treatment(PromptFacts(tokens=tokens), shape)
    assert treatment.storage is not None
    facts = LayerFacts(layer=0, tokens_seen=tokens)
    return treatment.storage(*random_prompt(tokens), facts)


@pytest.mark.parametrize(
    ("index", "kind"), [("exact", ExactIndex), ("faiss", FaissIndex), ("faiss_hnsw", FaissIndex)]
)
def test_the_method_stores_with_its_options(index: str, kind: type) -> None:
    if index != "exact":
        pytest.importorskip("faiss")
    store = layer_store(TOKENS, index=index)
    assert isinstance(store, RetrievalStore)
    assert isinstance(store.index, kind)
    assert (store.near_keys.shape[2], store.top_k) == (FIRST + NEWEST, TOP_K)


def test_a_layer_of_which_all_would_be_read_has_no_index() -> None:
    assert isinstance(layer_store(FIRST + NEWEST + TOP_K), DenseStore)
    assert isinstance(layer_store(FIRST + NEWEST + TOP_K + 1), RetrievalStore)


def test_faiss_is_asked_for_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method_module, "find_spec", lambda _name: None)
    RetrievalAttention(RetrievalAttentionOptions())
    with pytest.raises(MissingExtraError, match=r"kv\.index=faiss .*evalrun\[retrieval\]"):
        RetrievalAttention(RetrievalAttentionOptions(index="faiss"))


def test_labels_name_the_number_of_keys() -> None:
    assert RetrievalAttention(RetrievalAttentionOptions()).label == "retrieval_attention-4096"
    changed = RetrievalAttentionOptions(top_k=100, n_local=64)
    assert RetrievalAttention(changed).label == "retrieval_attention-100[n_local=64]"
    assert RetrievalAttention(changed).slots == {"storage"}
