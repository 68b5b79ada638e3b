"""Points of a search, and the architectures that they stand for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..archon.architecture import Architecture, Critic, Fuser, Generator, Layer, Ranker
from .options import SearchOptions

# How many candidates a ranker passes on (`ranker_top_k`).
_RANKED = 5


class Point(msgspec.Struct, frozen=True):
    """How many of the best models answer, how often each, and the widths of three fuser layers."""

    model_top_k: int
    sample_top_k: int
    fuser_layer_1: int
    fuser_layer_2: int
    fuser_layer_3: int

    @property
    def name(self) -> str:
        """What files and tables call it."""
        widths = f"{self.fuser_layer_1}-{self.fuser_layer_2}-{self.fuser_layer_3}"
        return f"models{self.model_top_k}_samples{self.sample_top_k}_fusers{widths}"


class Space(msgspec.Struct, frozen=True):
    """The choices of each coordinate, in the order of `Point`."""

    choices: Mapping[str, tuple[int, ...]]

    @property
    def size(self) -> int:
        """How many different points there are."""
        return len(set(self.points()))

    def points(self) -> Iterator[Point]:
        """Yield every point, the last coordinate changing first."""
        for values in itertools.product(*self.choices.values()):
            yield Point(*values)

    def first(self) -> Point:
        """Return the point of all first choices."""
        return Point(*(choices[0] for choices in self.choices.values()))

    def nearest(self, values: Mapping[str, float]) -> Point:
        """Return the point of the choices nearest to `values`, each rounded to a whole number.

        Of two as near the first counts (`find_nearest_value`); a coordinate that is not given has
        one choice.
        """
        coordinates = {
            name: min(choices, key=lambda choice: abs(choice - round(values.get(name, choices[0]))))
            for name, choices in self.choices.items()
        }
        return Point(**coordinates)


def space_of(options: SearchOptions) -> Space:
    """Return what a search file searches."""
    names = Point.__struct_fields__
    return Space({name: tuple(getattr(options, f"{name}_choices")) for name in names})


def architecture_of(point: Point, ranked: Sequence[str], options: SearchOptions) -> Architecture:
    """Return the architecture that a point stands for, with models `ranked` from the best on.

    The best `model_top_k` answer, `sample_top_k` times each. Before each layer of fusers the best
    model criticises and ranks what there is; the best models fuse, in their order. At the end the
    best model fuses once more (`ITAS.create_archon_config`, whose `sample_top_k` changes nothing).
    """
    parts = _Parts(options)
    answering = ranked[: point.model_top_k]
    layers: list[Layer] = [tuple(parts.generator(m, point.sample_top_k) for m in answering)]
    for width in (point.fuser_layer_1, point.fuser_layer_2, point.fuser_layer_3):
        if width:
            layers.append((parts.critic(ranked[0]),))
            layers.append((parts.ranker(ranked[0]),))
            layers.append(tuple(map(parts.fuser, ranked[:width])))
    layers.append((parts.fuser(ranked[0]),))
    return Architecture(point.name, tuple(layers))


def single_model(name: str, options: SearchOptions) -> Architecture:
    """Return the architecture of one model that answers once: what models are ranked by."""
    return Architecture(f"single_{name}", ((_Parts(options).generator(name, 1),),))


class _Parts(msgspec.Struct, frozen=True):
    """Makes components, all of which are decoded as the search file says."""

    options: SearchOptions

    def generator(self, model: str, samples: int) -> Generator:
        temperature, limit = self.options.temperature, self.options.max_tokens
        return Generator(
            type="generator",
            model=model,
            temperature=temperature,
            max_tokens=limit,
            samples=samples,
        )

    def critic(self, model: str) -> Critic:
        temperature, limit = self.options.temperature, self.options.max_tokens
        return Critic(type="critic", model=model, temperature=temperature, max_tokens=limit)

    def ranker(self, model: str) -> Ranker:
        return Ranker(
            type="ranker",
            model=model,
            temperature=self.options.temperature,
            max_tokens=self.options.max_tokens,
            top_k=_RANKED,
            use_critiques=True,
        )

    def fuser(self, model: str) -> Fuser:
        temperature, limit = self.options.temperature, self.options.max_tokens
        return Fuser(type="fuser", model=model, temperature=temperature, max_tokens=limit)
