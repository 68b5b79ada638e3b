"""Architectures from files: official JSON in both its forms, or YAML of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from ...core.errors import ConfigError
from ...core.options import to_options
from ...core.suggest import did_you_mean
from .architecture import COMPONENTS, Architecture, Component, Layer
from .files import read_settings

SHIPPED = Path(__file__).resolve().parents[2] / "recipes" / "archon"

_TOP = ("name", "layers", "custom")
_LAYER = ("models", "branches")
# Keys of official files that nothing reads, where a component has no such key itself.
_WITHOUT_MEANING = frozenset(
    {
        "batch_num",
        "checkpoint",
        "fuse_generations_count",
        "length_contorl",
        "ranker_batch_size",
        "ranker_config",
        "remove_unit_tests_from_prompt",
        "top_k",
        "top_k_generations",
        "use_critiques",
    }
)


class Loaded(msgspec.Struct, frozen=True):
    """An architecture, and the keys of its file that mean nothing, as `type.key`, each once."""

    architecture: Architecture
    ignored: tuple[str, ...] = ()


def load_architecture(named: str) -> Loaded:
    """Return the architecture in the file `named`, or the shipped one of that name.

    Raises ConfigError naming the file, the layer, the component and the key.
    """
    path = _path(named)
    return parse_architecture(read_settings(path), str(path), default_name=path.stem)


def parse_architecture(read: Any, place: str, *, default_name: str) -> Loaded:
    """Return the architecture that a decoded file describes. Raises ConfigError naming `place`."""
    section = _mapping(read, place)
    _refuse_unknown(section, _TOP, place)
    if section.get("custom"):
        raise ConfigError(f"{place}: custom components are code of their authors and cannot be run")
    layers = _list(section.get("layers"), f"{place}: layers")
    ignored: dict[str, None] = {}
    parsed = tuple(
        _layer(layer, f"{place}: layer {number}", ignored)
        for number, layer in enumerate(layers, start=1)
    )
    _refuse_impossible(parsed, place)
    name = str(section.get("name") or default_name)
    return Loaded(Architecture(name, parsed), tuple(ignored))


def architecture_yaml(architecture: Architecture) -> str:
    """Return an architecture as YAML that `load_architecture` reads back."""
    layers = [
        [_without_defaults(component) for component in layer] for layer in architecture.layers
    ]
    section = {"name": architecture.name, "layers": layers}
    return yaml.safe_dump(section, sort_keys=False, allow_unicode=True)


def _path(named: str) -> Path:
    shipped = SHIPPED / f"{named}.yaml"
    if shipped.is_file():
        return shipped
    path = Path(named)
    if path.suffix in (".yaml", ".yml", ".json"):
        return path
    names = sorted(file.stem for file in SHIPPED.glob("*.yaml"))
    raise ConfigError(
        f"protocol.arch={named}: no such architecture; {did_you_mean(named, names)} "
        "Or name a YAML or JSON file"
    )


def _layer(read: Any, place: str, ignored: dict[str, None]) -> Layer:
    """Return a layer: a list, {"models": [...]} as in older files, or one component alone."""
    components = read
    if isinstance(read, Mapping):
        section = _mapping(cast("Any", read), place)
        components = [section]
        if "models" in section:
            _refuse_unknown(section, _LAYER, place)
            components = section["models"]
    listed = _list(components, place)
    return tuple(
        _component(component, f"{place}, component {number}", ignored)
        for number, component in enumerate(listed, start=1)
    )


def _component(read: Any, place: str, ignored: dict[str, None]) -> Component:
    section = _mapping(read, place)
    kind = str(section.get("type"))
    if kind not in COMPONENTS:
        raise ConfigError(f"{place}: unknown type {kind!r}; {did_you_mean(kind, COMPONENTS)}")
    schema = COMPONENTS[kind]
    known = schema.__struct_fields__
    meaningless = [key for key in section if key not in known and key in _WITHOUT_MEANING]
    ignored.update(dict.fromkeys(f"{kind}.{key}" for key in meaningless))
    told = {key: value for key, value in section.items() if key not in meaningless}
    try:
        return to_options(told, schema)
    except ConfigError as error:
        raise ConfigError(f"{place} ({kind}): {error}") from None


def _refuse_impossible(layers: tuple[Layer, ...], place: str) -> None:
    """Raise ConfigError where a component has nothing to work on, whatever models say."""
    has_candidates = has_tests = False
    for number, layer in enumerate(layers, start=1):
        for component in layer:
            where = f"{place}: layer {number}, {component.type}"
            if component.type not in ("generator", "unit_test_generator") and not has_candidates:
                raise ConfigError(f"{where}: no generator stands in a layer before it")
            if component.type == "unit_test_evaluator" and not has_tests:
                raise ConfigError(f"{where}: no unit_test_generator stands in a layer before it")
        has_candidates = has_candidates or any(c.type == "generator" for c in layer)
        has_tests = has_tests or any(c.type == "unit_test_generator" for c in layer)
    if not has_candidates:
        raise ConfigError(f"{place}: no generator, so there is never an answer")


def _without_defaults(component: Component) -> dict[str, Any]:
    defaults = {field.name: field.default for field in msgspec.structs.fields(type(component))}
    values = msgspec.structs.asdict(component)
    return {key: value for key, value in values.items() if value != defaults[key]}


def _mapping(read: Any, place: str) -> dict[str, Any]:
    if not isinstance(read, Mapping):
        raise ConfigError(f"{place} should be a mapping, found {type(read).__name__}")
    return {str(key): value for key, value in cast("Mapping[Any, Any]", read).items()}


def _list(read: Any, place: str) -> list[Any]:
    if not isinstance(read, list) or not read:
        raise ConfigError(f"{place} should be a list that is not empty")
    return cast("list[Any]", read)


def _refuse_unknown(section: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for key in section:
        if key not in known:
            raise ConfigError(f"{place}: unknown key {key!r}; {did_you_mean(key, known)}")
