"""Presses of kvpress from names and settings, as configurations spell them."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import kvpress
import msgspec
import torch
from kvpress import BasePress
from transformers import PreTrainedModel

from ....core.config import Options
from ....core.errors import ConfigError, SampleError
from ....core.options import to_options
from ....core.suggest import did_you_mean
from ..method import Press
from .refused import NEEDS_FOLDER, REFUSED


class Inner(Options, frozen=True):
    """A press inside another, as a configuration spells it."""

    press: str
    settings: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])


class PressByName:
    """Makes a press anew for each prompt: presses keep what they saw of the last one.

    Raises ConfigError when it cannot be made.
    """

    def __init__(self, name: str, settings: Mapping[str, Any], *, seed: int) -> None:
        self._name = name
        self._settings = settings
        self._seed = seed
        self.takes_ratio = _takes_ratio(self._built())

    def press(self, ratio: float | None) -> Press:
        """Return the press, dropping the share `ratio` of the tokens if it drops a share."""
        built = self._built()
        if ratio is not None:
            built.compression_ratio = ratio

        @contextmanager
        def entered(model: PreTrainedModel) -> Generator[None]:
            devices = [model.device] if model.device.type == "cuda" else []
            with torch.random.fork_rng(devices), self._refusals():
                torch.manual_seed(self._seed)
                with built(model):
                    yield

        return entered

    def check_layers(self, layers: int) -> None:
        """Raise ConfigError when there is a ratio for each layer of another model."""
        given = self._settings.get("compression_ratios")
        if given is not None and len(given) != layers:
            raise ConfigError(
                f"kv.settings.compression_ratios holds {len(given)} ratios; "
                f"this model has {layers} layers"
            )

    def _built(self) -> Any:
        return _build(
            self._name, self._settings, at="kv.press", settings_at="kv.settings", own_ratio=False
        )

    @contextmanager
    def _refusals(self) -> Generator[None]:
        """Raise SampleError for a prompt that the press does not take."""
        try:
            yield
        except AssertionError as error:
            raise SampleError(f"kv.press={self._name}: {error}", kind="bad_request") from error


def _takes_ratio(press: BasePress) -> bool:
    """Say whether a share of the tokens to drop can be set, on the press or on the one inside."""
    parameters = inspect.signature(type(press)).parameters
    if "compression_ratio" in parameters:
        return True
    inner = getattr(press, "press", None)
    return inner is not None and "compression_ratios" not in parameters and _takes_ratio(inner)


def _build(
    name: str, settings: Mapping[str, Any], *, at: str, settings_at: str, own_ratio: bool
) -> BasePress:
    """Return a new press. `at` and `settings_at` are where the configuration speaks of it."""
    cls = _class(name, settings, at)
    parameters = {
        key: parameter
        for key, parameter in inspect.signature(cls).parameters.items()
        if not key.startswith("_")
    }
    if "compression_ratio" in settings and not own_ratio:
        raise ConfigError(
            f"{settings_at}.compression_ratio: set kv.compression_ratio or kv.budget instead"
        )
    arguments: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in parameters:
            raise ConfigError(
                f"unknown key '{settings_at}.{key}' of {name}: {did_you_mean(key, parameters)}"
            )
        place = f"{settings_at}.{key}"
        arguments[key] = _argument(
            key, value, parameters[key].annotation, place, own_ratio=own_ratio
        )
    return _made(cls, arguments, parameters, at=f"{at}={name}", settings_at=settings_at)


def _class(name: str, settings: Mapping[str, Any], at: str) -> type[BasePress]:
    if name in REFUSED:
        raise ConfigError(f"{at}={name} does not run on engine=torch: {REFUSED[name]}")
    if name not in kvpress.__all__:
        offered = [each for each in kvpress.__all__ if each not in REFUSED]
        raise ConfigError(f"{at}: unknown press {name!r}: {did_you_mean(name, offered)}")
    folder = NEEDS_FOLDER.get(name)
    if folder is not None and not settings.get(folder):
        raise ConfigError(f"{at}={name} needs a local folder in settings.{folder}")
    return getattr(kvpress, name)


def _argument(key: str, value: Any, kind: Any, place: str, *, own_ratio: bool) -> Any:
    """Return one argument of a constructor, of the type that it is annotated with."""
    if key == "press":
        return _inner(value, place, own_ratio=own_ratio)
    try:
        if key == "presses":
            listed = msgspec.convert(value, list[Any])
            return [_inner(each, f"{place}.{i}", own_ratio=True) for i, each in enumerate(listed)]
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{place}: {error}") from None


def _inner(value: Any, place: str, *, own_ratio: bool) -> BasePress:
    if isinstance(value, str):
        return _build(value, {}, at=place, settings_at=f"{place}.settings", own_ratio=own_ratio)
    if not isinstance(value, Mapping):
        raise ConfigError(f"{place}: give the name of a press, or `press` and `settings`")
    inner = to_options(value, Inner, place)
    return _build(
        inner.press,
        inner.settings,
        at=f"{place}.press",
        settings_at=f"{place}.settings",
        own_ratio=own_ratio,
    )


def _made(
    cls: type[BasePress],
    arguments: dict[str, Any],
    parameters: Mapping[str, inspect.Parameter],
    *,
    at: str,
    settings_at: str,
) -> BasePress:
    missing = [
        f"{settings_at}.{key}"
        for key, parameter in parameters.items()
        if parameter.default is parameter.empty and key not in arguments
    ]
    if missing:
        raise ConfigError(f"{at} needs {', '.join(missing)}")
    try:
        return cls(**arguments)
    except (AssertionError, ValueError) as error:
        raise ConfigError(f"{at}: {error}") from None
