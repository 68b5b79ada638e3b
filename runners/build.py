"""Configurations to parts: classes found by name, their options checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..benchmarks.registry import BENCHMARKS
from ..core.config import Config, Section
from ..core.errors import ConfigError
from ..core.hashing import sha256_of
from ..core.interfaces import (
    Asset,
    Benchmark,
    CorpusScorer,
    Demanding,
    Endpoint,
    FittedScorer,
    KVMethod,
    Model,
    PlayProtocol,
    Problem,
    Scorer,
)
from ..core.options import to_options
from ..core.registry import Registry
from ..core.sample import Sample
from ..core.sandbox import Sandbox
from ..core.scratch import nearest
from ..models.kv.rewriting import split
from ..models.registry import KV_METHODS, MODELS
from ..scorers.registry import SCORERS
from .launch.resources import needs_of, without_resources
from .protocols import PROTOCOLS
from .roles import RolePart, build_roles, role_problems

DATA_DIR = "data_dir"


class Parts(msgspec.Struct, frozen=True):
    """The parts of one run, configured and not yet loaded."""

    benchmark: Benchmark
    protocol: PlayProtocol
    model: Model
    kv: KVMethod
    roles: Mapping[str, RolePart]


def build_parts(config: Config, models: dict[str, Model] | None = None) -> Parts:
    """Return the parts that `config` names; runs that share `models` share loaded weights.

    Raises ConfigError naming the faulty key.
    """
    known = {} if models is None else models

    def shared(section: Section, place: str) -> Model:
        key = sha256_of(without_resources(section))
        if key not in known:
            known[key] = build_model(section, place)
        return known[key]

    protocol = _part(PROTOCOLS, config.protocol, "protocol", "name")
    return Parts(
        benchmark=build_benchmark(config),
        protocol=protocol,
        model=shared(config.model, "model"),
        kv=_part(KV_METHODS, config.kv, "kv", "method"),
        roles=build_roles(config, protocol, shared),
    )


def models_of(parts: Parts) -> list[Model]:
    """Return the models that take part, one that plays several roles once."""
    models = (parts.model, *(part.model for part in parts.roles.values()))
    return list({id(model): model for model in models}.values())


def build_benchmark(config: Config) -> Benchmark:
    """Return the benchmark alone, for commands that need no model.

    It reads fetched files from the copy that this machine has of its own, if there is one.
    """
    section, data_dir = config.benchmark, config.benchmark.get(DATA_DIR)
    if section.get("fetch") and isinstance(data_dir, str):
        section = {**section, DATA_DIR: str(nearest(Path(data_dir)))}
    return _part(BENCHMARKS, section, "benchmark", "name")


def build_model(section: Section, place: str) -> Model:
    """Return the model that a section describes; `place` is how messages name the section.

    What a job must have to run it, `resources`, is checked, and of no concern to the model.
    """
    needs_of(section, place)
    return _part(MODELS, without_resources(section), place, "engine")


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


def takes_judge(config: Config) -> bool:
    """Tell whether the scorer asks a judge; its own options are checked. Raises ConfigError."""
    return _needs_judge(_class_and_options(SCORERS, config.scorer, "scorer", "name")[0])


def scorer_assets(config: Config) -> Sequence[Asset]:
    """Return what the scorer reads, which need not be built for it. Raises ConfigError."""
    scorer, options = _class_and_options(SCORERS, config.scorer, "scorer", "name")
    return scorer.assets(options) if hasattr(scorer, "assets") else ()


def build_sandbox(config: Config) -> Sandbox:
    """Return the sandbox for code that a model wrote, not yet tried. Raises ConfigError."""
    from .sandbox.registry import sandbox_of

    return sandbox_of(config.sandbox)


def sandbox_problems(config: Config, benchmark: Benchmark | None = None) -> list[Problem]:
    """Return what keeps a scorer that runs code from running it.

    Nothing does if `benchmark` asks for none. Raises ConfigError, DataError.
    """
    scorer, _ = _class_and_options(SCORERS, config.scorer, "scorer", "name")
    if not _needs_sandbox(scorer) or not getattr(benchmark, "asks_for_code", True):
        return []
    return [*build_sandbox(config).problems()]


def build_scorer(config: Config, judge: Endpoint | None) -> Scorer:
    """Return the scorer; `judge` serves it if it takes one. Raises ConfigError without a judge."""
    scorer, options = _class_and_options(SCORERS, config.scorer, "scorer", "name")
    needed = {"sandbox": build_sandbox(config)} if _needs_sandbox(scorer) else {}
    if not _needs_judge(scorer):
        return scorer(options, **needed)
    if judge is None:
        raise ConfigError(f"scorer={config.scorer['name']} asks a judge, and this command has none")
    return scorer(options, judge, **needed)


def ready_scorer(
    config: Config, judge: Endpoint | None, samples: Iterable[Sample]
) -> Scorer | FittedScorer:
    """Return the scorer, which has seen `samples` if it must; they are not read otherwise.

    Raises ConfigError without a judge, or where it finds too little in `samples`, DataError.
    """
    scorer = build_scorer(config, judge)
    return scorer.prepared(samples) if isinstance(scorer, CorpusScorer) else scorer


def model_problems(parts: Parts) -> list[Problem]:
    """Return what keeps models, or what rewrites prompts, from being loaded."""
    rewriter, kv = split(parts.kv)
    own = [*parts.model.problems(kv), *(rewriter.problems() if rewriter else ())]
    protocol = parts.protocol
    demands = protocol.problems() if isinstance(protocol, Demanding) else ()
    return [*own, *role_problems(parts.roles), *demands]


def _needs_judge(scorer: Any) -> bool:
    return getattr(scorer, "needs_judge", False)


def _needs_sandbox(scorer: Any) -> bool:
    return getattr(scorer, "needs_sandbox", False)


def _part(registry: Registry, section: Section, place: str, selector: str) -> Any:
    part, options = _class_and_options(registry, section, place, selector)
    return part(options)


def _class_and_options(
    registry: Registry, section: Section, place: str, selector: str
) -> tuple[Any, Any]:
    if selector not in section:
        raise ConfigError(f"{place} is not chosen: say {place}=NAME; `evalrun ls` lists them")
    name = str(section[selector])
    part = registry.load(name)
    if not hasattr(part, "Options"):
        raise ConfigError(f"{place}.{selector}={name}: a part of evalrun has a schema `Options`")
    return part, to_options(section, part.Options, place)
