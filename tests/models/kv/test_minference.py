"""MInference's patterns, their estimates and their search, against definitions written out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from slow_attention import Mask, Observed, random_states, slow_attention, slow_weights
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from evalrun.core.errors import ConfigError
from evalrun.models.kv.method import ModelShape, PromptFacts
from evalrun.models.kv.minference import MInference, MInferenceOptions
from evalrun.models.kv.sparse.heads import Head
from evalrun.models.kv.sparse.minference import MInferenceAttention
from evalrun.models.kv.sparse.patterns import FALLBACK, Pattern
from evalrun.models.kv.sparse.search import Candidate, candidates_for, search_pattern
from evalrun.models.kv.sparse.vertical_slash import LineScores

SHAPE = ModelShape(layers=2, heads=4, kv_heads=2, head_dim=16)
SCALE = 0.25
LINES = "vertical_and_slash"


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def causal(_i: int, _j: int) -> bool:
    return True


def best(scores: list[float], kept: int, first: int) -> set[int]:
    """The `first` indices, then the highest scores, `kept` in all; the nearest `first` if fewer."""
    ranked = sorted(range(len(scores)), key=lambda n: (n >= first, n if n < first else -scores[n]))
    return set(ranked[:kept])


def slow_lines(query: Tensor, key: Tensor, vertical: int, slash: int) -> tuple[set[int], set[int]]:
    """Columns and distances by the definition: sums of the weights of the last 64 queries."""
    tokens = query.shape[0]
    weights = slow_weights(query, key, causal, SCALE)
    columns, distances = [0.0] * tokens, [0.0] * tokens
    for i in range(max(0, tokens - 64), tokens):
        for j in range(i + 1):
            columns[j] += weights[i, j].item()
            distances[i - j] += weights[i, j].item()
    return best(columns, max(vertical, 30), 30), best(distances, max(slash, 50), 100)


def slow_blocks(query: Tensor, key: Tensor, kept: int) -> list[set[int]]:
    """For each block of 64 queries, the best blocks of 64 keys no later than itself."""
    tokens = query.shape[0]
    count = -(-tokens // 64)
    means = [
        [states[64 * b : 64 * b + 64].sum(0) / 64 for b in range(count)] for states in (query, key)
    ]
    chosen = []
    for a in range(count):
        ranked = sorted(range(a + 1), key=lambda b: -(means[0][a] @ means[1][b]).item())
        chosen.append(set(ranked[:kept]))
    return chosen


def slow_mask(pattern: Pattern, query: Tensor, key: Tensor) -> Mask:
    """The mask of one head under `pattern`."""
    if pattern.name == "stream_llm":
        return lambda i, j: j < pattern.vertical or i - j < pattern.slash
    if pattern.name == "block_sparse":
        chosen = slow_blocks(query, key, pattern.vertical)
        return lambda i, j: j // 64 in chosen[i // 64]
    columns, distances = slow_lines(query, key, pattern.vertical, pattern.slash)
    return lambda i, j: j in columns or i - j in distances


def masks_of(
    patterns: dict[int, Pattern], query: Tensor, key: Tensor
) -> Callable[[int, int], Mask]:
    group = query.shape[1] // key.shape[1]
    return lambda b, h: slow_mask(patterns[h], query[b, h], key[b, h // group])


def full(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=SCALE, enable_gqa=True
    )


def marked(mask: Tensor) -> set[int]:
    return set(mask.nonzero().flatten().tolist())


PATTERNS = {
    0: Pattern(LINES, 40, 60),
    1: Pattern("block_sparse", 2, 1),
    2: Pattern("stream_llm", 9, 33),
    3: Pattern(LINES, 35, 120),
}


# Blocks of 64 and 128 rows: prompts below one, exactly some, and no multiple of either.
@pytest.mark.parametrize("tokens", [1, 63, 64, 65, 256, 300])
def test_each_head_sees_what_its_pattern_shows(tokens: int) -> None:
    query, key, value = random_states(tokens)
    expected = slow_attention(query, key, value, masks_of(PATTERNS, query, key), SCALE)
    attention = MInferenceAttention((PATTERNS,))
    torch.testing.assert_close(attention(0, query, key, value, SCALE), expected)


def test_rows_of_a_batch_have_lines_of_their_own() -> None:
    query, key, value = random_states(200, batch=2)
    expected = slow_attention(query, key, value, masks_of(PATTERNS, query, key), SCALE)
    attention = MInferenceAttention((PATTERNS,))
    torch.testing.assert_close(attention(0, query, key, value, SCALE), expected)
    alone = attention(0, query[1:], key[1:], value[1:], SCALE)
    torch.testing.assert_close(alone, expected[1:])


def test_bf16_is_close() -> None:
    states = [x.bfloat16() for x in random_states(300)]
    query, key, value = (x.float() for x in states)
    expected = slow_attention(query, key, value, masks_of(PATTERNS, query, key), SCALE)
    output = MInferenceAttention((PATTERNS,))(0, states[0], states[1], states[2], SCALE)
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), expected, atol=0.03, rtol=0.02)


@pytest.mark.parametrize(
    ("vertical", "slash"), [(0, 1), (30, 50), (31, 99), (100, 100), (77, 130), (900, 900)]
)
@pytest.mark.parametrize("tokens", [20, 90, 260])
def test_lines_are_the_strongest_in_the_last_64_queries(
    tokens: int, vertical: int, slash: int
) -> None:
    query, key, _ = random_states(tokens, heads=1, kv_heads=1)
    lines = LineScores.of(query[0, 0], key[0, 0], SCALE).strongest(vertical, slash)
    columns, distances = slow_lines(query[0, 0], key[0, 0], vertical, slash)
    assert marked(lines.vertical) == columns
    assert marked(lines.slash) == distances


def test_the_first_columns_and_nearest_diagonals_are_always_lines() -> None:
    query, key, _ = random_states(500, heads=1, kv_heads=1)
    lines = LineScores.of(query[0, 0], key[0, 0], SCALE).strongest(30, 50)
    assert marked(lines.vertical) == set(range(30))
    assert marked(lines.slash) == set(range(50))
    wider = LineScores.of(query[0, 0], key[0, 0], SCALE).strongest(40, 150)
    assert marked(wider.vertical) > set(range(30))
    assert marked(wider.slash) > set(range(100))


@pytest.mark.parametrize(
    "pattern",
    [
        Pattern(LINES, 300, 1),
        Pattern(LINES, 1, 300),
        Pattern("stream_llm", 1, 300),
        Pattern("stream_llm", 300, 1),
        Pattern("block_sparse", 5, 1),
    ],
)
def test_a_pattern_that_covers_the_prompt_is_full_attention(pattern: Pattern) -> None:
    states = random_states(300)
    attention = MInferenceAttention((dict.fromkeys(range(4), pattern),))
    torch.testing.assert_close(attention(0, *states, SCALE), full(*states))


def test_heads_without_a_pattern_take_the_official_fallback() -> None:
    assert Pattern(LINES, 1000, 6096) == FALLBACK
    states = random_states(300)
    attention = MInferenceAttention(({}, {0: Pattern("stream_llm", 1, 1)}))
    torch.testing.assert_close(attention(0, *states, SCALE), full(*states))
    assert not torch.allclose(attention(1, *states, SCALE)[:, 0], full(*states)[:, 0])
    torch.testing.assert_close(attention(1, *states, SCALE)[:, 1:], full(*states)[:, 1:])


@pytest.mark.parametrize(
    ("layers", "most_keys"),
    [
        (({0: Pattern(LINES, 64, 128)},), 4096),
        (({0: Pattern("stream_llm", 64, 256)},), 64 + 256 + 63),
        (({0: Pattern("block_sparse", 8, 1)},), 8 * 64),
        (None, 4096),
    ],
)
def test_no_tensor_is_as_large_as_a_mask(
    layers: tuple[dict[int, Pattern]] | None, most_keys: int
) -> None:
    states = random_states(4096, heads=1, kv_heads=1, channels=8)
    with Observed() as observed:
        MInferenceAttention(layers)(0, *states, SCALE)
    assert max(observed.keys_read) <= most_keys
    # 128 rows of the prompt's weights are the most that the search looks at.
    assert observed.largest <= 4096 * 128


# The search.


def slow_score(head: Head, pattern: Pattern) -> float:
    """The share of attention that `pattern` lets through, over all rows that may be scored."""
    mask = slow_mask(pattern, head.query, head.key)
    weights = slow_weights(head.query, head.key, causal, SCALE)
    skipped = round(2500 * head.tokens / 30000)
    kept = [
        sum(weights[i, j].item() for j in range(i + 1) if mask(i, j))
        for i in range(skipped, head.tokens)
    ]
    return sum(kept) / len(kept)


def head_of(query: Tensor, key: Tensor) -> Head:
    return Head.of(query, key, SCALE)


def only(*patterns: Pattern) -> list[Candidate]:
    return [Candidate(pattern, pattern) for pattern in patterns]


@pytest.mark.parametrize("pattern", list(PATTERNS.values()), ids=str)
def test_a_score_is_the_share_of_attention_let_through(pattern: Pattern) -> None:
    """At 130 tokens all rows but the first 11 are scored: 119, less than 128."""
    query, key, _ = random_states(130, heads=1, kv_heads=1)
    head = head_of(query[0, 0], key[0, 0])
    found, score = search_pattern(head, only(pattern))
    assert found == pattern
    assert score == pytest.approx(slow_score(head, pattern), abs=1e-5)


def test_a_score_of_a_longer_prompt_is_estimated_from_some_rows() -> None:
    query, key, _ = random_states(600, heads=1, kv_heads=1)
    head = head_of(query[0, 0], key[0, 0])
    _, score = search_pattern(head, only(PATTERNS[2]))
    assert score == pytest.approx(slow_score(head, PATTERNS[2]), abs=0.02)


def vertical_head(tokens: int) -> Head:
    """All queries look for the same few keys, far from each other."""
    torch.manual_seed(0)
    key = 0.1 * torch.randn(tokens, 16)
    key[torch.randperm(tokens)[:60], 0] = 40
    query = torch.zeros(tokens, 16)
    query[:, 0] = 1
    return head_of(query, key)


def block_head(tokens: int) -> Head:
    """Each block of 64 queries looks for the block of keys with half its number."""
    torch.manual_seed(0)
    codes = 4 * torch.nn.functional.normalize(torch.randn(tokens // 64, 64), dim=-1)
    block = torch.arange(tokens) // 64
    return head_of(4 * codes[block // 2], codes[block])


def local_head(tokens: int) -> Head:
    """Each query looks for the hundred keys beside it."""
    angles = torch.arange(tokens)[:, None] * torch.linspace(0, 0.005, 32)
    states = torch.cat([angles.cos(), angles.sin()], -1)
    return head_of(3 * states, states)


RIVALS = only(Pattern("stream_llm", 10, 200), Pattern(LINES, 90, 50), Pattern("block_sparse", 2, 1))


@pytest.mark.parametrize(
    ("head", "winner"),
    [(local_head, "stream_llm"), (vertical_head, LINES), (block_head, "block_sparse")],
)
def test_the_pattern_that_keeps_most_attention_wins(
    head: Callable[[int], Head], winner: str
) -> None:
    found, score = search_pattern(head(1280), RIVALS)
    assert found.name == winner
    assert 0.5 < score <= 1


def test_the_first_of_equals_wins_and_its_stand_in_is_used() -> None:
    whole = Pattern("stream_llm", 1, 5000)
    rivals = [Candidate(whole, FALLBACK), *only(Pattern(LINES, 5000, 5000))]
    found, score = search_pattern(local_head(256), rivals)
    assert found == FALLBACK
    assert score == pytest.approx(1)


def test_official_candidates_at_the_length_of_the_official_search_and_above() -> None:
    used = [Pattern(LINES, 100, 800), Pattern(LINES, 30, 800), Pattern(LINES, 100, 750)]
    used += [Pattern(LINES, 500, 700), Pattern(LINES, 3500, 100), Pattern(LINES, 1000, 6096)]
    for tokens in (30_000, 131_072):
        candidates = candidates_for(tokens)
        assert [candidate.used for candidate in candidates] == used
        assert candidates[0].tried == Pattern("stream_llm", 100, 800)
        assert candidates[-1].tried == Pattern("block_sparse", 58, 1)
        assert all(candidate.tried == candidate.used for candidate in candidates[1:-1])


def test_candidates_of_short_prompts_are_smaller_in_proportion() -> None:
    assert [candidate.tried for candidate in candidates_for(3000)] == [
        Pattern("stream_llm", 10, 80),
        Pattern(LINES, 3, 80),
        Pattern(LINES, 10, 75),
        Pattern(LINES, 50, 70),
        Pattern(LINES, 350, 10),
        Pattern("block_sparse", 6, 1),
    ]
    assert candidates_for(3000)[-1].used == Pattern(LINES, 100, 610)
    assert candidates_for(1)[0].tried == Pattern("stream_llm", 1, 1)


def test_without_a_file_each_head_takes_the_pattern_found_on_its_own_states() -> None:
    query, key, value = random_states(150)
    patterns = {
        h: search_pattern(Head.of(query[0, h], key[0, h // 2], SCALE), candidates_for(150))[0]
        for h in range(4)
    }
    expected = slow_attention(query, key, value, masks_of(patterns, query, key), SCALE)
    output = MInferenceAttention()(0, query, key, value, SCALE)
    torch.testing.assert_close(output, expected)
    assert torch.equal(output, MInferenceAttention()(1, query, key, value, SCALE))


# The method and its file.


def method(path: Path, layers: Any) -> MInference:
    path.write_text(layers if isinstance(layers, str) else json.dumps(layers))
    return MInference(MInferenceOptions(pattern=str(path)))


def test_a_file_of_the_official_format_gives_each_head_its_pattern(tmp_path: Path) -> None:
    rows = {
        "0": [LINES, 1000, 6096, 0.97],
        "1": ["stream_llm", 100, 800, 0],
        "3": ["block_sparse", 8, 1, 12345],
    }
    kv = method(tmp_path / "Tiny_best_pattern.json", [rows, {}])
    assert kv.label == "minference-Tiny_best_pattern"
    attention = kv.treatment(PromptFacts(tokens=9000), SHAPE).attention
    assert attention == MInferenceAttention(
        (
            {
                0: Pattern(LINES, 1000, 6096),
                1: Pattern("stream_llm", 100, 800),
                # The official kernel takes 100 blocks whatever the file says.
                3: Pattern("block_sparse", 100, 1),
            },
            {},
        )
    )


def test_without_a_file_prompts_are_searched() -> None:
    kv = MInference(MInferenceOptions())
    treatment = kv.treatment(PromptFacts(tokens=9000), SHAPE)
    assert treatment.attention == MInferenceAttention(None)
    assert (treatment.press, treatment.storage, treatment.encoder) == (None, None, None)
    assert (kv.label, kv.slots) == ("minference", {"attention"})


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("[{", "truncated"),
        ([{"0": [LINES, 1000, 6096]}], r"at `\$\[0\]\[...\]`"),
        ([{"0": ["diagonal", 1, 1, 1.0]}], "diagonal"),
        ([{"0": [LINES, 1, 0, 1.0]}], "int"),
        ([{"first": [LINES, 1, 1, 1.0]}], "int"),
        ({"0": [LINES, 1, 1, 1.0]}, "array"),
    ],
)
def test_a_malformed_file_is_one_clear_error(tmp_path: Path, content: Any, what: str) -> None:
    path = tmp_path / "patterns.json"
    with pytest.raises(ConfigError, match=what) as caught:
        method(path, content)
    assert str(caught.value).startswith(f"kv.pattern={path}: ")
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "patterns.json"
    path.write_bytes(b'[{"0": ["\xff\xfe", 1, 1, 1.0]}]')
    with pytest.raises(ConfigError, match=r"kv\.pattern="):
        MInference(MInferenceOptions(pattern=str(path)))


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"kv\.pattern=.*none\.json: No such file"):
        MInference(MInferenceOptions(pattern=str(tmp_path / "none.json")))


@pytest.mark.parametrize("layers", [[{}], [{}, {}, {}], [{"4": [LINES, 1, 1, 1.0]}, {}]])
def test_the_file_of_another_model_is_refused(tmp_path: Path, layers: Any) -> None:
    kv = method(tmp_path / "patterns.json", layers)
    with pytest.raises(ConfigError, match="the model 2 of 4; name the file made for this model"):
        kv.treatment(PromptFacts(tokens=9000), SHAPE)
