"""The section `benchmark` of `recipe=longbench`."""

from __future__ import annotations

from ...core.config import Options, Positive
from ...core.source import FileSource

# An older commit of the main branch: `data.zip` was not touched after it.
OFFICIAL = FileSource(
    hub="THUDM/LongBench",
    revision="7956e94fb272285d5ed77fe3ba9843ed250ce6f4",
    files=("data.zip",),
)


class LongBenchOptions(Options, frozen=True):
    """Which rows are asked, and how.

    - `task`: "all", a dataset, datasets joined by commas, or a list.
    - `data_dir`: where the official files lie, as `data.zip` or as a file `<dataset>.jsonl` each,
      and where `evalrun fetch` puts those that `fetch` names. `path` is one file of rows instead;
      each row says which dataset it is of.
    - `prompts`: a file of templates by dataset, such as LongBench's `dataset2prompt.json`; null is
      evalrun's own wording.
    - `max_prompt_tokens`: longer prompts lose their middle; null never cuts.
    """

    name: str = "longbench"
    task: str | tuple[str, ...] = "all"
    fetch: FileSource = OFFICIAL
    data_dir: str = "."
    path: str | None = None
    prompts: str | None = None
    max_prompt_tokens: Positive | None = 7950
