"""The section `benchmark` of `recipe=scbench`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ...core.config import NonNegative, Options, Positive
from ...core.source import FileSource
from .prompts import PromptVariant

OFFICIAL = FileSource(
    hub="microsoft/SCBench",
    revision="f43226eed3a026f927a67c60739c228390d959c2",
    files=("data/scbench_*.jsonl",),
)


class SCBenchOptions(Options, frozen=True):
    """Which rows are asked, and how.

    Rows:
    - `task`: "all", a name, names joined by commas, or a list; "kv" is short for "scbench_kv".
    - `source`: `official` files, or `synthetic` rows made from `seed` for the tasks that allow it.
    - `data_dir`: where the official files lie, and where `evalrun fetch` puts those that `fetch`
      names. `path` is one file of one task instead.
    - `rows`, `length` (tokens of a context, about), `bbh_dir` (files of BIG-Bench-Hard for
      scbench_many_shot; null is the folder `bbh` beside the data): of synthetic rows alone.

    Prompts:
    - `mode` follows the protocol: multi_turn or multi_request.
    - `max_seq_length`: tokens of a whole conversation, -1 for 160,000; longer contexts lose their
      middle. `max_turns` cuts rows if the first row of a task has more; null keeps all turns.
    - `chat_template`: whether the model reads rendered chats; wording differs a little without.
    - `prompt_variant`: `official` keeps a flaw of the published prompts of scbench_mf, in which
      follow-ups open with the question of the last turn; `fixed` mends it.
    """

    name: str = "scbench"
    task: str | tuple[str, ...] = "all"
    source: Literal["official", "synthetic"] = "official"
    fetch: FileSource = OFFICIAL
    data_dir: str = "."
    path: str | None = None
    rows: Positive | None = None
    length: Positive | None = None
    seed: NonNegative = 0
    bbh_dir: str | None = None
    mode: str = "multi_turn"
    max_seq_length: Annotated[int, msgspec.Meta(ge=-1)] = 131_072
    max_turns: Positive | None = 5
    chat_template: bool = True
    prompt_variant: PromptVariant = "official"
