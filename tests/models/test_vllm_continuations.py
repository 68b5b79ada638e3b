"""Where a continuation begins among the tokens of a text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("tokenizers")

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from evalrun.core.errors import SampleError
from evalrun.models.local.tokens import Conversations
from evalrun.models.on_vllm.continuations import split

# Words are split before spaces, as GPT-2 splits them; "Yes" and "Yesterday" are tokens, with a
# space before them and without.
MERGES = ["Y e", "Ye s", "Ġ Yes", "t e", "te r", "d a", "da y", "ter day"]
MERGES += ["Yes terday", "ĠYes terday"]


def conversations_of(*, begins: bool = False) -> Conversations:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merged = [merge.replace(" ", "") for merge in MERGES]
    vocabulary = {token: index for index, token in enumerate([*letters, *merged, "<s>"])}
    raw = Tokenizer(models.BPE(vocabulary, [tuple(merge.split(" ")) for merge in MERGES]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    if begins:
        from tokenizers.processors import TemplateProcessing

        raw.post_processor = TemplateProcessing("<s> $0", None, [("<s>", vocabulary["<s>"])])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, bos_token="<s>", eos_token="<s>")
    return Conversations(tokenizer, chat_template=False)


CONVERSATIONS = conversations_of()


def texts(prompt: str, continuation: str, **options: Any) -> tuple[str, str]:
    """Return the two parts that `split` makes, as text."""
    conversations = conversations_of(**options)
    parts = split(conversations, prompt, continuation)
    return conversations.text(parts.prompt), conversations.text(parts.continuation)


def test_a_continuation_begins_where_the_prompt_ends() -> None:
    assert texts("Answer:", " Yes") == ("Answer:", " Yes")


def test_a_space_at_the_end_of_the_prompt_belongs_to_the_continuation() -> None:
    assert texts("Answer: ", "Yes") == ("Answer:", " Yes")


def test_a_word_that_goes_on_is_not_cut_in_two() -> None:
    assert texts("A: Yes", "terday") == ("A:", " Yesterday")


def test_nothing_is_left_of_an_empty_continuation() -> None:
    assert texts("Answer:", "") == ("Answer:", "")


def test_a_first_word_has_nothing_before_it() -> None:
    with pytest.raises(SampleError, match="nothing stands before") as caught:
        split(CONVERSATIONS, "", "Yes")

    assert caught.value.kind == "bad_request"


def test_the_token_that_begins_a_text_stands_before_a_first_word() -> None:
    parts = split(conversations_of(begins=True), "", "Yes")

    assert (len(parts.prompt), len(parts.continuation)) == (1, 1)


@given(st.text(alphabet="Yesterday: ", min_size=1), st.text(alphabet="Yesterday: "))
@example("Y", "es")
def test_the_parts_are_the_whole_text_and_begin_as_the_prompt_does(
    prompt: str, continuation: str
) -> None:
    alone = CONVERSATIONS.whole(prompt)
    whole = CONVERSATIONS.whole(prompt + continuation)
    try:
        parts = split(CONVERSATIONS, prompt, continuation)
    except SampleError:
        assert alone[0] != whole[0]
        return

    assert (*parts.prompt, *parts.continuation) == whole
    assert parts.prompt == alone[: len(parts.prompt)]
    assert alone[len(parts.prompt) :][:1] != parts.continuation[:1] or not parts.continuation
