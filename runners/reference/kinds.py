"""The kinds of parts that a run is composed of, and what is registered and shipped of each."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
import yaml

from ...benchmarks.registry import BENCHMARKS
from ...core.registry import Registry
from ...models.registry import KV_METHODS, MODELS
from ...scorers.registry import SCORERS
from ..cards.options import key_comments
from ..launch.registry import LAUNCHERS
from ..protocols import PROTOCOLS
from ..recipe_trees import TREE
from ..sandbox.registry import SANDBOXES
from .keys import Choice
from .values import Struct


class Kind(msgspec.Struct, frozen=True):
    """A kind of part: the group of files that choose one, and the key in them that names it.

    `shared` says what keys mean that many parts of the kind have, alike.
    """

    title: str
    page: str
    group: str
    registry: Registry
    about: str
    selector: str = "name"
    shared: Mapping[str, str] = {}


class Part(msgspec.Struct, frozen=True):
    """A registered part: what its class says it is, its schema, and the files that choose it."""

    name: str
    summary: str
    schema: Struct
    choices: tuple[Choice, ...]


KINDS = (
    Kind(
        "Benchmarks",
        "benchmarks",
        "benchmark",
        BENCHMARKS,
        "What is asked. A recipe chooses its benchmark; `benchmark.KEY=` sets what of it is asked. "
        "The pages of the [recipes](../recipes/index.md) say what each measures.",
        shared={
            "task": "Which tasks: all, a name, names joined by commas, or a list.",
            "fetch": "What `evalrun fetch` gets.",
            "data_dir": "Where the official files lie, and where `evalrun fetch` puts them.",
            "path": "A file of rows, instead of those in `data_dir`.",
            "seed": "Where random choices begin.",
            "max_tokens": "The longest reply.",
        },
    ),
    Kind(
        "Models",
        "models",
        "model",
        MODELS,
        "Who is asked. `model=NAME` chooses one of the models below, or a kind of server, and "
        "`model.KEY=` sets its keys; which there are depends on its engine. `judge=NAME` and "
        "`roles.ROLE=NAME` choose other models in the same way, with `judge.KEY=` and "
        "`roles.ROLE.KEY=`. Any other weights of a local engine: "
        "`model=llama3.1-8b model.weights=FOLDER model.name=LABEL`.",
        selector="engine",
        shared={
            "name": "The label in tables; what is loaded, where `weights` is null.",
            "chat_template": "Prompts are written in the model's chat template, if it has one.",
            "gated": "The weights are for those who have accepted their licence.",
        },
    ),
    Kind(
        "KV methods",
        "kv",
        "kv",
        KV_METHODS,
        "What happens to the KV cache. `kv=NAME` chooses a method, `kv.KEY=` sets its keys, and "
        "`kv=[a,b]` composes methods. [KV-cache methods](../kv_methods.md) says what each does and "
        "costs.",
        selector="method",
    ),
    Kind(
        "Protocols",
        "protocols",
        "protocol",
        PROTOCOLS,
        "How a sample is played: which requests are made, and what the model sees of earlier "
        "turns. A recipe chooses its protocol; `protocol=NAME` chooses another.",
    ),
    Kind(
        "Scorers",
        "scorers",
        "scorer",
        SCORERS,
        "How replies are graded. A recipe chooses its scorer; `scorer=NAME` chooses another, and "
        "`evalrun rescore RUN scorer.KEY=` grades a finished run again.",
        shared={
            "variant": "The published scorer, flaws included, or a mended one.",
            "ignore_case": "Capital and small letters are the same.",
            "temperature": "Of the judge's replies.",
            "max_tokens": "Of the judge's replies, at most.",
        },
    ),
    Kind(
        "Sandboxes",
        "sandboxes",
        "sandbox",
        SANDBOXES,
        "Where code that a model wrote runs: `sandbox=NAME`. [Sandbox](../sandbox.md) says what "
        "each keeps out.",
    ),
    Kind(
        "Launchers",
        "launchers",
        "launcher",
        LAUNCHERS,
        "Where runs take place. Without `launcher=NAME` they run here, one after another.",
    ),
)


def parts_of(kind: Kind) -> Iterator[Part]:
    """Yield the built-in parts of a kind by name; parts are imported, but none of their extras."""
    shipped = tuple(_choices(kind))
    for name in sorted(kind.registry.builtin):
        part = kind.registry.load(name)
        summary = inspect.cleandoc(part.__doc__ or "").partition("\n\n")[0]
        choices = tuple(one for one in shipped if one.settings.get(kind.selector) == name)
        yield Part(name, " ".join(summary.split()), part.Options, choices)


def header_of(kind: Kind, choice: Choice) -> str:
    """Return what the file of a choice says of it, above its first key."""
    return choice.comments.get(kind.selector, "")


def _choices(kind: Kind) -> Iterator[Choice]:
    for path in sorted((TREE / kind.group).glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        settings = cast("dict[str, Any]", yaml.safe_load(text) or {})
        comments = {key: comment for key, comment in key_comments(text).items() if comment}
        yield Choice(path.stem, settings, comments)
