"""Prompts and follow-ups as text: equal to the template's own rendering of the conversation."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.content import ImagePart, Message, TextPart
from evalrun.core.errors import SampleError
from evalrun.core.exchange import Prompt
from evalrun.models.rendering import Renderer, renderer_of

CHATML_WITH_DEFAULT_SYSTEM = (
    "{% for m in messages %}{% if loop.first and m.role != 'system' %}"
    "<|im_start|>system\nBe helpful.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HEADERS_THAT_TRIM = (
    "{{ '<|begin|>' }}{% for m in messages %}<|head|>{{ m.role }}<|/head|>\n\n"
    "{{ m.content | trim }}<|eot|>{% endfor %}"
    "{% if add_generation_prompt %}<|head|>assistant<|/head|>\n\n{% endif %}"
)
REASONING_DROPPED = (
    "{% for m in messages %}[{{ m.role }}]"
    "{% if m.role == 'assistant' and not loop.last %}{{ m.content.split('</think>')[-1] }}"
    "{% else %}{{ m.content }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]<think>\n{% endif %}"
)
ALTERNATING_ONLY = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}<{{ m.role }}>{{ m.content }}"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)
EXACT = [CHATML_WITH_DEFAULT_SYSTEM, HEADERS_THAT_TRIM]


class Tokenizer:
    """The part of a tokenizer that renders."""

    eos_token = "<eos>"

    def __init__(self, chat_template: str | None) -> None:
        self.chat_template = chat_template

    def apply_chat_template(self, conversation: list[dict[str, str]], **options: Any) -> str:
        def refuse(why: str) -> None:
            raise jinja2.TemplateError(why)

        environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = refuse
        template = environment.from_string(self.chat_template or "")
        return template.render(messages=conversation, **options)

    def whole(self, *messages: Message) -> str:
        conversation = [{"role": m.role, "content": str(m.content)} for m in messages]
        return self.apply_chat_template(conversation, add_generation_prompt=True)


def user(text: str) -> Message:
    return Message("user", text)


def assistant(text: str) -> Message:
    return Message("assistant", text)


def chat(template: str) -> tuple[Tokenizer, Renderer]:
    tokenizer = Tokenizer(template)
    return tokenizer, renderer_of(tokenizer, chat_template=True)


@pytest.mark.parametrize("template", EXACT)
def test_a_closed_prompt_is_the_templates_rendering_with_the_reply_header(template: str) -> None:
    tokenizer, renderer = chat(template)
    messages = (Message("system", "Be brief."), user("Context. Question?"))
    opened = renderer.opening(Prompt(messages=messages))
    assert opened.text == tokenizer.whole(*messages)
    assert renderer.continued(opened, ()).text == opened.text


@pytest.mark.parametrize("template", [*EXACT, REASONING_DROPPED])
def test_an_open_ended_prompt_stops_where_the_query_goes_on(template: str) -> None:
    tokenizer, renderer = chat(template)
    opened = renderer.opening(Prompt(messages=(user("Context.\n\n"),), open_ended=True))
    assert opened.text.endswith("Context.\n\n")
    for query in ("What is it?", "And now?  "):
        longer = renderer.continued(opened, (user(query),))
        assert longer.text == tokenizer.whole(user("Context.\n\n" + query))


@pytest.mark.parametrize("template", EXACT)
def test_golden_answers_and_next_queries_render_as_the_template_would(template: str) -> None:
    tokenizer, renderer = chat(template)
    first = renderer.opening(Prompt(messages=(user("Q1"),)))
    second = renderer.continued(first, (assistant(" 42 "), user("Q2")))
    third = renderer.continued(second, (assistant("no"), user("Q3 ")))
    assert second.text == tokenizer.whole(user("Q1"), assistant(" 42 "), user("Q2"))
    assert third.text.startswith(second.text)
    assert third.text == tokenizer.whole(*third.messages)


def test_a_reply_of_the_model_is_ended_by_the_template_before_the_next_query() -> None:
    tokenizer, renderer = chat(CHATML_WITH_DEFAULT_SYSTEM)
    replied = renderer.replied(renderer.opening(Prompt(messages=(user("Q1"),))), "cut of")
    longer = renderer.continued(replied, (user("Q2"),))
    assert longer.text == tokenizer.whole(user("Q1"), assistant("cut of"), user("Q2"))


def test_what_is_encoded_stays_when_a_template_would_now_render_it_differently() -> None:
    _, renderer = chat(REASONING_DROPPED)
    opened = renderer.opening(Prompt(messages=(user("Q1"),)))
    replied = renderer.replied(opened, "why</think>so")
    longer = renderer.continued(replied, (user("Q2"),))
    assert longer.text == (
        "[user]Q1\n[assistant]<think>\nwhy</think>so\n[user]Q2\n[assistant]<think>\n"
    )


def test_turns_follow_an_open_ended_prompt() -> None:
    tokenizer, renderer = chat(CHATML_WITH_DEFAULT_SYSTEM)
    opened = renderer.opening(Prompt(messages=(user("C "),), open_ended=True))
    first = renderer.continued(opened, (user("Q1"),))
    second = renderer.continued(first, (assistant("A1"), user("Q2")))
    assert second.text == tokenizer.whole(user("C Q1"), assistant("A1"), user("Q2"))


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=4, max_size=4))
def test_any_texts_render_as_the_template_would(texts: list[str]) -> None:
    tokenizer, renderer = chat(CHATML_WITH_DEFAULT_SYSTEM)
    context, query, answer, follow = texts
    opened = renderer.opening(Prompt(messages=(user(context),), open_ended=True))
    first = renderer.continued(opened, (user(query),))
    second = renderer.continued(first, (assistant(answer), user(follow)))
    assert first.text == tokenizer.whole(user(context + query))
    assert second.text == tokenizer.whole(user(context + query), assistant(answer), user(follow))


def test_a_refusal_of_the_template_is_a_failure_of_the_sample() -> None:
    _, renderer = chat(ALTERNATING_ONLY)
    with pytest.raises(SampleError, match="roles must alternate") as caught:
        renderer.opening(Prompt(messages=(user("a"), user("b"))))
    assert caught.value.kind == "bad_request"


@pytest.mark.parametrize("tokenizer", [Tokenizer(None), Tokenizer(CHATML_WITH_DEFAULT_SYSTEM)])
def test_without_a_template_messages_stand_a_blank_line_apart(tokenizer: Tokenizer) -> None:
    renderer = renderer_of(tokenizer, chat_template=tokenizer.chat_template is None)
    opened = renderer.opening(
        Prompt(messages=(Message("system", "S"), user("C ")), open_ended=True)
    )
    first = renderer.continued(opened, (user("Q1"),))
    golden = renderer.continued(first, (assistant("A1"), user("Q2")))
    own = renderer.continued(renderer.replied(first, "own"), (user("Q2"),))
    assert opened.text == "S\n\nC "
    assert first.text == "S\n\nC Q1"
    assert golden.text == "S\n\nC Q1A1\n\nQ2"
    assert own.text == "S\n\nC Q1own<eos>\n\nQ2"


def test_text_parts_are_read_and_images_refused() -> None:
    tokenizer, renderer = chat(CHATML_WITH_DEFAULT_SYSTEM)
    parts = Message("user", (TextPart("a"), TextPart("b")))
    assert renderer.opening(Prompt(messages=(parts,))).text == tokenizer.whole(user("ab"))
    with pytest.raises(SampleError, match="text only"):
        renderer.opening(Prompt(messages=(Message("user", (ImagePart("x.png"),)),)))


def test_an_open_ended_prompt_ends_in_a_user_message() -> None:
    _, renderer = chat(CHATML_WITH_DEFAULT_SYSTEM)
    with pytest.raises(SampleError, match="user message"):
        renderer.opening(Prompt(messages=(assistant("a"),), open_ended=True))
