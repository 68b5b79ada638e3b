"""Configurations to parts: classes found by name, their options checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..benchmarks.registry import BENCHMARKS
from ..core.config import Config, Section
from ..core.errors import ConfigError
from ..core.hashing import sha256_of
from ..core.interfaces import (
    Benchmark,
    CorpusScorer,
    Endpoint,
    KVMethod,
    Model,
    PlayProtocol,
    Problem,
    Scorer,
)
from ..core.options import to_options
from ..core.registry import Registry
from ..core.sample import Sample
from ..models.kv.rewriting import split
from ..models.registry import KV_METHODS, MODELS
from ..scorers.registry import SCORERS
from .protocols import PROTOCOLS


class Parts(msgspec.Struct, frozen=True):
    """The parts of one run, configured and not yet loaded."""

    benchmark: Benchmark
    protocol: PlayProtocol
    model: Model
    kv: KVMethod


def build_parts(config: Config, models: dict[str, Model] | None = None) -> Parts:
    """Return the parts that `config` names; runs that share `models` share loaded weights.

    Raises ConfigError naming the faulty key.
    """
    models = {} if models is None else models
    key = model_key(config)
    if key not in models:
        models[key] = build_model(config.model, "model")
    return Parts(
        benchmark=build_benchmark(config),
        protocol=_part(PROTOCOLS, config.protocol, "protocol", "name"),
        model=models[key],
        kv=_part(KV_METHODS, config.kv, "kv", "method"),
    )


def model_key(config: Config) -> str:
    """Return what two configurations have in common that can share a loaded model."""
    return sha256_of(config.model)


def build_benchmark(config: Config) -> Benchmark:
    """Return the benchmark alone, for commands that need no model."""
    return _part(BENCHMARKS, config.benchmark, "benchmark", "name")


def build_model(section: Section, place: str) -> Model:
    """Return the model that a section describes; `place` is how messages name the section."""
    return _part(MODELS, section, place, "engine")


def build_judge(config: Config) -> Model | None:
    """Return the model that judges, not yet loaded; None when the scorer takes none.

    The scorer's own options are checked as well. Raises ConfigError when it takes a judge and
    there is none.
    """
    scorer, _ = _class_and_options(SCORERS, config.scorer, "scorer", "name")
    if not _needs_judge(scorer):
        return None
    if not config.judge:
        raise ConfigError(
            f"scorer={config.scorer['name']} needs a judge: judge=NAME judge.name=MODEL; "
            "`evalrun ls judges` lists them"
        )
    return build_model(config.judge, "judge")


def build_scorer(config: Config, judge: Endpoint | None) -> Scorer:
    """Return the scorer; `judge` serves it if it takes one. Raises ConfigError without a judge."""
    scorer, options = _class_and_options(SCORERS, config.scorer, "scorer", "name")
    if not _needs_judge(scorer):
        return scorer(options)
    if judge is None:
        raise ConfigError(f"scorer={config.scorer['name']} asks a judge, and this command has none")
    return scorer(options, judge)


def ready_scorer(config: Config, judge: Endpoint | None, samples: Iterable[Sample]) -> Scorer:
    """Return the scorer, which has seen `samples` if it must; they are not read otherwise.

    Raises ConfigError without a judge, DataError.
    """
    scorer = build_scorer(config, judge)
    return scorer.prepared(samples) if isinstance(scorer, CorpusScorer) else scorer


def model_problems(parts: Parts) -> list[Problem]:
    """Return what keeps the model, or what rewrites its prompts, from being loaded."""
    rewriter, kv = split(parts.kv)
    return [*parts.model.problems(kv), *(rewriter.problems() if rewriter else ())]


def _needs_judge(scorer: Any) -> bool:
    return getattr(scorer, "needs_judge", False)


def _part(registry: Registry, section: Section, place: str, selector: str) -> Any:
    part, options = _class_and_options(registry, section, place, selector)
    return part(options)


def _class_and_options(
    registry: Registry, section: Section, place: str, selector: str
) -> tuple[Any, Any]:
    if selector not in section:
        raise ConfigError(f"{place} is not chosen: say {place}=NAME; `evalrun ls` lists them")
    part = registry.load(str(section[selector]))
    return part, to_options(section, part.Options, place)
